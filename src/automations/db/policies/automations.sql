-- public.automations: the seed's policies by name, in a form that is evaluated once per statement; viewers only read.

alter table public.automations enable row level security;

drop policy if exists "Users can view automations in their account" on public.automations;
create policy "Users can view automations in their account" on public.automations
  for select to authenticated
  using (user_id = any (array(select automations.accessible_account_ids())));

drop policy if exists "Users can create automations in their account" on public.automations;
create policy "Users can create automations in their account" on public.automations
  for insert to authenticated
  with check (
    user_id = any (array(select automations.accessible_account_ids()))
    and exists (
      select from public.agents a where a.id = automations.agent_id and a.user_id = automations.user_id
    )
  );

-- The agent is checked here too: an automation hung on another account's agent is deleted with it.
drop policy if exists "Users can update automations in their account" on public.automations;
create policy "Users can update automations in their account" on public.automations
  for update to authenticated
  using (user_id = any (array(select automations.accessible_account_ids())))
  with check (
    user_id = any (array(select automations.accessible_account_ids()))
    and exists (
      select from public.agents a where a.id = automations.agent_id and a.user_id = automations.user_id
    )
  );

drop policy if exists "Users can delete automations in their account" on public.automations;
create policy "Users can delete automations in their account" on public.automations
  for delete to authenticated
  using (user_id = any (array(select automations.accessible_account_ids())));

-- Restrictive: they hold whatever else is granted later.
drop policy if exists "Viewers cannot create automations" on public.automations;
create policy "Viewers cannot create automations" on public.automations
  as restrictive for insert to authenticated
  with check (user_id = any (array(select automations.writable_account_ids())));

drop policy if exists "Viewers cannot update automations" on public.automations;
create policy "Viewers cannot update automations" on public.automations
  as restrictive for update to authenticated
  using (user_id = any (array(select automations.writable_account_ids())))
  with check (user_id = any (array(select automations.writable_account_ids())));

drop policy if exists "Viewers cannot delete automations" on public.automations;
create policy "Viewers cannot delete automations" on public.automations
  as restrictive for delete to authenticated
  using (user_id = any (array(select automations.writable_account_ids())));

-- For an installation by a role that could not make service_role pass row-level security.
drop policy if exists "The engine sees all automations" on public.automations;
create policy "The engine sees all automations" on public.automations
  for all to service_role using (true) with check (true);

revoke all on public.automations from public, anon, authenticated;
grant select, delete on public.automations to authenticated;
-- Not id, the statistics, the times, the published version and the draft revision.
grant insert (
  agent_id, user_id, name, description, icon, color, status, enabled, trigger_type, trigger_config, nodes, edges, viewport
) on public.automations to authenticated;
grant update (
  agent_id, user_id, name, description, icon, color, status, enabled, trigger_type, trigger_config, nodes, edges, viewport
) on public.automations to authenticated;
grant select, insert, update, delete on public.automations to service_role;

-- public.agents, only where it is ours (see the first migration). An agent stays in its account: its automations and
-- conversations belong to it.

do $$
begin
  if pg_catalog.obj_description('public.agents'::pg_catalog.regclass, 'pg_class')
    is distinct from 'automations: prerequisite'
  then
    return;
  end if;
  alter table public.agents enable row level security;

  drop policy if exists "Users can view agents in their account" on public.agents;
  create policy "Users can view agents in their account" on public.agents
    for select to authenticated
    using (user_id = any (array(select automations.accessible_account_ids())));

  drop policy if exists "Members can create agents in their account" on public.agents;
  create policy "Members can create agents in their account" on public.agents
    for insert to authenticated
    with check (user_id = any (array(select automations.writable_account_ids())));

  drop policy if exists "Members can update agents in their account" on public.agents;
  create policy "Members can update agents in their account" on public.agents
    for update to authenticated
    using (user_id = any (array(select automations.writable_account_ids())))
    with check (user_id = any (array(select automations.writable_account_ids())));

  drop policy if exists "Members can delete agents in their account" on public.agents;
  create policy "Members can delete agents in their account" on public.agents
    for delete to authenticated
    using (user_id = any (array(select automations.writable_account_ids())));

  drop policy if exists "The engine sees all agents" on public.agents;
  create policy "The engine sees all agents" on public.agents
    for all to service_role
    using (true) with check (true);

  revoke all on public.agents from public, anon, authenticated;
  grant select, insert, delete, update (name) on public.agents to authenticated;
  grant select, insert, update, delete on public.agents to service_role;
end
$$;

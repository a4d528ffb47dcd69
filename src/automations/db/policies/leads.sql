-- public.leads, only where it is ours (see the first migration).

do $$
begin
  if pg_catalog.obj_description('public.leads'::pg_catalog.regclass, 'pg_class')
    is distinct from 'automations: prerequisite'
  then
    return;
  end if;
  alter table public.leads enable row level security;

  drop policy if exists "Users can view leads in their account" on public.leads;
  create policy "Users can view leads in their account" on public.leads
    for select to authenticated
    using (user_id = any (array(select automations.accessible_account_ids())));

  drop policy if exists "Members can create leads in their account" on public.leads;
  create policy "Members can create leads in their account" on public.leads
    for insert to authenticated
    with check (
      user_id = any (array(select automations.writable_account_ids()))
      and (agent_id is null or exists (
        select from public.agents a where a.id = leads.agent_id and a.user_id = leads.user_id
      ))
    );

  drop policy if exists "Members can update leads in their account" on public.leads;
  create policy "Members can update leads in their account" on public.leads
    for update to authenticated
    using (user_id = any (array(select automations.writable_account_ids())))
    with check (
      user_id = any (array(select automations.writable_account_ids()))
      and (agent_id is null or exists (
        select from public.agents a where a.id = leads.agent_id and a.user_id = leads.user_id
      ))
    );

  drop policy if exists "Members can delete leads in their account" on public.leads;
  create policy "Members can delete leads in their account" on public.leads
    for delete to authenticated
    using (user_id = any (array(select automations.writable_account_ids())));

  drop policy if exists "The engine sees all leads" on public.leads;
  create policy "The engine sees all leads" on public.leads
    for all to service_role
    using (true) with check (true);

  revoke all on public.leads from public, anon, authenticated;
  grant select, insert, update, delete on public.leads to authenticated, service_role;
end
$$;

-- public.team_members, only where it is ours (see the first migration). Members see their team; the account itself, its
-- owners and its admins change it; only the account itself and its owners make or unmake owners, so nobody rises by
-- his own hand.

do $$
begin
  if pg_catalog.obj_description('public.team_members'::pg_catalog.regclass, 'pg_class')
    is distinct from 'automations: prerequisite'
  then
    return;
  end if;
  alter table public.team_members enable row level security;

  drop policy if exists "Users can view team members in their account" on public.team_members;
  create policy "Users can view team members in their account" on public.team_members
    for select to authenticated
    using (owner_id = any (array(select automations.accessible_account_ids())));

  drop policy if exists "Owners and admins can create team members" on public.team_members;
  create policy "Owners and admins can create team members" on public.team_members
    for insert to authenticated
    with check (
      owner_id = any (array(select automations.managed_account_ids(
        case when role = 'owner' then array['owner'] else array['owner', 'admin'] end
      )))
    );

  drop policy if exists "Owners and admins can update team members" on public.team_members;
  create policy "Owners and admins can update team members" on public.team_members
    for update to authenticated
    using (
      owner_id = any (array(select automations.managed_account_ids(
        case when role = 'owner' then array['owner'] else array['owner', 'admin'] end
      )))
    )
    with check (
      owner_id = any (array(select automations.managed_account_ids(
        case when role = 'owner' then array['owner'] else array['owner', 'admin'] end
      )))
    );

  drop policy if exists "Owners and admins can delete team members" on public.team_members;
  create policy "Owners and admins can delete team members" on public.team_members
    for delete to authenticated
    using (
      owner_id = any (array(select automations.managed_account_ids(
        case when role = 'owner' then array['owner'] else array['owner', 'admin'] end
      )))
    );

  drop policy if exists "The engine sees all team members" on public.team_members;
  create policy "The engine sees all team members" on public.team_members
    for all to service_role
    using (true) with check (true);

  revoke all on public.team_members from public, anon, authenticated;
  grant select, insert, update, delete on public.team_members to authenticated, service_role;
end
$$;

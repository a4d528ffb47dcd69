-- automations.versions. What a run runs: members may read what they published.

alter table automations.versions enable row level security;

drop policy if exists "Users can view versions of their account" on automations.versions;
create policy "Users can view versions of their account" on automations.versions
  for select to authenticated
  using (account_id = any (array(select automations.accessible_account_ids())));

drop policy if exists "The engine sees all" on automations.versions;
create policy "The engine sees all" on automations.versions
  for all to service_role using (true) with check (true);

revoke all on automations.versions from public, anon, authenticated;
grant select on automations.versions to authenticated;
grant select, insert, update, delete on automations.versions to service_role;

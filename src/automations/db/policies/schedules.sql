-- automations.schedules. How far each schedule has come: members may read it.

alter table automations.schedules enable row level security;

drop policy if exists "Users can view schedules of their account" on automations.schedules;
create policy "Users can view schedules of their account" on automations.schedules
  for select to authenticated
  using (account_id = any (array(select automations.accessible_account_ids())));

drop policy if exists "The engine sees all" on automations.schedules;
create policy "The engine sees all" on automations.schedules
  for all to service_role using (true) with check (true);

revoke all on automations.schedules from public, anon, authenticated;
grant select on automations.schedules to authenticated;
grant select, insert, update, delete on automations.schedules to service_role;

-- automations.approvals. What is asked, and how it was decided: members of the account may read it.

alter table automations.approvals enable row level security;

drop policy if exists "Users can view approvals of their account" on automations.approvals;
create policy "Users can view approvals of their account" on automations.approvals
  for select to authenticated
  using (account_id = any (array(select automations.accessible_account_ids())));

drop policy if exists "The engine sees all" on automations.approvals;
create policy "The engine sees all" on automations.approvals
  for all to service_role using (true) with check (true);

revoke all on automations.approvals from public, anon, authenticated;
grant select on automations.approvals to authenticated;
grant select, insert, update, delete on automations.approvals to service_role;

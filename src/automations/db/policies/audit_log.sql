-- automations.audit_log. Who did what: members may read it.

alter table automations.audit_log enable row level security;

drop policy if exists "Users can view audit log of their account" on automations.audit_log;
create policy "Users can view audit log of their account" on automations.audit_log
  for select to authenticated
  using (account_id = any (array(select automations.accessible_account_ids())));

drop policy if exists "The engine sees all" on automations.audit_log;
create policy "The engine sees all" on automations.audit_log
  for all to service_role using (true) with check (true);

revoke all on automations.audit_log from public, anon, authenticated;
grant select on automations.audit_log to authenticated;
grant select, insert, update, delete on automations.audit_log to service_role;

-- public.automation_executions: read and deleted by members, written by the engine and by edge functions. The account is
-- a column of the row: no other form of this policy has no bad case.

alter table public.automation_executions enable row level security;

drop policy if exists "Users can view executions for their automations" on public.automation_executions;
create policy "Users can view executions for their automations" on public.automation_executions
  for select to authenticated
  using (account_id = any (array(select automations.accessible_account_ids())));

drop policy if exists "Users can delete executions for their automations" on public.automation_executions;
create policy "Users can delete executions for their automations" on public.automation_executions
  for delete to authenticated
  using (account_id = any (array(select automations.accessible_account_ids())));

drop policy if exists "Viewers cannot delete executions" on public.automation_executions;
create policy "Viewers cannot delete executions" on public.automation_executions
  as restrictive for delete to authenticated
  using (account_id = any (array(select automations.writable_account_ids())));

drop policy if exists "The engine sees all executions" on public.automation_executions;
create policy "The engine sees all executions" on public.automation_executions
  for all to service_role using (true) with check (true);

revoke all on public.automation_executions from public, anon, authenticated;
grant select, delete on public.automation_executions to authenticated;
grant select, insert, update, delete on public.automation_executions to service_role;

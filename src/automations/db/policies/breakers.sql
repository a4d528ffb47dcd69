-- automations.breakers. Members may read those of their account; lift_breaker() is how they act on them.

alter table automations.breakers enable row level security;

drop policy if exists "Users can view breakers of their account" on automations.breakers;
create policy "Users can view breakers of their account" on automations.breakers
  for select to authenticated
  using (account_id = any (array(select automations.accessible_account_ids())));

drop policy if exists "The engine sees all" on automations.breakers;
create policy "The engine sees all" on automations.breakers
  for all to service_role using (true) with check (true);

revoke all on automations.breakers from public, anon, authenticated;
grant select on automations.breakers to authenticated;
grant select, insert, update, delete on automations.breakers to service_role;

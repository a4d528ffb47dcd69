-- automations.watched_tables. Written by automations.watch_table() alone, as the owner of the schema; the engine reads it.

alter table automations.watched_tables enable row level security;

drop policy if exists "The engine sees all" on automations.watched_tables;
create policy "The engine sees all" on automations.watched_tables
  for select to service_role using (true);

revoke all on automations.watched_tables from public, anon, authenticated, service_role;
grant select on automations.watched_tables to service_role;

-- automations.profiles. Read and written by functions only, which tell whoever shares an account and nobody else.

alter table automations.profiles enable row level security;
drop policy if exists "The engine sees all" on automations.profiles;
create policy "The engine sees all" on automations.profiles for all to service_role using (true) with check (true);
revoke all on automations.profiles from public, anon, authenticated;
grant select, insert, update, delete on automations.profiles to service_role;

-- automations.events. The change journal: members may read the changes of their account.

alter table automations.events enable row level security;

drop policy if exists "Users can view events of their account" on automations.events;
create policy "Users can view events of their account" on automations.events
  for select to authenticated
  using (
    account_id = any (array(select automations.accessible_account_ids()))
    -- A watched table may have policies of its own, which hide some of its rows from some members.
    and source in ('leads', 'conversations', 'messages')
  );

drop policy if exists "The engine sees all" on automations.events;
create policy "The engine sees all" on automations.events
  for all to service_role using (true) with check (true);

revoke all on automations.events from public, anon, authenticated;
grant select on automations.events to authenticated;
grant select, insert, update, delete on automations.events to service_role;

-- automations.api_keys, invitations, answered_requests. Who manages the account sees its keys and invitations, never the
-- hash; they are made and revoked by functions. What was answered is the engine's.

do $$
declare
  v_table text;
begin
  foreach v_table in array array['api_keys', 'invitations', 'answered_requests'] loop
    execute pg_catalog.format('alter table automations.%I enable row level security', v_table);
    execute pg_catalog.format('drop policy if exists "The engine sees all" on automations.%I', v_table);
    execute pg_catalog.format(
      'create policy "The engine sees all" on automations.%I for all to service_role using (true) with check (true)',
      v_table
    );
    execute pg_catalog.format('revoke all on automations.%I from public, anon, authenticated', v_table);
    execute pg_catalog.format('grant select, insert, update, delete on automations.%I to service_role', v_table);
  end loop;
end
$$;

drop policy if exists "Managers can view API keys of their account" on automations.api_keys;
create policy "Managers can view API keys of their account" on automations.api_keys
  for select to authenticated
  using (account_id = any (array(select automations.managed_account_ids(array['owner', 'admin']))));
grant select (
  id, account_id, name, hint, scopes, created_by, created_at, expires_at, revoked_at, last_used_at
) on automations.api_keys to authenticated;

drop policy if exists "Managers can view invitations to their account" on automations.invitations;
create policy "Managers can view invitations to their account" on automations.invitations
  for select to authenticated
  using (account_id = any (array(select automations.managed_account_ids(array['owner', 'admin']))));
grant select (
  id, account_id, role, note, created_by, created_at, expires_at, accepted_by, accepted_at, revoked_at
) on automations.invitations to authenticated;

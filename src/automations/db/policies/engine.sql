-- The engine's own tables: no user reads or writes them directly.

do $$
declare
  v_table text;
begin
  foreach v_table in array array[
    'steps', 'signals', 'waits', 'start_keys', 'stat_deltas', 'start_windows', 'owed_failure_runs',
    'schedule_changes', 'secrets', 'account_settings',
    'approval_notices',
    'ai_usage',
    'rotations',
    'live_watchers', 'live_changes'
  ] loop
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

-- Which files were applied: the workers ask for the version of the schema.
revoke all on automations.migrations from public, anon, authenticated;
grant select on automations.migrations to service_role;

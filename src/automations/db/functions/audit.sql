-- Who did what to an automation or a run.

create or replace function automations.write_audit(
  p_account uuid, p_action text, p_automation uuid default null, p_execution uuid default null,
  p_details jsonb default '{}'
)
returns void
language sql set search_path = pg_catalog, pg_temp
as $$
  insert into automations.audit_log (account_id, actor, action, automation_id, execution_id, details)
  values (p_account, automations.current_actor(), p_action, p_automation, p_execution, coalesce(p_details, '{}'))
$$;

revoke execute on function automations.write_audit(uuid, text, uuid, uuid, jsonb) from public;

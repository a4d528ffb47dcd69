-- Who did what to an automation, a run, a team. What a machine did says with which key of the account.

create or replace function automations.write_audit(
  p_account uuid, p_action text, p_automation uuid default null, p_execution uuid default null,
  p_details jsonb default '{}'
)
returns void
language sql set search_path = pg_catalog, pg_temp
as $$
  insert into automations.audit_log (account_id, actor, action, automation_id, execution_id, details)
  values (
    p_account, automations.current_actor(), p_action, p_automation, p_execution,
    coalesce(p_details, '{}') || case
      when automations.claim('automations_key') is null then '{}'
      else pg_catalog.jsonb_build_object('api_key', automations.claim('automations_key'))
    end
  )
$$;

revoke execute on function automations.write_audit(uuid, text, uuid, uuid, jsonb) from public;

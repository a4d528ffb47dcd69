-- The automation that runs when a run fails: `on_failure` of the failed automation's trigger_config. Started in the
-- transaction that ends the run, so exactly once, and never in its way: nothing here waits, and whatever is wrong is an
-- entry of the audit log.

-- Why a run of p_target cannot follow on the failed run; null: it can.
create or replace function automations.failure_run_refusal(
  p_target public.automations, p_failed_automation uuid, p_ancestors uuid[], p_depth smallint
)
returns text
language sql immutable set search_path = pg_catalog, pg_temp
as $$
  select case
    when p_target.id is null then 'there is no such automation in this account'
    when p_target.published_version is null then 'the automation is not published'
    when p_target.status <> 'active' then 'the automation is not active but ' || p_target.status
    when not p_target.enabled then 'the automation is switched off'
    when p_target.id = p_failed_automation or p_target.id = any (p_ancestors) then 'it led to the run that failed'
    when p_depth + 1 > 8 then 'it would be more than 8 starts away from the first run'
  end
$$;

-- Start what is to run because this run failed, or say in the audit log why not. Answers false where a row that it
-- needs is locked by somebody: try again later. With nested loops, which its caller (note_ended_runs) has switched off.
create or replace function automations.start_failure_run(p_run uuid)
returns boolean
language plpgsql set search_path = pg_catalog, pg_temp set enable_nestloop = on
as $$
declare
  c_most_trigger_bytes constant integer := 100000;
  v_failed record;
  v_target public.automations;
  v_on_failure text;
  v_refusal text;
  v_started uuid := pg_catalog.gen_random_uuid();
begin
  select e.id, e.automation_id, a.name, e.account_id, e.error, e.error_node_id, e.lead_id, e.conversation_id,
    e.trigger_type, e.trigger_data, e.ancestors, e.depth, a.trigger_config ->> 'on_failure' as on_failure
  into v_failed
  from public.automation_executions e join public.automations a on a.id = e.automation_id
  where e.id = p_run;
  if not found or v_failed.on_failure is null then
    return true;
  end if;
  -- Looked at before it is cast; plain SQL may have written anything there.
  v_on_failure := pg_catalog.lower(v_failed.on_failure);
  if v_on_failure like '________-____-____-____-____________'
    and pg_catalog.translate(v_on_failure, '0123456789abcdef', '') = '----'
  then
    select a.* into v_target
    from public.automations a where a.id = v_on_failure::pg_catalog.uuid and a.user_id = v_failed.account_id;
  end if;
  v_refusal := automations.failure_run_refusal(v_target, v_failed.automation_id, v_failed.ancestors, v_failed.depth);
  if v_refusal is not null then
    perform automations.refuse_failure_run(
      v_failed.account_id, v_failed.automation_id, p_run, v_failed.on_failure, v_refusal
    );
    return true;
  end if;

  -- The foreign keys of the new row would wait for whoever deletes one of these, and he may be waiting for our run.
  perform from public.automations a where a.id = v_target.id for key share skip locked;
  if not found then
    return false;
  end if;
  if v_failed.lead_id is not null then
    perform from public.leads l where l.id = v_failed.lead_id for key share skip locked;
    if not found then
      return false;
    end if;
  end if;
  if v_failed.conversation_id is not null then
    perform from public.conversations c where c.id = v_failed.conversation_id for key share skip locked;
    if not found then
      return false;
    end if;
  end if;

  insert into public.automation_executions (
    id, automation_id, trigger_type, trigger_data, status, lead_id, conversation_id,
    account_id, version_id, parent_id, ancestors, depth, due_at, lane
  )
  values (
    v_started, v_target.id, automations.trigger_type_of_start(v_target.trigger_type),
    pg_catalog.jsonb_build_object(
      'event', 'failure', 'table', null, 'old', null,
      'new', automations.record_to_start_on(v_failed.account_id, v_failed.lead_id, v_failed.conversation_id),
      'input', pg_catalog.jsonb_build_object(
        'run_id', p_run, 'automation_id', v_failed.automation_id, 'automation_name', v_failed.name,
        'error', v_failed.error, 'error_node_id', v_failed.error_node_id,
        'lead_id', v_failed.lead_id, 'conversation_id', v_failed.conversation_id,
        'trigger_type', v_failed.trigger_type,
        -- A failure of a failure of a … must not grow without end.
        'trigger', case
          when pg_catalog.octet_length(v_failed.trigger_data::text) <= c_most_trigger_bytes then v_failed.trigger_data
        end
      ),
      'timestamp', pg_catalog.now(),
      'called_by', pg_catalog.jsonb_build_object(
        'run_id', p_run, 'automation_id', v_failed.automation_id, 'step', null
      )
    ),
    'pending', v_failed.lead_id, v_failed.conversation_id,
    v_failed.account_id, v_target.published_version, p_run, v_failed.ancestors || v_failed.automation_id,
    v_failed.depth + 1, pg_catalog.clock_timestamp(),
    automations.lane_for(v_target.id, v_target.trigger_config, v_failed.lead_id, v_failed.conversation_id, null)
  );
  return true;
end
$$;

create or replace function automations.refuse_failure_run(
  p_account uuid, p_automation uuid, p_run uuid, p_on_failure text, p_reason text
)
returns void
language sql set search_path = pg_catalog, pg_temp
as $$
  select automations.write_audit(
    p_account, 'automation.on_failure_not_started', p_automation, p_run,
    pg_catalog.jsonb_build_object(
      'on_failure', pg_catalog.left(p_on_failure, 100), 'reason', pg_catalog.left(p_reason, 1000)
    )
  )
$$;

-- The same, whatever happens: an error is an entry of the audit log. Answers like start_failure_run.
create or replace function automations.try_failure_run(p_account uuid, p_automation uuid, p_run uuid)
returns boolean
language plpgsql set search_path = pg_catalog, pg_temp
as $$
begin
  return automations.start_failure_run(p_run);
exception when others then
  begin
    perform automations.refuse_failure_run(p_account, p_automation, p_run, null, sqlerrm);
  exception when others then
    raise warning 'the automation for the failure of run % was not started: %', p_run, sqlerrm;
  end;
  return true;
end
$$;

-- For maintenance: what was owed because of a lock. Answers how many are settled now.
create or replace function automations.start_owed_failure_runs(p_limit integer default 100)
returns integer
language plpgsql security definer set search_path = pg_catalog, pg_temp
as $$
declare
  v_owed record;
  v_settled integer := 0;
begin
  for v_owed in
    select o.execution_id, o.account_id, e.automation_id
    from automations.owed_failure_runs o
    left join public.automation_executions e on e.id = o.execution_id
    order by o.created_at
    limit p_limit
    for update of o skip locked
  loop
    if v_owed.automation_id is null
      or automations.try_failure_run(v_owed.account_id, v_owed.automation_id, v_owed.execution_id)
    then
      delete from automations.owed_failure_runs o where o.execution_id = v_owed.execution_id;
      v_settled := v_settled + 1;
    end if;
  end loop;
  if v_settled > 0 then
    perform automations.wake_workers();
  end if;
  return v_settled;
end
$$;

revoke execute on function automations.failure_run_refusal(public.automations, uuid, uuid[], smallint) from public;
revoke execute on function automations.start_failure_run(uuid) from public;
revoke execute on function automations.refuse_failure_run(uuid, uuid, uuid, text, text) from public;
revoke execute on function automations.try_failure_run(uuid, uuid, uuid) from public;
revoke execute on function automations.start_owed_failure_runs(integer) from public;

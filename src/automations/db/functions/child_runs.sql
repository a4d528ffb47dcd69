-- Runs that steps start, asked for in the transaction that commits the step: the child is there exactly if the checkpoint
-- is. Definer, but for the engine only, and everything is looked for within the account of the run: what belongs to
-- others does not exist.
-- Errors: AU004 not found, AU006 the automation cannot be started now, AU025 it would run in a circle, AU026 too deep.

create or replace function automations.start_child_run(
  p_account uuid, p_caller uuid, p_step text, p_automation uuid, p_input jsonb, p_lead uuid, p_conversation uuid
)
returns uuid
language plpgsql security definer set search_path = pg_catalog, pg_temp
as $$
declare
  -- As deep as changes may cause each other (record_change).
  c_max_depth constant smallint := 8;
  v_caller record;
  v_automation public.automations;
  v_run uuid := pg_catalog.gen_random_uuid();
  v_data jsonb;
begin
  select e.automation_id, e.ancestors, e.depth, e.triggered_by into v_caller
  from public.automation_executions e where e.id = p_caller and e.account_id = p_account;
  if not found then
    raise exception 'the calling run is gone' using errcode = 'AU004';
  end if;
  select a.* into v_automation
  from public.automations a where a.id = p_automation and a.user_id = p_account
  for key share;
  if not found then
    raise exception 'there is no automation % in this account', p_automation using errcode = 'AU004';
  end if;
  if p_automation = v_caller.automation_id or p_automation = any (v_caller.ancestors) then
    raise exception 'the automation "%" led to this run, so it cannot be started from it', v_automation.name
      using errcode = 'AU025';
  end if;
  if v_caller.depth + 1 > c_max_depth then
    raise exception 'this run is % starts away from the first one, and more are not allowed', v_caller.depth
      using errcode = 'AU026';
  end if;
  perform automations.require_startable(v_automation);

  v_data := pg_catalog.jsonb_build_object(
    'event', 'manual', 'table', null, 'old', null,
    'new', automations.record_to_start_on(p_account, p_lead, p_conversation), 'input', coalesce(p_input, '{}'),
    'timestamp', pg_catalog.now(),
    'called_by', pg_catalog.jsonb_build_object(
      'run_id', p_caller, 'automation_id', v_caller.automation_id, 'step', p_step
    )
  );
  insert into public.automation_executions (
    id, automation_id, trigger_type, trigger_data, status, triggered_by, lead_id, conversation_id,
    account_id, version_id, parent_id, ancestors, depth, due_at, lane
  )
  values (
    v_run, p_automation, automations.trigger_type_of_start(v_automation.trigger_type),
    v_data,
    'pending', v_caller.triggered_by, p_lead, p_conversation,
    p_account, v_automation.published_version, p_caller, v_caller.ancestors || v_caller.automation_id,
    v_caller.depth + 1, pg_catalog.clock_timestamp(),
    automations.lane_for(p_automation, v_automation.trigger_config, p_lead, p_conversation, v_data)
  );
  perform automations.wake_workers();
  return v_run;
end
$$;

-- How a run of the account stands, null where there is none (any more).
create or replace function automations.child_run_result(p_account uuid, p_run uuid)
returns jsonb
language sql stable security definer set search_path = pg_catalog, pg_temp
as $$
  select pg_catalog.jsonb_build_object('status', e.status, 'output', e.output, 'error', e.error)
  from public.automation_executions e where e.id = p_run and e.account_id = p_account
$$;

-- What a caller has to know of an automation of the account; null where there is none.
create or replace function automations.describe_automation(p_account uuid, p_automation uuid)
returns jsonb
language sql stable security definer set search_path = pg_catalog, pg_temp
as $$
  select pg_catalog.jsonb_build_object(
    'id', a.id, 'name', a.name, 'trigger_type', a.trigger_type, 'trigger_config', a.trigger_config
  )
  from public.automations a where a.id = p_automation and a.user_id = p_account
$$;

-- What the automation answered last, as an example for tests: among the newest 1,000 runs of the account.
create or replace function automations.example_output(p_account uuid, p_automation uuid)
returns jsonb
language sql stable security definer set search_path = pg_catalog, pg_temp
as $$
  select r.output
  from (
    select e.automation_id, e.status, e.output, e.started_at, e.seq
    from public.automation_executions e
    where e.account_id = p_account
    order by e.started_at desc, e.seq desc
    limit 1000
  ) r
  where r.automation_id = p_automation and r.status = 'completed' and r.output is not null
  order by r.started_at desc, r.seq desc
  limit 1
$$;

-- One operation of a step (operations.sql); null where it is none of ours.
create or replace function automations.run_child_operation(p_operation jsonb)
returns jsonb
language plpgsql
as $$
declare
  v_account uuid := p_operation ->> 'account_id';
begin
  return case p_operation ->> 'operation'
    when 'start_run' then pg_catalog.to_jsonb(automations.start_child_run(
      v_account, (p_operation ->> 'execution_id')::pg_catalog.uuid, p_operation ->> 'step',
      (p_operation ->> 'automation')::pg_catalog.uuid, p_operation -> 'input',
      (p_operation ->> 'lead')::pg_catalog.uuid, (p_operation ->> 'conversation')::pg_catalog.uuid
    ))
    when 'run_result' then automations.child_run_result(v_account, (p_operation ->> 'id')::pg_catalog.uuid)
    when 'describe_automation'
    then automations.describe_automation(v_account, (p_operation ->> 'automation')::pg_catalog.uuid)
    when 'example_output' then automations.example_output(v_account, (p_operation ->> 'automation')::pg_catalog.uuid)
  end;
end
$$;

revoke execute on function automations.start_child_run(uuid, uuid, text, uuid, jsonb, uuid, uuid) from public;
revoke execute on function automations.child_run_result(uuid, uuid) from public;
revoke execute on function automations.describe_automation(uuid, uuid) from public;
revoke execute on function automations.example_output(uuid, uuid) from public;
revoke execute on function automations.run_child_operation(jsonb) from public;

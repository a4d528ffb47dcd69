-- What users do: start, cancel, publish, pause, resume; retry is in retries.sql. Each checks the account and the role
-- itself (member and above; what belongs to others does not exist), because the seed rightly gives no INSERT or UPDATE
-- on runs to users. Errors: AU002 of different accounts, AU003 not allowed, AU004 not found, AU006 the thing is in
-- another state, AU007 the input cannot be used.

-- The automation, if the caller may act on it, and its account. p_lock: nobody else changes it until the end.
create or replace function automations.automation_to_act_on(p_automation_id uuid, p_lock boolean)
returns public.automations
language plpgsql set search_path = pg_catalog, pg_temp
as $$
declare
  v_automation public.automations;
begin
  select a.* into v_automation from public.automations a where a.id = p_automation_id;
  perform automations.require_access(v_automation.user_id, 'automation', true);
  if p_lock then
    select a.* into v_automation from public.automations a where a.id = p_automation_id for no key update;
    perform automations.require_access(v_automation.user_id, 'automation', true);
  end if;
  return v_automation;
end
$$;

create or replace function automations.require_startable(p_automation public.automations)
returns void
language plpgsql set search_path = pg_catalog, pg_temp
as $$
begin
  if p_automation.published_version is null then
    raise exception 'the automation is not published' using errcode = 'AU006', hint = 'Publish it first.';
  elsif p_automation.status <> 'active' then
    raise exception 'the automation is not active but %', p_automation.status
      using errcode = 'AU006', hint = 'Resume it first; the audit log says why it was stopped.';
  elsif not p_automation.enabled then
    raise exception 'the automation is switched off' using errcode = 'AU006', hint = 'Enable it first.';
  end if;
end
$$;

-- The record that a run is started on, as JSON: the lead, or without one the conversation. Both have to be the account's.
create or replace function automations.record_to_start_on(p_account uuid, p_lead uuid, p_conversation uuid)
returns jsonb
language plpgsql stable set search_path = pg_catalog, pg_temp
as $$
declare
  v_record jsonb;
begin
  if p_conversation is not null then
    select pg_catalog.to_jsonb(c) into v_record
    from public.conversations c join public.agents a on a.id = c.agent_id
    where c.id = p_conversation and a.user_id = p_account;
    if not found then
      raise exception 'there is no such conversation'
        using errcode = 'AU004', hint = 'Choose a conversation of the account that owns the automation.';
    end if;
  end if;
  if p_lead is not null then
    select pg_catalog.to_jsonb(l) into v_record
    from public.leads l where l.id = p_lead and l.user_id = p_account;
    if not found then
      raise exception 'there is no such lead'
        using errcode = 'AU004', hint = 'Choose a lead of the account that owns the automation.';
    end if;
  end if;
  return v_record;
exception when data_exception then
  -- A value that jsonb cannot hold.
  return pg_catalog.jsonb_build_object('id', coalesce(p_lead, p_conversation), 'error', sqlerrm);
end
$$;

-- What a run that is started by hand, by a step or by a failure says of its start.
create or replace function automations.trigger_type_of_start(p_trigger_type text)
returns text
language sql immutable set search_path = pg_catalog, pg_temp
as $$
  select case when p_trigger_type in ('manual', 'ai_tool') then p_trigger_type else 'manual' end
$$;

create or replace function automations.start_run(
  p_automation_id uuid, p_input jsonb default '{}', p_lead_id uuid default null, p_conversation_id uuid default null,
  p_idempotency_key text default null
)
returns uuid
language plpgsql security definer set search_path = pg_catalog, pg_temp
as $$
declare
  v_automation public.automations := automations.automation_to_act_on(p_automation_id, false);
  v_account constant uuid := v_automation.user_id;
  v_run uuid := pg_catalog.gen_random_uuid();
  v_data jsonb;
  v_lane text;
begin
  if pg_catalog.char_length(p_idempotency_key) not between 1 and 255 then
    raise exception 'an idempotency key has 1 to 255 characters' using errcode = 'AU007', hint = 'Use a UUID.';
  end if;
  if p_idempotency_key is not null then
    -- The scheduler's due times live in the same table, hence the prefix. A session that inserts the same key at this
    -- moment is waited for.
    insert into automations.start_keys (automation_id, key, account_id, execution_id)
    values (p_automation_id, 'key:' || p_idempotency_key, v_account, v_run)
    on conflict (automation_id, key) do nothing;
    if not found then
      return (
        select k.execution_id from automations.start_keys k
        where k.automation_id = p_automation_id and k.key = 'key:' || p_idempotency_key
      );
    end if;
  end if;
  perform automations.require_startable(v_automation);
  -- What searches with it, or copies it from step to step, has to be done with it in a moment.
  if pg_catalog.pg_column_size(p_input) > 262144 then
    raise exception 'the input is larger than 256 kB' using errcode = 'AU007', hint = 'Send less, or where it can be had.';
  end if;
  if pg_catalog.jsonb_typeof(coalesce(p_input, '{}')) <> 'object' then
    raise exception 'the input is not an object but %', pg_catalog.jsonb_typeof(p_input)
      using errcode = 'AU007', hint = 'Give the fields of the automation''s input form as a JSON object.';
  end if;

  v_data := pg_catalog.jsonb_build_object(
    'event', 'manual', 'table', null, 'old', null,
    'new', automations.record_to_start_on(v_account, p_lead_id, p_conversation_id), 'input', coalesce(p_input, '{}'),
    'timestamp', pg_catalog.now()
  );
  v_lane := automations.lane_for(
    p_automation_id, v_automation.trigger_config, p_lead_id, p_conversation_id, v_data
  );
  insert into public.automation_executions (
    id, automation_id, trigger_type, trigger_data, status, triggered_by, lead_id, conversation_id,
    account_id, version_id, due_at, lane
  )
  values (
    v_run, p_automation_id, automations.trigger_type_of_start(v_automation.trigger_type),
    v_data, 'pending', automations.current_actor(), p_lead_id, p_conversation_id,
    v_account, v_automation.published_version,
    automations.first_due(v_automation.trigger_config, v_automation.trigger_type in ('manual', 'ai_tool'), v_lane),
    v_lane
  );
  perform automations.write_audit(v_account, 'start_run', p_automation_id, v_run);
  perform automations.wake_workers();
  return v_run;
end
$$;

-- Ends the run in any open state, also when a dead worker holds it; a live one is fenced off by the epoch. A run that
-- has ended is left as it is. Answers the status.
create or replace function automations.cancel_run(p_execution_id uuid, p_reason text default null)
returns text
language plpgsql security definer set search_path = pg_catalog, pg_temp
as $$
declare
  v_run record;
begin
  select e.account_id, e.automation_id, e.status into v_run
  from public.automation_executions e where e.id = p_execution_id;
  perform automations.require_access(v_run.account_id, 'run', true);
  if not automations.end_open_run(
    p_execution_id, 'cancelled', coalesce(nullif(pg_catalog.btrim(p_reason), ''), 'cancelled')
  ) then
    return (select e.status from public.automation_executions e where e.id = p_execution_id);
  end if;
  perform automations.write_audit(
    v_run.account_id, 'cancel_run', v_run.automation_id, p_execution_id,
    pg_catalog.jsonb_build_object('reason', p_reason, 'was', v_run.status)
  );
  -- Whoever waits for its place, and the worker that holds it.
  perform automations.wake_workers();
  return 'cancelled';
end
$$;

-- A version of what was validated before (services/), and the row that points at it. p_expected_revision: the
-- draft_revision that the caller has seen; another one refuses. Does not touch `enabled`.
create or replace function automations.publish_version(
  p_automation_id uuid, p_nodes jsonb, p_edges jsonb, p_trigger_type text, p_trigger_config jsonb,
  p_note text default null, p_expected_revision integer default null
)
returns uuid
language plpgsql security definer set search_path = pg_catalog, pg_temp
as $$
declare
  v_automation public.automations := automations.automation_to_act_on(p_automation_id, true);
  v_version uuid := pg_catalog.gen_random_uuid();
  v_nodes jsonb;
begin
  if p_expected_revision is not null and p_expected_revision <> v_automation.draft_revision then
    raise exception 'somebody has changed the draft: it is at revision %, not %',
      v_automation.draft_revision, p_expected_revision
      using errcode = 'AU006', hint = 'Load the automation again, look at the changes, then publish.';
  end if;
  if p_nodes is null or p_edges is null or p_trigger_type is null or p_trigger_config is null
    or pg_catalog.jsonb_typeof(p_nodes) <> 'array' or pg_catalog.jsonb_typeof(p_edges) <> 'array'
    or pg_catalog.jsonb_typeof(p_trigger_config) <> 'object'
    or p_trigger_type not in ('event', 'schedule', 'manual', 'ai_tool')
  then
    raise exception 'nodes and edges are arrays, trigger_config is an object, trigger_type is a known one'
      using errcode = 'AU007', hint = 'Publish through the API or `automations publish`, which validate the flow.';
  end if;
  v_nodes := automations.flow_with_trigger(p_nodes, p_trigger_type, p_trigger_config);
  insert into automations.versions (
    id, automation_id, account_id, number, trigger_type, trigger_config, nodes, edges, note, origin, created_by
  )
  select v_version, p_automation_id, v_automation.user_id,
    coalesce((select pg_catalog.max(v.number) from automations.versions v where v.automation_id = p_automation_id), 0) + 1,
    p_trigger_type, p_trigger_config, v_nodes, p_edges, p_note, 'publish', automations.current_actor();
  update public.automations a
  set nodes = v_nodes, edges = p_edges, trigger_type = p_trigger_type, trigger_config = p_trigger_config,
    published_version = v_version, status = 'active'
  where a.id = p_automation_id;
  perform automations.write_audit(
    v_automation.user_id, 'publish', p_automation_id, null,
    pg_catalog.jsonb_build_object('version_id', v_version, 'note', p_note)
  );
  return v_version;
end
$$;

create or replace function automations.pause_automation(p_automation_id uuid, p_reason text default null)
returns void
language plpgsql security definer set search_path = pg_catalog, pg_temp
as $$
declare
  v_automation public.automations := automations.automation_to_act_on(p_automation_id, true);
begin
  if v_automation.status = 'paused' then
    return;
  end if;
  if v_automation.status = 'draft' then
    raise exception 'the automation was never published' using errcode = 'AU006', hint = 'A draft does not run.';
  end if;
  update public.automations a set status = 'paused' where a.id = p_automation_id;
  perform automations.write_audit(
    v_automation.user_id, 'pause', p_automation_id, null, pg_catalog.jsonb_build_object('reason', p_reason)
  );
end
$$;

create or replace function automations.resume_automation(p_automation_id uuid)
returns void
language plpgsql security definer set search_path = pg_catalog, pg_temp
as $$
declare
  v_automation public.automations := automations.automation_to_act_on(p_automation_id, true);
begin
  if v_automation.status = 'active' then
    return;
  end if;
  if v_automation.published_version is null then
    raise exception 'the automation is not published' using errcode = 'AU006', hint = 'Publish it first.';
  end if;
  update public.automations a set status = 'active' where a.id = p_automation_id;
  perform automations.write_audit(v_automation.user_id, 'resume', p_automation_id);
end
$$;

-- The same in `public`, which PostgREST exposes. A function of the database's owner with the same name is left
-- alone.
do $$
declare
  v_function record;
begin
  for v_function in
    select p.proname,
      pg_catalog.pg_get_function_arguments(p.oid) as arguments,
      pg_catalog.pg_get_function_identity_arguments(p.oid) as identity_arguments,
      pg_catalog.pg_get_function_result(p.oid) as result,
      (select pg_catalog.string_agg(pg_catalog.format('%1$I => %1$I', a.name), ', ' order by a.position)
        from pg_catalog.unnest(p.proargnames) with ordinality as a (name, position)) as passed_on,
      -- Any of that name: with our optional arguments two of them would be ambiguous.
      exists (
        select from pg_catalog.pg_proc o
        where o.pronamespace = 'public'::pg_catalog.regnamespace and o.proname = p.proname
          and pg_catalog.obj_description(o.oid, 'pg_proc') is distinct from 'automations: wrapper'
      ) as taken
    from pg_catalog.pg_proc p
    where p.pronamespace = 'automations'::pg_catalog.regnamespace and p.proname in (
      'start_run', 'cancel_run', 'retry_run', 'publish_version', 'pause_automation', 'resume_automation', 'send_signal',
      'lift_breaker', 'decide_approval'
    )
    order by p.proname
  loop
    if v_function.taken then
      raise notice 'public.%(%) exists already and is kept; users call automations.% instead',
        v_function.proname, v_function.identity_arguments, v_function.proname;
      continue;
    end if;
    execute pg_catalog.format(
      'create or replace function public.%1$I(%2$s) returns %3$s language sql volatile security invoker '
      'set search_path = pg_catalog, pg_temp as %4$L',
      v_function.proname, v_function.arguments, v_function.result,
      pg_catalog.format('select automations.%I(%s)', v_function.proname, v_function.passed_on)
    );
    execute pg_catalog.format(
      'comment on function public.%I(%s) is %L', v_function.proname, v_function.identity_arguments,
      'automations: wrapper'
    );
    execute pg_catalog.format(
      'revoke execute on function public.%I(%s) from public', v_function.proname, v_function.identity_arguments
    );
  end loop;
end
$$;

revoke execute on function automations.automation_to_act_on(uuid, boolean) from public;
revoke execute on function automations.require_startable(public.automations) from public;
revoke execute on function automations.record_to_start_on(uuid, uuid, uuid) from public;
revoke execute on function automations.trigger_type_of_start(text) from public;
revoke execute on function automations.start_run(uuid, jsonb, uuid, uuid, text) from public;
revoke execute on function automations.cancel_run(uuid, text) from public;
revoke execute on function automations.publish_version(uuid, jsonb, jsonb, text, jsonb, text, integer) from public;
revoke execute on function automations.pause_automation(uuid, text) from public;
revoke execute on function automations.resume_automation(uuid) from public;

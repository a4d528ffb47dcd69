-- Retry: a new run with the trigger data of an ended one, from its start (on any version), from what failed, or from a
-- step. Whatever is taken over keeps its results and never runs again.

-- Before there was p_from. Two of one name would be ambiguous.
drop function if exists automations.retry_run(uuid);
do $$
begin
  if pg_catalog.obj_description(pg_catalog.to_regprocedure('public.retry_run(uuid)')::pg_catalog.oid, 'pg_proc')
    = 'automations: wrapper'
  then
    drop function public.retry_run(uuid);
  end if;
end
$$;

-- The steps that are the body of a loop, with every loop around them: what is reached from `each` and from no other
-- handle of it.
create or replace function automations.loop_bodies(p_nodes jsonb, p_edges jsonb)
returns table (loop_id text, node_id text)
language sql immutable set search_path = pg_catalog, pg_temp
as $$
  with recursive edge as materialized (
    select e.edge ->> 'source' as source, e.edge ->> 'target' as target, e.edge ->> 'sourceHandle' as handle
    from pg_catalog.jsonb_array_elements(p_edges) as e (edge)
  ), reached (loop_id, from_each, node_id) as (
    select n.node ->> 'id', coalesce(e.handle = 'each', false), e.target
    from pg_catalog.jsonb_array_elements(p_nodes) as n (node)
    join edge e on e.source = n.node ->> 'id'
    where n.node ->> 'type' = 'logic-loop'
    union
    select r.loop_id, r.from_each, e.target from reached r join edge e on e.source = r.node_id
  )
  select r.loop_id, r.node_id from reached r where r.from_each
  except
  select r.loop_id, r.node_id from reached r where not r.from_each
$$;

-- A step and all that comes after it.
create or replace function automations.step_and_what_follows(p_edges jsonb, p_node_id text)
returns setof text
language sql immutable set search_path = pg_catalog, pg_temp
as $$
  with recursive edge as materialized (
    select e.edge ->> 'source' as source, e.edge ->> 'target' as target
    from pg_catalog.jsonb_array_elements(p_edges) as e (edge)
  ), following (node_id) as (
    select p_node_id
    union
    select e.target from following f join edge e on e.source = f.node_id
  )
  select f.node_id from following f
$$;

-- Whether a recorded result can be built on: what completed, what failed and was handled, what a loop goes through. Not
-- a failure that ended its run, nor an attempt, a wait or a retry that was still open.
create or replace function automations.result_stands(p_key text, p_status text, p_record jsonb)
returns boolean
language sql immutable set search_path = pg_catalog, pg_temp
as $$
  select p_status = 'completed'
    or (p_status = 'failed' and p_record ->> 'handle' is not null)
    or p_key like '%:/'
$$;

-- Copy the results of p_old that p_run builds on; without those of p_dropped (ids of steps outside of loops; a loop
-- stands for all that is in it). Within a loop or an iteration that stands, everything stands.
create or replace function automations.take_over_steps(p_old uuid, p_run uuid, p_dropped text[])
returns void
language sql set search_path = pg_catalog, pg_temp
as $$
  with recorded as materialized (
    select s.*, pg_catalog.string_to_array(s.key, '/') as parts,
      automations.result_stands(s.key, s.status, s.record) as stands
    from automations.steps s
    where s.execution_id = p_old
      -- `/step` at the top, `loop:3/…` in a loop.
      and case when s.key like '/%' then pg_catalog.substr(s.key, 2) else pg_catalog.split_part(s.key, ':', 1) end
        <> all (p_dropped)
  ), enclosed as materialized (
    select distinct r.key
    from recorded r
    cross join lateral pg_catalog.generate_series(1, pg_catalog.cardinality(r.parts) - 1) as i
    cross join lateral (
      values
        -- Of `outer:3/inner:0/step`: the iterations `outer:3/` and `outer:3/inner:0/`, the loops `/outer` and
        -- `outer:3/inner`.
        (pg_catalog.array_to_string(r.parts[1:i], '/') || '/'),
        (pg_catalog.array_to_string(r.parts[1:i - 1], '/') || '/' || pg_catalog.split_part(r.parts[i], ':', 1))
    ) as around (key)
    join recorded a on a.key = around.key and a.stands
    where r.key not like '/%' and around.key <> r.key
  )
  insert into automations.steps (
    execution_id, key, account_id, node_id, status, attempt, outcome, record, written_at, folded
  )
  select p_run, r.key, r.account_id, r.node_id, r.status, r.attempt, r.outcome,
    case
      when r.record ? 'node_id' then pg_catalog.jsonb_build_object('from_run', p_old) || r.record
      else r.record
    end,
    r.written_at, r.folded and e.key is not null
  from recorded r
  left join enclosed e on e.key = r.key
  where r.stands or e.key is not null
$$;

-- The first finished step of p_old that p_run would have to run again because its result is not on record; '' for one
-- that the list does not name; null: none. A run that completes does not write the results of its last steps; nor
-- does one that ends itself as cancelled.
create or replace function automations.step_without_result(
  p_old public.automation_executions, p_run uuid, p_dropped text[], p_in_loops text[]
)
returns text
language sql stable set search_path = pg_catalog, pg_temp
as $$
  select coalesce(n.entry ->> 'node_id', '')
  from pg_catalog.jsonb_array_elements(
    case when pg_catalog.jsonb_typeof(p_old.nodes_executed) = 'array' then p_old.nodes_executed else '[]' end
  ) with ordinality as n (entry, position)
  where case
    -- Cut off, or written by another engine. A failed run has written everything.
    when n.entry ->> 'node_id' is null then p_old.status <> 'failed' or not n.entry ? 'left_out'
    else n.entry ->> 'status' in ('completed', 'failed')
      -- Without a handle: a failure that nobody handled, or a step that ended the run.
      and n.entry ->> 'handle' is not null
      -- Zero: the trigger, a disabled step.
      and coalesce(n.entry -> 'attempt', '1') <> '0'
      and coalesce(n.entry ->> 'type', '') not like 'trigger-%'
      and n.entry ->> 'node_id' <> all (p_dropped || p_in_loops)
      and not exists (
        select from automations.steps s
        where s.execution_id = p_run and s.key = '/' || (n.entry ->> 'node_id')
      )
  end
  order by n.position
  limit 1
$$;

-- What p_run, on the version that it has, takes over from p_old: everything but what failed or was open (p_node_id
-- null), and but a step and what follows it.
create or replace function automations.take_up_run(
  p_old public.automation_executions, p_run uuid, p_node_id text
)
returns void
language plpgsql set search_path = pg_catalog, pg_temp
as $$
declare
  v_version automations.versions;
  v_new automations.versions;
  v_in_loops text[];
  v_dropped text[] := '{}';
  v_missing text;
  v_changed text;
begin
  select v.* into v_version from automations.versions v where v.id = p_old.version_id;
  if not found or p_old.test_mode then
    raise exception 'the run has no results that could be taken over'
      using errcode = 'AU006', hint = 'Run it again from the start.';
  end if;
  v_in_loops := array(select distinct b.node_id from automations.loop_bodies(v_version.nodes, v_version.edges) b);
  if p_node_id is not null then
    if not exists (
      select from pg_catalog.jsonb_array_elements(v_version.nodes) as n (node) where n.node ->> 'id' = p_node_id
    ) then
      raise exception 'version % has no step %', v_version.number, pg_catalog.quote_literal(p_node_id)
        using errcode = 'AU007', hint = 'Name a step that the run ran; `automations show` has their ids.';
    end if;
    if p_node_id = any (v_in_loops) then
      raise exception 'the step % is inside of a loop', pg_catalog.quote_literal(p_node_id)
        using errcode = 'AU007', hint = pg_catalog.format('Choose the loop: %s.', (
          select pg_catalog.string_agg(distinct pg_catalog.quote_literal(b.loop_id), ', ')
          from automations.loop_bodies(v_version.nodes, v_version.edges) b
          where b.node_id = p_node_id and b.loop_id <> all (v_in_loops)
        ));
    end if;
    if not automations.was_reached(p_old, v_version.nodes, p_node_id) then
      raise exception 'the run never reached the step %', pg_catalog.quote_literal(p_node_id)
        using errcode = 'AU006', hint = 'Choose one that it reached; `automations show` has them.';
    end if;
    v_dropped := array(select automations.step_and_what_follows(v_version.edges, p_node_id));
  end if;
  perform automations.take_over_steps(p_old.id, p_run, v_dropped);
  v_missing := automations.step_without_result(p_old, p_run, v_dropped, v_in_loops);
  if v_missing is not null then
    raise exception 'the result of % is not on record, and a finished step must not run again',
      case when v_missing = '' then 'some step' else pg_catalog.quote_literal(v_missing) end
      using errcode = 'AU006', hint = 'Choose that step or an earlier one, or run it again from the start.';
  end if;
  select v.* into v_new
  from automations.versions v join public.automation_executions e on e.version_id = v.id
  where e.id = p_run;
  if v_new.id <> v_version.id then
    v_changed := automations.step_changed_since(p_run, v_version, v_new);
    if v_changed is not null then
      raise exception 'version % differs at %, which the run has done, or before it',
        v_new.number, pg_catalog.quote_literal(v_changed)
        using errcode = 'AU006', hint = pg_catalog.format(
          'Go on with version %s, which it ran, or run it again from the start.', v_version.number
        );
    end if;
  end if;
end
$$;

create or replace function automations.was_reached(
  p_run public.automation_executions, p_nodes jsonb, p_node_id text
)
returns boolean
language sql stable set search_path = pg_catalog, pg_temp
as $$
  select exists (
    select from automations.steps s
    where s.execution_id = p_run.id
      and (s.key = '/' || p_node_id or pg_catalog.starts_with(s.key, p_node_id || ':'))
  ) or exists (
    select from pg_catalog.jsonb_array_elements(
      case when pg_catalog.jsonb_typeof(p_run.nodes_executed) = 'array' then p_run.nodes_executed else '[]' end
    ) as n (entry)
    where n.entry ->> 'node_id' = p_node_id and n.entry ->> 'status' <> 'skipped'
  ) or exists (
    -- Every run begins with its trigger.
    select from pg_catalog.jsonb_array_elements(p_nodes) as n (node)
    where n.node ->> 'id' = p_node_id and n.node ->> 'type' like 'trigger-%'
  )
$$;

-- A new run with the same trigger data. Its causes stay the same, so that it is no way round the loop guard.
--
-- p_from: null or 'start': from the beginning, on what is published now. 'failed': on the version of the old run, whose
-- finished steps keep their results. The id of a step (or 'step:<id>', for one that is called start or failed): the
-- same, but that step and what follows it run again. p_version: the number of another version; where results are kept,
-- one that has the steps that made them, and the way to them, alike.
create or replace function automations.retry_run(
  p_execution_id uuid, p_from text default null, p_version integer default null
)
returns uuid
language plpgsql security definer set search_path = pg_catalog, pg_temp
as $$
declare
  v_from_start constant boolean := coalesce(p_from, 'start') = 'start';
  v_old public.automation_executions;
  v_automation public.automations;
  v_version uuid;
  v_run uuid := pg_catalog.gen_random_uuid();
begin
  select e.* into v_old from public.automation_executions e where e.id = p_execution_id;
  perform automations.require_access(v_old.account_id, 'run', true);
  -- Its results are not cleaned up while they are copied.
  select e.* into v_old from public.automation_executions e where e.id = p_execution_id for key share;
  perform automations.require_access(v_old.account_id, 'run', true);
  if v_old.status in ('pending', 'running') then
    raise exception 'the run has not ended, it is %', v_old.status
      using errcode = 'AU006', hint = 'Cancel it first, or wait for its end.';
  elsif p_from = 'failed' and v_old.status = 'completed' then
    raise exception 'the run has completed, nothing of it failed'
      using errcode = 'AU006', hint = 'Name the step to begin with, or run it again from the start.';
  end if;
  select a.* into v_automation from public.automations a where a.id = v_old.automation_id;
  perform automations.require_startable(v_automation);
  if p_version is null then
    v_version := case when v_from_start then v_automation.published_version else v_old.version_id end;
  else
    select v.id into v_version
    from automations.versions v where v.automation_id = v_old.automation_id and v.number = p_version;
    if not found then
      raise exception 'there is no version % of the automation', p_version
        using errcode = 'AU004', hint = '`automations versions` lists them.';
    end if;
  end if;
  insert into public.automation_executions (
    id, automation_id, trigger_type, trigger_data, status, triggered_by, lead_id, conversation_id,
    account_id, version_id, event_id, parent_id, ancestors, depth, epoch, due_at, lane
  )
  values (
    v_run, v_old.automation_id, v_old.trigger_type, v_old.trigger_data, 'pending',
    coalesce(automations.current_actor(), v_old.triggered_by), v_old.lead_id, v_old.conversation_id,
    v_old.account_id, v_version, v_old.event_id, v_old.id, v_old.ancestors, v_old.depth,
    -- As if a worker had had it before: its first claim loads the results (load_runs).
    case when v_from_start then 0 else 1 end,
    pg_catalog.clock_timestamp(),
    automations.lane_for(
      v_automation.id, v_automation.trigger_config, v_old.lead_id, v_old.conversation_id, v_old.trigger_data
    )
  );
  if not v_from_start then
    perform automations.take_up_run(
      v_old, v_run, case when p_from <> 'failed' then pg_catalog.regexp_replace(p_from, '^step:', '') end
    );
  end if;
  perform automations.write_audit(
    v_old.account_id, 'retry_run', v_old.automation_id, v_run,
    pg_catalog.jsonb_strip_nulls(pg_catalog.jsonb_build_object(
      'retry_of', v_old.id, 'from', p_from, 'version', p_version
    ))
  );
  perform automations.wake_workers();
  return v_run;
end
$$;

revoke execute on function automations.loop_bodies(jsonb, jsonb) from public;
revoke execute on function automations.step_and_what_follows(jsonb, text) from public;
revoke execute on function automations.result_stands(text, text, jsonb) from public;
revoke execute on function automations.take_over_steps(uuid, uuid, text[]) from public;
revoke execute on function automations.step_without_result(
  public.automation_executions, uuid, text[], text[]
) from public;
revoke execute on function automations.take_up_run(public.automation_executions, uuid, text) from public;
revoke execute on function automations.was_reached(public.automation_executions, jsonb, text) from public;
revoke execute on function automations.retry_run(uuid, text, integer) from public;

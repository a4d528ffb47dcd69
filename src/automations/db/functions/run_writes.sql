-- The engine's writes on runs. Every one checks owner and epoch with the row locked, so a late worker changes nothing;
-- none waits for a lock: what is locked is left out of the answer and tried again by the caller.

-- Lock the runs that are still this worker's, for the rest of the transaction. Runs come before the rows that their
-- steps touch: whoever deletes a lead holds the lead and wants the run, so we may hold runs only while we never wait.
create or replace function automations.hold_runs(p_owner bigint, p_ids uuid[], p_epochs integer[])
returns setof uuid
language sql
as $$
  select e.id
  from unnest(p_ids, p_epochs) as r (id, epoch)
  join public.automation_executions e on e.id = r.id
  where e.owner = p_owner and e.epoch = r.epoch and e.status = 'running'
  order by e.id
  for no key update of e skip locked
$$;

-- Of runs that could not be locked: which are still this worker's (somebody else has the row for a moment).
create or replace function automations.still_held(p_owner bigint, p_ids uuid[], p_epochs integer[])
returns setof uuid
language sql stable
as $$
  select e.id
  from unnest(p_ids, p_epochs) as r (id, epoch)
  join public.automation_executions e on e.id = r.id
  where e.owner = p_owner and e.epoch = r.epoch and e.status = 'running'
$$;

drop function if exists automations.write_steps(
  uuid[], text[], uuid[], text[], text[], integer[], jsonb[], jsonb[], timestamptz[]
);

-- Checkpoints: the outcome of a step is written once and wins for ever; an open attempt may be replaced.
create or replace function automations.write_steps(
  p_execution_ids uuid[], p_keys text[], p_accounts uuid[], p_node_ids text[], p_statuses text[],
  p_attempts integer[], p_outcomes jsonb[], p_records jsonb[], p_dues timestamptz[], p_folded boolean[]
)
returns void
language sql
as $$
  insert into automations.steps as s (
    execution_id, key, account_id, node_id, status, attempt, outcome, record, due_at, folded
  )
  select * from unnest(
    p_execution_ids, p_keys, p_accounts, p_node_ids, p_statuses, p_attempts, p_outcomes, p_records, p_dues, p_folded
  )
  on conflict (execution_id, key) do update
  set status = excluded.status, attempt = excluded.attempt, outcome = excluded.outcome, record = excluded.record,
    due_at = excluded.due_at, folded = excluded.folded, written_at = pg_catalog.now()
  where s.status in ('started', 'waiting');

  select automations.note_live_steps(p_execution_ids, p_keys, p_accounts);
$$;

-- Steps of iterations (by key) and of whole loops (by what their keys begin with) that have completed: kept for the
-- record, and not loaded when the run goes on.
create or replace function automations.fold_steps(
  p_key_ids uuid[], p_keys text[], p_loop_ids uuid[], p_loops text[]
)
returns void
language sql
as $$
  update automations.steps s set folded = true
  from unnest(p_key_ids, p_keys) as f (execution_id, key)
  where s.execution_id = f.execution_id and s.key = f.key and not s.folded;

  update automations.steps s set folded = true
  from unnest(p_loop_ids, p_loops) as f (execution_id, prefix)
  where s.execution_id = f.execution_id and pg_catalog.starts_with(s.key, f.prefix) and not s.folded;
$$;

-- End runs that hold_runs has locked in this transaction, and pull forward whoever waits for their lanes.
create or replace function automations.finish_runs(
  p_ids uuid[], p_statuses text[], p_nodes jsonb[], p_variables jsonb[], p_outputs jsonb[], p_errors text[],
  p_error_nodes text[], p_now timestamptz default null
)
returns void
language plpgsql
as $$
declare
  v_now timestamptz := coalesce(p_now, pg_catalog.clock_timestamp());
  v_lanes text[];
begin
  with finished as (
    update public.automation_executions e
    set status = f.status, nodes_executed = f.nodes, variables = f.variables, output = f.output, error = f.error,
      error_node_id = f.error_node, completed_at = v_now,
      duration_ms = automations.milliseconds_between(e.run_started_at, v_now),
      due_at = null, owner = null
    from unnest(p_ids, p_statuses, p_nodes, p_variables, p_outputs, p_errors, p_error_nodes)
      as f (id, status, nodes, variables, output, error, error_node)
    where e.id = f.id
    returning e.lane
  )
  select pg_catalog.array_agg(f.lane) into v_lanes from finished f where f.lane is not null;
  if v_lanes is not null then
    perform automations.pull_lanes(v_lanes, v_now);
  end if;
end
$$;

-- hold_runs and finish_runs in one statement, for runs that have nothing else to write: one commit, one round trip.
-- Answers those that have ended now.
create or replace function automations.finish_held_runs(
  p_owner bigint, p_epochs integer[],
  p_ids uuid[], p_statuses text[], p_nodes jsonb[], p_variables jsonb[], p_outputs jsonb[], p_errors text[],
  p_error_nodes text[]
)
returns setof uuid
language plpgsql
as $$
declare
  v_held uuid[] := array(select automations.hold_runs(p_owner, p_ids, p_epochs));
begin
  perform automations.finish_runs(
    pg_catalog.array_agg(f.id), pg_catalog.array_agg(f.status), pg_catalog.array_agg(f.nodes),
    pg_catalog.array_agg(f.variables), pg_catalog.array_agg(f.output), pg_catalog.array_agg(f.error),
    pg_catalog.array_agg(f.error_node)
  )
  from unnest(p_ids, p_statuses, p_nodes, p_variables, p_outputs, p_errors, p_error_nodes)
    as f (id, status, nodes, variables, output, error, error_node)
  where f.id = any (v_held);
  return query select unnest(v_held);
end
$$;

-- What is on record of a run that is ended without its worker (cancelled, given up): the steps that it made, and those
-- under way, of which nobody knows whether they took effect. For nodes_executed; at most 1,000, and not what the
-- iterations of loops did: that stays in automations.steps.
create or replace function automations.recorded_steps(p_execution_id uuid)
returns jsonb
language sql stable
as $$
  select coalesce(pg_catalog.jsonb_agg(
    case
      when s.status = 'started' then (s.record - 'resumed') || pg_catalog.jsonb_build_object(
        'status', 'failed', 'error', 'the run ended while this step was under way; whether it took effect is not known'
      )
      when (s.status = 'waiting' and s.record ->> 'error' is null) or s.record ->> 'status' = 'looping'
      then s.record || pg_catalog.jsonb_build_object('status', 'skipped', 'output', null)
      else s.record
    end
    order by s.record ->> 'started_at', s.key
  ), '[]')
  from (
    select x.key, x.status, x.record
    from automations.steps x
    where x.execution_id = p_execution_id and x.record ? 'node_id' and not x.record ? 'scope'
      -- The opening of a loop stands for it until its end is on record.
      and not (x.key like '%:/' and exists (
        select from automations.steps d
        where d.execution_id = x.execution_id and d.key = '/' || pg_catalog.split_part(x.key, ':', 1)
      ))
    limit 1000
  ) s
$$;

-- Let go of runs that wait: no owner, due when the earliest timer of the run fires, null for a signal only.
create or replace function automations.park_runs(p_ids uuid[], p_dues timestamptz[])
returns void
language plpgsql
as $$
declare
  v_lanes text[];
begin
  with parked as (
    update public.automation_executions e
    set owner = null, takeovers = 0,
      -- A signal that came while the run was held is waiting.
      due_at = case
        when exists (select from automations.signals s where s.execution_id = e.id) then pg_catalog.clock_timestamp()
        else p.due_at
      end
    from unnest(p_ids, p_dues) as p (id, due_at)
    where e.id = p.id
    returning e.lane
  )
  select pg_catalog.array_agg(p.lane) into v_lanes from parked p where p.lane is not null;
  if v_lanes is not null then
    -- It holds its lane, but no place among those that may run at once.
    perform automations.pull_lanes(
      array(select u.lane from unnest(v_lanes) as u (lane) where u.lane like 'limit:%'), pg_catalog.clock_timestamp()
    );
    perform automations.pull_places(
      array(select u.lane from unnest(v_lanes) as u (lane) where u.lane not like 'limit:%'),
      pg_catalog.clock_timestamp()
    );
  end if;
end
$$;

revoke execute on function automations.hold_runs(bigint, uuid[], integer[]) from public;
revoke execute on function automations.still_held(bigint, uuid[], integer[]) from public;
revoke execute on function automations.write_steps(
  uuid[], text[], uuid[], text[], text[], integer[], jsonb[], jsonb[], timestamptz[], boolean[]
) from public;
revoke execute on function automations.fold_steps(uuid[], text[], uuid[], text[]) from public;
revoke execute on function automations.finish_runs(
  uuid[], text[], jsonb[], jsonb[], jsonb[], text[], text[], timestamptz
) from public;
revoke execute on function automations.finish_held_runs(
  bigint, integer[], uuid[], text[], jsonb[], jsonb[], jsonb[], text[], text[]
) from public;
revoke execute on function automations.recorded_steps(uuid) from public;
revoke execute on function automations.park_runs(uuid[], timestamptz[]) from public;

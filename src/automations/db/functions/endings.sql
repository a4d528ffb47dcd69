-- Runs that are ended from outside: cancelled by a person, given up or replaced by the engine.
--
-- A run that waits for runs which it called takes them along. Whoever deletes a lead holds the lead and wants all its
-- runs, so nobody may wait for a run while holding another one: the first run may be waited for, with nothing in hand;
-- those that it called are locked at once or not at all.

-- The open runs that these ones called and wait for. Read it with these locked: their workers commit nothing then. What
-- a wait names is compared with the parent, so that a run which only looks on does not end another.
create or replace function automations.awaited_runs(p_execution_ids uuid[])
returns setof uuid
language sql stable set search_path = pg_catalog, pg_temp
as $$
  select distinct c.id
  from (
    select w.execution_id, w.topic
    from automations.waits w
    where w.execution_id = any (p_execution_ids)
    union
    -- A run whose other branches go on has not parked: it waits in a worker's memory, and its checkpoint says for what.
    select s.execution_id, s.outcome ->> 'signal'
    from automations.steps s
    where s.execution_id = any (p_execution_ids) and s.status = 'waiting'
  ) w
  cross join lateral (
    select case
      when w.topic ~ '^run:[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$'
      then pg_catalog.substr(w.topic, 5)::uuid
    end as execution_id
  ) named
  join public.automation_executions c on c.id = named.execution_id
  where c.parent_id = w.execution_id and c.status in ('pending', 'running')
$$;

-- Lock an open run, the runs that it waits for, theirs and so on, and all their waits. Answers the runs, the first one
-- first; none: it has ended; null: somebody has one of them, and some are locked. p_nowait: do not wait for the first
-- one either.
create or replace function automations.hold_with_awaited(p_execution_id uuid, p_nowait boolean)
returns uuid[]
language plpgsql set search_path = pg_catalog, pg_temp
as $$
declare
  v_level uuid[] := array[p_execution_id];
  v_locked uuid[];
  v_all uuid[] := '{}';
begin
  if not p_nowait then
    perform from public.automation_executions e where e.id = p_execution_id for no key update;
  end if;
  while v_level <> '{}' loop
    v_locked := array(
      select e.id from public.automation_executions e
      where e.id = any (v_level) and e.status in ('pending', 'running')
      order by e.id
      for no key update skip locked
    );
    if exists (
      select from public.automation_executions e
      where e.id = any (v_level) and e.id <> all (v_locked) and e.status in ('pending', 'running')
    ) then
      return null;
    end if;
    v_all := v_all || v_locked;
    v_level := array(select a.id from automations.awaited_runs(v_locked) as a (id) where a.id <> all (v_all));
  end loop;
  if pg_catalog.cardinality(array(
    select w.key from automations.waits w where w.execution_id = any (v_all) for update skip locked
  )) < (select pg_catalog.count(*) from automations.waits w where w.execution_id = any (v_all)) then
    return null;
  end if;
  return v_all;
end
$$;

-- End an open run as p_status (failed or cancelled) with p_error, in whatever state it is: pending, held by a worker
-- (alive, stopped or dead: the epoch fences it off), parked. What it did stays on record; what it waits for is
-- forgotten; runs that it called and waits for are cancelled with it; whoever waits for one of their lanes comes next.
-- The audit log and the wake-up of workers (automations.wake_workers) are the caller's.
--
-- p_now: null = the database's clock. p_nowait: never wait for a lock, as the engine must not.
-- Answers true: it was open and has ended now. False: it had ended before, or there is no such run; with p_nowait also:
-- somebody has it locked, or one that it waits for: then nothing has happened, and the caller tries again later.
create or replace function automations.end_open_run(
  p_execution_id uuid, p_status text, p_error text, p_now timestamptz default null, p_nowait boolean default false
)
returns boolean
language plpgsql set search_path = pg_catalog, pg_temp
as $$
declare
  v_held uuid[];
  v_now timestamptz;
  v_lanes text[];
begin
  if p_nowait then
    v_held := automations.hold_with_awaited(p_execution_id, true);
  else
    loop
      begin
        v_held := automations.hold_with_awaited(p_execution_id, false);
        exit when v_held is not null;
        raise exception 'somebody has a run that is to be ended' using errcode = 'AU099';
      exception when sqlstate 'AU099' then
        -- What was locked is free again: nobody who has the other one waits for us.
        perform pg_catalog.pg_sleep(0.02);
      end;
    end loop;
  end if;
  if v_held is null or v_held = '{}' then
    return false;
  end if;

  v_now := coalesce(p_now, pg_catalog.clock_timestamp());
  with ended as (
    update public.automation_executions e
    set status = case when e.id = p_execution_id then p_status else 'cancelled' end,
      error = case
        when e.id = p_execution_id then p_error
        else pg_catalog.concat_ws(': ', 'the run that waited for this one has ended', p_error)
      end,
      epoch = e.epoch + 1, owner = null, due_at = null, completed_at = v_now,
      duration_ms = automations.milliseconds_between(coalesce(e.run_started_at, e.started_at), v_now),
      nodes_executed = automations.recorded_steps(e.id)
    where e.id = any (v_held)
    returning e.lane
  )
  select pg_catalog.array_agg(d.lane) into v_lanes from ended d where d.lane is not null;
  delete from automations.waits w where w.execution_id = any (v_held);
  -- A wake-up that somebody has in hand wakes nobody any more.
  delete from automations.signals s
  where s.id in (select x.id from automations.signals x where x.execution_id = any (v_held) for update skip locked);
  if v_lanes is not null then
    perform automations.pull_lanes(v_lanes, v_now);
  end if;
  return true;
end
$$;

revoke execute on function automations.awaited_runs(uuid[]) from public;
revoke execute on function automations.hold_with_awaited(uuid, boolean) from public;
revoke execute on function automations.end_open_run(uuid, text, text, timestamptz, boolean) from public;

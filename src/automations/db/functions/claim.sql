-- Claim, wake and takeover are one statement: a run is anybody's when its `due_at` has come.
--
-- Claims of all workers are serialised by one transaction-level advisory lock (a claim of 100 takes a few
-- milliseconds), so that lanes and limits can be judged against committed rows without a race. The function answers
-- with ids only: a stopped worker must not hold the lock while its socket is full.

-- How long a run that may not start yet is left alone: a tenth of its age, within bounds, so that neither a short nor
-- a long line is looked at all the time. Whoever frees the place pulls the next one forward at once.
create or replace function automations.look_again_after(p_now timestamptz, p_since timestamptz)
returns interval
language sql immutable parallel safe
as $$
  select least(
    interval '60 seconds',
    greatest(interval '200 milliseconds', (p_now - p_since) / 10)
  )
$$;

-- Accounts that have something due, at most p_limit, going round from p_after: one index probe per account. A last row
-- without an account says that it did not get all the way round: visited_last is where to go on.
create or replace function automations.accounts_due(p_now timestamptz, p_after uuid, p_limit integer)
returns table (account_id uuid, visited_last uuid)
language plpgsql
as $$
declare
  c_max_probes constant integer := 400;
  v_position uuid := coalesce(p_after, '00000000-0000-0000-0000-000000000000');
  v_start uuid := v_position;
  v_next uuid;
  v_due timestamptz;
  v_wrapped boolean := false;
  v_found integer := 0;
  v_round boolean := false;
begin
  for i in 1 .. c_max_probes loop
    select e.account_id, e.due_at into v_next, v_due
    from public.automation_executions e
    where e.due_at is not null and e.account_id > v_position
    order by e.account_id, e.due_at, e.seq
    limit 1;
    if not found then
      v_round := v_wrapped;
      exit when v_round;
      v_wrapped := true;
      v_position := '00000000-0000-0000-0000-000000000000';
      continue;
    end if;
    v_round := v_wrapped and v_next > v_start;
    exit when v_round;
    v_position := v_next;
    if v_due <= p_now then
      account_id := v_next;
      visited_last := v_next;
      return next;
      v_found := v_found + 1;
      exit when v_found >= p_limit;
    end if;
  end loop;
  if not v_round then
    account_id := null;
    visited_last := v_position;
    return next;
  end if;
end
$$;

-- The count of starts of the running hour; a new hour begins with the first start after the old one.
create or replace function automations.start_window(p_automation uuid, p_account uuid, p_now timestamptz)
returns automations.start_windows
language plpgsql stable
as $$
declare
  v_window automations.start_windows;
begin
  select w.* into v_window from automations.start_windows w where w.automation_id = p_automation;
  if not found or v_window.window_start <= p_now - interval '1 hour' then
    v_window.automation_id := p_automation;
    v_window.account_id := p_account;
    v_window.window_start := p_now;
    v_window.starts := 0;
  end if;
  return v_window;
end
$$;

create or replace function automations.keep_start_window(p_window automations.start_windows)
returns void
language sql
as $$
  -- The foreign key would wait for whoever has the automation locked, with the claim lock and the runs of that very
  -- automation in our hands: not counted this time instead.
  insert into automations.start_windows as w (automation_id, account_id, window_start, starts)
  select p_window.automation_id, p_window.account_id, p_window.window_start, p_window.starts
  from (
    select a.id from public.automations a where a.id = p_window.automation_id for key share skip locked
  ) free
  on conflict (automation_id) do update
  set window_start = excluded.window_start, starts = excluded.starts
$$;

-- Take up to p_limit due runs for worker p_owner until p_now + p_lease.
--
-- p_now: null = the database's clock; tests set it. p_after: the account where the last claim ended (fairness).
-- p_idle: this worker holds nothing, so it may take a run that killed two workers, alone.
-- Answers: kind 'run' (taken), 'alone' (taken; run it by itself), 'drain' (one is waiting for an idle worker),
-- 'next' (nothing taken for it; due_at = when the earliest run of these accounts becomes due),
-- 'signal' (a run that this worker holds has one), 'more' (the limit was reached: claim again), 'scan' (there are more accounts than one look takes in: go on after
-- account_id).
create or replace function automations.claim_runs(
  p_owner bigint, p_limit integer, p_lease interval, p_now timestamptz default null,
  p_after uuid default null, p_idle boolean default true
)
returns table (kind text, execution_id uuid, epoch integer, account_id uuid)
language plpgsql
as $$
declare
  -- Two takeovers in company, then three alone: 100 innocent runs share a worker with a poisonous one.
  c_takeovers_in_company constant smallint := 2;
  c_takeovers_at_most constant smallint := 5;
  c_default_starts_per_hour constant integer := 100000;
  v_now timestamptz;
  v_accounts uuid[];
  v_scanned uuid;
  v_ended_lanes text[] := '{}';
  v_share integer;
  v_taken integer := 0;
  v_candidate record;
  v_kind text;
  v_free jsonb := '{}';
  v_limit integer;
  v_held integer;
  v_window automations.start_windows;
  v_start_limit integer;
  v_runs uuid[] := '{}';
  v_run_takeovers smallint[] := '{}';
  v_picked integer := 0;
begin
  if p_limit <= 0 then
    return;
  end if;
  -- A lost claim is claimed again, by another owner; the commit need not wait for the disk.
  perform pg_catalog.set_config('synchronous_commit', 'off', true);
  perform pg_catalog.pg_advisory_xact_lock(7263201, 1);
  v_now := coalesce(p_now, pg_catalog.clock_timestamp());

  for execution_id in select automations.take_signals(p_owner, v_now) loop
    kind := 'signal';
    return next;
  end loop;

  select pg_catalog.array_agg(d.account_id) filter (where d.account_id is not null),
    (pg_catalog.array_agg(d.visited_last) filter (where d.account_id is null))[1]
  into v_accounts, v_scanned
  from automations.accounts_due(v_now, p_after, p_limit) d;
  if v_accounts is null then
    if v_scanned is not null then
      kind := 'scan';
      account_id := v_scanned;
      return next;
    end if;
    return;
  end if;
  v_share := pg_catalog.ceil(p_limit::numeric / pg_catalog.cardinality(v_accounts))::integer;

  for v_candidate in
    with picked as materialized (
      select e.*
      from unnest(v_accounts) as u (account_id)
      cross join lateral (
        select x.id, x.automation_id, x.account_id, x.status, x.owner, x.lane, x.seq, x.takeovers, x.started_at,
          x.epoch, x.run_started_at, x.due_at
        from public.automation_executions x
        where x.account_id = u.account_id and x.due_at is not null and x.due_at <= v_now
        order by x.due_at, x.seq
        limit v_share
        for no key update skip locked
      ) e
    )
    select p.*, a.enabled, a.status as automation_status, a.trigger_config -> 'concurrency' -> 'limit' as run_limit,
      a.trigger_config -> 'max_starts_per_hour' as start_limit,
      p.lane is not null and p.lane not like 'limit:%' and exists (
        select from public.automation_executions o
        where o.lane = p.lane and o.seq < p.seq and o.status in ('pending', 'running')
      ) as lane_taken
    from picked p
    join public.automations a on a.id = p.automation_id
    order by p.due_at, p.seq
  loop
    v_picked := v_picked + 1;
    -- An owner on a due row: the lease ran out, the worker is gone.
    if v_candidate.owner is not null then
      v_candidate.takeovers := v_candidate.takeovers + 1;
    end if;

    v_kind := 'run';
    if v_candidate.status = 'pending' and not v_candidate.enabled then
      v_kind := 'disabled';
    elsif v_candidate.automation_status <> 'active' then
      v_kind := 'later';
    elsif v_candidate.lane_taken then
      v_kind := 'later';
    elsif v_candidate.takeovers >= c_takeovers_at_most then
      v_kind := 'poison';
    elsif v_candidate.takeovers >= c_takeovers_in_company then
      v_kind := case when p_idle and v_taken = 0 then 'alone' else 'drain' end;
    end if;

    -- At most so many at once: those held now, wherever, plus those taken in this claim.
    if v_kind in ('run', 'alone') and pg_catalog.jsonb_typeof(v_candidate.run_limit) = 'number' then
      v_limit := greatest(1, least((v_candidate.run_limit::text)::numeric, 1000000))::integer;
      if not v_free ? v_candidate.automation_id::text then
        select pg_catalog.count(*) into v_held
        from public.automation_executions o
        where o.owner is not null and o.automation_id = v_candidate.automation_id
          and o.due_at > v_now;
        v_free := v_free || pg_catalog.jsonb_build_object(v_candidate.automation_id::text, v_limit - v_held);
      end if;
      if (v_free ->> v_candidate.automation_id::text)::integer <= 0 then
        v_kind := 'later';
      else
        v_free := v_free || pg_catalog.jsonb_build_object(
          v_candidate.automation_id::text, (v_free ->> v_candidate.automation_id::text)::integer - 1
        );
      end if;
    end if;

    -- Starts per hour: the last defence against loops that leave the database and come back.
    if v_kind in ('run', 'alone') and v_candidate.status = 'pending' then
      if v_window.automation_id is null or v_window.automation_id <> v_candidate.automation_id then
        perform automations.keep_start_window(v_window);
        v_window := automations.start_window(v_candidate.automation_id, v_candidate.account_id, v_now);
        v_start_limit := case
          when pg_catalog.jsonb_typeof(v_candidate.start_limit) = 'number'
          then greatest(1, least((v_candidate.start_limit::text)::numeric, 1000000000))::integer
          else c_default_starts_per_hour
        end;
      end if;
      if v_window.starts >= v_start_limit then
        v_kind := 'hour';
        -- Said once an hour: one start more than the limit is how the window remembers that it was.
        if v_window.starts = v_start_limit then
          v_window.starts := v_window.starts + 1;
          perform automations.write_audit(
            v_candidate.account_id, 'automation.held_back', v_candidate.automation_id, null,
            pg_catalog.jsonb_build_object(
              'max_starts_per_hour', v_start_limit, 'until', v_window.window_start + interval '1 hour'
            )
          );
        end if;
      else
        v_window.starts := v_window.starts + 1;
      end if;
    end if;

    if v_kind in ('run', 'alone') then
      v_runs := v_runs || v_candidate.id;
      v_run_takeovers := v_run_takeovers || v_candidate.takeovers;
      v_taken := v_taken + 1;
      kind := v_kind;
      execution_id := v_candidate.id;
      epoch := v_candidate.epoch + 1;
      account_id := v_candidate.account_id;
      return next;
      exit when v_kind = 'alone';
    elsif v_kind = 'later' then
      update public.automation_executions e
      set due_at = v_now + automations.look_again_after(v_now, v_candidate.started_at),
        owner = null, takeovers = v_candidate.takeovers
      where e.id = v_candidate.id;
    elsif v_kind = 'hour' then
      update public.automation_executions e
      set due_at = v_window.window_start + interval '1 hour'
      where e.id = v_candidate.id;
    elsif v_kind = 'disabled' then
      v_ended_lanes := v_ended_lanes || coalesce(v_candidate.lane, '');
      update public.automation_executions e
      set status = 'cancelled', error = 'automation disabled', due_at = null, owner = null, epoch = e.epoch + 1,
        completed_at = v_now,
        duration_ms = automations.milliseconds_between(e.started_at, v_now)
      where e.id = v_candidate.id;
    elsif v_kind = 'poison' then
      v_ended_lanes := v_ended_lanes || coalesce(v_candidate.lane, '');
      update public.automation_executions e
      set status = 'failed', due_at = null, owner = null, epoch = e.epoch + 1, completed_at = v_now,
        takeovers = v_candidate.takeovers,
        nodes_executed = automations.recorded_steps(e.id),
        error = 'the worker died ' || v_candidate.takeovers || ' times while it ran this; it is not tried again',
        duration_ms = automations.milliseconds_between(e.started_at, v_now)
      where e.id = v_candidate.id;
    elsif v_kind = 'drain' then
      -- The owner stays: the row is due, whoever is idle first takes it.
      kind := 'drain';
      execution_id := v_candidate.id;
      epoch := v_candidate.epoch;
      account_id := v_candidate.account_id;
      return next;
    end if;
  end loop;

  perform automations.keep_start_window(v_window);

  update public.automation_executions e
  set status = 'running', owner = p_owner, epoch = e.epoch + 1, due_at = v_now + p_lease,
    takeovers = r.takeovers, run_started_at = coalesce(e.run_started_at, v_now)
  from unnest(v_runs, v_run_takeovers) as r (id, takeovers)
  where e.id = r.id;

  if v_ended_lanes <> '{}' then
    perform automations.pull_lanes(v_ended_lanes, v_now);
  end if;

  if v_picked >= p_limit then
    kind := 'more';
    execution_id := null;
    epoch := null;
    account_id := v_accounts[pg_catalog.cardinality(v_accounts)];
    return next;
  elsif v_scanned is not null then
    kind := 'scan';
    execution_id := null;
    epoch := null;
    account_id := v_scanned;
    return next;
  end if;
end
$$;

-- When the earliest open run of any account becomes due, null when none is; what an idle worker sleeps until.
create or replace function automations.next_due(p_now timestamptz default null)
returns timestamptz
language plpgsql stable
as $$
declare
  c_max_probes constant integer := 400;
  v_position uuid := '00000000-0000-0000-0000-000000000000';
  v_next uuid;
  v_due timestamptz;
  v_earliest timestamptz;
begin
  for i in 1 .. c_max_probes loop
    select e.account_id, e.due_at into v_next, v_due
    from public.automation_executions e
    where e.due_at is not null and e.account_id > v_position
    order by e.account_id, e.due_at, e.seq
    limit 1;
    exit when not found;
    v_position := v_next;
    v_earliest := least(v_earliest, v_due);
  end loop;
  return v_earliest;
end
$$;

-- Everything a worker needs to run what it claimed. A run that was never claimed before has no checkpoints, unless it is
-- loaded a second time (p_begun).
create or replace function automations.load_runs(p_ids uuid[], p_begun boolean default false)
returns table (
  id uuid, automation_id uuid, account_id uuid, version_id uuid, trigger_type text, trigger_data jsonb,
  lead_id uuid, conversation_id uuid, started_at timestamptz, run_started_at timestamptz, lane text,
  steps jsonb
)
language sql stable
as $$
  select e.id, e.automation_id, e.account_id, e.version_id, e.trigger_type, e.trigger_data,
    e.lead_id, e.conversation_id, e.started_at, e.run_started_at, e.lane,
    case when p_begun or e.epoch > 1 then (
      select pg_catalog.jsonb_agg(
        pg_catalog.jsonb_build_object(
          'key', s.key, 'node_id', s.node_id, 'status', s.status, 'attempt', s.attempt, 'outcome', s.outcome,
          'record', s.record, 'due_at', s.due_at
        ) order by s.key
      )
      from automations.steps s where s.execution_id = e.id and not s.folded
    ) end
  from public.automation_executions e
  where e.id = any (p_ids)
$$;

-- A worker is present while it holds the session advisory lock of its key on its own connection. Runs of owners that
-- hold none are due at once. Answers how many.
create or replace function automations.release_absent_owners(p_now timestamptz default null)
returns integer
language plpgsql
as $$
declare
  v_now timestamptz := coalesce(p_now, pg_catalog.clock_timestamp());
  v_released integer;
begin
  with absent as materialized (
    select o.owner
    from (select distinct e.owner from public.automation_executions e where e.owner is not null) o
    where not exists (
      select from pg_catalog.pg_locks l
      where l.locktype = 'advisory' and l.granted and l.objsubid = 1
        and l.database = (select d.oid from pg_catalog.pg_database d where d.datname = pg_catalog.current_database())
        and ((l.classid::bigint << 32) | l.objid::bigint) = o.owner
    )
  ), due as materialized (
    select e.id
    from public.automation_executions e
    where e.owner in (select a.owner from absent a) and e.due_at > v_now
    for no key update skip locked
  )
  -- The owner stays on the row: that is how the claim sees a takeover.
  update public.automation_executions e
  set due_at = v_now
  from due
  where e.id = due.id;
  get diagnostics v_released = row_count;
  if v_released > 0 then
    perform pg_catalog.pg_notify('automations_wake', '');
  end if;
  return v_released;
end
$$;

-- A worker gives back what it holds, whole (it lost its presence, or it is told to stop): no death is counted.
create or replace function automations.release_owner(p_owner bigint, p_now timestamptz default null)
returns integer
language plpgsql
as $$
declare
  v_released integer;
begin
  -- A row that somebody has locked is left to the next release_absent_owners: nobody is waited for.
  with mine as materialized (
    select e.id from public.automation_executions e
    where e.owner = p_owner and e.status = 'running'
    for no key update skip locked
  )
  update public.automation_executions e
  set owner = null, due_at = coalesce(p_now, pg_catalog.clock_timestamp())
  from mine
  where e.id = mine.id;
  get diagnostics v_released = row_count;
  if v_released > 0 then
    perform pg_catalog.pg_notify('automations_wake', '');
  end if;
  return v_released;
end
$$;

-- Renew the leases of a worker that is alive; answers the ids it still holds.
create or replace function automations.renew_leases(p_owner bigint, p_ids uuid[], p_lease interval)
returns setof uuid
language sql
as $$
  with mine as materialized (
    select e.id from public.automation_executions e
    where e.id = any (p_ids) and e.owner = p_owner and e.status = 'running'
    order by e.id
    for no key update skip locked
  ), renewed as (
    update public.automation_executions e
    set due_at = pg_catalog.clock_timestamp() + p_lease
    from mine where e.id = mine.id
  )
  -- A row that somebody has locked is still held; only what is another's or final is lost.
  select e.id from public.automation_executions e
  where e.id = any (p_ids) and e.owner = p_owner and e.status = 'running'
$$;

create or replace function automations.milliseconds_between(p_from timestamptz, p_until timestamptz)
returns integer
language sql immutable parallel safe
as $$
  -- Saturates: a wait of 25 days is longer than an integer of milliseconds, and must not stop the run from finishing.
  select greatest(0, least(2147483647, extract(epoch from p_until - p_from) * 1000))::integer
$$;

revoke execute on function automations.look_again_after(timestamptz, timestamptz) from public;
revoke execute on function automations.accounts_due(timestamptz, uuid, integer) from public;
revoke execute on function automations.claim_runs(bigint, integer, interval, timestamptz, uuid, boolean) from public;
revoke execute on function automations.start_window(uuid, uuid, timestamptz) from public;
revoke execute on function automations.keep_start_window(automations.start_windows) from public;
revoke execute on function automations.next_due(timestamptz) from public;
revoke execute on function automations.load_runs(uuid[], boolean) from public;
revoke execute on function automations.release_absent_owners(timestamptz) from public;
revoke execute on function automations.release_owner(bigint, timestamptz) from public;
revoke execute on function automations.renew_leases(bigint, uuid[], interval) from public;
revoke execute on function automations.milliseconds_between(timestamptz, timestamptz) from public;

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

-- Take up to p_limit due runs for worker p_owner until p_now + p_lease.
--
-- p_now: null = the database's clock; tests set it. p_after: the account where the last claim ended (fairness).
-- p_idle: this worker holds nothing, so it may take a run that killed two workers, alone. p_full: accounts of which it
-- takes no more now, because too many of their runs wait for something outside.
-- Answers: kind 'run' (taken), 'alone' (taken; run it by itself), 'drain' (one is waiting for an idle worker),
-- 'signal' (a run that this worker holds has one), 'woken' (parked runs are due now: claim again), 'more' (the limit was
-- reached: claim again), 'scan' (there are more accounts than one look takes in: go on after account_id).
--
-- No run is updated twice in here. The second time PostgreSQL checks its foreign keys anew, which waits for whoever is
-- deleting the lead; and that one waits for the run.
--
-- Most runs have nothing that could keep them from starting: they are taken together, as ids by automation. The others
-- are judged one by one, in the order in which they are due. What is taken, put off or ended is written at the end, one
-- statement each. It is long because it is one decision over figures that every run of the claim moves; what is done for
-- few of them is in the admission files.
drop function if exists automations.claim_runs(bigint, integer, interval, timestamptz, uuid, boolean);
create or replace function automations.claim_runs(
  p_owner bigint, p_limit integer, p_lease interval, p_now timestamptz default null,
  p_after uuid default null, p_idle boolean default true, p_full uuid[] default '{}'
)
returns table (kind text, execution_id uuid, epoch integer, account_id uuid)
language plpgsql
as $$
declare
  -- Two takeovers in company, then three alone: 100 innocent runs share a worker with a poisonous one.
  c_takeovers_in_company constant smallint := 2;
  c_takeovers_at_most constant smallint := 5;
  c_default_starts_per_hour constant integer := 100000;
  c_hour constant interval := '1 hour';
  -- Somebody has a row locked for a moment.
  c_soon constant interval := '200 milliseconds';
  v_now timestamptz;
  v_signal record;
  v_woken uuid[] := '{}';
  v_accounts uuid[];
  v_scanned uuid;
  v_share integer;
  v_account_limit constant integer := automations.account_starts_per_hour();
  v_picked integer := 0;
  v_group record;
  v_special uuid[] := '{}';
  v_candidate record;
  v_kind text;
  v_error text;
  v_until timestamptz;
  v_lane record;
  v_way record;
  v_alone uuid;
  -- The run that starts: the candidate, or the last of its burst.
  v_start uuid;
  v_seq bigint;
  -- Places that are free, of automations with a limit.
  v_free jsonb := '{}';
  -- Starts of this claim, by automation and by account, side by side; those that a window holds back count, too.
  v_windows uuid[] := '{}';
  v_owners uuid[] := '{}';
  v_starts integer[] := '{}';
  v_rate_starts integer[] := '{}';
  v_rate_periods interval[] := '{}';
  v_at integer;
  v_account_at integer;
  -- What is written at the end.
  v_runs uuid[] := '{}';
  v_run_takeovers smallint[] := '{}';
  v_later uuid[] := '{}';
  v_later_until timestamptz[] := '{}';
  v_later_takeovers smallint[] := '{}';
  v_ended uuid[] := '{}';
  v_ended_statuses text[] := '{}';
  v_ended_errors text[] := '{}';
  v_ended_takeovers smallint[] := '{}';
begin
  if p_limit <= 0 then
    return;
  end if;
  -- A lost claim is claimed again, by another owner; the commit need not wait for the disk.
  perform pg_catalog.set_config('synchronous_commit', 'off', true);
  perform pg_catalog.pg_advisory_xact_lock(7263201, 1);
  v_now := coalesce(p_now, pg_catalog.clock_timestamp());

  -- take_signals looks for the same; most claims find nothing, and need not call it.
  perform from automations.signals s where s.execution_id is not null and not s.woken limit 1;
  if found then
    for v_signal in select s.execution_id, s.held from automations.take_signals(p_owner, v_now) s loop
      if v_signal.held then
        kind := 'signal';
        execution_id := v_signal.execution_id;
        return next;
      else
        v_woken := v_woken || v_signal.execution_id;
      end if;
    end loop;
    execution_id := null;
    if v_woken <> '{}' then
      kind := 'woken';
      return next;
    end if;
  end if;

  select pg_catalog.array_agg(d.account_id) filter (where d.account_id is not null),
    (pg_catalog.array_agg(d.visited_last) filter (where d.account_id is null))[1]
  into v_accounts, v_scanned
  from automations.accounts_due(v_now, p_after, p_limit, p_full) d;
  if v_accounts is null then
    if v_scanned is not null then
      kind := 'scan';
      account_id := v_scanned;
      return next;
    end if;
    return;
  end if;
  v_share := pg_catalog.ceil(p_limit::numeric / pg_catalog.cardinality(v_accounts))::integer;

  for v_group in
    with picked as materialized (
      select e.*
      from unnest(v_accounts) as u (account_id)
      cross join lateral (
        select x.id, x.automation_id, x.account_id, x.status, x.owner, x.lane, x.seq, x.takeovers, x.started_at,
          x.epoch, x.due_at, x.event_id, x.status = 'pending' as begins,
          case when x.status = 'pending' and x.trigger_type = 'event' and x.parent_id is null then
            coalesce(x.conversation_id, x.lead_id)
          end as record_id
        from public.automation_executions x
        where x.account_id = u.account_id and x.due_at is not null and x.due_at <= v_now
          and x.id <> all (v_woken)
        order by x.due_at, x.seq
        limit v_share
        for no key update skip locked
      ) e
    ), judged as (
      select p.id, p.takeovers, p.automation_id, p.account_id, p.begins,
        case when a.trigger_config ? 'max_starts_per_hour' then
          automations.whole_number(a.trigger_config -> 'max_starts_per_hour', c_default_starts_per_hour, 1000000000)
        end as starts_limit,
        p.owner is null and a.status = 'active' and (a.enabled or not p.begins)
          and not a.trigger_config ?| '{rate_limit,debounce,overlap}'
          and (a.trigger_config -> 'concurrency' ?| '{limit,mode}') is not true
          -- Alone in its lane: as lane_taken below.
          and (p.lane is null or p.lane not like 'limit:%'
            and not exists (
              select from public.automation_executions o
              where o.lane = p.lane and o.status = 'running' and o.id <> p.id and (p.begins or o.seq < p.seq)
            )
            and not (p.begins and exists (
              select from public.automation_executions o
              where o.lane = p.lane and o.status = 'pending' and o.seq < p.seq
            ))
          )
          -- The default breaker need not be asked: as near_breaker below. (A function for both would cost more than the
          -- rest of the look: one with a subquery is not inlined.)
          and (p.record_id is null or not a.trigger_config ? 'breaker' and p.event_id is not null
            and not (
              -- Once a claim, and then there is nothing to look up.
              exists (select from automations.breakers o where o.account_id = any (v_accounts) and o.lifted_at is null)
              and exists (
                select from automations.breakers b
                where b.automation_id = p.automation_id and b.record_id = p.record_id and b.lifted_at is null
              )
            )
            and not coalesce((
              select v.occurred_at > p.started_at - interval '10 minutes'
              from automations.events v
              where v.record_id = p.record_id and v.id < p.event_id
              order by v.id desc
              offset 99 limit 1
            ), false)
          )
          -- One that has killed workers waits for an empty one: then the order in which they are due decides.
          and not exists (select from picked x where x.takeovers > 0) as plain
      from picked p
      join public.automations a on a.id = p.automation_id
    ), grouped as (
      select j.plain, j.automation_id, j.account_id, j.begins, pg_catalog.count(*)::integer as runs,
        pg_catalog.array_agg(j.id) as ids, pg_catalog.array_agg(j.takeovers) as takeovers,
        coalesce(pg_catalog.min(j.starts_limit), c_default_starts_per_hour) as starts_limit
      from judged j
      group by j.plain, j.automation_id, j.account_id, j.begins
    )
    select g.*, case when w.window_start > v_now - c_hour then w.starts else 0 end as starts,
      case when c.window_start > v_now - c_hour then c.starts else 0 end as account_starts
    from grouped g
    left join automations.start_windows w on w.automation_id = g.automation_id
    left join automations.start_windows c on c.automation_id = g.account_id
  loop
    v_picked := v_picked + v_group.runs;
    if not v_group.plain then
      v_special := v_special || v_group.ids;
      continue;
    end if;
    if v_group.begins then
      v_account_at := pg_catalog.array_position(v_windows, v_group.account_id);
      if v_group.starts + v_group.runs > v_group.starts_limit
        or v_group.account_starts + coalesce(v_starts[v_account_at], 0) + v_group.runs > v_account_limit
      then
        v_special := v_special || v_group.ids;
        continue;
      end if;
      v_windows := v_windows || v_group.automation_id;
      v_owners := v_owners || v_group.account_id;
      v_starts := v_starts || v_group.runs;
      if v_account_at is null then
        v_windows := v_windows || v_group.account_id;
        v_owners := v_owners || v_group.account_id;
        v_starts := v_starts || v_group.runs;
      else
        v_starts[v_account_at] := v_starts[v_account_at] + v_group.runs;
      end if;
    end if;
    v_runs := v_runs || v_group.ids;
    v_run_takeovers := v_run_takeovers || v_group.takeovers;
  end loop;

  if v_special <> '{}' then
    v_rate_starts := pg_catalog.array_fill(0, array[pg_catalog.cardinality(v_windows)]);
    v_rate_periods := pg_catalog.array_fill(null::interval, array[pg_catalog.cardinality(v_windows)]);
    for v_candidate in
      -- By their ids and nothing else, whatever the planner thinks of the rest.
      with special as materialized (
        select x.id, x.automation_id, x.account_id, x.status, x.owner, x.lane, x.seq, x.takeovers, x.started_at, x.epoch,
          x.due_at, x.trigger_type, x.parent_id, x.event_id, x.lead_id, x.conversation_id,
          case when x.status = 'pending' and x.trigger_type = 'event' and x.parent_id is null then
            coalesce(x.conversation_id, x.lead_id)
          end as record_id
        from unnest(v_special) as s (id)
        join public.automation_executions x on x.id = s.id
      )
      select p.*, a.enabled, a.status as automation_status, a.trigger_config,
        p.parent_id is null and p.trigger_type = a.trigger_type and p.status = 'pending' and p.lane not like 'limit:%'
          and l.quiet is not null as debounced,
        l.*, b.lifted_at, b.starts as broken_starts, b.minutes as broken_minutes,
        b.opened_at is not null and b.lifted_at is null as broken,
        case when w.window_start > v_now - c_hour then w.window_start else v_now end as window_start,
        case when w.window_start > v_now - c_hour then w.starts else 0 end as starts,
        case when w.rate_start > v_now - l.rate_period then w.rate_start else v_now end as rate_start,
        case when w.rate_start > v_now - l.rate_period then w.rate_starts else 0 end as rate_starts,
        case when c.window_start > v_now - c_hour then c.window_start else v_now end as account_start,
        case when c.window_start > v_now - c_hour then c.starts else 0 end as account_starts,
        case when p.lane not like 'limit:%' then automations.lane_mode(a.trigger_config, p.trigger_type) end as mode,
        -- Others of the lane keep it from beginning: older ones, and one that has begun although it is younger (its
        -- transaction was committed earlier). One that has begun itself only gives way to older ones that have.
        p.lane not like 'limit:%' and (
          exists (
            select from public.automation_executions o
            where o.lane = p.lane and o.status = 'running' and o.id <> p.id and (p.status = 'pending' or o.seq < p.seq)
          ) or p.status = 'pending' and exists (
            select from public.automation_executions o
            where o.lane = p.lane and o.status = 'pending' and o.seq < p.seq
          )
        ) as lane_taken,
        -- Whether the breaker has to be asked: the record has changed so often that this could be one start too many. By
        -- the journal, whose index is in the order of time, because all runs that a record ever had could be many.
        -- Without a journal every start is judged.
        p.record_id is not null and a.trigger_config -> 'breaker' is distinct from 'false' and (
          p.event_id is null or coalesce((
            select v.occurred_at > p.started_at - l.breaker_minutes * interval '1 minute'
            from automations.events v
            where v.record_id = p.record_id and v.id < p.event_id
            order by v.id desc
            offset l.breaker_starts - 1 limit 1
          ), false)
        ) as near_breaker
      from special p
      join public.automations a on a.id = p.automation_id
      cross join lateral automations.start_limits(a.trigger_config, c_default_starts_per_hour) l
      left join automations.start_windows w on w.automation_id = p.automation_id
      left join automations.start_windows c on c.automation_id = p.account_id
      left join lateral (
        select x.* from automations.breakers x
        where x.automation_id = p.automation_id and x.record_id = p.record_id
          and a.trigger_config -> 'breaker' is distinct from 'false'
        limit 1
      ) b on true
      order by p.due_at, p.seq
    loop
      -- Another one of this claim took it or ended it.
      if v_candidate.id = any (v_runs) or v_candidate.id = any (v_ended) then
        continue;
      end if;
      -- An owner on a due row: the lease ran out, the worker is gone.
      if v_candidate.owner is not null then
        v_candidate.takeovers := v_candidate.takeovers + 1;
      end if;

      v_kind := 'run';
      v_until := null;
      v_start := v_candidate.id;
      v_seq := v_candidate.seq;
      if v_candidate.status = 'pending' and not v_candidate.enabled then
        v_kind := 'cancelled';
        v_error := 'automation disabled';
      elsif v_candidate.automation_status <> 'active' then
        v_kind := 'later';
      elsif v_candidate.broken then
        v_kind := 'cancelled';
        v_error := automations.breaker_error(
          v_candidate.automation_id, v_candidate.record_id, v_candidate.broken_starts, v_candidate.broken_minutes
        );
      elsif v_candidate.mode <> 'queue' or v_candidate.debounced then
        select * into v_lane from automations.lane_verdict(
          v_candidate.id, v_candidate.seq, v_candidate.lane, v_candidate.status, v_candidate.started_at,
          v_candidate.trigger_type, v_candidate.debounced,
          v_candidate.trigger_config, v_candidate.mode, v_candidate.lane_taken, v_ended, v_now
        );
        v_kind := v_lane.verdict;
        v_error := v_lane.error;
        v_until := v_lane.until;
        if v_kind = 'run' and v_lane.last_run is not null then
          v_start := v_lane.last_run;
          v_seq := v_lane.last_seq;
        end if;
      elsif v_candidate.lane_taken then
        v_kind := 'later';
      end if;
      if v_kind = 'run' then
        if v_candidate.takeovers >= c_takeovers_at_most then
          v_kind := 'failed';
          v_error := 'the worker died ' || v_candidate.takeovers || ' times while it ran this; it is not tried again';
        elsif v_candidate.takeovers >= c_takeovers_in_company then
          v_kind := case when p_idle and v_runs = '{}' then 'alone' else 'drain' end;
        end if;
      end if;
      if v_kind in ('run', 'alone') and v_candidate.near_breaker then
        v_error := automations.judge_breaker(
          v_candidate.automation_id, v_candidate.account_id, v_candidate.breaker_starts, v_candidate.breaker_minutes,
          v_candidate.lead_id, v_candidate.conversation_id, v_candidate.seq, v_candidate.started_at,
          v_candidate.lifted_at, v_now
        );
        if v_error is not null then
          v_kind := 'cancelled';
        end if;
      end if;

      -- At most so many at once: those held now, wherever, plus those taken in this claim.
      if v_candidate.run_limit is not null and v_kind in ('run', 'alone') then
        if not v_free ? v_candidate.automation_id::text then
          v_free := v_free || pg_catalog.jsonb_build_object(v_candidate.automation_id::text, v_candidate.run_limit - (
            select pg_catalog.count(*)
            from public.automation_executions o
            where o.owner is not null and o.automation_id = v_candidate.automation_id and o.due_at > v_now
          ));
        end if;
        if (v_free ->> v_candidate.automation_id::text)::integer <= 0 then
          v_kind := 'later';
        else
          v_free := v_free || pg_catalog.jsonb_build_object(
            v_candidate.automation_id::text, (v_free ->> v_candidate.automation_id::text)::integer - 1
          );
        end if;
      end if;

      -- Starts in a window: the last defence against loops that leave the database and come back.
      if v_kind in ('run', 'alone') and v_candidate.status = 'pending' then
        v_at := pg_catalog.array_position(v_windows, v_candidate.automation_id);
        if v_at is null then
          v_at := pg_catalog.cardinality(v_windows) + 1;
          v_windows[v_at] := v_candidate.automation_id;
          v_owners[v_at] := v_candidate.account_id;
          v_starts[v_at] := 0;
          v_rate_starts[v_at] := 0;
          v_rate_periods[v_at] := v_candidate.rate_period;
        end if;
        v_account_at := pg_catalog.array_position(v_windows, v_candidate.account_id);
        if v_account_at is null then
          v_account_at := pg_catalog.cardinality(v_windows) + 1;
          v_windows[v_account_at] := v_candidate.account_id;
          v_owners[v_account_at] := v_candidate.account_id;
          v_starts[v_account_at] := 0;
          v_rate_starts[v_account_at] := 0;
          v_rate_periods[v_account_at] := null;
        end if;
        if v_candidate.starts + v_starts[v_at] >= v_candidate.starts_limit then
          v_kind := 'later';
          v_until := automations.hold_back(
            v_candidate.account_id, v_candidate.automation_id,
            pg_catalog.jsonb_build_object('max_starts_per_hour', v_candidate.starts_limit),
            v_candidate.window_start, c_hour, v_candidate.starts + v_starts[v_at], v_candidate.starts_limit
          );
          v_starts[v_at] := v_starts[v_at] + 1;
        elsif v_candidate.rate_starts + v_rate_starts[v_at] >= v_candidate.rate_limit then
          v_kind := 'later';
          v_until := automations.hold_back(
            v_candidate.account_id, v_candidate.automation_id,
            pg_catalog.jsonb_build_object('rate_limit', v_candidate.trigger_config -> 'rate_limit'),
            v_candidate.rate_start, v_candidate.rate_period, v_candidate.rate_starts + v_rate_starts[v_at],
            v_candidate.rate_limit
          );
          v_rate_starts[v_at] := v_rate_starts[v_at] + 1;
        elsif v_candidate.account_starts + v_starts[v_account_at] >= v_account_limit then
          v_kind := 'later';
          v_until := automations.hold_back(
            v_candidate.account_id, null, pg_catalog.jsonb_build_object('account_starts_per_hour', v_account_limit),
            v_candidate.account_start, c_hour, v_candidate.account_starts + v_starts[v_account_at], v_account_limit
          );
          v_starts[v_account_at] := v_starts[v_account_at] + 1;
        end if;
      end if;

      -- Runs of its lane that end because this one begins.
      if v_kind in ('run', 'alone') and v_candidate.status = 'pending'
        and (v_start <> v_candidate.id or v_candidate.mode = 'cancel_previous')
      then
        select * into v_way from automations.make_way(
          v_candidate.lane, v_candidate.mode, v_candidate.seq, v_seq, v_start, v_candidate.trigger_type
        );
        if v_way.ids is null then
          v_kind := 'later';
          v_until := v_now + c_soon;
        elsif v_way.ids <> '{}' then
          v_ended := v_ended || v_way.ids;
          v_ended_errors := v_ended_errors || v_way.errors;
          v_ended_statuses := v_ended_statuses
            || pg_catalog.array_fill('cancelled'::text, array[pg_catalog.cardinality(v_way.ids)]);
          v_ended_takeovers := v_ended_takeovers
            || pg_catalog.array_fill(null::smallint, array[pg_catalog.cardinality(v_way.ids)]);
        end if;
      end if;

      case v_kind
        when 'run', 'alone' then
          if v_candidate.status = 'pending' then
            v_starts[v_at] := v_starts[v_at] + 1;
            v_starts[v_account_at] := v_starts[v_account_at] + 1;
            v_rate_starts[v_at] := v_rate_starts[v_at] + (v_candidate.rate_limit is not null)::integer;
          end if;
          v_runs := v_runs || v_start;
          v_run_takeovers := v_run_takeovers || v_candidate.takeovers;
          if v_kind = 'alone' then
            v_alone := v_start;
            exit;
          end if;
        when 'later' then
          v_later := v_later || v_candidate.id;
          v_later_until := v_later_until || v_until;
          v_later_takeovers := v_later_takeovers || v_candidate.takeovers;
        when 'cancelled', 'failed' then
          v_ended := v_ended || v_candidate.id;
          v_ended_statuses := v_ended_statuses || v_kind;
          v_ended_errors := v_ended_errors || v_error;
          v_ended_takeovers := v_ended_takeovers || v_candidate.takeovers;
        when 'drain' then
          -- The owner stays: the row is due, whoever is idle first takes it.
          kind := 'drain';
          execution_id := v_candidate.id;
          epoch := v_candidate.epoch;
          account_id := v_candidate.account_id;
          return next;
      end case;
    end loop;
  end if;

  if v_windows <> '{}' then
    -- A window that has run out begins anew.
    insert into automations.start_windows as w (
      automation_id, account_id, window_start, starts, rate_start, rate_starts
    )
    select n.id, n.account_id, v_now, n.starts, case when n.rate_period is not null then v_now end,
      coalesce(n.rate_starts, 0)
    from unnest(v_windows, v_owners, v_starts, v_rate_starts, v_rate_periods)
      as n (id, account_id, starts, rate_starts, rate_period)
    on conflict (automation_id) do update
    set window_start = case when w.window_start > v_now - c_hour then w.window_start else v_now end,
      starts = excluded.starts + case when w.window_start > v_now - c_hour then w.starts else 0 end,
      rate_start = case
        when excluded.rate_start is null
          or w.rate_start > v_now - v_rate_periods[pg_catalog.array_position(v_windows, w.automation_id)]
        then w.rate_start
        else v_now
      end,
      rate_starts = excluded.rate_starts + case
        when w.rate_start > v_now - v_rate_periods[pg_catalog.array_position(v_windows, w.automation_id)]
        then w.rate_starts
        else 0
      end;
  end if;
  if v_runs <> '{}' then
    return query
      update public.automation_executions e
      set status = 'running', owner = p_owner, epoch = e.epoch + 1, due_at = v_now + p_lease,
        takeovers = r.takeovers, run_started_at = coalesce(e.run_started_at, v_now)
      from unnest(v_runs, v_run_takeovers) as r (id, takeovers)
      where e.id = r.id and e.id <> all (v_ended)
      returning case when e.id = v_alone then 'alone' else 'run' end, e.id, e.epoch, e.account_id;
  end if;
  if v_later <> '{}' then
    update public.automation_executions e
    set owner = null, takeovers = r.takeovers,
      due_at = case
        when r.due_at is not null then r.due_at
        -- A place may be free now.
        when e.automation_id in (
          select o.automation_id from public.automation_executions o where o.id = any (v_ended)
        ) then v_now
        else v_now + automations.look_again_after(v_now, e.started_at)
      end
    from unnest(v_later, v_later_until, v_later_takeovers) as r (id, due_at, takeovers)
    where e.id = r.id and e.id <> all (v_ended || v_runs);
  end if;
  if v_ended <> '{}' then
    perform automations.pull_lanes(
      automations.end_in_claim(v_ended, v_ended_statuses, v_ended_errors, v_ended_takeovers, v_now), v_now
    );
    if v_later <> '{}' then
      perform automations.wake_workers();
    end if;
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

create or replace function automations.milliseconds_between(p_from timestamptz, p_until timestamptz)
returns integer
language sql immutable parallel safe
as $$
  -- Saturates: a wait of 25 days is longer than an integer of milliseconds, and must not stop the run from finishing.
  select greatest(0, least(2147483647, extract(epoch from p_until - p_from) * 1000))::integer
$$;

revoke execute on function automations.look_again_after(timestamptz, timestamptz) from public;
revoke execute on function automations.claim_runs(bigint, integer, interval, timestamptz, uuid, boolean, uuid[]) from public;
revoke execute on function automations.milliseconds_between(timestamptz, timestamptz) from public;

drop function if exists automations.keep_start_window(automations.start_windows);
drop function if exists automations.start_window(uuid, uuid, timestamptz);

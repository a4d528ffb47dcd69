-- What the claim does about lanes: who may not begin yet, who need not, and who has to make way.

-- The open runs of a lane that keep a pending one from beginning, the oldest first, but for those that
-- this claim ends.
create or replace function automations.open_before(p_lane text, p_id uuid, p_seq bigint, p_but uuid[])
returns uuid[]
language sql stable
as $$
  select array(
    select o.id from public.automation_executions o
    where o.lane = p_lane and o.id <> p_id and o.id <> all (p_but)
      and (o.status = 'running' or o.status = 'pending' and o.seq < p_seq)
    order by o.seq
  )
$$;

-- A due, debounced run. The first of a burst is the one that looks, because it knows since when; the last one starts.
--   run        the burst is over: last_run is to start, those from p_run on before it are to end
--   later      not before `until`
--   cancelled  neither the first nor the last
create or replace function automations.settle_burst(
  p_run uuid, p_seq bigint, p_lane text, p_started timestamptz, p_trigger_type text, p_trigger_config jsonb,
  p_now timestamptz,
  out verdict text, out until timestamptz, out last_run uuid, out last_seq bigint
)
language plpgsql stable
as $$
declare
  v_quiet interval := automations.quiet_time(p_trigger_config);
  v_last record;
  v_first boolean;
begin
  v_first := not exists (
    select from public.automation_executions x
    where x.lane = p_lane and x.status = 'pending' and x.seq < p_seq
      and x.trigger_type = p_trigger_type and x.parent_id is null
  );
  select x.id, x.seq, x.started_at into v_last
  from public.automation_executions x
  where x.lane = p_lane and x.status = 'pending' and x.seq >= p_seq
    and x.trigger_type = p_trigger_type and x.parent_id is null
  order by x.seq desc
  limit 1;
  until := v_last.started_at + v_quiet;
  if not v_first then
    if v_last.id is distinct from p_run then
      verdict := 'cancelled';
    else
      verdict := 'later';
      until := greatest(until, p_now + automations.look_again_after(p_now, p_started));
    end if;
    return;
  end if;
  if pg_catalog.jsonb_typeof(p_trigger_config #> '{debounce,at_most_seconds}') = 'number' then
    until := least(until, p_started + pg_catalog.make_interval(
      secs => automations.whole_number(p_trigger_config #> '{debounce,at_most_seconds}', null, 31536000)
    ));
  end if;
  if until > p_now then
    verdict := 'later';
  else
    verdict := 'run';
    last_run := v_last.id;
    last_seq := v_last.seq;
  end if;
end
$$;

-- What a lane means for a due run of it.
--   run        it may begin; last_run, where it is not null, instead of it (debounce)
--   later      not before `until` (null: look again)
--   cancelled  it need not run: error says why
create or replace function automations.lane_verdict(
  p_run uuid, p_seq bigint, p_lane text, p_status text, p_started timestamptz, p_trigger_type text, p_debounced boolean,
  p_trigger_config jsonb, p_mode text, p_taken boolean, p_ended uuid[], p_now timestamptz,
  out verdict text, out error text, out until timestamptz, out last_run uuid, out last_seq bigint
)
language plpgsql stable
as $$
declare
  v_open uuid[];
begin
  verdict := 'run';
  last_seq := p_seq;
  if p_debounced then
    select b.verdict, b.until, b.last_run, b.last_seq
    into verdict, until, last_run, last_seq
    from automations.settle_burst(p_run, p_seq, p_lane, p_started, p_trigger_type, p_trigger_config, p_now) b;
    if verdict = 'cancelled' then
      error := 'debounced: a later change came';
    end if;
    if verdict <> 'run' then
      return;
    end if;
  end if;
  if p_mode = 'queue' and p_taken then
    verdict := 'later';
    until := null;
  elsif p_mode = 'skip' and p_taken and p_status = 'pending' then
    v_open := automations.open_before(p_lane, p_run, p_seq, p_ended);
    if v_open <> '{}' then
      verdict := 'cancelled';
      error := 'skipped: run ' || v_open[1]::text || ', which came before it, is still open';
    end if;
  elsif p_mode = 'cancel_previous' and p_status = 'pending' and exists (
    select from public.automation_executions o
    where o.lane = p_lane and o.status in ('pending', 'running') and o.seq > last_seq
  ) then
    verdict := 'cancelled';
    error := 'cancelled: a newer run came';
  end if;
end
$$;

-- Whether this transaction has not written the row yet (p_xmin: its xmin). A second write would check the foreign keys of
-- the run anew, and wait for whoever is deleting its lead, who waits for the run.
create or replace function automations.is_untouched(p_xmin xid)
returns boolean
language sql stable
as $$
  select p_xmin <> coalesce(pg_catalog.pg_current_xact_id_if_assigned()::pg_catalog.xid, '0'::pg_catalog.xid)
$$;

-- Lock the open runs of a lane with a number from p_from to below p_below, so that the claim may end them (p_burst: only
-- pending starts by this trigger, which are what a burst is made of). Never waits: null when somebody has one of them
-- locked at this moment.
create or replace function automations.lock_in_lane(p_lane text, p_from bigint, p_below bigint, p_burst text)
returns uuid[]
language sql
as $$
  with wanted as materialized (
    select x.id from public.automation_executions x
    where x.lane = p_lane and x.status in ('pending', 'running') and x.seq >= p_from and x.seq < p_below
      and (p_burst is null or x.status = 'pending' and x.trigger_type = p_burst and x.parent_id is null)
  ), locked as materialized (
    select x.id from public.automation_executions x
    where x.id in (select w.id from wanted w) and x.status in ('pending', 'running')
      and automations.is_untouched(x.xmin)
    order by x.id
    for no key update skip locked
  )
  select case
    when (select pg_catalog.count(*) from wanted) = (select pg_catalog.count(*) from locked)
    then array(select l.id from locked l)
  end
$$;

-- The runs that have to end so that this one may begin, locked: what its burst had before it, and with cancel_previous the
-- open ones of its lane. Never waits: null when somebody has one of them (or the one that begins) locked.
create or replace function automations.make_way(
  p_lane text, p_mode text, p_first bigint, p_seq bigint, p_run uuid, p_trigger_type text,
  out ids uuid[], out errors text[]
)
language plpgsql
as $$
declare
  v_older uuid[] := '{}';
begin
  ids := '{}';
  if p_first <> p_seq then
    ids := pg_catalog.array_remove(automations.lock_in_lane(p_lane, p_first, p_seq + 1, p_trigger_type), p_run);
  end if;
  if p_mode = 'cancel_previous' then
    v_older := automations.lock_in_lane(p_lane, 0, p_seq, null);
  end if;
  if ids is null or v_older is null then
    ids := null;
    return;
  end if;
  errors := pg_catalog.array_fill('debounced: a later change came'::text, array[pg_catalog.cardinality(ids)]);
  v_older := array(select unnest(v_older) except select unnest(ids));
  errors := errors || pg_catalog.array_fill(
    'cancelled: a newer run came'::text, array[pg_catalog.cardinality(v_older)]
  );
  ids := ids || v_older;
end
$$;

-- End runs that the claim has locked, in any open state; a worker that holds one is fenced off by the epoch. Answers
-- their lanes. p_takeovers: null entries leave the figure.
create or replace function automations.end_in_claim(
  p_ids uuid[], p_statuses text[], p_errors text[], p_takeovers smallint[], p_now timestamptz
)
returns text[]
language plpgsql
as $$
declare
  v_begun uuid[];
  v_lanes text[];
begin
  with ended as (
    update public.automation_executions e
    set status = r.status, error = r.error, due_at = null, owner = null, epoch = e.epoch + 1, completed_at = p_now,
      takeovers = coalesce(r.takeovers, e.takeovers),
      nodes_executed = case when e.epoch > 0 then automations.recorded_steps(e.id) else e.nodes_executed end,
      duration_ms = automations.milliseconds_between(coalesce(e.run_started_at, e.started_at), p_now)
    from unnest(p_ids, p_statuses, p_errors, p_takeovers) as r (id, status, error, takeovers)
    where e.id = r.id and e.status in ('pending', 'running')
    returning e.id, e.lane, e.run_started_at
  )
  select pg_catalog.array_agg(e.id) filter (where e.run_started_at is not null),
    pg_catalog.array_agg(e.lane) filter (where e.lane is not null)
  into v_begun, v_lanes
  from ended e;
  if v_begun is not null then
    -- Skip locked, like everything in a claim: a row that stays waits for a run that has ended, and wakes nobody.
    delete from automations.waits w
    where (w.execution_id, w.key) in (
      select x.execution_id, x.key from automations.waits x
      where x.execution_id = any (v_begun) for update skip locked
    );
    delete from automations.signals s
    where s.id in (
      select x.id from automations.signals x where x.execution_id = any (v_begun) for update skip locked
    );
  end if;
  return coalesce(v_lanes, '{}');
end
$$;

-- The next waiting run of each lane is due now, as many of a lane as it is named. A row that is locked finds its place
-- by looking again.
create or replace function automations.pull_lanes(p_lanes text[], p_now timestamptz)
returns void
language plpgsql
as $$
begin
  with next_in_lane as materialized (
    select n.id
    from (
      select u.lane, pg_catalog.count(*) as places from unnest(p_lanes) as u (lane) group by u.lane
    ) l
    cross join lateral (
      select x.id, x.due_at
      from public.automation_executions x
      where x.lane = l.lane and x.status = 'pending'
      order by x.seq
      limit l.places
    ) n
    where n.due_at > p_now
  ), free as materialized (
    select e.id from public.automation_executions e
    where e.id in (select n.id from next_in_lane n) and automations.is_untouched(e.xmin)
    for no key update skip locked
  )
  update public.automation_executions e set due_at = p_now from free where e.id = free.id;
  if found then
    perform pg_catalog.pg_notify('automations_wake', '');
  end if;
  perform automations.pull_places(p_lanes, p_now);
end
$$;

-- Where an automation has a limit and lanes as well, a free place is for any of its lanes: whoever of them would look
-- again soonest, one a lane, the oldest first. Not found among the next 200 of the account, it looks by itself.
create or replace function automations.pull_places(p_lanes text[], p_now timestamptz)
returns void
language plpgsql
as $$
begin
  with freed as materialized (
    select u.automation_id, pg_catalog.count(*) as places
    from (
      select case
        when l.lane ~ '^(limit:)?[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}'
        then pg_catalog.left(pg_catalog.regexp_replace(l.lane, '^limit:', ''), 36)::pg_catalog.uuid
      end as automation_id
      from unnest(p_lanes) as l (lane)
    ) u
    group by u.automation_id
  ), heads as materialized (
    select h.id, f.places, pg_catalog.row_number() over (partition by f.automation_id order by h.seq) as place
    from freed f
    join public.automations a on a.id = f.automation_id
    cross join lateral (
      select distinct on (x.lane) x.id, x.seq
      from (
        select y.id, y.seq, y.lane, y.status, y.automation_id
        from public.automation_executions y
        where y.account_id = a.user_id and y.due_at is not null and y.due_at > p_now
        order by y.account_id, y.due_at, y.seq
        limit 200
      ) x
      where x.automation_id = a.id and x.status = 'pending'
      order by x.lane, x.seq
    ) h
    where a.trigger_config -> 'concurrency' ? 'limit' and a.trigger_config -> 'concurrency' ?| '{per,key}'
  ), free as materialized (
    select e.id from public.automation_executions e
    where e.id in (select h.id from heads h where h.place <= h.places) and automations.is_untouched(e.xmin)
    for no key update skip locked
  )
  update public.automation_executions e set due_at = p_now from free where e.id = free.id;
  if found then
    perform pg_catalog.pg_notify('automations_wake', '');
  end if;
end
$$;

revoke execute on function automations.is_untouched(xid) from public;
revoke execute on function automations.open_before(text, uuid, bigint, uuid[]) from public;
revoke execute on function automations.settle_burst(
  uuid, bigint, text, timestamptz, text, jsonb, timestamptz
) from public;
revoke execute on function automations.lane_verdict(
  uuid, bigint, text, text, timestamptz, text, boolean, jsonb, text, boolean, uuid[], timestamptz
) from public;
revoke execute on function automations.lock_in_lane(text, bigint, bigint, text) from public;
revoke execute on function automations.make_way(text, text, bigint, bigint, uuid, text) from public;
revoke execute on function automations.end_in_claim(uuid[], text[], text[], smallint[], timestamptz) from public;
revoke execute on function automations.pull_lanes(text[], timestamptz) from public;
revoke execute on function automations.pull_places(text[], timestamptz) from public;

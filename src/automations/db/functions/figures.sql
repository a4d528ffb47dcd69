-- How the installation is doing, in figures that cost little however many runs there are: by indexes, and nothing counted
-- beyond p_most. For scrapers, who ask all the time.

-- ages in seconds, null where nothing is due. oldest_due: of everything that a worker should have taken; oldest_pending: of
-- what never began, looked for among the first 100 that are due in each account. accepted and claimed: runs of the last
-- minute, and those of them that have begun.
create or replace function automations.figures(p_most integer, out result jsonb)
language plpgsql stable
-- The plan of a table that is small now would read it whole once it is large.
set enable_seqscan = off set jit = off
as $$
declare
  c_most_accounts constant integer := 5000;
  v_now constant timestamptz := pg_catalog.clock_timestamp();
  v_minute constant timestamptz := v_now - interval '1 minute';
  v_account uuid := '00000000-0000-0000-0000-000000000000';
  v_due timestamptz;
  v_pending_due timestamptz;
  v_oldest_due timestamptz;
  v_oldest_pending timestamptz;
  v_pending bigint;
  v_running bigint;
  v_held bigint;
  v_accepted bigint;
  v_claimed bigint;
  v_ended jsonb;
  v_server record;
begin
  for i in 1 .. c_most_accounts loop
    select e.account_id, e.due_at into v_account, v_due
    from public.automation_executions e
    where e.due_at is not null and e.account_id > v_account
    order by e.account_id, e.due_at, e.seq
    limit 1;
    exit when not found;
    continue when v_due > v_now;
    v_oldest_due := least(v_oldest_due, v_due);
    continue when v_oldest_pending <= v_due;
    select f.due_at into v_pending_due
    from (
      select e.due_at, e.seq, e.status from public.automation_executions e
      where e.due_at is not null and e.account_id = v_account and e.due_at <= v_now
      order by e.due_at, e.seq
      limit 100
    ) f
    where f.status = 'pending'
    order by f.due_at, f.seq
    limit 1;
    v_oldest_pending := least(v_oldest_pending, v_pending_due);
  end loop;

  select pg_catalog.count(*) into v_pending
  from (select from public.automation_executions e where e.status = 'pending' limit p_most) x;
  select pg_catalog.count(*) into v_running
  from (select from public.automation_executions e where e.status = 'running' limit p_most) x;
  select pg_catalog.count(*) into v_held
  from (select from public.automation_executions e where e.owner is not null limit p_most) x;
  select pg_catalog.count(*), pg_catalog.count(*) filter (where x.begun) into v_accepted, v_claimed
  from (
    select e.run_started_at is not null as begun from public.automation_executions e
    where e.started_at > v_minute order by e.started_at desc limit p_most
  ) x;
  select coalesce(pg_catalog.jsonb_object_agg(x.status, x.runs), '{}') into v_ended
  from (
    select y.status, pg_catalog.count(*) as runs
    from (
      select e.status from public.automation_executions e
      where e.completed_at > v_minute order by e.completed_at desc limit p_most
    ) y
    group by y.status
  ) x;
  select pg_catalog.count(*) as connections,
    pg_catalog.count(*) filter (where s.application_name = 'automations worker: presence') as workers
  into v_server
  from pg_catalog.pg_stat_activity s where s.datname = pg_catalog.current_database();

  result := pg_catalog.jsonb_build_object(
    'oldest_due', extract(epoch from v_now - v_oldest_due), 'oldest_pending', extract(epoch from v_now - v_oldest_pending),
    'pending', v_pending, 'running', v_running, 'held', v_held, 'accepted', v_accepted, 'claimed', v_claimed,
    'ended', v_ended, 'workers', v_server.workers, 'connections', v_server.connections,
    'most_connections', pg_catalog.current_setting('max_connections')::integer
  );
end
$$;

revoke execute on function automations.figures(integer) from public;

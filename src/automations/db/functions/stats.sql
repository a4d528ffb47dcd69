-- The seed's figures (execution_count, last_executed_at, last_execution_status: runs that went from running to completed
-- or failed, test runs too) without its hot row: runs of one automation finish side by side, and batches in opposite
-- order do not deadlock. Whoever finds the row of the automation free writes the figures; who does not leaves them in
-- automations.stat_deltas, for the next one who does, or for maintenance.

-- Figures of finished runs, one entry an automation, onto the rows that are free, with what was left for them before; the
-- rest is left. Waits for nobody. Answers how many rows were free.
create or replace function automations.add_stats(
  p_automations uuid[], p_accounts uuid[], p_finished bigint[], p_last_at timestamptz[], p_last_status text[]
)
returns integer
language plpgsql set search_path = pg_catalog, pg_temp set enable_nestloop = on
as $$
declare
  v_free uuid[];
begin
  select coalesce(pg_catalog.array_agg(f.id), '{}') into v_free
  from (
    select a.id from public.automations a where a.id = any (p_automations) order by a.id for no key update skip locked
  ) f;

  if pg_catalog.cardinality(v_free) < pg_catalog.cardinality(p_automations) then
    perform automations.leave_stats(p_automations, p_accounts, p_finished, p_last_at, p_last_status, v_free);
  end if;

  -- A statement of its own: with the lock held it sees everything that earlier holders left.
  with gone as (
    delete from automations.stat_deltas d where d.automation_id = any (v_free)
    returning d.id, d.automation_id, d.finished, d.last_executed_at, d.last_execution_status
  ), figures as (
    select g.id, g.automation_id, g.finished::bigint as finished, g.last_executed_at, g.last_execution_status from gone g
    union all
    select null, n.automation_id, n.finished, n.last_at, n.last_status
    from unnest(p_automations, p_finished, p_last_at, p_last_status)
      as n (automation_id, finished, last_at, last_status)
    where n.automation_id = any (v_free) and n.finished > 0
  ), sums as (
    select f.automation_id, pg_catalog.sum(f.finished) as finished, pg_catalog.max(f.last_executed_at) as last_at,
      (pg_catalog.array_agg(f.last_execution_status order by f.last_executed_at desc, f.id desc nulls first))[1]
        as last_status
    from figures f
    group by f.automation_id
  )
  update public.automations a
  set execution_count = least(a.execution_count + s.finished, 2147483647)::integer,
    last_executed_at = greatest(a.last_executed_at, s.last_at),
    last_execution_status = case
      when a.last_executed_at is null or s.last_at >= a.last_executed_at then s.last_status
      else a.last_execution_status
    end
  from sums s
  where a.id = s.automation_id;
  return pg_catalog.cardinality(v_free);
end
$$;

-- Figures that cannot be written now: of all these automations but p_but.
create or replace function automations.leave_stats(
  p_automations uuid[], p_accounts uuid[], p_finished bigint[], p_last_at timestamptz[], p_last_status text[],
  p_but uuid[] default '{}'
)
returns void
language sql set search_path = pg_catalog, pg_temp
as $$
  insert into automations.stat_deltas (
    automation_id, account_id, finished, last_executed_at, last_execution_status
  )
  select n.automation_id, n.account_id, n.finished::integer, n.last_at, n.last_status
  from unnest(p_automations, p_accounts, p_finished, p_last_at, p_last_status)
    as n (automation_id, account_id, finished, last_at, last_status)
  where n.finished > 0 and n.automation_id <> all (p_but)
$$;

-- For maintenance: up to p_limit automations. Answers how many were found free.
create or replace function automations.fold_stats(p_limit integer default 100)
returns integer
language sql set search_path = pg_catalog, pg_temp
as $$
  select automations.add_stats(
    array(select distinct d.automation_id from automations.stat_deltas d limit p_limit), '{}', '{}', '{}', '{}'
  )
$$;

-- The runs of one statement at once; nothing here can fail them. No nested loops: the plan is made once per session,
-- maybe for one row, and used for thousands.
create or replace function public.update_automation_stats()
returns trigger
language plpgsql security definer set search_path = pg_catalog, pg_temp set enable_nestloop = off
as $$
declare
  v_automations uuid[];
  v_accounts uuid[];
  v_finished bigint[];
  v_last_at timestamptz[];
  v_last_status text[];
begin
  perform from new_rows n where n.status in ('completed', 'failed') limit 1;
  if not found then
    return null;
  end if;
  select pg_catalog.array_agg(f.automation_id), pg_catalog.array_agg(f.account_id), pg_catalog.array_agg(f.finished),
    pg_catalog.array_agg(f.last_at), pg_catalog.array_agg(f.last_status)
  into v_automations, v_accounts, v_finished, v_last_at, v_last_status
  from (
    select n.automation_id, n.account_id, pg_catalog.count(*) as finished,
      pg_catalog.max(coalesce(n.completed_at, pg_catalog.now())) as last_at,
      (pg_catalog.array_agg(n.status order by coalesce(n.completed_at, pg_catalog.now()) desc, n.seq desc))[1]
        as last_status
    from new_rows n
    join old_rows o on o.id = n.id
    where n.status in ('completed', 'failed') and o.status = 'running'
    group by n.automation_id, n.account_id
  ) f;
  if v_automations is null then
    return null;
  end if;
  -- In stricter isolation a row that somebody else has written since would be an error.
  if pg_catalog.current_setting('transaction_isolation') = 'read committed' then
    begin
      perform automations.add_stats(v_automations, v_accounts, v_finished, v_last_at, v_last_status);
      return null;
    exception when others then
      -- Say, a trigger of the database's owner on automations: the figures wait, the run is finished.
      null;
    end;
  end if;
  perform automations.leave_stats(v_automations, v_accounts, v_finished, v_last_at, v_last_status);
  return null;
end
$$;

do $$
begin
  -- Created once, not replaced: replacing a trigger locks writers out for a moment.
  if not exists (
    select from pg_catalog.pg_trigger t
    where t.tgrelid = 'public.automation_executions'::pg_catalog.regclass
      and t.tgname = 'trigger_update_automation_stats'
  ) then
    create trigger trigger_update_automation_stats
      after update on public.automation_executions
      referencing old table as old_rows new table as new_rows
      for each statement execute function public.update_automation_stats();
  end if;
end
$$;

revoke execute on function automations.add_stats(uuid[], uuid[], bigint[], timestamptz[], text[]) from public;
revoke execute on function automations.leave_stats(uuid[], uuid[], bigint[], timestamptz[], text[], uuid[]) from public;
revoke execute on function automations.fold_stats(integer) from public;
revoke execute on function public.update_automation_stats() from public;

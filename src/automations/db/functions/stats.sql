-- The seed's figures (execution_count, last_executed_at, last_execution_status: runs that went from running to completed
-- or failed, test runs too) without its hot row: runs of one automation finish side by side, and batches in opposite
-- order do not deadlock. Finished runs are appended to automations.stat_deltas; whoever finds the row of the
-- automation free adds up what is there; what nobody found free is folded by maintenance.

-- Nothing here waits, and nothing here can fail a run.
create or replace function automations.fold_stats_of(p_automations uuid[])
returns integer
language plpgsql set search_path = pg_catalog, pg_temp set enable_nestloop = on
as $$
declare
  v_free uuid[];
begin
  -- Two statements: after the lock is ours the second one sees everything that earlier holders left.
  select pg_catalog.array_agg(f.id) into v_free
  from (
    select a.id from public.automations a where a.id = any (p_automations) order by a.id for no key update skip locked
  ) f;
  if v_free is null then
    return 0;
  end if;
  with gone as (
    delete from automations.stat_deltas d where d.automation_id = any (v_free)
    returning d.id, d.automation_id, d.finished, d.last_executed_at, d.last_execution_status
  ), sums as (
    select g.automation_id, pg_catalog.sum(g.finished) as finished, pg_catalog.max(g.last_executed_at) as last_at,
      (pg_catalog.array_agg(g.last_execution_status order by g.last_executed_at desc, g.id desc))[1] as last_status
    from gone g
    group by g.automation_id
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

-- For maintenance: up to p_limit automations. Answers how many were found free.
create or replace function automations.fold_stats(p_limit integer default 100)
returns integer
language sql set search_path = pg_catalog, pg_temp
as $$
  select automations.fold_stats_of(array(select distinct d.automation_id from automations.stat_deltas d limit p_limit))
$$;

-- A statement's runs at once. No nested loops: the plan is made once per session, maybe for one row, and used for thousands.
create or replace function public.update_automation_stats()
returns trigger
language plpgsql security definer set search_path = pg_catalog, pg_temp set enable_nestloop = off
as $$
declare
  v_automations uuid[];
begin
  perform from new_rows n where n.status in ('completed', 'failed') limit 1;
  if not found then
    return null;
  end if;
  with finished as (
    insert into automations.stat_deltas (
      account_id, automation_id, finished, last_executed_at, last_execution_status
    )
    select (pg_catalog.array_agg(n.account_id))[1], n.automation_id, pg_catalog.count(*),
      pg_catalog.max(coalesce(n.completed_at, pg_catalog.now())),
      (pg_catalog.array_agg(n.status order by coalesce(n.completed_at, pg_catalog.now()) desc, n.seq desc))[1]
    from new_rows n
    join old_rows o on o.id = n.id
    where n.status in ('completed', 'failed') and o.status = 'running'
    group by n.automation_id
    returning automation_id
  )
  select pg_catalog.array_agg(f.automation_id) into v_automations from finished f;
  -- In stricter isolation the fold could fail on a row that somebody else has folded since.
  if v_automations is not null and pg_catalog.current_setting('transaction_isolation') = 'read committed' then
    begin
      perform automations.fold_stats_of(v_automations);
    exception when others then
      -- Say, a trigger of the database's owner on automations: the figures wait, the run is finished.
      null;
    end;
  end if;
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

revoke execute on function automations.fold_stats_of(uuid[]) from public;
revoke execute on function automations.fold_stats(integer) from public;
revoke execute on function public.update_automation_stats() from public;

-- What is old goes. Settings (per database): automations.retention_days (30: completed and cancelled runs),
-- automations.failed_retention_days (7: failed runs), automations.journal_days (30: the change journal).
-- An automation may keep its runs for a shorter time: `keep_days` of its trigger.

-- A setting that is no number is the default: cleaning up must not stop for a typing error.
create or replace function automations.days(p_setting text, p_default integer)
returns interval
language plpgsql stable set search_path = pg_catalog, pg_temp
as $$
begin
  return pg_catalog.make_interval(days => greatest(0, coalesce(
    nullif(pg_catalog.btrim(pg_catalog.current_setting(p_setting, true)), '')::integer, p_default
  )));
exception when invalid_text_representation or numeric_value_out_of_range or datetime_field_overflow then
  return pg_catalog.make_interval(days => p_default);
end
$$;

-- Delete at most p_limit rows; 0 says that nothing is due. Call it with a commit each: one huge DELETE locks and bloats.
create or replace function automations.cleanup_batch(p_limit integer default 5000)
returns integer
language plpgsql set search_path = pg_catalog, pg_temp
as $$
declare
  v_kept timestamptz := pg_catalog.now() - automations.days('automations.retention_days', 30);
  v_failed_kept timestamptz := pg_catalog.now() - automations.days('automations.failed_retention_days', 7);
  v_events_kept timestamptz := pg_catalog.now() - automations.days('automations.journal_days', 30);
  v_left integer := greatest(1, p_limit);
  v_gone integer;
begin
  delete from public.automation_executions e
  where e.id in (
    select x.id from public.automation_executions x
    where x.completed_at < v_kept and x.status in ('completed', 'cancelled')
    order by x.completed_at limit v_left for update skip locked
  );
  get diagnostics v_gone = row_count;
  v_left := v_left - v_gone;

  delete from public.automation_executions e
  where e.id in (
    select x.id from public.automation_executions x
    where x.completed_at < v_failed_kept and x.status = 'failed'
    order by x.completed_at limit v_left for update skip locked
  );
  get diagnostics v_gone = row_count;
  v_left := v_left - v_gone;

  -- Without an end they age from their acceptance; the seed would keep them for ever.
  delete from public.automation_executions e
  where e.id in (
    select x.id from public.automation_executions x
    where x.completed_at is null and x.status in ('completed', 'failed', 'cancelled')
      and x.started_at < case when x.status = 'failed' then v_failed_kept else v_kept end
    order by x.started_at limit v_left for update skip locked
  );
  get diagnostics v_gone = row_count;
  v_left := v_left - v_gone;

  -- Of automations that keep theirs for a shorter time. Without an order: by the automation's index, up to the limit.
  if v_left > 0 then
    delete from public.automation_executions e
    where e.id in (
      select x.id
      from public.automations a
      join public.automation_executions x on x.automation_id = a.id
      where a.trigger_config ? 'keep_days'
        and x.status in ('completed', 'failed', 'cancelled')
        and coalesce(x.completed_at, x.started_at) < pg_catalog.now()
          - pg_catalog.make_interval(days => automations.whole_number(a.trigger_config -> 'keep_days', 3650, 3650))
      limit v_left for update of x skip locked
    );
    get diagnostics v_gone = row_count;
    v_left := v_left - v_gone;
  end if;

  -- An open run may still wait for, or be explained by, what happened since it began.
  if v_left > 0 then
    with oldest as materialized (
      select o.account_id, pg_catalog.min(o.started_at) as started_at
      from public.automation_executions o
      where o.status in ('pending', 'running')
      group by o.account_id
    )
    delete from automations.events d
    where d.id in (
      select v.id
      from automations.events v
      left join oldest o on o.account_id = v.account_id
      where v.occurred_at < v_events_kept and (o.started_at is null or v.occurred_at < o.started_at)
      order by v.id limit v_left
    );
    get diagnostics v_gone = row_count;
    v_left := v_left - v_gone;
  end if;

  if v_left > 0 then
    delete from automations.stat_deltas d
    where d.id in (
      select x.id from automations.stat_deltas x
      where not exists (select from public.automations a where a.id = x.automation_id)
      limit v_left
    );
    get diagnostics v_gone = row_count;
    v_left := v_left - v_gone;
  end if;

  if v_left > 0 then
    delete from automations.schedules d
    where d.automation_id in (
      select x.automation_id from automations.schedules x
      where not exists (select from public.automations a where a.id = x.automation_id)
      limit v_left for update skip locked
    );
    get diagnostics v_gone = row_count;
    v_left := v_left - v_gone;
  end if;

  -- What was sent and waited for by nobody (any more), and wake-ups of runs that are gone.
  if v_left > 0 then
    delete from automations.signals d
    where d.id in (
      select x.id from automations.signals x
      where x.created_at < v_events_kept and (
        x.execution_id is null
        or not exists (select from public.automation_executions e where e.id = x.execution_id)
      )
      limit v_left for update skip locked
    );
    get diagnostics v_gone = row_count;
    v_left := v_left - v_gone;
  end if;

  -- Written by claims, which hold no foreign key.
  if v_left > 0 then
    delete from automations.breakers d
    where (d.automation_id, d.record_id) in (
      select x.automation_id, x.record_id from automations.breakers x
      where x.lifted_at < v_kept or not exists (select from public.automations a where a.id = x.automation_id)
      limit v_left for update skip locked
    );
    get diagnostics v_gone = row_count;
    v_left := v_left - v_gone;
  end if;

  if v_left > 0 then
    delete from automations.rotations d
    where (d.automation_id, d.node_id) in (
      select x.automation_id, x.node_id from automations.rotations x
      where not exists (select from public.automations a where a.id = x.automation_id)
      limit v_left for update skip locked
    );
    get diagnostics v_gone = row_count;
    v_left := v_left - v_gone;
  end if;

  if v_left > 0 then
    delete from automations.start_windows d
    where d.automation_id in (
      select x.automation_id from automations.start_windows x
      where x.automation_id <> x.account_id
        and not exists (select from public.automations a where a.id = x.automation_id)
      limit v_left for update skip locked
    );
    get diagnostics v_gone = row_count;
    v_left := v_left - v_gone;
  end if;

  -- A key outlives its run until nobody can mean the same start any more.
  if v_left > 0 then
    delete from automations.start_keys d
    where (d.automation_id, d.key) in (
      select x.automation_id, x.key from automations.start_keys x
      where x.created_at < v_kept
        and not exists (select from public.automation_executions e where e.id = x.execution_id)
      limit v_left
    );
    get diagnostics v_gone = row_count;
    v_left := v_left - v_gone;
  end if;

  -- Nobody sends a request again after a day.
  if v_left > 0 then
    delete from automations.answered_requests d
    where (d.caller, d.key) in (
      select x.caller, x.key from automations.answered_requests x
      where x.created_at < pg_catalog.now() - interval '1 day'
      limit v_left for update skip locked
    );
    get diagnostics v_gone = row_count;
    v_left := v_left - v_gone;
  end if;

  -- What people compare with bills: longer than runs.
  if v_left > 0 then
    delete from automations.ai_usage d
    where (d.account_id, d.day) in (
      select x.account_id, x.day from automations.ai_usage x
      where x.day < pg_catalog.now()::date - 400
      limit v_left for update skip locked
    );
    get diagnostics v_gone = row_count;
    v_left := v_left - v_gone;
  end if;
  return greatest(1, p_limit) - v_left;
end
$$;

-- The seed's: all that is due, in one call.
create or replace function public.cleanup_old_executions()
returns void
language plpgsql security definer set search_path = pg_catalog, pg_temp
as $$
begin
  while automations.cleanup_batch(5000) > 0 loop
    null;
  end loop;
end
$$;

revoke execute on function automations.days(text, integer) from public;
revoke execute on function automations.cleanup_batch(integer) from public;
revoke execute on function public.cleanup_old_executions() from public;

-- Our own scheduler cleans up as well; this is for databases where no worker runs for long.
do $$
begin
  if exists (select from pg_catalog.pg_extension x where x.extname = 'pg_cron') then
    execute $f$
      select cron.schedule('cleanup-executions', '0 3 * * *', 'select public.cleanup_old_executions()')
    $f$;
  end if;
exception when others then
  raise notice 'pg_cron is there but cannot be used (%), the scheduler of automations cleans up alone', sqlerrm;
end
$$;

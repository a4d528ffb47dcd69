-- Who holds a run: leases of workers that are alive, and the runs of those that are not.

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

revoke execute on function automations.release_absent_owners(timestamptz) from public;
revoke execute on function automations.release_owner(bigint, timestamptz) from public;
revoke execute on function automations.renew_leases(bigint, uuid[], interval) from public;

-- Schedules. What is due is computed in the worker (flow/recurrence.py); here it is decided, once, what becomes a run.
--
-- Order of locks: a row of schedules, then a share of its automation, both without waiting; then only inserts. Whoever
-- edits an automation appends to schedule_changes and never touches schedules: neither waits for the other.

-- Definer: the editor may not write the engine's tables.
create or replace function automations.note_schedule_change()
returns trigger
language plpgsql security definer set search_path = pg_catalog, pg_temp
as $$
declare
  v_goes_on boolean := false;
begin
  if tg_op = 'UPDATE' then
    -- Only other steps: what is due and was not looked at yet is still due.
    v_goes_on := old.trigger_type = 'schedule' and old.enabled and old.status = 'active'
      and old.trigger_config = new.trigger_config;
  end if;
  insert into automations.schedule_changes (account_id, automation_id, version_id, live_since)
  values (
    new.user_id, new.id, new.published_version, case when not v_goes_on then pg_catalog.clock_timestamp() end
  );
  return null;
end
$$;

-- Take in what people changed since the last look. One worker at a time, because the newest change has to win; the
-- others go on without. Changed schedules are looked at at once: a worker finds out when they are due.
create or replace function automations.take_schedule_changes(p_now timestamptz)
returns void
language plpgsql
as $$
declare
  c_at_most constant integer := 1000;
  v_ids bigint[];
  v_change record;
begin
  if not pg_catalog.pg_try_advisory_xact_lock(7263201, 2) then
    return;
  end if;
  v_ids := array(select c.id from automations.schedule_changes c order by c.id limit c_at_most);
  for v_change in
    select c.account_id, c.automation_id, c.version_id, c.live_since
    from automations.schedule_changes c
    where c.id = any (v_ids)
    order by c.automation_id, c.id
  loop
    insert into automations.schedules as s (automation_id, account_id, version_id, live_since, fired_until, look_at)
    values (
      v_change.automation_id, v_change.account_id, v_change.version_id,
      coalesce(v_change.live_since, p_now), coalesce(v_change.live_since, p_now), p_now
    )
    on conflict (automation_id) do update
    set account_id = excluded.account_id, version_id = excluded.version_id,
      live_since = coalesce(v_change.live_since, s.live_since),
      -- Also after a clock that was ahead: what was decided stays decided.
      fired_until = greatest(s.fired_until, v_change.live_since),
      next_due = null, look_at = excluded.look_at, finished = false, error = null;
  end loop;
  delete from automations.schedule_changes c where c.id = any (v_ids);
end
$$;

-- Schedules to look at, at most p_limit, given to this worker for p_lease (if it dies, others look after that). Those
-- that are not live any more are put to rest. `looked_at` is the instant up to which the worker may decide.
create or replace function automations.due_schedules(p_limit integer, p_lease interval, p_now timestamptz default null)
returns table (
  automation_id uuid, account_id uuid, version_id uuid, fired_until timestamptz, looked_at timestamptz,
  trigger_config jsonb
)
language plpgsql
as $$
declare
  v_now timestamptz := coalesce(p_now, pg_catalog.clock_timestamp());
begin
  perform automations.take_schedule_changes(v_now);
  return query
  with picked as materialized (
    select s.automation_id, s.version_id
    from automations.schedules s
    where s.look_at <= v_now
    order by s.look_at
    limit p_limit
    for no key update skip locked
  ), judged as materialized (
    select p.automation_id, exists (
      select from public.automations a
      where a.id = p.automation_id and a.enabled and a.status = 'active' and a.trigger_type = 'schedule'
        and a.published_version = p.version_id
    ) as live
    from picked p
  ), moved as (
    update automations.schedules s
    set look_at = case when j.live then v_now + p_lease end,
      next_due = case when j.live then s.next_due end
    from judged j
    where s.automation_id = j.automation_id
    returning s.automation_id, s.account_id, s.version_id, s.fired_until, j.live
  )
  select m.automation_id, m.account_id, m.version_id, m.fired_until, v_now, v.trigger_config
  from moved m
  left join automations.versions v on v.id = m.version_id
  where m.live
  order by m.automation_id;
end
$$;

-- How long a worker may sleep, in seconds; null: nothing is coming.
create or replace function automations.seconds_until_schedule()
returns float8
language sql stable
as $$
  select extract(epoch from (
    select s.look_at from automations.schedules s where s.look_at is not null order by s.look_at limit 1
  ) - pg_catalog.clock_timestamp())::float8
$$;

-- Decide the due times of one schedule in (p_fired_until, p_now] and start runs for those in p_dues, of which the first
-- p_missed are made up for; p_dropped others get none. p_locals: the same times as the zone's clocks show them.
-- p_now null: decided up to the last of p_dues. Answers the number of runs; null: nothing was done, because the
-- schedule is not live, has another version, was decided further already, or is somebody's this moment.
create or replace function automations.fire_schedule(
  p_automation uuid, p_version uuid, p_fired_until timestamptz, p_dues timestamptz[], p_next_due timestamptz,
  p_now timestamptz default null, p_locals text[] default '{}', p_missed integer default 0, p_dropped integer default 0
)
returns integer
language plpgsql
as $$
declare
  v_schedule record;
  v_until timestamptz;
  v_started integer;
  v_last timestamptz;
begin
  select pg_catalog.max(d.at) into v_until from unnest(p_dues) as d (at);
  if p_fired_until >= any (p_dues) or v_until > coalesce(p_now, pg_catalog.clock_timestamp()) then
    raise exception 'a due time lies outside of what is decided'
      using errcode = 'AU007', hint = 'Give due times after p_fired_until, up to p_now.';
  end if;
  v_until := greatest(p_fired_until, coalesce(p_now, v_until));
  if p_next_due <= v_until then
    raise exception 'the next due time is one that is decided now' using errcode = 'AU007', hint = 'Give a later one.';
  end if;

  select s.account_id, a.trigger_config into v_schedule
  from automations.schedules s
  join public.automations a on a.id = s.automation_id
  where s.automation_id = p_automation and s.version_id = p_version and s.fired_until = p_fired_until
    and a.enabled and a.status = 'active' and a.trigger_type = 'schedule' and a.published_version = p_version
  for no key update of s skip locked
  for key share of a skip locked;
  -- In this order: who sees that it was enabled again sees the change that came with it.
  if not found or exists (select from automations.schedule_changes c where c.automation_id = p_automation) then
    return null;
  end if;

  with due as materialized (
    select d.at, d.local, d.position, pg_catalog.gen_random_uuid() as run,
      pg_catalog.to_char(d.at at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS') || '+00:00' as iso
    from unnest(p_dues, p_locals) with ordinality as d (at, local, position)
    where d.at is not null
  ), fresh as (
    -- Never started twice, even by a clock that is set back or a zone whose rules change.
    insert into automations.start_keys (automation_id, key, account_id, execution_id)
    select p_automation, 'due:' || d.iso, v_schedule.account_id, d.run
    from due d
    order by d.position
    on conflict (automation_id, key) do nothing
    returning execution_id
  ), started as (
    insert into public.automation_executions (
      id, automation_id, trigger_type, trigger_data, status, account_id, version_id, due_at, lane
    )
    select d.run, p_automation, 'schedule',
      pg_catalog.jsonb_build_object(
        'event', 'schedule', 'table', null, 'old', null, 'new', null,
        'due_at', d.iso, 'due_local', d.local, 'missed', d.position <= p_missed,
        'timestamp', pg_catalog.now()
      ),
      'pending', v_schedule.account_id, p_version, pg_catalog.clock_timestamp(),
      automations.lane_of(p_automation, v_schedule.trigger_config, null)
    from due d
    join fresh f on f.execution_id = d.run
    order by d.position
    returning id
  )
  select pg_catalog.count(*), pg_catalog.max(d.at) into v_started, v_last
  from started s
  join due d on d.run = s.id;

  update automations.schedules s
  set fired_until = v_until, next_due = p_next_due, look_at = p_next_due, finished = p_next_due is null,
    last_due = coalesce(v_last, s.last_due), error = null
  where s.automation_id = p_automation;

  if p_missed + p_dropped > 0 then
    perform automations.write_audit(
      v_schedule.account_id, 'schedule.missed', p_automation, null,
      pg_catalog.jsonb_build_object('since', p_fired_until, 'missed', p_missed + p_dropped, 'made_up_for', p_missed)
    );
  end if;
  if v_started > 0 then
    perform automations.wake_workers();
  end if;
  return v_started;
end
$$;

-- Many at once, one commit: [{automation_id, version_id, fired_until, looked_at, dues, locals, missed, dropped,
-- next_due}]. Each has a savepoint: what fails for one is noted on its row and does not stop the others.
create or replace function automations.fire_schedules(p_fires jsonb)
returns table (automation_id uuid, started integer, error text)
language plpgsql
as $$
declare
  v_fire jsonb;
begin
  for v_fire in select f.value from pg_catalog.jsonb_array_elements(p_fires) f loop
    automation_id := (v_fire ->> 'automation_id')::uuid;
    started := null;
    error := null;
    begin
      started := automations.fire_schedule(
        automation_id, (v_fire ->> 'version_id')::uuid, (v_fire ->> 'fired_until')::timestamptz,
        array(
          select d.value::timestamptz
          from pg_catalog.jsonb_array_elements_text(v_fire -> 'dues') with ordinality as d (value, position)
          order by d.position
        ),
        (v_fire ->> 'next_due')::timestamptz, (v_fire ->> 'looked_at')::timestamptz,
        array(
          select d.value
          from pg_catalog.jsonb_array_elements_text(v_fire -> 'locals') with ordinality as d (value, position)
          order by d.position
        ),
        (v_fire ->> 'missed')::integer, (v_fire ->> 'dropped')::integer
      );
    exception when others then
      error := sqlerrm;
      perform automations.note_schedule_error(automation_id, error);
    end;
    return next;
  end loop;
end
$$;

-- A schedule that could not be fired: tried again in half a minute, for ever, and said once where its owner looks.
create or replace function automations.note_schedule_error(p_automation uuid, p_error text)
returns void
language plpgsql
as $$
declare
  v_schedule record;
begin
  select s.account_id, s.error into v_schedule
  from automations.schedules s where s.automation_id = p_automation
  for no key update skip locked;
  if not found then
    return;
  end if;
  update automations.schedules s
  set error = pg_catalog.left(p_error, 1000), look_at = pg_catalog.clock_timestamp() + interval '30 seconds'
  where s.automation_id = p_automation;
  if v_schedule.error is null then
    perform automations.write_audit(
      v_schedule.account_id, 'schedule.failed', p_automation, null,
      pg_catalog.jsonb_build_object('error', pg_catalog.left(p_error, 1000))
    );
  end if;
end
$$;

-- Live schedules that no row knows (rows came in without triggers: a restore, an import): they begin now. Answers how
-- many.
create or replace function automations.reconcile_schedules(p_now timestamptz default null)
returns integer
language plpgsql
as $$
declare
  v_found integer;
begin
  if not pg_catalog.pg_try_advisory_xact_lock(7263201, 2) then
    return 0;
  end if;
  insert into automations.schedule_changes (account_id, automation_id, version_id, live_since)
  select a.user_id, a.id, a.published_version, coalesce(p_now, pg_catalog.clock_timestamp())
  from public.automations a
  left join automations.schedules s on s.automation_id = a.id
  where a.trigger_type = 'schedule' and a.enabled and a.status = 'active' and a.published_version is not null
    and (
      s.automation_id is null or s.version_id <> a.published_version or (s.look_at is null and not s.finished)
    )
    and not exists (select from automations.schedule_changes c where c.automation_id = a.id);
  get diagnostics v_found = row_count;
  return v_found;
end
$$;

do $$
begin
  -- Created once, not replaced: replacing a trigger locks writers out for a moment.
  if not exists (
    select from pg_catalog.pg_trigger t
    where t.tgrelid = 'public.automations'::pg_catalog.regclass and t.tgname = 'automations_schedule_updated'
  ) then
    create trigger automations_schedule_inserted
      after insert on public.automations
      for each row when (
        new.trigger_type = 'schedule' and new.enabled and new.status = 'active' and new.published_version is not null
      )
      execute function automations.note_schedule_change();

    create trigger automations_schedule_updated
      after update on public.automations
      for each row when (
        new.trigger_type = 'schedule' and new.enabled and new.status = 'active' and new.published_version is not null
        and (
          old.trigger_type <> 'schedule' or not old.enabled or old.status <> 'active'
          or old.published_version is distinct from new.published_version
        )
      )
      execute function automations.note_schedule_change();

    -- Those that are live already begin with this release.
    perform automations.reconcile_schedules();
  end if;
end
$$;

revoke execute on function automations.note_schedule_change() from public;
revoke execute on function automations.take_schedule_changes(timestamptz) from public;
revoke execute on function automations.due_schedules(integer, interval, timestamptz) from public;
revoke execute on function automations.seconds_until_schedule() from public;
revoke execute on function automations.fire_schedule(
  uuid, uuid, timestamptz, timestamptz[], timestamptz, timestamptz, text[], integer, integer
) from public;
revoke execute on function automations.fire_schedules(jsonb) from public;
revoke execute on function automations.note_schedule_error(uuid, text) from public;
revoke execute on function automations.reconcile_schedules(timestamptz) from public;

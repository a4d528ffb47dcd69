-- name: due
-- Schedules for this worker to look at; each is its own for so long.
select automation_id, account_id, version_id, fired_until, looked_at, trigger_config
from automations.due_schedules($1, $2);

-- name: seconds_until
-- How long there is nothing to look at.
select automations.seconds_until_schedule();

-- name: fire
-- Decide many schedules, one savepoint each.
select automation_id, started, error from automations.fire_schedules($1);

-- name: note_error
-- What kept a schedule from being computed; it is tried again.
select automations.note_schedule_error($1, $2);

-- name: reconcile
-- Live schedules that no trigger told us of.
select automations.reconcile_schedules();

-- name: list
-- Every automation with a published schedule, and how far it has come. Without a row, or with another version, it was
-- never looked at.
select a.id, a.name, a.status, a.enabled, v.trigger_config, s.live_since, s.last_due, s.next_due, s.error,
  coalesce(s.finished, false) as finished
from public.automations a
join automations.versions v on v.id = a.published_version and v.trigger_type = 'schedule'
left join automations.schedules s on s.automation_id = a.id and s.version_id = a.published_version
where $1::uuid is null or a.user_id = $1
order by s.next_due nulls last, a.name, a.id;

-- name: clock
-- What time it is where due times are decided.
select clock_timestamp();

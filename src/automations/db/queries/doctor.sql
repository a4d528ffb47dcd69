-- name: server
-- What server it is and who we are there.
select current_setting('server_version') as version, current_setting('server_version_num')::integer as version_num,
  current_database() as database, session_user::text as role, r.rolsuper as superuser,
  inet_server_addr()::text as address, pg_is_in_recovery() as recovery,
  (select count(*)::integer from pg_roles o where o.rolcanlogin and o.rolname <> session_user) as other_login_roles,
  (select count(*)::integer from pg_stat_activity) as connections,
  current_setting('max_connections')::integer as max_connections,
  pg_notification_queue_usage() as queue_usage,
  current_setting('transaction_read_only') = 'on' as read_only
from pg_roles r where r.rolname = session_user;

-- name: may_become
-- Which of the roles that the engine works as exist, and whether we may become them.
select w.name, r.oid is not null as there,
  r.oid is not null and pg_has_role(
    session_user, r.oid, case when current_setting('server_version_num')::integer >= 160000 then 'set' else 'member' end
  ) as allowed,
  coalesce(r.rolbypassrls, false) as bypasses
from (values ('authenticated'), ('service_role')) as w (name)
left join pg_roles r on r.rolname = w.name
order by w.name;

-- name: settings
-- The switches of the trigger as this session has them.
select w.name, coalesce(current_setting('automations.' || w.name, true), '') as value
from (values ('fire'), ('journal'), ('notify'), ('wake')) as w (name);

-- name: triggers
-- Whether the tables still fire.
select w.tab as "table", w.trg as trigger, t.tgname is not null as there, coalesce(t.tgenabled in ('O', 'A'), false) as enabled
from (values ('leads', 'trigger_lead_automations'), ('conversations', 'trigger_conversation_automations'))
  as w (tab, trg)
left join pg_trigger t on t.tgname = w.trg and t.tgrelid = to_regclass('public.' || w.tab);

-- name: watched
-- How each watched table stands.
select w.source, w.schema_name || '.' || w.table_name as "table", automations.watch_state(w) as state, w.account_column,
  w.id_column, w.lead_column
from automations.watched_tables w
order by w.source;

-- name: load
-- What waits, and since when.
select
  (select count(*) from public.automation_executions e where e.status = 'pending') as pending,
  (select count(*) from public.automation_executions e where e.status = 'running') as running,
  (select count(*) from public.automation_executions e where e.due_at is not null and e.due_at <= now()) as due,
  (select extract(epoch from now() - min(e.due_at))::float8 from public.automation_executions e
    where e.due_at is not null and e.due_at <= now()) as oldest_due_seconds,
  (select count(*) from public.automation_executions e
    where e.status = 'failed' and e.completed_at > now() - interval '1 hour') as failed_last_hour,
  (select count(*) from automations.stat_deltas) as stat_deltas,
  (select extract(epoch from now() - min(d.last_executed_at))::float8 from automations.stat_deltas d)
    as oldest_delta_seconds;

-- name: workers
-- Workers are sessions that hold their advisory lock; others only look like it.
select s.pid, s.client_addr::text as address, s.backend_start, exists (
    select from pg_locks l where l.pid = s.pid and l.locktype = 'advisory' and l.granted and l.objsubid = 1
  ) as present
from pg_stat_activity s
where s.datname = current_database() and s.application_name = 'automations worker: presence'
order by s.backend_start;

-- name: automations
-- Automations in a state that their owner may not have meant.
select
  count(*) as total,
  count(*) filter (where a.status = 'active' and a.enabled) as live,
  count(*) filter (where a.status = 'error') as error,
  count(*) filter (where a.enabled and a.status in ('draft', 'paused')) as enabled_but_not_active
from public.automations a;

-- name: schedules
-- Live schedules, those that should have been looked at more than a minute ago, those that fail.
select count(*) as live,
  count(*) filter (
    where least(s.next_due, s.look_at) < now() - interval '1 minute'
      or exists (
        select from automations.schedule_changes c
        where c.automation_id = a.id and c.live_since < now() - interval '1 minute'
      )
  ) as overdue,
  count(*) filter (where s.error is not null) as failing
from public.automations a
left join automations.schedules s on s.automation_id = a.id and s.version_id = a.published_version
where a.trigger_type = 'schedule' and a.enabled and a.status = 'active';
-- name: open_breakers
-- Breakers that wait for a person, and an automation among theirs.
select count(*) as count, min(b.automation_id::text) as automation_id from automations.breakers b where b.lifted_at is null;

-- name: missing_account
-- Accounts with leads but without any agent, which every automation needs.
select count(*) from (
  select l.user_id from public.leads l
  where not exists (select from public.agents g where g.user_id = l.user_id)
  group by l.user_id limit 1000
) x;

-- name: notify_ourselves
-- Whether a listener behind this DSN hears anything.
select pg_notify($1, $2);

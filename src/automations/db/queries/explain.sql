-- name: event
-- One change of the journal.
select e.id, e.account_id, e.source, e.operation, e.record_id, e.old, e.new, e.changed, e.actor, e.occurred_at,
  e.execution_id, e.held, coalesce(e.new, e.old) ->> w.id_column as record_key
from automations.events e
left join automations.watched_tables w on w.source = e.source
where e.id = $1 and ($2::uuid is null or e.account_id = $2);

-- name: events_of_record
-- The latest changes of a record.
select e.id, e.account_id, e.source, e.operation, e.record_id, e.old, e.new, e.changed, e.actor, e.occurred_at,
  e.execution_id, e.held, coalesce(e.new, e.old) ->> w.id_column as record_key
from automations.events e
left join automations.watched_tables w on w.source = e.source
where e.record_id = $1 and ($2::uuid is null or e.account_id = $2)
order by e.id desc
limit $3;

-- name: watched_record
-- What stands in the journal for a record of a watched table.
select automations.record_uuid(w.source, $2)
from automations.watched_tables w
where w.source = $1 or w.schema_name || '.' || w.table_name = $1;

-- name: runs_of_event
-- What the change started; retries of it aside.
select x.id, x.automation_id, x.status, x.error
from public.automation_executions x
where x.event_id = $1 and x.account_id = $2 and x.started_at >= $3::timestamptz - interval '1 second' and x.parent_id is null
order by x.seq;

-- name: candidates
-- Every automation of the account as it is now, and when what is published came to be.
select a.id, a.name, a.status, a.enabled, a.trigger_type, a.trigger_config, a.updated_at, v.created_at as published_at
from public.automations a
left join automations.versions v on v.id = a.published_version
where a.user_id = $1 and ($2::uuid is null or a.id = $2)
order by a.name, a.id;

-- name: why_stopped
-- The last word of the audit log about an automation that does not run.
select l.action, l.details, l.created_at
from automations.audit_log l
where l.account_id = $1 and l.automation_id = $2 and l.action in ('pause', 'automation.stopped')
order by l.id desc
limit 1;

-- name: journal_state
-- Whether changes are journalled for this session, and for the account at all.
select coalesce(current_setting('automations.journal', true), '') as journal,
  coalesce(current_setting('automations.fire', true), '') as fire,
  exists (select from public.automations a where a.user_id = $1) as has_automations;

-- name: lead_account
-- Whose lead it is.
select l.user_id from public.leads l where l.id = $1;

-- name: event_of_user
-- One change, for whom which tables are watched is none of his business.
select e.id, e.account_id, e.source, e.operation, e.record_id, e.old, e.new, e.changed, e.actor, e.occurred_at,
  e.execution_id, e.held
from automations.events e
where e.id = $1 and ($2::uuid is null or e.account_id = $2);

-- name: events_of_record_of_user
-- The latest changes of a record, likewise.
select e.id, e.account_id, e.source, e.operation, e.record_id, e.old, e.new, e.changed, e.actor, e.occurred_at,
  e.execution_id, e.held
from automations.events e
where e.record_id = $1 and ($2::uuid is null or e.account_id = $2)
order by e.id desc
limit $3;

-- name: page
-- The journal, newest first; $6: before this one. JSON as PostgreSQL makes it. Large rows are in the change itself.
select coalesce(json_agg(to_json(r)), '[]')::text
from (
  select e.id, e.account_id, e.source, e.operation, e.record_id,
    case when pg_column_size(e.old) > 20000 then '{"large": true}' else e.old end as old,
    case when pg_column_size(e.new) > 20000 then '{"large": true}' else e.new end as new, e.changed, e.actor, e.occurred_at,
    e.execution_id, e.held
  from automations.events e
  where ($1::uuid is null or e.account_id = $1)
    and ($2::text is null or e.source = $2)
    and ($3::text is null or e.operation = $3)
    and ($4::uuid is null or e.record_id = $4)
    and ($6::bigint is null or e.id < $6)
  order by e.id desc
  limit $5
) r;

-- name: find
-- The webhook at an address, as it was published; its state is judged when a run is to start.
select a.id, a.user_id as account, v.trigger_config, pg_catalog.clock_timestamp() as now
from public.automations a
join automations.versions v on v.id = a.published_version
where a.id = $1 and v.trigger_type = 'event' and v.trigger_config ->> 'event_source' = 'webhook'

-- name: start
-- A genuine delivery: a run, or the one that it has started before.
select s.outcome, s.execution_id from automations.start_webhook_run($1, $2, $3, $4) s

-- name: list
-- Newest runs that match every filter that is given. $6: those accepted after this one (`seq`), $7: tests too.
select e.id, e.automation_id, a.name as automation, e.account_id, e.trigger_type, e.status, e.error, e.error_node_id,
  e.started_at, e.run_started_at, e.completed_at, e.duration_ms, e.test_mode, e.triggered_by, e.lead_id,
  e.conversation_id, e.event_id, e.parent_id, e.seq, e.trigger_data ->> 'event' as event,
  e.trigger_data ->> 'table' as "table",
  coalesce(e.trigger_data -> 'called_by' ->> 'run_id' = e.parent_id::text, false) as called,
  e.status = 'running' and e.owner is null as waiting, e.due_at,
  case when e.status in ('completed', 'failed', 'cancelled') then (
    select count(*)::integer from jsonb_array_elements(
      case when jsonb_typeof(e.nodes_executed) = 'array' then e.nodes_executed else '[]' end
    ) n where n ->> 'status' is distinct from 'skipped'
  ) else (
    select count(*)::integer from automations.steps s where s.execution_id = e.id and s.record is not null
  ) end as steps
from public.automation_executions e
join public.automations a on a.id = e.automation_id
where ($1::uuid is null or e.account_id = $1)
  and ($2::uuid is null or e.automation_id = $2)
  and ($3::text[] is null or e.status = any ($3)
    or ('waiting' = any ($3) and e.status = 'running' and e.owner is null))
  and ($4::uuid is null or e.lead_id = $4)
  and ($5::timestamptz is null or e.started_at >= $5)
  and ($6::bigint is null or e.seq > $6)
  and ($7::boolean or not e.test_mode)
order by e.started_at desc, e.seq desc
limit $8;

-- name: delete
-- Whether it is gone, and whether the caller sees it: of what he may not delete he is told so.
with gone as (
  delete from public.automation_executions e where e.id = $1 returning e.id
)
select exists (select from gone) as gone, exists (select from public.automation_executions e where e.id = $1) as seen;

-- name: some
-- Runs by id, for those who watch them end.
select e.id, e.automation_id, a.name as automation, e.account_id, e.trigger_type, e.status, e.error, e.error_node_id,
  e.started_at, e.run_started_at, e.completed_at, e.duration_ms, e.test_mode, e.triggered_by, e.lead_id,
  e.conversation_id, e.event_id, e.parent_id, e.seq, e.trigger_data ->> 'event' as event,
  e.trigger_data ->> 'table' as "table",
  coalesce(e.trigger_data -> 'called_by' ->> 'run_id' = e.parent_id::text, false) as called,
  e.status = 'running' and e.owner is null as waiting, e.due_at,
  case when jsonb_typeof(e.nodes_executed) = 'array' then jsonb_array_length(e.nodes_executed) else 0 end as steps
from public.automation_executions e
join public.automations a on a.id = e.automation_id
where e.id = any ($1::uuid[])
order by e.seq;

-- name: count
-- How many match; the same filters as `list`. $7: only those that were not retried (a run that it called is of another
-- automation).
select count(*)
from public.automation_executions e
where ($1::uuid is null or e.account_id = $1)
  and ($2::uuid is null or e.automation_id = $2)
  and ($3::text[] is null or e.status = any ($3)
    or ('waiting' = any ($3) and e.status = 'running' and e.owner is null))
  and ($4::uuid is null or e.lead_id = $4)
  and ($5::timestamptz is null or e.started_at >= $5)
  and ($6::boolean or not e.test_mode)
  and (not $7::boolean or not exists (
    -- A run that this one called has it as its parent, too, and says by whom it was called.
    select from public.automation_executions r
    where r.parent_id = e.id
      and r.trigger_data -> 'called_by' is not distinct from e.trigger_data -> 'called_by'
  ));

-- name: matching_ids
-- Oldest first, at most $7, after $8 (`seq`): actions on all that match go in batches. $9: only those not retried.
select e.id, e.seq
from public.automation_executions e
where ($1::uuid is null or e.account_id = $1)
  and ($2::uuid is null or e.automation_id = $2)
  and ($3::text[] is null or e.status = any ($3)
    or ('waiting' = any ($3) and e.status = 'running' and e.owner is null))
  and ($4::uuid is null or e.lead_id = $4)
  and ($5::timestamptz is null or e.started_at >= $5)
  and ($6::boolean or not e.test_mode)
  and e.seq > $8
  and (not $9::boolean or not exists (
    select from public.automation_executions r
    where r.parent_id = e.id
      and r.trigger_data -> 'called_by' is not distinct from e.trigger_data -> 'called_by'
  ))
order by e.seq
limit $7;

-- name: newest_seq
-- Where a listener begins that is interested in what comes.
select coalesce(max(e.seq), 0)
from public.automation_executions e
where e.started_at >= (select max(x.started_at) from public.automation_executions x);

-- name: find
-- Ids in a range (a prefix).
select e.id from public.automation_executions e
where ($1::uuid is null or e.account_id = $1) and e.id between $2::uuid and $3::uuid
order by e.id limit 20;

-- name: find_lead
-- Leads by a range of ids, or by exact e-mail address or name.
select l.id, coalesce(l.name, l.email, '') as name from public.leads l
where ($1::uuid is null or l.user_id = $1)
  and (l.id between $2::uuid and $3::uuid or l.email = $4 or l.name = $4)
order by l.id limit 20;

-- name: find_conversation
-- Conversations by a range of ids.
select c.id, c.channel as name
from public.conversations c join public.agents g on g.id = c.agent_id
where ($1::uuid is null or g.user_id = $1) and c.id between $2::uuid and $3::uuid
order by c.id limit 20;

-- name: get
-- One run, whole.
select e.id, e.automation_id, a.name as automation, e.account_id, e.trigger_type, e.trigger_data, e.status,
  e.nodes_executed, e.variables, e.output, e.error, e.error_node_id, e.started_at, e.run_started_at, e.completed_at,
  e.duration_ms, e.test_mode, e.triggered_by, e.lead_id, e.conversation_id, e.event_id, e.parent_id, e.version_id,
  e.ancestors, e.depth, e.due_at, e.owner is not null as held, e.takeovers, e.seq,
  a.enabled as automation_enabled, a.status as automation_status
from public.automation_executions e
join public.automations a on a.id = e.automation_id
where e.id = $1;

-- name: status
-- The cheap question of whoever waits for the end.
select e.status from public.automation_executions e where e.id = $1;

-- name: steps
-- A page of the masked records of an open run's steps.
select s.key, s.record from automations.execution_steps($1, $2, $3) s;

-- name: progress
-- How a run stands for whoever waits for its answer. `parked`: it waits for a time or a signal, with no worker; not what
-- waits for the end of a run that it called, nor what another program runs (epoch 0). `wakes_in`: seconds, null for a
-- signal.
select e.id, e.status, e.output, e.error, e.epoch,
  e.status = 'running' and e.owner is null and e.epoch > 0 and not exists (
    select from public.automation_executions c
    where c.parent_id = e.id and c.status in ('pending', 'running')
  ) as parked,
  extract(epoch from e.due_at - clock_timestamp())::double precision as wakes_in
from public.automation_executions e
where e.id = any ($1);

-- name: start_many
-- Manual starts of one automation on many records; the place in the arrays, and the run or what was wrong.
select s.place, s.execution_id, s.error_code, s.error_message from automations.start_runs($1, $2, $3, $4, $5) s;

-- name: matching_leads
-- Ids of the account's leads that meet a condition, after $3.
select m.id from automations.matching_leads($1, $2, $3, $4) as m (id);

-- name: lead_columns
-- What a condition over leads can ask for.
select a.attname as name from pg_catalog.pg_attribute a
where a.attrelid = 'public.leads'::regclass and a.attnum > 0 and not a.attisdropped order by a.attnum;

-- name: start
-- A manual start; the same key gives the same run.
select automations.start_run($1, $2, $3, $4, $5);

-- name: start_as
-- A manual start in one round trip; without a run: what its input is to be checked against.
select s.execution_id, s.account, s.version, s.trigger_type, s.trigger_config
from automations.start_as($1, $2, $3, $4, $5, $6, $7, $8) s;

-- name: signal
-- To one run, or to whatever correlates by a value.
select automations.send_signal($1, $2, $3, $4, $5);

-- name: cancel
-- Ends a run in any open state; answers its status.
select automations.cancel_run($1, $2);

-- name: retry
-- A new run with the same trigger data; $2: from where, $3: the number of another version.
select automations.retry_run($1, $2, $3);

-- name: lead_record
-- A lead as a manual start would hand it to the run.
select to_jsonb(l) from public.leads l where l.id = $1 and l.user_id = $2;

-- name: watched_record
-- A row of a watched table as a step of the account would find it.
select result, error_code, error_message
from automations.run_operations(
  jsonb_build_array(jsonb_build_object('operation', 'update', 'table', $1::text, 'id', $2::text, 'account_id', $3::uuid)),
  '1s', 1
);

-- name: conversation_record
-- A conversation as a manual start would hand it to the run.
select to_jsonb(c)
from public.conversations c join public.agents g on g.id = c.agent_id
where c.id = $1 and g.user_id = $2;

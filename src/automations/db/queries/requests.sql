-- name: act_as
-- For the rest of the transaction: the rights of who is calling, as PostgREST gives them.
select set_config('role', $1, true), set_config('request.jwt.claims', $2, true);

-- name: act_as_reader
-- The same, for questions with filters that may be left out: planned for what is asked, or one that names a rare status
-- is answered as one that names none (measured: 400 ms of 1,000,000 runs instead of 1).
select set_config('role', $1, true), set_config('request.jwt.claims', $2, true),
  set_config('plan_cache_mode', 'force_custom_plan', true);

-- name: accounts
-- Whose data the caller may see, for lists: a planner that knows the accounts takes the right index.
select array(select a.id from automations.accessible_account_ids() a (id) order by a.id) as ids;

-- name: list_automations
-- The seed's list columns, newest first; $8, $9: after this one. JSON as PostgreSQL makes it.
select coalesce(json_agg(to_json(r)), '[]')::text
from (
  select a.id, a.agent_id, a.user_id, a.name, a.description, a.icon, a.color, a.status, a.enabled, a.trigger_type,
    a.trigger_config, a.execution_count, a.last_executed_at, a.last_execution_status, a.created_at, a.updated_at
  from public.automations a
  where ($1::uuid is null or a.user_id = $1)
    and ($2::uuid is null or a.agent_id = $2)
    and ($3::text is null or a.status = $3)
    and ($4::text is null or a.trigger_type = $4)
    and ($5::boolean is null or a.enabled = $5)
    and ($6::text is null or position(lower($6) in lower(a.name)) > 0)
    and ($8::timestamptz is null or (a.created_at, a.id) < ($8, $9::uuid))
    and ($10::uuid[] is null or a.user_id = any ($10))
  order by a.created_at desc, a.id desc
  limit $7
) r;

-- name: get_automation
-- The seed's detail columns and what tells draft from published.
select to_json(r)::text
from (
  select a.id, a.agent_id, a.user_id, a.name, a.description, a.icon, a.color, a.status, a.enabled, a.trigger_type,
    a.trigger_config, a.nodes, a.edges, a.viewport, a.execution_count, a.last_executed_at, a.last_execution_status,
    a.created_at, a.updated_at, a.draft_revision, v.number as published_number,
    coalesce((v.nodes, v.edges) = (a.nodes, a.edges), false) as draft_is_published
  from public.automations a
  left join automations.versions v on v.id = a.published_version
  where a.id = $1
) r;

-- name: list_executions
-- The seed's list columns, newest first, whom a run is about, and whether it waits; $9, $10: after this one. What is large is in the detail: 200 inputs of 4 MB would be
-- more than anybody can take.
select coalesce(json_agg(to_json(r) order by r.started_at desc, r.seq desc), '[]')::text
from (
  select e.id, e.automation_id, e.trigger_type,
    case when pg_column_size(e.trigger_data) > 20000 then '{"large": true}' else e.trigger_data end as trigger_data, e.status, e.error, e.error_node_id, e.started_at,
    e.completed_at, e.duration_ms, e.test_mode, e.triggered_by, e.lead_id, e.conversation_id, e.seq,
    (select coalesce(nullif(l.name, ''), nullif(l.email, '')) from public.leads l where l.id = e.lead_id) as lead_name,
    e.status = 'running' and e.owner is null as waiting,
    case when e.status = 'running' and e.owner is null then e.due_at end as waits_until,
    -- A run that this one called has it as its parent, too, and says by whom it was called.
    (select r.id from public.automation_executions r
      where r.parent_id = e.id
        and r.trigger_data -> 'called_by' is not distinct from e.trigger_data -> 'called_by'
      order by r.seq desc limit 1) as retried_in
  from public.automation_executions e
  where ($1::uuid is null or e.account_id = $1)
    and ($2::uuid is null or e.automation_id = $2)
    and ($3::text[] is null or e.status = any ($3)
      or ('waiting' = any ($3) and e.status = 'running' and e.owner is null))
    and ($4::uuid is null or e.lead_id = $4)
    and ($5::uuid is null or e.conversation_id = $5)
    and ($6::timestamptz is null or e.started_at >= $6)
    and ($7::timestamptz is null or e.started_at < $7)
    and ($9::timestamptz is null or (e.started_at, e.seq) < ($9, $10::bigint))
    and ($11::uuid[] is null or e.account_id = any ($11))
    and ($12::boolean is null or e.test_mode = $12)
  order by e.started_at desc, e.seq desc
  limit $8
) r;

-- name: get_execution
-- The seed's detail columns, and the output.
select to_json(r)::text
from (
  select e.id, e.automation_id, e.trigger_type, e.trigger_data, e.status, e.nodes_executed, e.variables, e.error,
    e.error_node_id, e.started_at, e.completed_at, e.duration_ms, e.test_mode, e.triggered_by, e.lead_id,
    e.conversation_id,
    (select coalesce(nullif(l.name, ''), nullif(l.email, '')) from public.leads l where l.id = e.lead_id) as lead_name,
    e.status = 'running' and e.owner is null as waiting,
    case when e.status = 'running' and e.owner is null then e.due_at end as waits_until,
    -- A run that this one called has it as its parent, too, and says by whom it was called.
    (select r.id from public.automation_executions r
      where r.parent_id = e.id
        and r.trigger_data -> 'called_by' is not distinct from e.trigger_data -> 'called_by'
      order by r.seq desc limit 1) as retried_in,
    e.output, e.parent_id, e.version_id, v.number as version
  from public.automation_executions e
  left join automations.versions v on v.id = e.version_id
  where e.id = $1
) r;

-- name: take_request
-- What was answered to this key before; no row where it is new.
select r.status, r.headers, r.body, r.same from automations.take_request($1, $2) r;

-- name: keep_answer
-- In the transaction of what the request did.
select automations.keep_answer($1, $2::smallint, $3, $4);

-- name: api_key
-- Whom a key that is valid now acts for; used at most once a minute, as far as that is written down.
with found as (
  select k.id, k.account_id, k.scopes, k.last_used_at
  from automations.api_keys k
  where k.hash = $1 and k.revoked_at is null and (k.expires_at is null or k.expires_at > now())
), noted as (
  update automations.api_keys k set last_used_at = now()
  from found f
  where k.id = f.id and (f.last_used_at is null or f.last_used_at < now() - interval '1 minute')
)
select f.id, f.account_id, f.scopes from found f;

-- name: note_refusal
-- In the logs of whose things were named; which accounts those were.
select automations.note_refusal($1, $2, $3, $4, $5);

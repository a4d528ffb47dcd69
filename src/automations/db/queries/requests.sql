-- name: act_as
-- For the rest of the transaction: the rights of who is calling, as PostgREST gives them.
select set_config('role', $1, true), set_config('request.jwt.claims', $2, true);

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
-- The seed's list columns, newest first; $9, $10: after this one.
select coalesce(json_agg(to_json(r) order by r.started_at desc, r.seq desc), '[]')::text
from (
  select e.id, e.automation_id, e.trigger_type, e.trigger_data, e.status, e.error, e.error_node_id, e.started_at,
    e.completed_at, e.duration_ms, e.test_mode, e.triggered_by, e.lead_id, e.conversation_id, e.seq
  from public.automation_executions e
  where ($1::uuid is null or e.account_id = $1)
    and ($2::uuid is null or e.automation_id = $2)
    and ($3::text[] is null or e.status = any ($3))
    and ($4::uuid is null or e.lead_id = $4)
    and ($5::uuid is null or e.conversation_id = $5)
    and ($6::timestamptz is null or e.started_at >= $6)
    and ($7::timestamptz is null or e.started_at < $7)
    and ($9::timestamptz is null or (e.started_at, e.seq) < ($9, $10::bigint))
  order by e.started_at desc, e.seq desc
  limit $8
) r;

-- name: get_execution
-- The seed's detail columns, and the output.
select to_json(r)::text
from (
  select e.id, e.automation_id, e.trigger_type, e.trigger_data, e.status, e.nodes_executed, e.variables, e.error,
    e.error_node_id, e.started_at, e.completed_at, e.duration_ms, e.test_mode, e.triggered_by, e.lead_id,
    e.conversation_id, e.output, e.parent_id, e.version_id
  from public.automation_executions e
  where e.id = $1
) r;

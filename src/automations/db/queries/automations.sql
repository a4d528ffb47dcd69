-- name: list
-- The seed's list columns and what tells draft from published; $1: account, null: all.
select a.id, a.agent_id, a.user_id, a.name, a.description, a.icon, a.color, a.status, a.enabled, a.trigger_type,
  a.trigger_config, a.execution_count, a.last_executed_at, a.last_execution_status, a.created_at, a.updated_at,
  a.published_version, a.draft_revision
from public.automations a
where $1::uuid is null or a.user_id = $1
order by a.name, a.created_at, a.id;

-- name: find
-- What a person may mean: ids in a range (a prefix), or an exact name.
select a.id, a.name
from public.automations a
where ($1::uuid is null or a.user_id = $1)
  and (a.id between $2::uuid and $3::uuid or a.name = $4)
order by a.name, a.id
limit 20;

-- name: get
-- One automation with its draft, and whether the draft is what runs.
select a.id, a.agent_id, a.user_id, a.name, a.description, a.icon, a.color, a.status, a.enabled, a.trigger_type,
  a.trigger_config, a.nodes, a.edges, a.viewport, a.execution_count, a.last_executed_at, a.last_execution_status,
  a.created_at, a.updated_at, a.published_version, a.draft_revision,
  v.number as published_number, coalesce((v.nodes, v.edges) = (a.nodes, a.edges), false) as draft_is_published
from public.automations a
left join automations.versions v on v.id = a.published_version
where a.id = $1;

-- name: startable
-- What a start by hand is judged by.
select a.user_id as account, a.trigger_type, a.trigger_config from public.automations a where a.id = $1;

-- name: create
-- A draft from a file, with the file's id: never active, never enabled; null where the id is taken.
select automations.create_draft($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11);

-- name: create_for_agent
-- A draft of the account that the agent belongs to; nothing where the caller has no such agent.
insert into public.automations (
  agent_id, user_id, name, description, icon, color, trigger_type, trigger_config, nodes, edges
)
select g.id, g.user_id, $2, $3, $4, $5, $6, $7, $8, $9
from public.agents g
where g.id = $1
returning id;

-- name: may_write
-- Whether whoever this transaction acts as may change what belongs to the account.
select current_setting('role') <> 'authenticated'
  or exists (select from automations.writable_account_ids() as a (id) where a.id = $1);

-- name: delete
delete from public.automations a where a.id = $1;

-- name: update_draft
-- The drawing and its name, unless the draft is at another revision than $10 (null: whatever it is). The trigger columns
-- are what fires: an import moves them only while nothing is published. Answers what was found.
with found as materialized (
  select a.id, a.draft_revision,
    (a.name, a.description, a.icon, a.color, a.nodes, a.edges) is distinct from ($2, $3, $4, $5, $8, $9) as differs
  from public.automations a
  where a.id = $1
  for no key update
), written as (
  update public.automations a
  set name = $2, description = $3, icon = $4, color = $5, nodes = $8, edges = $9,
    trigger_type = case when a.published_version is null then $6 else a.trigger_type end,
    trigger_config = case when a.published_version is null then $7 else a.trigger_config end
  from found f
  where a.id = f.id and f.differs and ($10::integer is null or f.draft_revision = $10)
  returning a.id
)
select f.draft_revision, f.differs, exists (select from written w) as written
from found f;

-- name: set_viewport
-- Where the canvas was left; no revision of the draft.
update public.automations a set viewport = $2 where a.id = $1 and a.viewport is distinct from $2;

-- name: set_enabled
-- The owner's switch.
update public.automations a set enabled = $2 where a.id = $1 and a.enabled <> $2;

-- name: publish
-- A version of what was validated, and the row that points at it.
select automations.publish_version($1, $2, $3, $4, $5, $6, $7);

-- name: pause
-- Held by a person.
select automations.pause_automation($1, $2);

-- name: resume
-- Active again.
select automations.resume_automation($1);

-- name: version
-- The flow that a run ran.
select v.id, v.number, v.nodes, v.edges, v.trigger_type, v.trigger_config
from automations.versions v where v.id = $1;

-- name: accounts
-- Whose agents there are; an account is the owner of agents.
select g.user_id as account_id, count(*) as agents
from public.agents g group by g.user_id order by g.user_id limit 50;

-- name: agents
-- Agents of an account, oldest first.
select g.id, g.name from public.agents g where g.user_id = $1 order by g.created_at, g.id limit 50;

-- name: agent_account
-- Whose agent it is.
select g.user_id from public.agents g where g.id = $1;

-- name: tools
-- What AI agents call by this name: $1 account, null: of all; live or not.
select a.id, a.user_id, a.name, a.status, a.enabled, a.published_version is not null as published, a.trigger_config
from public.automations a
where ($1::uuid is null or a.user_id = $1) and a.trigger_type = 'ai_tool' and a.trigger_config ->> 'tool_name' = $2
order by a.created_at, a.id
limit 50;

-- name: live_tools
-- What AI agents can call now, the oldest first; $1 account, null: of all; $3, $4: after this one. `ambiguous`: another
-- one of them has the name, too. `step_types`: of what is published.
select t.id, t.user_id, t.name, t.trigger_config, t.created_at, t.ambiguous, array(
  select distinct n.node ->> 'type'
  from automations.versions v, jsonb_array_elements(v.nodes) as n (node)
  where v.id = t.published_version and n.node -> 'data' -> 'disabled' is distinct from 'true'
    and n.node ->> 'type' is not null
) as step_types
from (
  select a.id, a.user_id, a.name, a.trigger_config, a.created_at, a.published_version,
    count(*) over (partition by a.trigger_config ->> 'tool_name') > 1 as ambiguous
  from public.automations a
  where ($1::uuid is null or a.user_id = $1) and a.trigger_type = 'ai_tool'
    and a.status = 'active' and a.enabled and a.published_version is not null
) t
where $3::timestamptz is null or (t.created_at, t.id) > ($3, $4::uuid)
order by t.created_at, t.id
limit $2;

-- name: ids_of_tools
-- Tools whose id begins with eight digits; $1 account, null: of all.
select a.id
from public.automations a
where ($1::uuid is null or a.user_id = $1) and a.trigger_type = 'ai_tool'
  and a.id between ($2 || '-0000-0000-0000-000000000000')::uuid and ($2 || '-ffff-ffff-ffff-ffffffffffff')::uuid
limit 2;

-- name: calls
-- Which automations of an account start which others: steps of what is published, and what runs on failure.
select a.id, a.name, coalesce(
  array_agg(distinct lower(t.target)) filter (where t.target is not null), '{}'
)::text[] as targets
from public.automations a
left join automations.versions v on v.id = a.published_version
left join lateral (
  select n.node -> 'data' -> 'config' ->> 'automation' as target
  from jsonb_array_elements(v.nodes) as n (node)
  where n.node ->> 'type' = $2 and n.node -> 'data' -> 'disabled' is distinct from 'true'
  union all
  select a.trigger_config ->> 'on_failure'
) t on true
where a.user_id = $1
group by a.id, a.name
order by a.created_at, a.id;

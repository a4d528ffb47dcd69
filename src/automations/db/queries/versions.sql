-- name: list
-- Versions of an automation, newest first, without their flows; $2: below this number, $3: at most.
select v.id, v.number, v.trigger_type,
  (select count(*) from jsonb_array_elements(v.nodes) as n (node) where n.node ->> 'type' is distinct from 'note')::integer as steps,
  v.note, v.origin, v.created_by, v.created_at,
  coalesce(v.id = a.published_version, false) as is_published
from automations.versions v
join public.automations a on a.id = v.automation_id
where v.automation_id = $1 and ($2::integer is null or v.number < $2)
order by v.number desc
limit $3;

-- name: by_number
-- One version with its flow.
select v.id, v.number, v.trigger_type, v.trigger_config, v.nodes, v.edges, v.note, v.origin, v.created_by, v.created_at,
  coalesce(v.id = a.published_version, false) as is_published
from automations.versions v
join public.automations a on a.id = v.automation_id
where v.automation_id = $1 and v.number = $2;

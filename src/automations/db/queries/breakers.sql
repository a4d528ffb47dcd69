-- name: open
-- Breakers that wait for a person, newest first.
select b.automation_id, a.name as automation, b.record_id, b.account_id, b.opened_at, b.starts, b.minutes
from automations.breakers b
join public.automations a on a.id = b.automation_id
where b.lifted_at is null and ($1::uuid is null or b.account_id = $1)
order by b.opened_at desc, b.automation_id, b.record_id
limit 1000;

-- name: page
-- The same in pages, each with an id of its own; $4, $5: after this one. JSON as PostgreSQL makes it.
select coalesce(json_agg(to_json(r)), '[]')::text
from (
  select b.automation_id || '/' || b.record_id as id, b.automation_id, a.name as automation, b.record_id, b.account_id,
    b.opened_at, b.starts, b.minutes
  from automations.breakers b
  join public.automations a on a.id = b.automation_id
  where b.lifted_at is null and ($1::uuid is null or b.account_id = $1)
    and ($2::uuid is null or b.automation_id = $2)
    and ($4::timestamptz is null or (b.opened_at, b.automation_id || '/' || b.record_id) < ($4, $5::text))
  order by b.opened_at desc, b.automation_id || '/' || b.record_id desc
  limit $3
) r;

-- name: lift
-- Let changes of the record (null: of all) start the automation again; answers how many were open.
select automations.lift_breaker($1, $2);

-- name: open
-- Breakers that wait for a person, newest first.
select b.automation_id, a.name as automation, b.record_id, b.account_id, b.opened_at, b.starts, b.minutes
from automations.breakers b
join public.automations a on a.id = b.automation_id
where b.lifted_at is null and ($1::uuid is null or b.account_id = $1)
order by b.opened_at desc, b.automation_id, b.record_id
limit 1000;

-- name: lift
-- Let changes of the record (null: of all) start the automation again; answers how many were open.
select automations.lift_breaker($1, $2);

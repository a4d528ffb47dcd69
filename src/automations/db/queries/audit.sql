-- name: page
-- What was done in the accounts that the caller sees, newest first; $8: after this one. JSON as PostgreSQL makes it.
select coalesce(json_agg(to_json(r)), '[]')::text
from (
  select l.id, l.account_id, l.actor, l.action, l.automation_id, l.execution_id, l.details, l.created_at
  from automations.audit_log l
  where ($1::uuid is null or l.account_id = $1)
    and ($2::uuid is null or l.automation_id = $2)
    and ($3::text is null or l.action = $3)
    and ($4::uuid is null or l.actor = $4)
    and ($5::timestamptz is null or l.created_at >= $5)
    and ($6::timestamptz is null or l.created_at < $6)
    and ($8::bigint is null or l.id < $8)
  order by l.id desc
  limit $7
) r;

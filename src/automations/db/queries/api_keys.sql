-- name: create
select automations.create_api_key($1, $2, $3, $4, $5, $6);

-- name: revoke
select automations.revoke_api_key($1);

-- name: list
-- Newest first, revoked ones too; $3, $4: after this one. JSON as PostgreSQL makes it.
select coalesce(json_agg(to_json(r)), '[]')::text
from (
  select k.id, k.account_id, k.name, k.hint, k.scopes, k.created_by, k.created_at, k.expires_at, k.revoked_at, k.last_used_at
  from automations.api_keys k
  where ($1::uuid is null or k.account_id = $1)
    and ($3::timestamptz is null or (k.created_at, k.id) < ($3, $4::uuid))
  order by k.created_at desc, k.id desc
  limit $2
) r;

-- name: get
-- One of those, as the answer to its making shows it.
select to_jsonb(r)
from (
  select k.id, k.account_id, k.name, k.hint, k.scopes, k.created_by, k.created_at, k.expires_at, k.revoked_at, k.last_used_at
  from automations.api_keys k
  where k.id = $1
) r;

-- name: ids
-- Ids between $2 and $3: what the beginning of one may mean.
select k.id, k.name from automations.api_keys k
where ($1::uuid is null or k.account_id = $1) and k.id between $2 and $3
order by k.id limit 6;

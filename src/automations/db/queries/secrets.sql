-- name: list
-- Names and dates, never values.
select s.account_id, s.name, s.key_id, s.created_at, s.updated_at
from automations.secrets s
where $1::uuid is null or s.account_id = $1
order by s.account_id, s.name
limit 1000;

-- name: listed
-- Of one account, for whoever may see it, with the automations that use each.
select automations.list_secrets($1)::text;

-- name: row_id
-- The row of a secret: its id goes into the seal.
select automations.secret_id($1, $2);

-- name: put
-- Answers false when another one set it first, under another id.
select automations.put_secret($1, $2, $3, $4, $5, $6);

-- name: delete
-- Answers whether it was there.
select automations.delete_secret($1, $2);

-- name: users
-- Automations of the account whose published flow inserts a secret; `secrets.NAME` with nothing of a name behind it.
select a.name
from public.automations a
join automations.versions v on v.id = a.published_version
where a.user_id = $1 and v.nodes::text ~ ('secrets\.' || $2 || '([^A-Za-z0-9_]|$)')
order by a.name
limit 20;

-- name: sealed
-- What a step inserts.
select s.id, s.name, s.key_id, s.nonce, s.sealed
from automations.secrets s where s.account_id = $1 and s.name = any ($2);

-- name: sealed_otherwise
-- Secrets that are sealed with another key than this one.
select s.id, s.name, s.key_id, s.nonce, s.sealed
from automations.secrets s where s.key_id <> $1 order by s.id limit 100;

-- name: reseal
-- The same value under another key; not if it was set anew meanwhile.
update automations.secrets s set key_id = $3, nonce = $4, sealed = $5 where s.id = $1 and s.nonce = $2;

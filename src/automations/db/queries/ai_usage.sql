-- name: reserve
-- Set tokens aside before a call; the database's clock says which day it is.
select r.granted, r.day, r.used, r.set_aside, r.free_at
from automations.reserve_ai_tokens($1, $2, $3, clock_timestamp()) r;

-- name: settle
-- A call has ended.
select automations.settle_ai_tokens($1, $2, $3, $4, $5);

-- name: since
-- Days of one account, or of all, with the limit that an account has of its own; newest first.
select u.account_id, u.day, u.calls, u.input_tokens, u.output_tokens, u.reserved, s.ai_tokens_per_day as own_limit
from automations.ai_usage u
left join automations.account_settings s on s.account_id = u.account_id
where ($1::uuid is null or u.account_id = $1) and u.day > (clock_timestamp() at time zone 'UTC')::date - $2::integer
order by u.day desc, u.account_id
limit 1000;

-- name: listed
-- Days of one account for whoever may see it, newest first.
select automations.ai_usage_of($1, $2)::text;

-- name: accessible_accounts
-- Whose changes the caller may be told: the question of the policies.
select a.id from automations.accessible_account_ids() as a (id);

-- name: watch_accounts
-- For another while. What lapsed, or might have for somebody who wrote meanwhile, begins anew. In the order of accounts:
-- two processes must not wait for each other.
insert into automations.live_watchers as w (account_id, until)
select a.id, now() + interval '90 seconds' from unnest($1::uuid[]) as a (id) order by a.id
on conflict (account_id) do update
set until = excluded.until,
  began = case when w.until > now() + interval '20 seconds' then w.began end,
  kept_from = case when w.until > now() + interval '20 seconds' then w.kept_from end;

-- name: settle_watchers
-- After the commit of watch_accounts: transactions whose id is at least that of this one see the watchers.
with begun as (
  update automations.live_watchers w
  set began = pg_current_xact_id()::text::bigint, kept_from = pg_current_xact_id()::text::bigint
  where w.account_id = any ($1::uuid[]) and w.began is null
  returning w.account_id, w.began
)
select b.account_id, b.began from begun b
union all
select w.account_id, w.began from automations.live_watchers w where w.account_id = any ($1::uuid[]) and w.began is not null;

-- name: live_snapshot
-- Where reading begins.
select pg_current_snapshot()::text;

-- name: read_live_changes
-- What the snapshot $1 did not see, without the accounts $3, and the snapshot that has: one row without a change where there is none. What is of
-- transactions yet to come was copied here from another server.
select pg_current_snapshot()::text as snapshot, c.account_id, c.kind, c.object_id, c.automation_id, c.execution_id,
  c.state, c.created_at
from (select $1::text::pg_snapshot as seen) s
left join lateral (
  select x.*
  from automations.live_changes x
  where (
      x.xid >= pg_snapshot_xmax(s.seen)::text::bigint
      and x.xid < pg_snapshot_xmax(pg_current_snapshot())::text::bigint
      or x.xid = any (array(select p.xid::text::bigint from pg_snapshot_xip(s.seen) as p (xid)))
    )
    and x.account_id <> all ($3::uuid[])
  order by x.id
  limit $2
) c on true
order by c.id;

-- name: resume_live_changes
-- What transactions from $1 on changed of these accounts; since which one all of it is kept.
select (
    select max(w.kept_from) from automations.live_watchers w where w.account_id = any ($2::uuid[])
  ) as kept_from,
  c.account_id, c.kind, c.object_id, c.automation_id, c.execution_id, c.state, c.created_at
from (select) s
left join lateral (
  select x.* from automations.live_changes x
  where x.xid >= $1 and x.account_id = any ($2::uuid[])
  order by x.id
  limit $3
) c on true
order by c.id;

-- name: runs
-- Runs that were accepted in a span ($3 up to $4), tests aside: by status, how long they took, by day (UTC). $1: account,
-- null: all that the caller sees; $2: automation. By the index of accounts, which is in the order of acceptance.
with chosen as materialized (
  select e.status, e.duration_ms, (e.started_at at time zone 'UTC')::date as day
  from public.automation_executions e
  where ($1::uuid is null or e.account_id = $1)
    and ($2::uuid is null or e.automation_id = $2)
    and e.started_at >= $3::timestamptz and e.started_at < $4::timestamptz
    and not e.test_mode
), days as (
  select d.day::date as day
  from generate_series(
    ($3::timestamptz at time zone 'UTC')::date, (($4::timestamptz - interval '1 us') at time zone 'UTC')::date,
    interval '1 day'
  ) as d (day)
)
select json_build_object(
  'since', $3::timestamptz,
  'until', $4::timestamptz,
  'runs', (select count(*) from chosen),
  'by_status', (
    select json_build_object(
      'pending', count(*) filter (where c.status = 'pending'),
      'running', count(*) filter (where c.status = 'running'),
      'completed', count(*) filter (where c.status = 'completed'),
      'failed', count(*) filter (where c.status = 'failed'),
      'cancelled', count(*) filter (where c.status = 'cancelled')
    )
    from chosen c
  ),
  'duration_ms', (
    select json_build_object(
      'p50', percentile_disc(0.5) within group (order by c.duration_ms),
      'p95', percentile_disc(0.95) within group (order by c.duration_ms)
    )
    from chosen c where c.status = 'completed'
  ),
  'days', (
    select json_agg(to_json(r) order by r.day)
    from (
      select d.day, count(c.day) as runs,
        count(*) filter (where c.status = 'completed') as completed,
        count(*) filter (where c.status = 'failed') as failed,
        count(*) filter (where c.status = 'cancelled') as cancelled
      from days d left join chosen c on c.day = d.day
      group by d.day
    ) r
  )
)::text;

-- name: automations
-- How many automations there are in each state, and which ran most in the span: of those $4 at most.
select json_build_object(
  'total', (select count(*) from public.automations a where $1::uuid is null or a.user_id = $1),
  'live', (
    select count(*) from public.automations a
    where ($1::uuid is null or a.user_id = $1) and a.status = 'active' and a.enabled
  ),
  'by_status', (
    select json_build_object(
      'draft', count(*) filter (where a.status = 'draft'),
      'active', count(*) filter (where a.status = 'active'),
      'paused', count(*) filter (where a.status = 'paused'),
      'error', count(*) filter (where a.status = 'error')
    )
    from public.automations a where $1::uuid is null or a.user_id = $1
  ),
  'busiest', (
    select coalesce(json_agg(to_json(r) order by r.runs desc, r.id), '[]')
    from (
      select a.id, a.name, s.runs, s.failed
      from (
        select e.automation_id, count(*) as runs, count(*) filter (where e.status = 'failed') as failed
        from public.automation_executions e
        where ($1::uuid is null or e.account_id = $1)
          and e.started_at >= $2::timestamptz and e.started_at < $3::timestamptz and not e.test_mode
        group by e.automation_id
        order by runs desc, e.automation_id
        limit $4::integer
      ) s
      join public.automations a on a.id = s.automation_id
    ) r
  )
)::text;

-- name: clock
select now();

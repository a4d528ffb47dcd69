-- name: list
-- Newest first; one whose run has ended without it is void. $2: all, or those that can still be decided.
select a.id, a.account_id, a.automation_id, m.name as automation, a.execution_id, a.step_key, a.title, a.message, a.form,
  a.assignees, a.role, a.self_approval, a.requested_by, a.deadline, a.created_at, a.decided_via, a.decided_by, a.decided_as,
  a.decided_at, a.comment, a.answer,
  case
    when a.status <> 'pending' then a.status
    when e.id is null then 'void'
    when a.deadline <= clock_timestamp() then 'timed_out'
    else 'pending'
  end as status
from automations.approvals a
join public.automations m on m.id = a.automation_id
left join public.automation_executions e on e.id = a.execution_id and e.status in ('pending', 'running')
where ($1::uuid is null or a.account_id = $1)
  and ($2 or (a.status = 'pending' and e.id is not null and (a.deadline is null or a.deadline > clock_timestamp())))
  and ($3::uuid is null or a.id between $3 and $4)
order by a.created_at desc, a.id
limit 200;

-- name: decide
-- As whoever this transaction acts as.
select automations.decide_approval($1, $2, $3, $4);

-- name: decide_by_token
select automations.decide_by_token($1, $2, $3, $4);

-- name: of_token
select automations.approval_of_token($1);

-- name: act_as
-- For the rest of the transaction: the person's own rights, as PostgREST gives them.
select set_config('role', 'authenticated', true),
  set_config('request.jwt.claims', jsonb_build_object('sub', $1::uuid, 'role', 'authenticated')::text, true);

-- name: take_notices
select notice_id, account_id, email, hash, attempts, approval from automations.take_approval_notices($1, $2);

-- name: note_notice
select automations.note_approval_notice($1, $2, $3);

-- name: page
-- A page for whoever asks, newest first; $2: open, mine (open, and for him to decide) or all; $4, $5: after this one.
select coalesce(json_agg(to_json(r)), '[]')::text
from (
  select a.id, a.account_id, a.automation_id, m.name as automation, a.execution_id, a.title, a.assignees, a.role,
    a.self_approval, a.requested_by, a.deadline, a.created_at, a.decided_via, a.decided_by, a.decided_as, a.decided_at,
    case
      when a.status <> 'pending' then a.status
      when e.id is null then 'void'
      when a.deadline <= clock_timestamp() then 'timed_out'
      else 'pending'
    end as status,
    automations.may_decide(a.account_id, a.assignees, a.role, a.self_approval, a.requested_by) as may_decide
  from automations.approvals a
  join public.automations m on m.id = a.automation_id
  left join public.automation_executions e on e.id = a.execution_id and e.status in ('pending', 'running')
  where ($1::uuid is null or a.account_id = $1)
    and ($2 = 'all' or (
      a.status = 'pending' and e.id is not null and (a.deadline is null or a.deadline > clock_timestamp())
    ))
    and ($2 <> 'mine' or automations.may_decide(
      a.account_id, a.assignees, a.role, a.self_approval, a.requested_by
    ))
    and ($4::timestamptz is null or (a.created_at, a.id) < ($4, $5::uuid))
  order by a.created_at desc, a.id desc
  limit $3
) r;

-- name: shown
-- One with its form, for whoever may see it.
select to_json(r)::text
from (
  select a.id, a.account_id, a.automation_id, m.name as automation, a.execution_id, a.title, a.assignees, a.role,
    a.self_approval, a.requested_by, a.deadline, a.created_at, a.decided_via, a.decided_by, a.decided_as, a.decided_at,
    case
      when a.status <> 'pending' then a.status
      when e.id is null then 'void'
      when a.deadline <= clock_timestamp() then 'timed_out'
      else 'pending'
    end as status,
    automations.may_decide(a.account_id, a.assignees, a.role, a.self_approval, a.requested_by) as may_decide,
    a.message, a.form, a.comment, a.answer
  from automations.approvals a
  join public.automations m on m.id = a.automation_id
  left join public.automation_executions e on e.id = a.execution_id and e.status in ('pending', 'running')
  where a.id = $1
) r;

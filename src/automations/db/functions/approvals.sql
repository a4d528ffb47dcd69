-- Approvals: a step asks, a person answers once. The row is the truth: whoever decides, and the step when its time is up,
-- lock it and look. Who decides locks nothing of the run: he appends a signal (waits.sql), as everybody does.
-- Errors: AU003 not allowed, AU004 not found, AU006 decided or over already, AU007 unusable.

-- owner, admin, member or viewer: what the caller is in this account; null: nothing. A database may have no team_members of
-- our shape; then whoever may write is a member.
do $$
declare
  v_team text := 'null';
begin
  if (
    select pg_catalog.count(*) = 3 from pg_catalog.pg_attribute a
    where a.attrelid = pg_catalog.to_regclass('public.team_members') and not a.attisdropped
      and a.attname in ('owner_id', 'member_id', 'role')
  ) then
    v_team := '(select m.role::text from public.team_members m where m.owner_id = p_account and m.member_id = auth.uid())';
  end if;
  execute pg_catalog.format(
    'create or replace function automations.role_in(p_account pg_catalog.uuid) returns text '
    'language sql stable security definer set search_path = pg_catalog, pg_temp as %L',
    pg_catalog.format(
      $f$
        select case
          when auth.uid() = p_account then 'owner'
          else coalesce(%s, (
            select 'member' from automations.writable_account_ids() as a (id) where a.id = p_account
          ))
        end
      $f$, v_team
    )
  );
end
$$;

-- The person who is behind a run: who started it by hand or changed the row; for what a run caused or called, whoever is
-- behind that one. A run writes with the claims of its account's owner, who need not have done anything. Null: nobody is
-- known (a schedule, a webhook, a program).
create or replace function automations.person_behind(p_run uuid)
returns uuid
language plpgsql stable
as $$
declare
  -- Deeper than runs may cause and call each other, and be retried.
  c_at_most constant integer := 100;
  v_next uuid := p_run;
  v_run record;
  v_event record;
begin
  for i in 1 .. c_at_most loop
    select e.triggered_by, e.event_id, e.parent_id into v_run from public.automation_executions e where e.id = v_next;
    if not found or v_run.triggered_by is not null then
      return v_run.triggered_by;
    end if;
    if v_run.event_id is not null then
      select v.actor, v.execution_id into v_event from automations.events v where v.id = v_run.event_id;
      if not found or v_event.execution_id is null then
        return v_event.actor;
      end if;
      v_next := v_event.execution_id;
    else
      v_next := v_run.parent_id;
    end if;
  end loop;
  return null;
end
$$;

-- Asked by a step, in the transaction that records that it waits. p_operation {step, attempt, title, message, form,
-- assignees, role, self_approval, deadline, notify: [{email, user_id}]}.
create or replace function automations.request_approval(p_account uuid, p_execution uuid, p_operation jsonb)
returns uuid
language plpgsql security definer set search_path = pg_catalog, pg_temp
as $$
declare
  v_run record;
  v_approval uuid;
begin
  select e.automation_id, automations.person_behind(e.id) as requester into v_run
  from public.automation_executions e where e.id = p_execution and e.account_id = p_account;
  if not found then
    raise exception 'the run that asks is gone' using errcode = 'AU004';
  end if;
  insert into automations.approvals (
    account_id, automation_id, execution_id, step_key, attempt, title, message, form, assignees, role, self_approval,
    requested_by, deadline
  )
  values (
    p_account, v_run.automation_id, p_execution, p_operation ->> 'step', (p_operation ->> 'attempt')::integer,
    p_operation ->> 'title', p_operation ->> 'message', nullif(p_operation -> 'form', 'null'),
    array(select a.value::uuid from pg_catalog.jsonb_array_elements_text(p_operation -> 'assignees') as a (value)),
    p_operation ->> 'role', (p_operation ->> 'self_approval')::boolean, v_run.requester, (p_operation ->> 'deadline')::timestamptz
  )
  returning id into v_approval;
  insert into automations.approval_notices (approval_id, account_id, email, user_id)
  select v_approval, p_account, n.value ->> 'email', (n.value ->> 'user_id')::uuid
  from pg_catalog.jsonb_array_elements(p_operation -> 'notify') as n (value);
  perform automations.write_audit(
    p_account, 'approval_requested', v_run.automation_id, p_execution, pg_catalog.jsonb_build_object('approval_id', v_approval)
  );
  return v_approval;
end
$$;

-- How it stands, as the step that asked sees it. p_expire: its time is up, and what is still open is closed by this.
create or replace function automations.settle_approval(p_account uuid, p_approval uuid, p_expire boolean)
returns jsonb
language plpgsql security definer set search_path = pg_catalog, pg_temp
as $$
declare
  v_approval automations.approvals;
begin
  select a.* into v_approval
  from automations.approvals a where a.id = p_approval and a.account_id = p_account for update;
  if not found then
    raise exception 'the approval is gone' using errcode = 'AU004';
  end if;
  if v_approval.status = 'pending' and p_expire then
    update automations.approvals a set status = 'timed_out', decided_at = pg_catalog.clock_timestamp()
    where a.id = p_approval
    returning a.* into v_approval;
  end if;
  return pg_catalog.jsonb_build_object(
    'status', v_approval.status, 'decided_by', v_approval.decided_by, 'decided_via', v_approval.decided_via,
    'decided_as', v_approval.decided_as, 'decided_at', v_approval.decided_at, 'comment', v_approval.comment,
    'answer', v_approval.answer
  );
end
$$;

-- Everything that both ways of deciding share. The row is locked by the caller.
create or replace function automations.write_decision(
  p_approval automations.approvals, p_decision text, p_answer jsonb, p_comment text, p_via text, p_by uuid, p_as text
)
returns void
language plpgsql
as $$
declare
  v_payload jsonb;
begin
  if p_decision is null or p_decision not in ('approved', 'rejected') then
    raise exception 'a decision is approved or rejected, not %', coalesce(p_decision, 'nothing')
      using errcode = 'AU007', hint = 'Say approved or rejected.';
  end if;
  if pg_catalog.jsonb_typeof(p_answer) <> 'object' or pg_catalog.octet_length(p_answer::text) > 262144 then
    raise exception 'an answer is a JSON object of at most 256 kB'
      using errcode = 'AU007', hint = 'Give the fields of the form.';
  end if;
  if pg_catalog.char_length(p_comment) > 4000 then
    raise exception 'a comment has at most 4,000 characters' using errcode = 'AU007', hint = 'Say it shorter.';
  end if;
  if p_approval.status <> 'pending' then
    raise exception 'it is decided already: %', pg_catalog.replace(p_approval.status, '_', ' ')
      using errcode = 'AU006', hint = 'An approval is decided once.';
  end if;
  if p_approval.deadline <= pg_catalog.clock_timestamp() then
    raise exception 'its time was up at %', p_approval.deadline
      using errcode = 'AU006', hint = 'The flow goes on through `timed_out`.';
  end if;
  if not exists (
    select from public.automation_executions e
    where e.id = p_approval.execution_id and e.status in ('pending', 'running')
  ) then
    raise exception 'the run that asked has ended' using errcode = 'AU006', hint = 'There is nothing to decide any more.';
  end if;
  update automations.approvals a
  set status = p_decision, decided_via = p_via, decided_by = p_by, decided_as = p_as,
    decided_at = pg_catalog.clock_timestamp(), comment = nullif(pg_catalog.btrim(p_comment), ''), answer = p_answer
  where a.id = p_approval.id;
  v_payload := pg_catalog.jsonb_build_object('approval_id', p_approval.id);
  perform automations.wake_waits(p_approval.account_id, array['approval:' || p_approval.id::text], v_payload, v_payload);
  perform automations.write_audit(
    p_approval.account_id, p_decision, p_approval.automation_id, p_approval.execution_id,
    pg_catalog.jsonb_build_object('approval_id', p_approval.id, 'via', p_via, 'as', p_as)
  );
end
$$;

-- Whether the signed-in user may decide what is asked so; whether it still can be decided is another matter.
create or replace function automations.may_decide(
  p_account uuid, p_assignees uuid[], p_role text, p_self_approval boolean, p_requested_by uuid
)
returns boolean
language sql stable
as $$
  select coalesce(
    (
      auth.uid() = any (p_assignees)
      or pg_catalog.array_position(array['member', 'admin', 'owner'], automations.role_in(p_account))
        >= pg_catalog.array_position(array['member', 'admin', 'owner'], p_role)
    )
    and (p_self_approval or p_requested_by is distinct from auth.uid())
    -- A machine decides nothing.
    and automations.claimed_account() is null
    and exists (select from automations.writable_account_ids() w (id) where w.id = p_account),
    false
  )
$$;

-- As a signed-in user: an assignee, or of the role that may decide; never who asked, unless the step allows it. As
-- service_role: the operator. Nobody in the account sees less than that there is one.
create or replace function automations.decide_approval(
  p_approval_id uuid, p_decision text, p_answer jsonb default null, p_comment text default null
)
returns void
language plpgsql security definer set search_path = pg_catalog, pg_temp
as $$
declare
  c_ranks constant text[] := array['member', 'admin', 'owner'];
  v_approval automations.approvals;
  v_operator boolean := automations.acts_for_all();
begin
  select a.* into v_approval from automations.approvals a where a.id = p_approval_id;
  perform automations.require_access(v_approval.account_id, 'approval', true);
  if automations.claim('automations_key') is not null then
    raise exception 'an approval is decided by people, not by keys'
      using errcode = 'AU003', hint = 'Sign in as somebody of the account.';
  end if;
  if not v_operator then
    if auth.uid() <> all (v_approval.assignees) and coalesce(
      pg_catalog.array_position(c_ranks, automations.role_in(v_approval.account_id))
        < pg_catalog.array_position(c_ranks, v_approval.role), true
    ) then
      raise exception 'this is for others to decide'
        using errcode = 'AU003', hint = 'Only those who are named in it, or have the role that it names, may decide.';
    end if;
    if not v_approval.self_approval and v_approval.requested_by = auth.uid() then
      raise exception 'whoever started the run may not approve it'
        using errcode = 'AU003', hint = 'Somebody else has to decide.';
    end if;
  end if;
  select a.* into v_approval from automations.approvals a where a.id = p_approval_id for update;
  perform automations.write_decision(
    v_approval, p_decision, p_answer, p_comment, case when v_operator then 'operator' else 'user' end,
    case when not v_operator then auth.uid() end, null
  );
end
$$;

-- By a token that was sent to somebody; it is worth nothing once the approval is decided. For the server alone: it checks
-- the answer against the form.
create or replace function automations.approval_of_token(p_token text)
returns uuid
language sql stable security definer set search_path = pg_catalog, pg_temp
as $$
  select n.approval_id
  from automations.approval_notices n
  where n.token_hashes @> array[pg_catalog.sha256(pg_catalog.convert_to(p_token, 'UTF8'))]
$$;

create or replace function automations.decide_by_token(
  p_token text, p_decision text, p_answer jsonb default null, p_comment text default null
)
returns void
language plpgsql security definer set search_path = pg_catalog, pg_temp
as $$
declare
  v_notice automations.approval_notices;
  v_approval automations.approvals;
begin
  select n.* into v_notice
  from automations.approval_notices n
  where n.token_hashes @> array[pg_catalog.sha256(pg_catalog.convert_to(p_token, 'UTF8'))];
  if not found then
    raise exception 'this token opens nothing'
      using errcode = 'AU004', hint = 'Copy it whole from the mail; the approval may be gone, too.';
  end if;
  select a.* into v_approval from automations.approvals a where a.id = v_notice.approval_id for update;
  -- It was sent to a person of the account, and is worth no more than he may do now. Whose team it is not ours to say, and
  -- who was named by an address alone, is not asked.
  if v_notice.user_id is not null and v_notice.user_id <> v_approval.account_id and pg_catalog.obj_description(
    pg_catalog.to_regclass('public.team_members'), 'pg_class'
  ) = 'automations: prerequisite' then
    if not exists (
      select from public.team_members m
      where m.owner_id = v_approval.account_id and m.member_id = v_notice.user_id and m.role <> 'viewer'
    ) then
      raise exception 'whoever this was sent to may not decide for this account any more'
        using errcode = 'AU003', hint = 'Somebody else has to decide.';
    end if;
  end if;
  if not v_approval.self_approval and v_approval.requested_by = v_notice.user_id then
    raise exception 'whoever started the run may not approve it'
      using errcode = 'AU003', hint = 'Somebody else has to decide.';
  end if;
  perform automations.write_decision(
    v_approval, p_decision, p_answer, p_comment, 'token', v_notice.user_id, v_notice.email
  );
end
$$;

-- Notices to send now: taken for a while, so that two workers do not send the same, with the token that is sent.
-- p_hashes: as many as are wanted at most; a token is on record before it leaves the house. A quarter of them for one
-- account, and none for those that are full: a mail server that does not answer must not hold up everybody's mails.
drop function if exists automations.take_approval_notices(bytea[]);
create or replace function automations.take_approval_notices(p_hashes bytea[], p_full uuid[] default '{}')
returns table (notice_id bigint, account_id uuid, email text, hash bytea, attempts integer, approval jsonb)
language plpgsql
as $$
begin
  return query
  with due as materialized (
    select n.id, pg_catalog.row_number() over (order by n.next_at, n.id) as place
    from (
      select distinct a.account_id from automations.approval_notices a
      where a.next_at <= pg_catalog.now() and a.account_id <> all (p_full)
    ) a
    cross join lateral (
      select x.id, x.next_at from automations.approval_notices x
      where x.account_id = a.account_id and x.next_at <= pg_catalog.now()
      order by x.next_at
      limit greatest(1, pg_catalog.cardinality(p_hashes) / 4)
      for update skip locked
    ) n
    order by n.next_at
    limit pg_catalog.cardinality(p_hashes)
  ), taken as (
    update automations.approval_notices n
    set next_at = pg_catalog.now() + interval '5 minutes', attempts = n.attempts + 1,
      token_hashes = n.token_hashes || p_hashes[d.place]
    from due d
    where n.id = d.id
    returning n.id, n.account_id, n.email, p_hashes[d.place] as hash, n.attempts, n.approval_id
  )
  select t.id, t.account_id, t.email, t.hash, t.attempts, pg_catalog.jsonb_build_object(
    'id', a.id, 'title', a.title, 'message', a.message, 'form', a.form, 'deadline', a.deadline,
    'execution_id', a.execution_id, 'automation', m.name,
    'open', a.status = 'pending' and (a.deadline is null or a.deadline > pg_catalog.now()) and exists (
      select from public.automation_executions e where e.id = a.execution_id and e.status in ('pending', 'running')
    )
  )
  from taken t
  join automations.approvals a on a.id = t.approval_id
  join public.automations m on m.id = a.automation_id;
end
$$;

-- p_again: when to try again; null: it is sent (p_error null) or given up.
create or replace function automations.note_approval_notice(p_notice bigint, p_error text, p_again timestamptz)
returns void
language sql
as $$
  update automations.approval_notices n
  set next_at = p_again, error = pg_catalog.left(p_error, 1000),
    sent_at = case when p_error is null then pg_catalog.clock_timestamp() end
  where n.id = p_notice
$$;

-- With a message into a conversation, written as the account's own steps write one.
create or replace function automations.request_and_tell(p_account uuid, p_operation jsonb)
returns jsonb
language plpgsql
as $$
declare
  v_role text := pg_catalog.current_setting('role');
  v_approval uuid := automations.request_approval(
    p_account, (p_operation ->> 'execution_id')::pg_catalog.uuid, p_operation
  );
begin
  if p_operation ->> 'conversation' is not null then
    perform pg_catalog.set_config('role', 'authenticated', true);
    insert into public.messages (
      conversation_id, lead_id, direction, sender_type, channel, body, status, execution_id
    )
    select c.id, c.lead_id, 'outbound', 'automation', c.channel, pg_catalog.concat_ws(
        E'\n\n', p_operation ->> 'title', p_operation ->> 'message', 'Approval ' || v_approval::text
      ), 'queued', (p_operation ->> 'execution_id')::pg_catalog.uuid
    from public.conversations c where c.id = (p_operation ->> 'conversation')::pg_catalog.uuid;
    if not found then
      raise exception 'there is no conversation % for this account', p_operation ->> 'conversation' using errcode = 'AU022';
    end if;
    perform pg_catalog.set_config('role', v_role, true);
  end if;
  return pg_catalog.to_jsonb(v_approval);
end
$$;

-- One operation of a step (operations.sql); null where it is none of ours.
create or replace function automations.run_approval_operation(p_operation jsonb)
returns jsonb
language plpgsql
as $$
declare
  v_account uuid := p_operation ->> 'account_id';
begin
  return case p_operation ->> 'operation'
    when 'request_approval' then automations.request_and_tell(v_account, p_operation)
    when 'settle_approval' then automations.settle_approval(
      v_account, (p_operation ->> 'id')::pg_catalog.uuid, (p_operation ->> 'expire')::boolean
    )
  end;
end
$$;

revoke execute on function automations.role_in(uuid) from public;
revoke execute on function automations.may_decide(uuid, uuid[], text, boolean, uuid) from public;
revoke execute on function automations.person_behind(uuid) from public;
revoke execute on function automations.request_approval(uuid, uuid, jsonb) from public;
revoke execute on function automations.settle_approval(uuid, uuid, boolean) from public;
revoke execute on function automations.write_decision(automations.approvals, text, jsonb, text, text, uuid, text) from public;
revoke execute on function automations.decide_approval(uuid, text, jsonb, text) from public;
revoke execute on function automations.approval_of_token(text) from public;
revoke execute on function automations.decide_by_token(text, text, jsonb, text) from public;
revoke execute on function automations.take_approval_notices(bytea[], uuid[]) from public;
revoke execute on function automations.note_approval_notice(bigint, text, timestamptz) from public;
revoke execute on function automations.request_and_tell(uuid, jsonb) from public;
revoke execute on function automations.run_approval_operation(jsonb) from public;

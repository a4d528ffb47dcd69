-- Waits: written by the engine when a run parks, read by whoever makes them true.
--
-- Whoever makes a topic true (a writer's trigger, the end of a run, send_signal) appends a wake row to automations.signals
-- for every wait that it sees: it waits for nobody, and its transaction alone wakes the run. Two things it cannot see:
--   what happened before the wait was registered: register_waits looks for it in the same statement;
--   a wait that is registered while its transaction is under way: settle_waits looks again when every transaction has ended
--   that had begun to write before the wait became visible. That is bounded, and no writer ever waits for it.

-- One wake row for each wait of these topics whose condition the event meets. Called in the writer's transaction.
create or replace function automations.wake_waits(
  p_account uuid, p_topics text[], p_data jsonb, p_payload jsonb, p_cause uuid default null
)
returns void
language plpgsql
as $$
begin
  insert into automations.signals (account_id, execution_id, name, key, payload)
  select w.account_id, w.execution_id, w.topic, w.key, p_payload
  from automations.waits w
  where w.account_id = p_account and w.topic = any (p_topics)
    -- A run that waits for a change waits for somebody else's; a condition may become true by its own.
    and (w.execution_id is distinct from p_cause or w.topic not like 'change:%')
    and (w.condition is null or automations.condition_holds(w.condition, p_data));
  if found then
    perform automations.wake_workers();
  end if;
end
$$;

-- What a wait is told of a changed record; not the whole row where that is large.
create or replace function automations.wake_payload(p_row jsonb, p_changed text[])
returns jsonb
language sql immutable parallel safe
as $$
  select pg_catalog.jsonb_build_object(
    'record', case
      when pg_catalog.octet_length(p_row::text) <= 100000 then p_row
      else pg_catalog.jsonb_build_object('id', p_row -> 'id')
    end,
    'changed', pg_catalog.to_jsonb(p_changed)
  )
$$;

-- What a wait would be told if it were looked at now: null while what it waits for has not happened. Never fails: a
-- database may have brought tables of another shape.
create or replace function automations.what_happened(p_wait automations.waits)
returns jsonb
language plpgsql stable
as $$
declare
  v_kind constant text := pg_catalog.split_part(p_wait.topic, ':', 1);
  v_rest constant text := pg_catalog.substr(p_wait.topic, pg_catalog.length(v_kind) + 2);
  v_run record;
begin
  case v_kind
    when 'lead' then
      return automations.record_that_holds(p_wait, 'leads', v_rest::pg_catalog.uuid);
    when 'conversation' then
      return automations.record_that_holds(p_wait, 'conversations', v_rest::pg_catalog.uuid);
    when 'change' then
      return automations.change_that_happened(p_wait, pg_catalog.split_part(v_rest, ':', 2)::pg_catalog.uuid);
    when 'reply' then
      return automations.reply_that_came(
        p_wait, pg_catalog.split_part(v_rest, ':', 1), pg_catalog.split_part(v_rest, ':', 2)::pg_catalog.uuid
      );
    when 'run' then
      -- One that is not there (any more) will never end.
      select e.id, e.automation_id, e.status, e.error into v_run
      from public.automation_executions e
      where e.id = v_rest::pg_catalog.uuid and e.account_id = p_wait.account_id;
      if not found then
        return automations.ended_payload(v_rest::pg_catalog.uuid, null, 'deleted', 'there is no such run');
      elsif v_run.status in ('pending', 'running') then
        return null;
      end if;
      return automations.ended_payload(v_run.id, v_run.automation_id, v_run.status, v_run.error);
    when 'ended' then
      return automations.run_that_ended(
        p_wait, pg_catalog.split_part(v_rest, ':', 1)::pg_catalog.uuid,
        pg_catalog.split_part(v_rest, ':', 2)::pg_catalog.uuid
      );
    when 'signal' then
      return (
        select pg_catalog.jsonb_build_object('payload', s.payload)
        from automations.signals s
        where s.account_id = p_wait.account_id and s.execution_id is null and s.created_at >= p_wait.since
          and s.name in (p_wait.topic, automations.topic_of_run(p_wait.topic, p_wait.execution_id))
        order by s.created_at, s.id
        limit 1
      );
    else
      return null;
  end case;
exception when others then
  raise warning 'a wait for % cannot be looked at: %', p_wait.topic, sqlerrm;
  return null;
end
$$;

-- `signal:<name>@<run>` for any topic of a signal: whoever knows the run need not know what it correlates by.
create or replace function automations.topic_of_run(p_topic text, p_execution uuid)
returns text
language sql immutable parallel safe
as $$
  select 'signal:' || pg_catalog.split_part(pg_catalog.split_part(pg_catalog.substr(p_topic, 8), ':', 1), '@', 1) || '@'
    || p_execution::text
$$;

create or replace function automations.ended_payload(p_run uuid, p_automation uuid, p_status text, p_error text)
returns jsonb
language sql immutable parallel safe
as $$
  select pg_catalog.jsonb_build_object(
    'run_id', p_run, 'automation_id', p_automation, 'status', p_status, 'error', pg_catalog.left(p_error, 4000)
  )
$$;

create or replace function automations.record_that_holds(p_wait automations.waits, p_table text, p_id uuid)
returns jsonb
language plpgsql stable
as $$
declare
  v_row jsonb;
begin
  if p_table = 'leads' then
    select pg_catalog.to_jsonb(l) into v_row from public.leads l where l.id = p_id and l.user_id = p_wait.account_id;
  else
    select pg_catalog.to_jsonb(c) into v_row
    from public.conversations c join public.agents a on a.id = c.agent_id
    where c.id = p_id and a.user_id = p_wait.account_id;
  end if;
  if v_row is not null and (
    p_wait.condition is null or automations.condition_holds(
      p_wait.condition, pg_catalog.jsonb_build_object('event', 'UPDATE', 'table', p_table, 'new', v_row)
    )
  ) then
    return automations.wake_payload(v_row, null);
  end if;
  return null;
end
$$;

-- From the journal: changes by others since the wait counts, after the event that started the run.
create or replace function automations.change_that_happened(p_wait automations.waits, p_id uuid)
returns jsonb
language sql stable
as $$
  select automations.wake_payload(v.new, v.changed)
  from automations.events v
  where v.record_id = p_id and v.account_id = p_wait.account_id and v.operation = 'UPDATE'
    and v.occurred_at >= p_wait.since
    and v.id > coalesce(
      (select e.event_id from public.automation_executions e where e.id = p_wait.execution_id), 0
    )
    and v.execution_id is distinct from p_wait.execution_id
    and (p_wait.condition is null or automations.condition_holds(
      p_wait.condition, pg_catalog.jsonb_build_object(
        'event', v.operation, 'table', v.source, 'old', null, 'new', v.new, 'previous', v.old,
        'changed', pg_catalog.to_jsonb(v.changed), 'timestamp', v.occurred_at
      )
    ))
  order by v.id
  limit 1
$$;

-- An inbound message counts by when it was written into the database where the journal knows it: created_at may be the
-- provider's clock.
create or replace function automations.reply_that_came(p_wait automations.waits, p_of text, p_id uuid)
returns jsonb
language plpgsql stable
as $$
begin
  return (
    select automations.wake_payload(pg_catalog.to_jsonb(m), null)
    from public.messages m
    join public.conversations c on c.id = m.conversation_id
    join public.agents a on a.id = c.agent_id and a.user_id = p_wait.account_id
    where m.direction = 'inbound'
      and m.conversation_id = any (
        case
          when p_of = 'conversation' then array[p_id]
          else array(select x.id from public.conversations x where x.lead_id = p_id)
        end
      )
      and (m.created_at >= p_wait.since or exists (
        select from automations.events v
        where v.record_id = m.id and v.source = 'messages' and v.operation = 'INSERT' and v.occurred_at >= p_wait.since
      ))
      and (p_wait.condition is null or automations.condition_holds(
        p_wait.condition, pg_catalog.jsonb_build_object('event', 'INSERT', 'table', 'messages', 'new', pg_catalog.to_jsonb(m))
      ))
    order by m.created_at
    limit 1
  );
end
$$;

create or replace function automations.run_that_ended(p_wait automations.waits, p_automation uuid, p_record uuid)
returns jsonb
language sql stable
as $$
  select automations.ended_payload(f.id, f.automation_id, f.status, f.error)
  from (
    select e.* from public.automation_executions e where e.lead_id = p_record
    union
    select e.* from public.automation_executions e where e.conversation_id = p_record
  ) f
  where f.automation_id = p_automation and f.account_id = p_wait.account_id and f.completed_at >= p_wait.since
    and f.status not in ('pending', 'running') and f.id <> p_wait.execution_id and not f.test_mode
  order by f.completed_at
  limit 1
$$;

-- In the commit that parks the run: the wait, and what has happened already as its wake-up.
create or replace function automations.register_waits(
  p_executions uuid[], p_keys text[], p_accounts uuid[], p_topics text[], p_conditions jsonb[], p_since timestamptz[]
)
returns void
language plpgsql
as $$
declare
  v_wait automations.waits;
  v_payload jsonb;
begin
  for v_wait in
    insert into automations.waits (execution_id, key, account_id, topic, condition, since)
    select * from unnest(p_executions, p_keys, p_accounts, p_topics, p_conditions, p_since)
    on conflict (execution_id, key) do nothing
    returning *
  loop
    v_payload := automations.what_happened(v_wait);
    if v_payload is not null then
      insert into automations.signals (account_id, execution_id, name, key, payload)
      values (v_wait.account_id, v_wait.execution_id, v_wait.topic, v_wait.key, v_payload);
      perform automations.wake_workers();
    end if;
  end loop;
end
$$;

create or replace function automations.end_waits(p_executions uuid[], p_keys text[])
returns void
language sql
as $$
  delete from automations.waits w using unnest(p_executions, p_keys) as r (execution_id, key)
  where w.execution_id = r.execution_id and w.key = r.key;

  delete from automations.signals s using unnest(p_executions, p_keys) as r (execution_id, key)
  where s.execution_id = r.execution_id and s.key = r.key;
$$;

-- Everything that runs which have ended waited for.
create or replace function automations.forget_waits(p_executions uuid[])
returns void
language sql
as $$
  delete from automations.waits w where w.execution_id = any (p_executions);
  delete from automations.signals s where s.execution_id = any (p_executions);
$$;

-- Wake-ups that have come: parked runs become due; answers those (held false) and the runs that this worker holds, which
-- it tells itself. Those of other workers are left to them; those of a worker that is gone to the takeover.
drop function if exists automations.take_signals(bigint, timestamptz);
create function automations.take_signals(p_owner bigint, p_now timestamptz)
returns table (execution_id uuid, held boolean)
language plpgsql
as $$
declare
  v_signals bigint[];
  v_runs uuid[];
  v_parked uuid[];
  v_mine uuid[];
  v_due uuid[];
begin
  select pg_catalog.array_agg(s.id), pg_catalog.array_agg(distinct s.execution_id) into v_signals, v_runs
  from (
    select x.id, x.execution_id
    from automations.signals x
    where x.execution_id is not null and not x.woken
    order by x.id
    limit 1000
  ) s;
  if v_signals is null then
    return;
  end if;
  with free as materialized (
    select e.id, e.owner, e.status
    from public.automation_executions e
    where e.id = any (v_runs)
    order by e.id
    for no key update skip locked
  ), parked as (
    update public.automation_executions e set due_at = p_now
    from free f
    where e.id = f.id and f.status = 'running' and f.owner is null and (e.due_at is null or e.due_at > p_now)
    returning e.id
  )
  select
    -- Parked and due already, or pending (a run that was copied): nothing to wake.
    array(select f.id from free f where f.owner is null and f.status in ('pending', 'running')),
    array(select f.id from free f where f.owner = p_owner),
    -- The update runs whether it is asked for or not.
    array(select p.id from parked p)
  into v_parked, v_mine, v_due;
  update automations.signals s set woken = true
  where s.id = any (v_signals) and (s.execution_id = any (v_parked) or s.execution_id = any (v_mine));
  -- Written while its run ended or was deleted: it wakes nobody, and must not stand before others for ever.
  delete from automations.signals s
  where s.id = any (v_signals) and not exists (
    select from public.automation_executions e
    where e.id = s.execution_id and e.status in ('pending', 'running')
  );
  return query select m.id, true from unnest(v_mine) as m (id) union all select d.id, false from unnest(v_due) as d (id);
end
$$;

-- What has arrived for the waits of a run, in order, and when.
create or replace function automations.wakes_of(p_execution_id uuid)
returns jsonb
language sql stable
as $$
  select pg_catalog.jsonb_agg(
    pg_catalog.jsonb_build_object('key', s.key, 'payload', s.payload, 'at', s.created_at) order by s.id
  )
  from automations.signals s
  where s.execution_id = p_execution_id
$$;

-- Look again at waits that a writer may have missed: all transactions that had begun to write when the wait was first seen
-- here have ended. Answers how many were looked at.
create or replace function automations.settle_waits(p_limit integer)
returns integer
language plpgsql
as $$
declare
  v_wait automations.waits;
  v_payload jsonb;
  v_settled integer := 0;
begin
  -- A transaction has its number before its trigger runs: whoever could have missed the wait has a smaller one.
  with unseen as materialized (
    select w.execution_id, w.key
    from automations.waits w
    where not w.settled and w.settle_after is null
    limit p_limit
    for update skip locked
  )
  update automations.waits w
  set settle_after = pg_catalog.pg_snapshot_xmax(pg_catalog.pg_current_snapshot())::text::bigint
  from unseen u
  where w.execution_id = u.execution_id and w.key = u.key;

  for v_wait in
    with ready as materialized (
      select w.execution_id, w.key
      from automations.waits w
      where not w.settled
        and w.settle_after <= pg_catalog.pg_snapshot_xmin(pg_catalog.pg_current_snapshot())::text::bigint
      limit p_limit
      for update skip locked
    )
    update automations.waits w set settled = true
    from ready r
    where w.execution_id = r.execution_id and w.key = r.key
    returning w.*
  loop
    v_settled := v_settled + 1;
    if exists (
      select from automations.signals s where s.execution_id = v_wait.execution_id and s.key = v_wait.key
    ) then
      continue;
    end if;
    v_payload := automations.what_happened(v_wait);
    if v_payload is not null then
      insert into automations.signals (account_id, execution_id, name, key, payload)
      values (v_wait.account_id, v_wait.execution_id, v_wait.topic, v_wait.key, v_payload);
      perform automations.wake_workers();
    end if;
  end loop;
  return v_settled;
end
$$;

revoke execute on function automations.wake_waits(uuid, text[], jsonb, jsonb, uuid) from public;
revoke execute on function automations.wake_payload(jsonb, text[]) from public;
revoke execute on function automations.what_happened(automations.waits) from public;
revoke execute on function automations.topic_of_run(text, uuid) from public;
revoke execute on function automations.ended_payload(uuid, uuid, text, text) from public;
revoke execute on function automations.record_that_holds(automations.waits, text, uuid) from public;
revoke execute on function automations.change_that_happened(automations.waits, uuid) from public;
revoke execute on function automations.reply_that_came(automations.waits, text, uuid) from public;
revoke execute on function automations.run_that_ended(automations.waits, uuid, uuid) from public;
revoke execute on function automations.register_waits(uuid[], text[], uuid[], text[], jsonb[], timestamptz[]) from public;
revoke execute on function automations.end_waits(uuid[], text[]) from public;
revoke execute on function automations.forget_waits(uuid[]) from public;
revoke execute on function automations.take_signals(bigint, timestamptz) from public;
revoke execute on function automations.wakes_of(uuid) from public;
revoke execute on function automations.settle_waits(integer) from public;

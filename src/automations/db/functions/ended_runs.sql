-- What follows on the end of a run, by whatever path it ended (a worker, a claim that gives it up, cancel, plain SQL):
-- runs that wait for it are woken, and the automation that is to run on failure is started. In the transaction of the
-- end, and never in its way: only INSERTs, nothing waits, nothing raises. A row that is inserted final is no end.

-- Append a wake for everybody who waits for one of these ends. Answers whether there was somebody. Joined by the index of
-- topics and in no other way: a plan that reads all waits once for a batch was chosen otherwise, at ten times the cost.
create or replace function automations.wake_for_ends(
  p_runs uuid[], p_accounts uuid[], p_automations uuid[], p_leads uuid[], p_conversations uuid[], p_statuses text[],
  p_errors text[]
)
returns boolean
language plpgsql set search_path = pg_catalog, pg_temp
  set enable_nestloop = on set enable_hashjoin = off set enable_mergejoin = off set enable_seqscan = off
as $$
declare
  v_wakes jsonb;
begin
  -- A read first: nearly always nobody waits, and a block that can catch costs a subtransaction.
  select pg_catalog.jsonb_agg(pg_catalog.jsonb_build_object(
    'account_id', w.account_id, 'execution_id', w.execution_id, 'topic', w.topic, 'key', w.key, 'payload', p.payload
  ))
  into v_wakes
  from unnest(p_runs, p_accounts, p_automations, p_leads, p_conversations, p_statuses, p_errors)
    as e (run, account, automation, lead, conversation, status, error)
  cross join lateral (
    select 'run:' || e.run::text as topic
    union all
    select 'ended:' || e.automation::text || ':' || e.lead::text where e.lead is not null
    union all
    select 'ended:' || e.automation::text || ':' || e.conversation::text where e.conversation is not null
  ) t
  cross join lateral (select automations.ended_payload(e.run, e.automation, e.status, e.error) as payload) p
  join automations.waits w on w.account_id = e.account and w.topic = t.topic and w.execution_id <> e.run
  where w.condition is null or automations.condition_holds(w.condition, p.payload);
  if v_wakes is null then
    return false;
  end if;
  begin
    insert into automations.signals (account_id, execution_id, name, key, payload)
    select w.account_id, w.execution_id, w.topic, w.key, w.payload
    from pg_catalog.jsonb_to_recordset(v_wakes)
      as w (account_id pg_catalog.uuid, execution_id pg_catalog.uuid, topic text, key text, payload pg_catalog.jsonb);
    return true;
  exception when others then
    -- Say, a trigger of the database's owner on signals: the run is finished all the same.
    raise warning 'waits for the end of runs were not woken: %', sqlerrm;
    return false;
  end;
end
$$;

-- Whether anybody waits for one of these ends, and whether there is something that they waited for themselves. Nearly
-- always neither; then the end of a run costs these looks and nothing more. By the index, because for one row of many a
-- scan seems cheap, and it reads all waits where there is none.
create or replace function automations.ends_concern(
  p_runs uuid[], p_automations uuid[], p_leads uuid[], p_conversations uuid[], out awaited boolean, out waiting boolean
)
language plpgsql set search_path = pg_catalog, pg_temp set enable_seqscan = off
as $$
declare
  v_topics text[] := '{}';
begin
  for i in 1 .. pg_catalog.cardinality(p_runs) loop
    v_topics := v_topics || ('run:' || p_runs[i]);
    if p_leads[i] is not null then
      v_topics := v_topics || ('ended:' || p_automations[i] || ':' || p_leads[i]);
    end if;
    if p_conversations[i] is not null then
      v_topics := v_topics || ('ended:' || p_automations[i] || ':' || p_conversations[i]);
    end if;
  end loop;
  awaited := exists (select from automations.waits w where w.topic = any (v_topics));
  -- A wake-up may be there without its wait, which was over when it came.
  waiting := exists (select from automations.waits w where w.execution_id = any (p_runs))
    or exists (select from automations.signals s where s.execution_id = any (p_runs));
end
$$;

create or replace function automations.note_ended_runs()
returns trigger
language plpgsql security definer set search_path = pg_catalog, pg_temp
as $$
declare
  v_open uuid[];
  v_ended record;
  v_failed record;
  v_concern record;
  v_told boolean := false;
begin
  perform from new_rows n where n.status in ('completed', 'failed', 'cancelled') limit 1;
  if not found then
    return null;
  end if;
  -- Not a join of the two: the plan is made once per session, maybe for one row, and used for thousands.
  perform from old_rows o where o.status in ('completed', 'failed', 'cancelled') limit 1;
  if found then
    v_open := array(select o.id from old_rows o where o.status in ('pending', 'running'));
  end if;
  select pg_catalog.array_agg(n.id) as ids, pg_catalog.array_agg(n.account_id) as accounts,
    pg_catalog.array_agg(n.automation_id) as automations, pg_catalog.array_agg(n.lead_id) as leads,
    pg_catalog.array_agg(n.conversation_id) as conversations, pg_catalog.array_agg(n.status) as statuses,
    pg_catalog.array_agg(n.error) as errors,
    pg_catalog.array_agg(n.id) filter (where n.status = 'failed' and not n.test_mode) as failed
  into v_ended
  from new_rows n
  where n.status in ('completed', 'failed', 'cancelled') and (v_open is null or n.id = any (v_open));
  if v_ended.ids is null then
    return null;
  end if;

  select c.awaited, c.waiting into v_concern
  from automations.ends_concern(v_ended.ids, v_ended.automations, v_ended.leads, v_ended.conversations) c;
  if v_concern.awaited then
    v_told := automations.wake_for_ends(
      v_ended.ids, v_ended.accounts, v_ended.automations, v_ended.leads, v_ended.conversations, v_ended.statuses,
      v_ended.errors
    );
  end if;
  if v_ended.failed is not null then
    for v_failed in
      select r.id, r.account_id, r.automation_id from automations.runs_with_on_failure(v_ended.failed) r
    loop
      v_told := true;
      if not automations.try_failure_run(v_failed.account_id, v_failed.automation_id, v_failed.id) then
        insert into automations.owed_failure_runs (execution_id, account_id)
        values (v_failed.id, v_failed.account_id)
        on conflict (execution_id) do nothing;
      end if;
    end loop;
  end if;
  if v_concern.waiting then
    perform automations.forget_waits(v_ended.ids);
  end if;
  if v_told then
    perform automations.wake_workers();
  end if;
  return null;
end
$$;

-- Of these runs, those whose automation says what is to run when they fail.
create or replace function automations.runs_with_on_failure(p_runs uuid[])
returns table (id uuid, account_id uuid, automation_id uuid)
language sql stable set search_path = pg_catalog, pg_temp set enable_nestloop = on
as $$
  select e.id, e.account_id, e.automation_id
  from public.automation_executions e join public.automations a on a.id = e.automation_id
  where e.id = any (p_runs) and a.trigger_config ->> 'on_failure' is not null
  order by e.seq
$$;

-- A run that is deleted while it is open will never end: whoever waits for it is told.
create or replace function automations.note_deleted_runs()
returns trigger
language plpgsql security definer set search_path = pg_catalog, pg_temp
as $$
declare
  v_gone record;
begin
  select pg_catalog.array_agg(d.id) as ids, pg_catalog.array_agg(d.account_id) as accounts,
    pg_catalog.array_agg(d.automation_id) as automations, pg_catalog.array_agg(d.lead_id) as leads,
    pg_catalog.array_agg(d.conversation_id) as conversations, pg_catalog.array_agg('deleted'::text) as statuses,
    pg_catalog.array_agg('the run was deleted'::text) as errors
  into v_gone
  from deleted d where d.status in ('pending', 'running');
  if v_gone.ids is not null and automations.wake_for_ends(
    v_gone.ids, v_gone.accounts, v_gone.automations, v_gone.leads, v_gone.conversations, v_gone.statuses, v_gone.errors
  ) then
    perform automations.wake_workers();
  end if;
  return null;
end
$$;

do $$
begin
  -- Created once, not replaced: replacing a trigger locks writers out for a moment.
  if not exists (
    select from pg_catalog.pg_trigger t
    where t.tgrelid = 'public.automation_executions'::pg_catalog.regclass and t.tgname = 'executions_ended'
  ) then
    create trigger executions_ended
      after update on public.automation_executions
      referencing old table as old_rows new table as new_rows
      for each statement execute function automations.note_ended_runs();

    create trigger executions_gone
      after delete on public.automation_executions
      referencing old table as deleted
      for each statement execute function automations.note_deleted_runs();
  end if;
end
$$;

revoke execute on function automations.wake_for_ends(
  uuid[], uuid[], uuid[], uuid[], uuid[], text[], text[]
) from public;
revoke execute on function automations.ends_concern(uuid[], uuid[], uuid[], uuid[]) from public;

drop function if exists automations.forget_waits_of_ended(uuid[]);
revoke execute on function automations.note_ended_runs() from public;
revoke execute on function automations.runs_with_on_failure(uuid[]) from public;
revoke execute on function automations.note_deleted_runs() from public;

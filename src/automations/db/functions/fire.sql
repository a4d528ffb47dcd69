-- From a row change to pending runs, in the transaction of the change.
--
-- A writer is never harmed: nothing here waits for the engine (only INSERTs, and `for key share` on the automations
-- chosen), nothing can fail on a value (conversions are caught, conditions are total), nothing is built when nothing
-- matches. Order of work: cheap questions first, JSON only on a match or for the journal, then event, runs, notify.
--
-- Settings (per database, role or transaction):
--   automations.fire     off   no event, no run (imports)
--   automations.journal  off   no change journal
--   automations.notify   full (default) | hint (ids only) | off     channel automation_trigger, for other listeners
--   automations.wake     off   no wake-up for our workers: they poll (two-phase commit)

-- The run whose step makes this change, if there is one and it belongs to the account: anybody can set the setting.
-- It holds one run id, or, where one statement writes for many runs, `<record id>=<run id>` pairs.
create or replace function automations.causing_run(
  p_account uuid, p_record uuid,
  out execution_id uuid, out automation_id uuid, out ancestors uuid[], out depth smallint
)
language plpgsql stable
as $$
declare
  v_setting text := pg_catalog.current_setting('automations.execution_id', true);
begin
  if v_setting is null or v_setting = '' then
    return;
  end if;
  -- Bytes, not characters: counting those of a long text for every row would be a tenth of a batch's work.
  if pg_catalog.octet_length(v_setting) > 36 then
    v_setting := pg_catalog.left(pg_catalog.split_part(v_setting, p_record::text || '=', 2), 36);
  end if;
  -- Looked at before it is cast: an exception block would cost every change of a run a subtransaction.
  if pg_catalog.translate(v_setting, '0123456789abcdefABCDEF', '') <> '----' or pg_catalog.length(v_setting) <> 36
    or v_setting not like '________-____-____-____-____________'
  then
    return;
  end if;
  select e.id, e.automation_id, e.ancestors, e.depth
  into execution_id, automation_id, ancestors, depth
  from public.automation_executions e
  where e.id = v_setting::pg_catalog.uuid and e.account_id = p_account;
end
$$;

-- Who made the change, for the journal; a malformed claim is nobody.
create or replace function automations.current_actor()
returns uuid
language plpgsql stable
as $$
begin
  if coalesce(pg_catalog.current_setting('request.jwt.claims', true), '') = ''
    and coalesce(pg_catalog.current_setting('request.jwt.claim.sub', true), '') = '' then
    return null;
  end if;
  return auth.uid();
exception when others then
  return null;
end
$$;

-- The columns whose values differ, by name. PL/pgSQL, not SQL: it keeps its plan, which is a quarter of the cost here.
create or replace function automations.changed_columns(p_old jsonb, p_new jsonb)
returns text[]
language plpgsql immutable parallel safe
as $$
begin
  return array(
    select n.key from pg_catalog.jsonb_each(p_new) n
    where p_old -> n.key is distinct from n.value
    order by n.key
  );
end
$$;

-- Whether anything has to be done for a change of this account: the index probe that every write pays.
create or replace function automations.interest(p_account uuid, p_source text, p_operation text)
returns boolean
language plpgsql stable
as $$
begin
  if pg_catalog.current_setting('automations.fire', true) = 'off' then
    return false;
  end if;
  if pg_catalog.current_setting('automations.journal', true) = 'off' then
    return exists (
      select from public.automations a
      where a.user_id = p_account and a.enabled and a.status = 'active' and a.trigger_type = 'event'
        and a.trigger_config ->> 'event_source' = p_source
        and a.trigger_config ->> 'event_type' in (p_operation, 'any')
    ) or exists (select from automations.waits w);
  end if;
  return exists (select from public.automations a where a.user_id = p_account);
end
$$;

-- Tell other listeners of a new run, with the seed's payload while it fits. p_data: trigger_data as text, made once a row.
create or replace function automations.notify_trigger(
  p_automation uuid, p_execution uuid, p_record uuid, p_data text, p_operation text, p_table text, p_ids_only boolean
)
returns void
language plpgsql
as $$
declare
  -- NOTIFY refuses 8,000 bytes and more, which would abort the writer's own statement.
  c_max_payload constant integer := 7999;
  v_payload text := '{"automation_id": "' || p_automation::text || '", "execution_id": "' || p_execution::text || '"';
begin
  if p_ids_only then
    v_payload := v_payload || '}';
  elsif pg_catalog.octet_length(v_payload) + pg_catalog.octet_length(p_data) + 20 <= c_max_payload then
    v_payload := v_payload || ', "trigger_data": ' || p_data || '}';
  else
    v_payload := v_payload || ', "truncated": true, "trigger_data": ' || pg_catalog.jsonb_build_object(
      'event', p_operation, 'table', p_table,
      'old', case when p_operation = 'DELETE' then pg_catalog.jsonb_build_object('id', p_record) end,
      'new', case when p_operation <> 'DELETE' then pg_catalog.jsonb_build_object('id', p_record) end,
      'timestamp', pg_catalog.now()
    )::text || '}';
  end if;
  perform pg_catalog.pg_notify('automation_trigger', v_payload);
end
$$;

-- What stands for a row that is too large to be handed on.
create or replace function automations.row_too_large(p_row jsonb)
returns jsonb
language sql immutable parallel safe
as $$
  select case when p_row is not null then pg_catalog.jsonb_build_object(
    'id', p_row -> 'id', 'user_id', p_row -> 'user_id',
    'error', 'this row has more than 16 MB as JSON: look it up by its id'
  ) end
$$;

-- Journal one change and start what matches it. p_old is the row before an UPDATE or DELETE, null where that row
-- was another account's (its content must not cross over). p_key: the id of a record of a watched table, as text.
drop function if exists automations.record_change(text, text, text, uuid, jsonb, jsonb, uuid, uuid, uuid);
create or replace function automations.record_change(
  p_source text, p_table text, p_operation text, p_account uuid,
  p_old jsonb, p_new jsonb, p_record uuid, p_lead uuid, p_conversation uuid, p_key text default null
)
returns void
language plpgsql
as $$
declare
  c_max_depth constant smallint := 8;
  -- As JSON, in bytes. Twice that fits into what a run is told and into the journal, and through a worker.
  c_largest_row constant integer := 16777216;
  v_journal boolean := pg_catalog.current_setting('automations.journal', true) is distinct from 'off';
  v_notify text := coalesce(pg_catalog.current_setting('automations.notify', true), '');
  v_changed text[];
  v_cause record;
  v_ancestors uuid[] := '{}';
  v_depth smallint := 0;
  v_data jsonb;
  v_held jsonb := '[]';
  v_event bigint;
  v_match record;
  v_matches integer;
  v_runs uuid[] := '{}';
  v_automations uuid[] := '{}';
  v_versions uuid[] := '{}';
  v_lanes text[] := '{}';
  v_lane text;
  v_dues timestamptz[] := '{}';
  v_cause_id uuid;
  v_text text;
  v_topics text[];
  -- A row that is gone cannot be pointed at; its id stays in trigger_data.
  v_lead uuid := case when p_operation <> 'DELETE' then p_lead end;
  v_conversation uuid := case when p_operation <> 'DELETE' then p_conversation end;
begin
  if p_operation = 'UPDATE' and p_old is not null then
    v_changed := automations.changed_columns(p_old, p_new);
  end if;
  -- Beside its other half a row of this size would be more than jsonb can hold, which would fail the writer's statement.
  if pg_catalog.pg_column_size(p_new) > c_largest_row or pg_catalog.pg_column_size(p_old) > c_largest_row then
    p_new := automations.row_too_large(p_new);
    p_old := automations.row_too_large(p_old);
  end if;

  if pg_catalog.current_setting('automations.execution_id', true) <> '' then
    select * into v_cause from automations.causing_run(p_account, p_record);
    v_cause_id := v_cause.execution_id;
    if v_cause_id is not null then
      v_ancestors := v_cause.ancestors || v_cause.automation_id;
      v_depth := v_cause.depth + 1;
    end if;
  end if;

  v_data := pg_catalog.jsonb_build_object(
    'event', p_operation,
    'table', p_table,
    'old', case when p_operation = 'DELETE' then p_old end,
    'new', p_new,
    'previous', case when p_operation = 'UPDATE' then p_old end,
    'changed', pg_catalog.to_jsonb(v_changed),
    'timestamp', pg_catalog.now()
  );
  if p_key is not null then
    v_data := v_data || pg_catalog.jsonb_build_object('record_id', p_key);
  end if;
  if v_journal then
    -- The event is written last, when it is known what was held back; its runs need its number before.
    v_event := pg_catalog.nextval('automations.events_id_seq');
  end if;
  -- A listener that lags in a transaction fills a queue that all databases of the server share; past half, polling
  -- must do.
  if v_notify <> 'off' and pg_catalog.pg_notification_queue_usage() >= 0.5 then
    v_notify := 'off';
  end if;

  -- `for key share`: an automation that is being deleted at this moment is waited for, then simply not there; without
  -- it the run's foreign key would fail the writer's statement.
  for v_match in
    select a.id, a.trigger_config, a.published_version
    from public.automations a
    where a.enabled and a.status = 'active' and a.trigger_type = 'event'
      and a.user_id = p_account
      and a.trigger_config ->> 'event_source' = p_source
      and a.trigger_config ->> 'event_type' in (p_operation, 'any')
    order by a.created_at, a.id
    for key share
  loop
    if v_changed is not null
      and pg_catalog.jsonb_typeof(v_match.trigger_config -> 'watch') = 'array'
      and not (v_match.trigger_config -> 'watch') ?| v_changed
    then
      continue;
    end if;
    if pg_catalog.jsonb_typeof(v_match.trigger_config -> 'conditions') = 'object'
      and not automations.condition_holds(v_match.trigger_config -> 'conditions', v_data)
    then
      continue;
    end if;
    if v_depth > c_max_depth then
      v_held := v_held || pg_catalog.jsonb_build_object('automation_id', v_match.id, 'reason', 'depth');
      continue;
    end if;
    if v_match.id = any (v_ancestors)
      and v_match.trigger_config -> 'allow_reentry' is distinct from 'true'::pg_catalog.jsonb
    then
      v_held := v_held || pg_catalog.jsonb_build_object('automation_id', v_match.id, 'reason', 'reentry');
      continue;
    end if;
    v_runs := v_runs || pg_catalog.gen_random_uuid();
    v_automations := v_automations || v_match.id;
    v_versions := v_versions || v_match.published_version;
    v_lane := null;
    if v_match.trigger_config ?| '{concurrency,debounce}' then
      v_lane := automations.lane_of(v_match.id, v_match.trigger_config, p_record, v_data, p_lead, p_conversation);
      v_dues := v_dues || automations.first_due(v_match.trigger_config, true, v_lane);
    else
      v_dues := v_dues || pg_catalog.clock_timestamp();
    end if;
    v_lanes := v_lanes || v_lane;
  end loop;

  v_matches := pg_catalog.cardinality(v_runs);
  -- Measured: from arrays costs two thirds a run at ten matches and a tenth more at one.
  if v_matches = 1 then
    insert into public.automation_executions (
      id, automation_id, trigger_type, trigger_data, status, lead_id, conversation_id,
      account_id, version_id, event_id, ancestors, depth, due_at, lane
    )
    values (
      v_runs[1], v_automations[1], 'event', v_data, 'pending', v_lead, v_conversation,
      p_account, v_versions[1], v_event, v_ancestors, v_depth, v_dues[1], v_lanes[1]
    );
  elsif v_matches > 1 then
    insert into public.automation_executions (
      id, automation_id, trigger_type, trigger_data, status, lead_id, conversation_id,
      account_id, version_id, event_id, ancestors, depth, due_at, lane
    )
    select r.id, r.automation_id, 'event', v_data, 'pending', v_lead, v_conversation,
      p_account, r.version_id, v_event, v_ancestors, v_depth, r.due_at, r.lane
    from unnest(v_runs, v_automations, v_versions, v_lanes, v_dues) as r (id, automation_id, version_id, lane, due_at);
  end if;
  if v_matches > 0 and v_notify <> 'off' then
    v_text := v_data::text;
    for i in 1 .. v_matches loop
      perform automations.notify_trigger(
        v_automations[i], v_runs[i], p_record, v_text, p_operation, p_table, v_notify = 'hint'
      );
    end loop;
  end if;

  if v_journal then
    insert into automations.events (
      id, account_id, source, operation, record_id, old, new, changed, actor, execution_id, held, occurred_at
    )
    overriding system value
    values (
      v_event, p_account, p_table, p_operation, p_record, p_old, p_new, v_changed, automations.current_actor(), v_cause_id,
      -- When it was written, not when its transaction began: a wait counts what comes after its run was accepted.
      v_held, pg_catalog.clock_timestamp()
    );
  end if;
  -- A record that has just been made is not waited for yet.
  if p_operation = 'UPDATE' and p_source <> 'message' then
    v_topics := array[p_source || ':' || p_record, 'change:' || p_source || ':' || p_record];
    -- Nearly always nobody waits; what they would be told is not made for that.
    perform from automations.waits w where w.topic = any (v_topics) limit 1;
    if found then
      perform automations.wake_waits(
        p_account, v_topics, v_data, automations.wake_payload(p_new, v_changed), v_cause_id
      );
    end if;
  end if;
  if v_matches > 0 and pg_catalog.current_setting('automations.wake', true) is distinct from 'off'
    and pg_catalog.pg_notification_queue_usage() < 0.5
  then
    -- Empty, so that it folds into one per transaction.
    perform pg_catalog.pg_notify('automations_wake', '');
  end if;
end
$$;

create or replace function public.fire_lead_automations()
returns trigger
language plpgsql security definer set search_path = pg_catalog, pg_temp
as $$
declare
  -- Not the name itself: it has the collation "C", and so would all that it is passed on with; no index would be used.
  v_table text := tg_table_name;
  v_account uuid := coalesce(new.user_id, old.user_id);
  v_new jsonb;
  v_old jsonb;
begin
  if not automations.interest(v_account, 'lead', tg_op) then
    return coalesce(new, old);
  end if;
  -- A value that jsonb cannot hold (\u0000 in a json column) must not abort the writer's statement. No write inside:
  -- the block costs no transaction id.
  begin
    if tg_op <> 'DELETE' then
      v_new := pg_catalog.to_jsonb(new);
    end if;
    if tg_op <> 'INSERT' and old.user_id is not distinct from v_account then
      v_old := pg_catalog.to_jsonb(old);
    end if;
  exception when others then
    v_new := case when tg_op <> 'DELETE' then pg_catalog.jsonb_build_object('id', new.id, 'error', sqlerrm) end;
    v_old := case when tg_op = 'DELETE' then pg_catalog.jsonb_build_object('id', old.id, 'error', sqlerrm) end;
  end;
  perform automations.record_change(
    'lead', v_table, tg_op, v_account, v_old, v_new, coalesce(new.id, old.id), coalesce(new.id, old.id), null
  );
  return coalesce(new, old);
end
$$;

create or replace function public.fire_conversation_automations()
returns trigger
language plpgsql security definer set search_path = pg_catalog, pg_temp
as $$
declare
  -- Not the name itself: it has the collation "C", and so would all that it is passed on with; no index would be used.
  v_table text := tg_table_name;
  v_account uuid;
  v_previous_account uuid;
  v_new jsonb;
  v_old jsonb;
  v_lead uuid;
begin
  select a.user_id into v_account from public.agents a where a.id = coalesce(new.agent_id, old.agent_id);
  if v_account is null or not automations.interest(v_account, 'conversation', tg_op) then
    return coalesce(new, old);
  end if;
  v_previous_account := v_account;
  if tg_op = 'UPDATE' and old.agent_id is distinct from new.agent_id then
    select a.user_id into v_previous_account from public.agents a where a.id = old.agent_id;
  end if;
  begin
    if tg_op <> 'DELETE' then
      v_new := pg_catalog.to_jsonb(new);
    end if;
    if tg_op <> 'INSERT' and v_previous_account is not distinct from v_account then
      v_old := pg_catalog.to_jsonb(old);
    end if;
    v_lead := (v_new ->> 'lead_id')::pg_catalog.uuid;
  exception when others then
    v_new := case when tg_op <> 'DELETE' then pg_catalog.jsonb_build_object('id', new.id, 'error', sqlerrm) end;
    v_old := case when tg_op = 'DELETE' then pg_catalog.jsonb_build_object('id', old.id, 'error', sqlerrm) end;
  end;
  -- A lead of another account would fail nothing here but would show that account's id in ours.
  if v_lead is not null and not exists (
    select from public.leads l where l.id = v_lead and l.user_id = v_account
  ) then
    v_lead := null;
  end if;
  perform automations.record_change(
    'conversation', v_table, tg_op, v_account, v_old, v_new, coalesce(new.id, old.id), v_lead,
    coalesce(new.id, old.id)
  );
  return coalesce(new, old);
end
$$;

-- Messages start nothing by themselves; they are journalled, because "replied" is an inbound message.
create or replace function automations.journal_message()
returns trigger
language plpgsql security definer set search_path = pg_catalog, pg_temp
as $$
declare
  -- Not the name itself: it has the collation "C", and so would all that it is passed on with; no index would be used.
  v_table text := tg_table_name;
  v_account uuid;
  v_lead text;
  v_new jsonb;
  v_old jsonb;
begin
  select a.user_id, pg_catalog.to_jsonb(c) ->> 'lead_id' into v_account, v_lead
  from public.conversations c join public.agents a on a.id = c.agent_id
  where c.id = coalesce(new.conversation_id, old.conversation_id);
  if v_account is null or not automations.interest(v_account, 'message', tg_op) then
    return coalesce(new, old);
  end if;
  begin
    v_new := case when tg_op <> 'DELETE' then pg_catalog.to_jsonb(new) end;
    v_old := case
      when tg_op = 'DELETE' or (tg_op = 'UPDATE' and old.conversation_id = new.conversation_id)
      then pg_catalog.to_jsonb(old)
    end;
  exception when others then
    v_new := case when tg_op <> 'DELETE' then pg_catalog.jsonb_build_object('id', new.id, 'error', sqlerrm) end;
    v_old := case when tg_op = 'DELETE' then pg_catalog.jsonb_build_object('id', old.id, 'error', sqlerrm) end;
  end;
  perform automations.record_change(
    'message', v_table, tg_op, v_account, v_old, v_new, coalesce(new.id, old.id), null, null
  );
  if tg_op = 'INSERT' and v_new ->> 'direction' = 'inbound' then
    perform automations.wake_waits(
      v_account,
      array['reply:conversation:' || (v_new ->> 'conversation_id'), 'reply:lead:' || v_lead],
      pg_catalog.jsonb_build_object('event', 'INSERT', 'table', v_table, 'new', v_new),
      automations.wake_payload(v_new, null)
    );
  end if;
  return coalesce(new, old);
end
$$;

-- Created where they are missing, not replaced: replacing a trigger locks writers out for a moment.
do $$
begin
  if not exists (
    select from pg_catalog.pg_trigger t
    where t.tgrelid = 'public.leads'::pg_catalog.regclass and t.tgname = 'trigger_lead_automations'
  ) then
    create trigger trigger_lead_automations
      after insert or update or delete on public.leads
      for each row execute function public.fire_lead_automations();
  end if;
  -- As in the seed: a deleted conversation starts nothing.
  if not exists (
    select from pg_catalog.pg_trigger t
    where t.tgrelid = 'public.conversations'::pg_catalog.regclass and t.tgname = 'trigger_conversation_automations'
  ) then
    create trigger trigger_conversation_automations
      after insert or update on public.conversations
      for each row execute function public.fire_conversation_automations();
  end if;
  -- A database that brought its own messages table may have another shape; without these columns there is no journal
  -- of it, and no write on it may fail for that.
  if (
    select pg_catalog.count(*) = 2 from pg_catalog.pg_attribute a
    where a.attrelid = pg_catalog.to_regclass('public.messages') and not a.attisdropped
      and a.attname in ('id', 'conversation_id') and a.atttypid = 'pg_catalog.uuid'::pg_catalog.regtype
  ) and not exists (
    select from pg_catalog.pg_trigger t
    where t.tgrelid = pg_catalog.to_regclass('public.messages') and t.tgname = 'trigger_message_journal'
  ) then
    create trigger trigger_message_journal
      after insert or update or delete on public.messages
      for each row execute function automations.journal_message();
  end if;
end
$$;

-- To call a definer function is to attach it to a table of one's own, too: forged events.
revoke execute on function public.fire_lead_automations() from public;
revoke execute on function public.fire_conversation_automations() from public;
revoke execute on function automations.journal_message() from public;
revoke execute on function automations.causing_run(uuid, uuid) from public;
revoke execute on function automations.current_actor() from public;
revoke execute on function automations.changed_columns(jsonb, jsonb) from public;
revoke execute on function automations.row_too_large(jsonb) from public;
revoke execute on function automations.notify_trigger(uuid, uuid, uuid, text, text, text, boolean) from public;
revoke execute on function automations.interest(uuid, text, text) from public;
revoke execute on function automations.record_change(text, text, text, uuid, jsonb, jsonb, uuid, uuid, uuid, text)
  from public;

-- What an automation's trigger_config says of its runs: which belong together (lane), what they mean to each other (mode),
-- and when the first of them is due. From the row at hand alone: a writer never looks at other runs.
--
-- The names of the admission files are early in the alphabet for a reason: what fires (fire.sql, execution_guards.sql)
-- and the claim call them, in the middle of a migration too.

-- A number of a config within 1 and p_most; p_default where there is none. Whatever SQL has put there is no error.
create or replace function automations.whole_number(p_value jsonb, p_default integer, p_most integer)
returns integer
language sql immutable parallel safe
as $$
  select case
    when pg_catalog.jsonb_typeof(p_value) = 'number' then greatest(1, least(p_value::pg_catalog.numeric, p_most))::integer
    else p_default
  end
$$;

-- How long it must be quiet before a debounced run starts; null: no debounce.
create or replace function automations.quiet_time(p_trigger_config jsonb)
returns interval
language sql immutable parallel safe
as $$
  select case
    when pg_catalog.jsonb_typeof(p_trigger_config #> '{debounce,seconds}') = 'number'
    then pg_catalog.make_interval(
      secs => automations.whole_number(p_trigger_config #> '{debounce,seconds}', null, 604800)
    )
  end
$$;

-- A text as uuid; null for what is none.
create or replace function automations.uuid_in(p_text text)
returns uuid
language sql immutable parallel safe
as $$
  select case
    when p_text ~ '^[0-9A-Fa-f]{8}(-[0-9A-Fa-f]{4}){3}-[0-9A-Fa-f]{12}$' then p_text::pg_catalog.uuid
  end
$$;

-- What stands for a record of a watched table where records are told apart by uuid (journal, lanes, waits): its id, where
-- that is one, else a hash of table and id. Never fails, unlike md5() where only approved algorithms may be used.
create or replace function automations.record_uuid(p_source text, p_key text)
returns uuid
language sql immutable parallel safe
as $$
  select coalesce(automations.uuid_in(p_key), (
    pg_catalog.lpad(pg_catalog.to_hex(pg_catalog.hashtextextended(p_source || ':' || p_key, 0)), 16, '0')
    || pg_catalog.lpad(pg_catalog.to_hex(pg_catalog.hashtextextended(p_source || ':' || p_key, 1)), 16, '0')
  )::pg_catalog.uuid)
$$;

-- The record that a run is about: what its trigger is about, where it has both.
create or replace function automations.record_of(p_trigger_config jsonb, p_lead uuid, p_conversation uuid)
returns uuid
language sql immutable parallel safe
as $$
  select case
    when p_trigger_config ->> 'event_source' = 'conversation' or p_trigger_config ->> 'record' = 'conversation'
    then coalesce(p_conversation, p_lead)
    else coalesce(p_lead, p_conversation)
  end
$$;

-- The lane of a run: runs of one lane belong together, and lane_mode says how. 'limit:<automation>' only says whom to
-- call when a place is free. Null: nothing to do with other runs.
--
-- p_data: the trigger data, which a key is looked up in; of a started schedule it may be null. Total: it runs in
-- writers' transactions. A long value becomes a hash: a lane is in an index.
create or replace function automations.lane_of(
  p_automation uuid, p_trigger_config jsonb, p_record uuid, p_data jsonb default null, p_lead uuid default null,
  p_conversation uuid default null
)
returns text
language plpgsql immutable set search_path = pg_catalog, pg_temp
as $$
declare
  c_longest constant integer := 80;
  v_concurrency jsonb := case
    when pg_catalog.jsonb_typeof(p_trigger_config -> 'concurrency') = 'object' then p_trigger_config -> 'concurrency'
  end;
  v_key text := v_concurrency ->> 'key';
  v_debounced boolean := automations.quiet_time(p_trigger_config) is not null;
  v_value jsonb;
  v_part text;
begin
  if p_trigger_config ->> 'overlap' in ('skip', 'queue') and p_data ->> 'event' is distinct from 'manual' then
    return p_automation::text || ':schedule';
  end if;
  if v_debounced or v_concurrency ->> 'mode' is distinct from 'parallel' then
    if v_key is not null then
      if pg_catalog.octet_length(v_key) between 1 and 1000 then
        v_value := automations.condition_at(p_data, pg_catalog.string_to_array(v_key, '.'));
      end if;
      -- Nothing there is nobody's: those without an address have nothing to do with each other.
      if v_value not in ('null', '""') then
        v_part := case pg_catalog.jsonb_typeof(v_value)
          when 'number' then pg_catalog.trim_scale(v_value::pg_catalog.numeric)::text
          else v_value::text
        end;
        if pg_catalog.octet_length(v_part) > c_longest then
          -- Never fails, unlike md5() where only approved algorithms may be used.
          v_part := '#' || pg_catalog.hashtextextended(v_part, 0)::text || pg_catalog.hashtextextended(v_part, 1)::text;
        end if;
        v_part := 'key:' || v_part;
      end if;
    else
      v_part := case coalesce(v_concurrency ->> 'per', case when v_debounced then 'record' end)
        when 'record' then p_record::text
        when 'lead' then coalesce(p_lead, case when p_conversation is null then p_record end)::text
        when 'conversation' then coalesce(p_conversation, case when p_lead is null then p_record end)::text
        when 'automation' then 'automation'
      end;
    end if;
  end if;
  return case
    when v_part is not null then p_automation::text || ':' || v_part
    when v_concurrency ? 'limit' then 'limit:' || p_automation::text
  end;
end
$$;

drop function if exists automations.lane_of(uuid, jsonb, uuid);

-- The same for whoever knows the lead and the conversation of the run, and not which of them it is about. The record of a
-- watched table is in the data.
create or replace function automations.lane_for(
  p_automation uuid, p_trigger_config jsonb, p_lead uuid, p_conversation uuid, p_data jsonb
)
returns text
language sql immutable set search_path = pg_catalog, pg_temp
as $$
  select automations.lane_of(
    p_automation, p_trigger_config,
    case
      when p_data ->> 'table' = p_trigger_config ->> 'event_source'
      then automations.record_uuid(p_data ->> 'table', p_data ->> 'record_id')
      else automations.record_of(p_trigger_config, p_lead, p_conversation)
    end,
    p_data, p_lead, p_conversation
  )
$$;

-- When a run that is accepted now may start. Debounced are the starts of the automation's own trigger; who starts it by
-- hand does not want to wait.
create or replace function automations.first_due(p_trigger_config jsonb, p_own_trigger boolean, p_lane text)
returns timestamptz
language sql volatile
as $$
  select pg_catalog.clock_timestamp() + case
    when p_own_trigger and p_trigger_config ? 'debounce' and p_lane is not null and p_lane not like 'limit:%'
    then coalesce(automations.quiet_time(p_trigger_config), '0')
    else '0'
  end
$$;

-- What runs of one lane mean to each other: queue, skip, cancel_previous, parallel.
create or replace function automations.lane_mode(p_trigger_config jsonb, p_trigger_type text)
returns text
language sql immutable parallel safe
as $$
  select case
    when p_trigger_type = 'schedule' and p_trigger_config ->> 'overlap' in ('skip', 'queue')
    then p_trigger_config ->> 'overlap'
    when p_trigger_config -> 'concurrency' ?| '{per,key}' then case
      when p_trigger_config -> 'concurrency' ->> 'mode' in ('skip', 'cancel_previous', 'parallel')
      then p_trigger_config -> 'concurrency' ->> 'mode'
      else 'queue'
    end
    -- Debounce alone only needs to know what belongs together.
    when p_trigger_config ? 'debounce' then 'parallel'
    else 'queue'
  end
$$;

revoke execute on function automations.whole_number(jsonb, integer, integer) from public;
revoke execute on function automations.quiet_time(jsonb) from public;
revoke execute on function automations.uuid_in(text) from public;
revoke execute on function automations.record_uuid(text, text) from public;
revoke execute on function automations.record_of(jsonb, uuid, uuid) from public;
revoke execute on function automations.lane_of(uuid, jsonb, uuid, jsonb, uuid, uuid) from public;
revoke execute on function automations.lane_for(uuid, jsonb, uuid, uuid, jsonb) from public;
revoke execute on function automations.first_due(jsonb, boolean, text) from public;
revoke execute on function automations.lane_mode(jsonb, text) from public;

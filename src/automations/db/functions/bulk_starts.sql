-- Manual starts for many records at once.

-- start_run for each place of the arrays, each in a savepoint of its own: what is wrong with one record is that one's.
-- Invoker: start_run checks account and role. Keys: one per record, null without.
create or replace function automations.start_runs(
  p_automation_id uuid, p_input jsonb, p_leads uuid[], p_conversations uuid[], p_keys text[]
)
returns table (place integer, execution_id uuid, error_code text, error_message text)
language plpgsql set search_path = pg_catalog, pg_temp
as $$
begin
  if p_leads is null or p_conversations is null or p_keys is null
    or pg_catalog.cardinality(p_leads) <> pg_catalog.cardinality(p_conversations)
    or pg_catalog.cardinality(p_leads) <> pg_catalog.cardinality(p_keys)
  then
    raise exception 'leads, conversations and keys are arrays of one length'
      using errcode = 'AU007', hint = 'Put null where a run has none.';
  end if;
  for v_place in 1 .. pg_catalog.cardinality(p_leads) loop
    place := v_place;
    execution_id := null;
    error_code := null;
    error_message := null;
    begin
      execution_id := automations.start_run(
        p_automation_id, p_input, p_leads[v_place], p_conversations[v_place], p_keys[v_place]
      );
    exception when others then
      get stacked diagnostics error_code = returned_sqlstate, error_message = message_text;
    end;
    return next;
  end loop;
end
$$;

-- Leads of the account that meet a condition over their columns, as the account sees them (row-level security), by id,
-- after p_after.
create or replace function automations.matching_leads(
  p_account uuid, p_condition jsonb, p_after uuid, p_limit integer
)
returns setof uuid
language plpgsql
as $$
declare
  v_role text := pg_catalog.current_setting('role');
begin
  perform pg_catalog.set_config('request.jwt.claims',
    pg_catalog.jsonb_build_object('sub', p_account, 'role', 'authenticated')::text, true);
  perform pg_catalog.set_config('role', 'authenticated', true);
  return query
  select l.id
  from public.leads l
  where l.user_id = p_account and (p_after is null or l.id > p_after)
    and automations.condition_holds(p_condition, pg_catalog.to_jsonb(l))
  order by l.id
  limit p_limit;
  perform pg_catalog.set_config('role', v_role, true);
  perform pg_catalog.set_config('request.jwt.claims', '', true);
end
$$;

revoke execute on function automations.start_runs(uuid, jsonb, uuid[], uuid[], text[]) from public;
revoke execute on function automations.matching_leads(uuid, jsonb, uuid, integer) from public;

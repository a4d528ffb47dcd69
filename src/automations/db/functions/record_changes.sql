-- Changes of a record that depend on what is there: tags added and removed, an owner assigned, by turns or only where
-- there is none. Called by run_operation within the savepoint of the operation.

-- Whether this transaction may take turns of a step. Two numbers, so that it never is the lock of a worker's presence,
-- which is one. A lock of its own: the first turn of all has no row to lock, and an insert would wait for another one.
create or replace function automations.may_take_turns(p_automation uuid, p_node text)
returns boolean
language sql volatile
as $$
  select pg_catalog.pg_try_advisory_xact_lock(7263205, pg_catalog.hashtext(p_automation::text || p_node))
$$;

-- Whose turn it is, counted from 0. The turn belongs to the transaction: taken back, it is the next one's again. Nobody
-- waits for it: where another transaction takes turns of the same step, AU027 says so and the step is tried again.
create or replace function automations.take_turn(p_account uuid, p_automation uuid, p_node text)
returns bigint
language plpgsql
as $$
declare
  v_turn bigint;
begin
  if not automations.may_take_turns(p_automation, p_node) then
    raise exception 'others are taking their turns in this step' using errcode = 'AU027';
  end if;
  insert into automations.rotations as r (automation_id, node_id, account_id, position)
  values (p_automation, p_node, p_account, 1)
  on conflict (automation_id, node_id) do update set position = r.position + 1
  returning r.position - 1 into v_turn;
  return v_turn;
end
$$;

-- Turn number p_ahead from now, without taking it: a test run must not keep others from theirs.
create or replace function automations.coming_turn(p_automation uuid, p_node text, p_ahead bigint)
returns bigint
language sql stable
as $$
  select p_ahead + coalesce((
    select r.position from automations.rotations r where r.automation_id = p_automation and r.node_id = p_node
  ), 0)
$$;

-- The `change` operation: {id, values, tags: {column, add, remove}, assign: {column, among, only_if_unassigned, another, automation_id,
-- node_id, ahead}}. `node_id` null: no turns, the first of `among`; `ahead`: of a test run. {row, assigned}; null where
-- there is no such row. p_columns: those of `values`.
create or replace function automations.change_record(
  p_operation jsonb, p_relation oid, p_name text, p_own text, p_columns text
)
returns jsonb
language plpgsql
as $$
declare
  v_role constant text := pg_catalog.current_setting('role');
  v_tags constant jsonb := nullif(p_operation -> 'tags', 'null');
  v_assign constant jsonb := nullif(p_operation -> 'assign', 'null');
  v_tag_column constant text := v_tags ->> 'column';
  v_owner_column constant text := v_assign ->> 'column';
  v_unknown text;
  v_free boolean;
  v_turn bigint := 0;
  v_owner jsonb;
  v_other jsonb;
  v_sets text[] := '{}';
  v_row jsonb;
begin
  v_unknown := automations.unknown_columns(p_relation, (
    select coalesce(pg_catalog.jsonb_object_agg(w.name, null), '{}')
    from unnest(array[v_tag_column, v_owner_column]) as w (name) where w.name is not null
  ));
  if v_unknown is not null then
    raise exception 'table % has no column %', p_operation ->> 'table', v_unknown using errcode = 'AU021';
  end if;
  if v_tags is not null and not exists (
    select from pg_catalog.pg_attribute a
    where a.attrelid = p_relation and a.attname = v_tag_column
      and a.atttypid in ('pg_catalog.text[]'::pg_catalog.regtype, 'pg_catalog.varchar[]'::pg_catalog.regtype)
  ) then
    raise exception 'column % of % is not a list of texts', v_tag_column, p_operation ->> 'table' using errcode = 'AU029';
  end if;

  if v_assign is not null then
    v_free := true;
    if v_assign -> 'only_if_unassigned' = 'true' then
      -- Locked, so that it is still without an owner when it gets one.
      perform pg_catalog.set_config('role', 'authenticated', true);
      execute pg_catalog.format('select t.%I is null from %s t where %s for no key update', v_owner_column, p_name, p_own)
      into v_free;
      perform pg_catalog.set_config('role', v_role, true);
      if v_free is null then
        return null;
      end if;
    end if;
    if v_free and v_assign ->> 'node_id' is not null then
      v_turn := case
        when v_assign ? 'ahead' then automations.coming_turn(
          (v_assign ->> 'automation_id')::pg_catalog.uuid, v_assign ->> 'node_id', (v_assign ->> 'ahead')::bigint)
        else automations.take_turn(
          (p_operation ->> 'account_id')::pg_catalog.uuid, (v_assign ->> 'automation_id')::pg_catalog.uuid,
          v_assign ->> 'node_id')
      end;
    end if;
  end if;

  if v_free then
    v_owner := v_assign -> 'among' -> (v_turn % pg_catalog.jsonb_array_length(v_assign -> 'among'))::integer;
    -- The next in turn who is somebody else; where there is nobody, it stays as it is.
    select coalesce((
      select m.value
      from pg_catalog.jsonb_array_elements(v_assign -> 'among') with ordinality as m (value, place)
      where m.value <> v_owner
      order by (m.place - 1 - v_turn % pg_catalog.jsonb_array_length(v_assign -> 'among')
        + pg_catalog.jsonb_array_length(v_assign -> 'among')) % pg_catalog.jsonb_array_length(v_assign -> 'among')
      limit 1
    ), v_owner)
    into v_other;
  end if;
  if p_columns is not null then
    v_sets := v_sets || pg_catalog.format(
      '(%1$s) = (select %1$s from pg_catalog.jsonb_populate_record(null::%2$s, $1))', p_columns, p_name
    );
  end if;
  if v_tags is not null then
    v_sets := v_sets || pg_catalog.format(
      '%1$I = array(select d.tag from ('
      'select u.tag, pg_catalog.min(u.place) as place '
      'from pg_catalog.unnest(t.%1$I::pg_catalog.text[] || $2) with ordinality as u (tag, place) '
      'where u.tag <> all ($3) or u.tag = any ($2) group by u.tag) d order by d.place)', v_tag_column
    );
  end if;
  if v_free then
    v_sets := v_sets || pg_catalog.format(
      '%1$I = case when $6 and t.%1$I is not distinct from (pg_catalog.jsonb_populate_record(null::%2$s, $4)).%1$I '
      'then (pg_catalog.jsonb_populate_record(null::%2$s, $5)).%1$I '
      'else (pg_catalog.jsonb_populate_record(null::%2$s, $4)).%1$I end', v_owner_column, p_name
    );
  end if;
  perform pg_catalog.set_config('role', 'authenticated', true);
  if v_sets = '{}' then
    execute pg_catalog.format('select pg_catalog.to_jsonb(t) from %s t where %s', p_name, p_own) into v_row;
  else
    execute pg_catalog.format(
      'update %s as t set %s where %s returning pg_catalog.to_jsonb(t)', p_name,
      pg_catalog.array_to_string(v_sets, ', '), p_own
    )
    into v_row
    using p_operation -> 'values',
      array(select a.value from pg_catalog.jsonb_array_elements_text(v_tags -> 'add') a),
      array(select a.value from pg_catalog.jsonb_array_elements_text(v_tags -> 'remove') a),
      pg_catalog.jsonb_build_object(coalesce(v_owner_column, ''), v_owner),
      pg_catalog.jsonb_build_object(coalesce(v_owner_column, ''), v_other),
      coalesce(v_assign -> 'another' = 'true', false);
  end if;
  perform pg_catalog.set_config('role', v_role, true);
  if v_row is null then
    return null;
  end if;
  return pg_catalog.jsonb_build_object('row', v_row, 'assigned', coalesce(v_free, false));
end
$$;

revoke execute on function automations.may_take_turns(uuid, text) from public;
revoke execute on function automations.take_turn(uuid, uuid, text) from public;
revoke execute on function automations.coming_turn(uuid, text, bigint) from public;
revoke execute on function automations.change_record(jsonb, oid, text, text, text) from public;

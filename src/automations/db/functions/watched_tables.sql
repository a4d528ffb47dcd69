-- Watch a table, tell how it stands, watch it no more. The trigger is in fire_table.sql.

-- The table that a text names, in public where it names no schema; null where there is none.
create or replace function automations.table_named(p_name text)
returns oid
language plpgsql stable set search_path = pg_catalog, pg_temp
as $$
declare
  v_parts text[];
begin
  v_parts := pg_catalog.parse_ident(p_name);
  return pg_catalog.to_regclass(
    case pg_catalog.cardinality(v_parts)
      when 1 then pg_catalog.format('public.%I', v_parts[1])
      when 2 then pg_catalog.format('%I.%I', v_parts[1], v_parts[2])
    end
  );
exception when invalid_parameter_value or syntax_error or invalid_name then
  return null;
end
$$;

-- A column's type, in words; AU007 where the table has no such column.
create or replace function automations.column_type(p_relation oid, p_column text)
returns text
language plpgsql stable set search_path = pg_catalog, pg_temp
as $$
declare
  v_type text;
begin
  select pg_catalog.format_type(a.atttypid, null) into v_type
  from pg_catalog.pg_attribute a
  where a.attrelid = p_relation and a.attname = p_column and a.attnum > 0 and not a.attisdropped;
  if v_type is null then
    raise exception 'table % has no column %', p_relation::pg_catalog.regclass, p_column
      using errcode = 'AU007', hint = 'Its columns: ' || (
        select pg_catalog.string_agg(a.attname, ', ' order by a.attnum) from pg_catalog.pg_attribute a
        where a.attrelid = p_relation and a.attnum > 0 and not a.attisdropped
      ) || '.';
  end if;
  return v_type;
end
$$;

-- What is not wrong with a watched table and may surprise: [{code, message, do}], `do` being SQL or words.
create or replace function automations.watch_warnings(p_watched automations.watched_tables)
returns jsonb
language plpgsql stable set search_path = pg_catalog, pg_temp
as $$
declare
  v_name constant text := pg_catalog.format('%I.%I', p_watched.schema_name, p_watched.table_name);
  v_class pg_catalog.pg_class;
  v_engine_owner oid := (select n.nspowner from pg_catalog.pg_namespace n where n.nspname = 'automations');
  v_sequences text;
  v_missing text;
  v_found jsonb := '[]';
begin
  select c.* into v_class from pg_catalog.pg_class c
  where c.oid = automations.table_oid(p_watched.schema_name, p_watched.table_name);
  if not automations.has_index_on(v_class.oid, p_watched.id_column, true) then
    v_found := v_found || pg_catalog.jsonb_build_object(
      'code', 'id_not_unique',
      'message', pg_catalog.format('%s is not unique by an index of its own: steps may change several rows', p_watched.id_column),
      'do', pg_catalog.format('create unique index concurrently on %s (%I);', v_name, p_watched.id_column)
    );
  end if;
  if not automations.has_index_on(v_class.oid, p_watched.account_column, false) then
    v_found := v_found || pg_catalog.jsonb_build_object(
      'code', 'no_account_index',
      'message', pg_catalog.format('no index begins with %s: steps that find rows read the whole table', p_watched.account_column),
      'do', pg_catalog.format('create index concurrently on %s (%I);', v_name, p_watched.account_column)
    );
  end if;
  select pg_catalog.string_agg(w.privilege, ', ' order by w.place) into v_missing
  from (values ('select', 1), ('insert', 2), ('update', 3)) as w (privilege, place)
  where not pg_catalog.has_table_privilege('authenticated', v_class.oid, w.privilege);
  if v_missing is not null or not pg_catalog.has_schema_privilege('authenticated', p_watched.schema_name, 'usage') then
    -- Of serial columns; identity columns need no grant.
    select pg_catalog.string_agg(pg_catalog.format(' grant usage on sequence %s to authenticated;', d.objid::pg_catalog.regclass), '')
    into v_sequences
    from pg_catalog.pg_depend d
    join pg_catalog.pg_class s on s.oid = d.objid and s.relkind = 'S'
    where d.refobjid = v_class.oid and d.refclassid = 'pg_catalog.pg_class'::pg_catalog.regclass
      and d.classid = 'pg_catalog.pg_class'::pg_catalog.regclass and d.deptype = 'a';
    v_found := v_found || pg_catalog.jsonb_build_object(
      'code', 'no_grants',
      'message', 'steps work as role authenticated, which may not ' || coalesce(v_missing, 'use the schema') || ' here',
      'do', pg_catalog.format('grant usage on schema %I to authenticated; grant select, insert, update on %s to authenticated;',
        p_watched.schema_name, v_name) || coalesce(v_sequences, '')
    );
  end if;
  if not v_class.relrowsecurity then
    v_found := v_found || pg_catalog.jsonb_build_object(
      'code', 'no_row_level_security',
      'message', 'it has no row-level security: steps are held to their account all the same, but whatever else may use it as '
        || 'role authenticated reaches the rows of all accounts',
      'do', pg_catalog.format(
        'alter table %1$s enable row level security; create policy "Members of the account" on %1$s for all to authenticated '
        'using (%2$I = any (array(select automations.accessible_account_ids()))) '
        'with check (%2$I = any (array(select automations.writable_account_ids())));', v_name, p_watched.account_column)
    );
  end if;
  if v_class.relowner <> v_engine_owner then
    v_found := v_found || pg_catalog.jsonb_build_object(
      'code', 'another_owner',
      'message', pg_catalog.format(
        'it belongs to %s, and its trigger works as %s: who owns a table may give it a type whose code then runs as that role',
        pg_catalog.pg_get_userbyid(v_class.relowner), pg_catalog.pg_get_userbyid(v_engine_owner)),
      'do', 'Watch only tables of owners whom you trust with that.'
    );
  end if;
  return v_found;
end
$$;

-- Whether an index begins with the column; p_unique: a unique one of it alone.
create or replace function automations.has_index_on(p_relation oid, p_column text, p_unique boolean)
returns boolean
language sql stable set search_path = pg_catalog, pg_temp
as $$
  select exists (
    select from pg_catalog.pg_index i
    join pg_catalog.pg_attribute a on a.attrelid = i.indrelid and a.attnum = i.indkey[0]
    where i.indrelid = p_relation and a.attname = p_column and i.indisvalid and i.indpred is null
      and (not p_unique or i.indisunique and i.indnkeyatts = 1)
  )
$$;

-- Watch a table: {source, state: watched | unchanged, warnings}. Invoker: to be called by whoever owns the schema
-- automations and the table. p_grant: let steps use the table.
create or replace function automations.watch_table(
  p_table text, p_account text, p_id text default 'id', p_lead text default null, p_grant boolean default false
)
returns jsonb
language plpgsql set search_path = pg_catalog, pg_temp
as $$
declare
  -- Names that topics of waits and columns of automations use otherwise.
  c_taken constant text[] := '{lead,conversation,message,webhook,reply,change,run,ended,signal}';
  c_name constant text := '^[A-Za-z_][A-Za-z0-9_$]{0,62}$';
  v_relation oid := automations.table_named(p_table);
  v_class pg_catalog.pg_class;
  v_watched automations.watched_tables;
  v_before automations.watched_tables;
  v_name text;
  v_type text;
  v_warnings jsonb;
begin
  if v_relation is null then
    raise exception 'there is no table %', p_table
      using errcode = 'AU007', hint = 'Name it with its schema, such as public.orders.';
  end if;
  select c.* into v_class from pg_catalog.pg_class c where c.oid = v_relation;
  select n.nspname into v_watched.schema_name from pg_catalog.pg_namespace n where n.oid = v_class.relnamespace;
  v_watched.table_name := v_class.relname;
  v_name := pg_catalog.format('%I.%I', v_watched.schema_name, v_watched.table_name);
  if v_watched.schema_name in ('automations', 'information_schema') or v_watched.schema_name like 'pg\_%'
    or v_relation in (
      select pg_catalog.to_regclass('public.' || o.name) from unnest(array[
        'automations', 'automation_executions', 'leads', 'conversations', 'messages', 'agents', 'team_members'
      ]) as o (name)
    )
  then
    raise exception '% cannot be watched', v_name
      using errcode = 'AU007', hint = 'Leads and conversations fire by themselves; tables of the system and of automations never do.';
  elsif v_class.relkind not in ('r', 'p') or v_class.relpersistence = 't' then
    raise exception '% is not an ordinary or partitioned table', v_name
      using errcode = 'AU007', hint = 'Watch the table that the rows are written to.';
  elsif v_class.relispartition then
    raise exception '% is a partition', v_name
      using errcode = 'AU007', hint = 'Watch the partitioned table that it belongs to.';
  elsif v_watched.table_name !~ c_name or v_watched.schema_name !~ c_name then
    raise exception 'a flow could not write the name %', v_name
      using errcode = 'AU007', hint = 'Letters, digits, _ and $ can be written; rename the table.';
  end if;

  v_type := automations.column_type(v_relation, p_account);
  if v_type <> 'uuid' then
    raise exception 'column % of % is of type %, and an account is a uuid', p_account, v_name, v_type
      using errcode = 'AU007', hint = 'Name the column that holds the account''s id, such as user_id.';
  end if;
  v_type := automations.column_type(v_relation, p_id);
  if v_type not in ('uuid', 'bigint', 'integer', 'smallint', 'text', 'character varying') then
    raise exception 'column % of % is of type %, by which records cannot be told apart', p_id, v_name, v_type
      using errcode = 'AU007', hint = 'An id is of type uuid, bigint, integer, smallint or text.';
  end if;
  if p_lead is not null then
    v_type := automations.column_type(v_relation, p_lead);
    if v_type <> 'uuid' then
      raise exception 'column % of % is of type %, and the id of a lead is a uuid', p_lead, v_name, v_type
        using errcode = 'AU007', hint = 'Leave the lead out, or name the column that refers to leads.';
    end if;
  end if;
  if exists (select from unnest(array[p_account, p_id, p_lead]) as c (name) where c.name !~ c_name)
    or p_account in (p_id, p_lead) or p_id = p_lead
  then
    raise exception 'account, id and lead are three columns with plain names'
      using errcode = 'AU007', hint = 'Letters, digits, _ and $ can be written.';
  end if;
  if not pg_catalog.has_function_privilege('automations.fire_table()', 'execute') then
    raise exception 'role % may not attach triggers of automations', current_user
      using errcode = 'AU003', hint = pg_catalog.format('Connect as the role that migrates, %s.', (
        select pg_catalog.pg_get_userbyid(n.nspowner) from pg_catalog.pg_namespace n where n.nspname = 'automations'
      ));
  elsif not pg_catalog.has_table_privilege(v_relation, 'trigger') then
    raise exception 'role % may not attach a trigger to %', current_user, v_name
      using errcode = 'AU003', hint = pg_catalog.format(
        'As %s: grant trigger on %s to %I;', pg_catalog.pg_get_userbyid(v_class.relowner), v_name, current_user);
  end if;

  v_watched.source := case
    when v_watched.schema_name = 'public' and v_watched.table_name <> all (c_taken) then v_watched.table_name
    else v_watched.schema_name || '.' || v_watched.table_name
  end;
  v_watched.account_column := p_account;
  v_watched.id_column := p_id;
  v_watched.lead_column := p_lead;
  v_watched.watched_by := session_user;
  v_watched.watched_at := pg_catalog.now();
  select w.* into v_before from automations.watched_tables w where w.source = v_watched.source for update;

  if p_grant then
    v_warnings := automations.watch_warnings(v_watched);
    if not v_class.relrowsecurity then
      raise exception '% has no row-level security: with a grant to authenticated everybody who signs in would reach all rows', v_name
        using errcode = 'AU007', hint = 'First: ' || (
          select w.value ->> 'do' from pg_catalog.jsonb_array_elements(v_warnings) w
          where w.value ->> 'code' = 'no_row_level_security'
        );
    end if;
    execute coalesce((
      select w.value ->> 'do' from pg_catalog.jsonb_array_elements(v_warnings) w where w.value ->> 'code' = 'no_grants'
    ), '');
  end if;

  if (v_before.account_column, v_before.id_column, v_before.lead_column)
      is distinct from (v_watched.account_column, v_watched.id_column, v_watched.lead_column)
    or automations.watch_state(v_watched) <> 'fires'
  then
    insert into automations.watched_tables values (v_watched.*)
    on conflict (source) do update set
      schema_name = excluded.schema_name, table_name = excluded.table_name, account_column = excluded.account_column,
      id_column = excluded.id_column, lead_column = excluded.lead_column, watched_by = excluded.watched_by,
      watched_at = excluded.watched_at;
    execute pg_catalog.format('drop trigger if exists trigger_table_automations on %s', v_name);
    execute pg_catalog.format(
      'create trigger trigger_table_automations after insert or update or delete on %s '
      'for each row execute function automations.fire_table(%L, %L, %L, %L)',
      v_name, v_watched.source, p_account, p_id, coalesce(p_lead, '')
    );
    v_before := null;
  end if;
  return pg_catalog.jsonb_build_object(
    'source', v_watched.source,
    'state', case when v_before.source is null then 'watched' else 'unchanged' end,
    'warnings', automations.watch_warnings(v_watched)
  );
end
$$;

-- How a watched table stands: fires, no table, no trigger, switched off, no column <name> (or none of its type).
create or replace function automations.watch_state(p_watched automations.watched_tables)
returns text
language sql stable set search_path = pg_catalog, pg_temp
as $$
  select case
    when r.relation is null then 'no table'
    when c.missing is not null then 'no column ' || c.missing
    when t.oid is null then 'no trigger'
    when t.tgenabled not in ('O', 'A') then 'switched off'
    else 'fires'
  end
  from (
    select automations.table_oid(p_watched.schema_name, p_watched.table_name) as relation
  ) r
  left join pg_catalog.pg_trigger t
    on t.tgrelid = r.relation and t.tgfoid = 'automations.fire_table()'::pg_catalog.regprocedure and not t.tgisinternal
    and pg_catalog.encode(t.tgargs, 'escape') = pg_catalog.concat(
      p_watched.source, '\000', p_watched.account_column, '\000', p_watched.id_column, '\000', p_watched.lead_column, '\000'
    )
  cross join lateral (
    select pg_catalog.min(w.name) as missing
    from unnest(array[p_watched.account_column, p_watched.id_column, p_watched.lead_column]) as w (name)
    where w.name is not null and not exists (
      select from pg_catalog.pg_attribute a
      where a.attrelid = r.relation and a.attname = w.name and a.attnum > 0 and not a.attisdropped
        and (w.name = p_watched.id_column or a.atttypid = 'pg_catalog.uuid'::pg_catalog.regtype)
    )
  ) c
$$;

-- Watch a table no more, by its source or its name; the source, or null where it was not watched.
create or replace function automations.unwatch_table(p_table text)
returns text
language plpgsql set search_path = pg_catalog, pg_temp
as $$
declare
  v_watched automations.watched_tables;
  v_relation oid;
  v_owner oid;
begin
  delete from automations.watched_tables w
  where w.source = p_table or w.schema_name || '.' || w.table_name = p_table
  returning w.* into v_watched;
  if v_watched.source is null then
    return null;
  end if;
  v_relation := automations.table_oid(v_watched.schema_name, v_watched.table_name);
  if exists (
    select from pg_catalog.pg_trigger t where t.tgrelid = v_relation and t.tgname = 'trigger_table_automations'
  ) then
    select c.relowner into v_owner from pg_catalog.pg_class c where c.oid = v_relation;
    if not pg_catalog.pg_has_role(v_owner, 'usage') then
      raise exception 'role % may not detach the trigger of %', current_user, v_relation::pg_catalog.regclass
        using errcode = 'AU003', hint = pg_catalog.format(
          'As %s: drop trigger trigger_table_automations on %I.%I; then again.',
          pg_catalog.pg_get_userbyid(v_owner), v_watched.schema_name, v_watched.table_name);
    end if;
    execute pg_catalog.format(
      'drop trigger trigger_table_automations on %I.%I', v_watched.schema_name, v_watched.table_name
    );
  end if;
  return v_watched.source;
end
$$;

revoke execute on function automations.table_named(text) from public;
revoke execute on function automations.column_type(oid, text) from public;
revoke execute on function automations.watch_warnings(automations.watched_tables) from public;
revoke execute on function automations.has_index_on(oid, text, boolean) from public;
revoke execute on function automations.watch_table(text, text, text, text, boolean) from public;
revoke execute on function automations.watch_state(automations.watched_tables) from public;
revoke execute on function automations.unwatch_table(text) from public;

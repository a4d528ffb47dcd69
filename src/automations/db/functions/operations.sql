-- What database steps do to users' rows: a batch of operations of many runs, each in a savepoint of its own, as role
-- `authenticated` with the claims of the run's account, and with the run named as the cause of the change.
-- Invoker: it runs as the engine's role and can only become a lesser one. Never waits for a user's lock (lock_timeout):
-- an operation that meets one answers 55P03 and is tried again alone.

-- Columns by name only where the table has them: a misspelt column is the author's error, in words.
drop function if exists automations.unknown_columns(text, jsonb);
create or replace function automations.unknown_columns(p_relation oid, p_values jsonb)
returns text
language sql stable
as $$
  select pg_catalog.string_agg(k.key, ', ' order by k.key)
  from pg_catalog.jsonb_object_keys(p_values) as k (key)
  where not exists (
    select from pg_catalog.pg_attribute a
    where a.attrelid = p_relation and a.attname = k.key and a.attnum > 0 and not a.attisdropped
  )
$$;

-- A table by its names, whether or not we may use its schema; null where there is none (any more).
create or replace function automations.table_oid(p_schema text, p_table text)
returns oid
language sql stable
as $$
  select c.oid
  from pg_catalog.pg_class c join pg_catalog.pg_namespace n on n.oid = c.relnamespace
  where n.nspname = p_schema and c.relname = p_table
$$;

-- The table of an operation: as a statement names it, its id column, and for a watched table its account column. `own` is
-- what holds of the row with the operation's id, `held` of every row that the step may reach: of a watched table those of
-- its account, whatever row-level security says.
create or replace function automations.operation_target(
  p_operation jsonb, out relation oid, out name text, out id_column text, out account_column text, out own text, out held text
)
language plpgsql stable
as $$
declare
  v_table constant text := p_operation ->> 'table';
  v_watched automations.watched_tables;
  v_type text;
begin
  id_column := 'id';
  if v_table in ('leads', 'conversations', 'messages') then
    name := 'public.' || v_table;
    relation := pg_catalog.to_regclass(name);
    if relation is null then
      raise exception 'there is no table %', v_table using errcode = 'AU020';
    end if;
    own := pg_catalog.format('t.id = %L::pg_catalog.uuid', p_operation ->> 'id');
    held := 'true';
    return;
  end if;
  select w.* into v_watched from automations.watched_tables w where w.source = v_table;
  if v_watched.source is null then
    raise exception 'steps do not know the table %; `automations watch` makes it known', v_table using errcode = 'AU020';
  end if;
  name := pg_catalog.format('%I.%I', v_watched.schema_name, v_watched.table_name);
  relation := automations.table_oid(v_watched.schema_name, v_watched.table_name);
  if relation is null then
    raise exception 'there is no table % (any more)', name using errcode = 'AU020';
  end if;
  id_column := v_watched.id_column;
  account_column := v_watched.account_column;
  select pg_catalog.format_type(a.atttypid, null) into v_type
  from pg_catalog.pg_attribute a
  where a.attrelid = relation and a.attname = id_column and not a.attisdropped;
  if v_type is null or automations.unknown_columns(relation, pg_catalog.jsonb_build_object(account_column, null)) is not null then
    raise exception 'table % has lost its column % or %; watch it again', name, id_column, account_column
      using errcode = 'AU020';
  end if;
  held := pg_catalog.format('t.%I = %L::pg_catalog.uuid', account_column, p_operation ->> 'account_id');
  own := pg_catalog.format('t.%I = %L::%s and %s', id_column, p_operation ->> 'id', v_type, held);
end
$$;

-- One operation {operation, table, id, values, condition, keys, order_by, descending, limit}. `keys` {column: uuid} is
-- what the condition implies of uuid columns, so that an index can be used; the condition decides. Only the statement itself runs
-- as `authenticated`; on an error the caller's savepoint takes the role back with everything else.
create or replace function automations.run_operation(p_operation jsonb)
returns jsonb
language plpgsql
as $$
declare
  v_table constant text := p_operation ->> 'table';
  v_operation constant text := p_operation ->> 'operation';
  v_target record;
  v_values jsonb := p_operation -> 'values';
  v_written jsonb;
  v_columns text;
  v_unknown text;
  v_result jsonb;
  v_order text := p_operation ->> 'order_by';
  v_keys text;
  v_role text := pg_catalog.current_setting('role');
begin
  if v_operation in ('start_run', 'run_result', 'describe_automation', 'example_output') then
    return automations.run_child_operation(p_operation);
  end if;
  if v_operation in ('request_approval', 'settle_approval') then
    return automations.run_approval_operation(p_operation);
  end if;
  select * into v_target from automations.operation_target(p_operation);
  if v_target.account_column is not null then
    v_written := v_values || pg_catalog.jsonb_build_object(
      coalesce(p_operation #>> '{tags,column}', ''), null, coalesce(p_operation #>> '{assign,column}', ''), null
    );
    if v_written ? v_target.account_column or v_operation <> 'create' and v_written ? v_target.id_column then
      raise exception '% and % of % cannot be written', v_target.account_column, v_target.id_column, v_table
        using errcode = 'AU028';
    elsif v_operation = 'create' then
      v_values := coalesce(v_values, '{}')
        || pg_catalog.jsonb_build_object(v_target.account_column, p_operation -> 'account_id');
    end if;
  end if;
  if v_values is not null then
    v_unknown := automations.unknown_columns(v_target.relation, v_values);
    if v_unknown is not null then
      raise exception 'table % has no column %', v_table, v_unknown using errcode = 'AU021';
    end if;
    select pg_catalog.string_agg(pg_catalog.quote_ident(k.key), ', ' order by k.key)
    into v_columns
    from pg_catalog.jsonb_object_keys(v_values) as k (key);
  end if;

  if v_order is not null then
    v_unknown := automations.unknown_columns(v_target.relation, pg_catalog.jsonb_build_object(v_order, null));
    if v_unknown is not null then
      raise exception 'table % has no column %', v_table, v_unknown using errcode = 'AU021';
    end if;
  end if;

  select pg_catalog.string_agg(
    pg_catalog.format('and t.%I = %L::pg_catalog.uuid', a.attname, p_operation -> 'keys' ->> a.attname::text), ' '
  )
  into v_keys
  from pg_catalog.pg_attribute a
  where p_operation -> 'keys' ? a.attname::text and a.attrelid = v_target.relation
    and a.atttypid = 'pg_catalog.uuid'::pg_catalog.regtype and not a.attisdropped;

  if v_operation = 'change' then
    v_result := automations.change_record(p_operation, v_target.relation, v_target.name, v_target.own, v_columns);
    if v_result is null then
      raise exception 'there is no row % in % for this account', p_operation ->> 'id', v_table using errcode = 'AU022';
    end if;
    return v_result;
  end if;
  perform pg_catalog.set_config('role', 'authenticated', true);
  case v_operation
    when 'create' then
      if v_columns is null then
        execute pg_catalog.format('insert into %1$s as t default values returning pg_catalog.to_jsonb(t)', v_target.name)
        into v_result;
      else
        execute pg_catalog.format(
          'insert into %1$s as t (%2$s) select %2$s from pg_catalog.jsonb_populate_record(null::%1$s, $1) '
          'returning pg_catalog.to_jsonb(t)', v_target.name, v_columns
        ) into v_result using v_values;
      end if;
    when 'update' then
      if v_columns is null then
        execute pg_catalog.format('select pg_catalog.to_jsonb(t) from %1$s t where %2$s', v_target.name, v_target.own)
        into v_result;
      else
        execute pg_catalog.format(
          'update %1$s as t set (%2$s) = (select %2$s from pg_catalog.jsonb_populate_record(null::%1$s, $1)) '
          'where %3$s returning pg_catalog.to_jsonb(t)', v_target.name, v_columns, v_target.own
        ) into v_result using v_values;
      end if;
      if v_result is null then
        raise exception 'there is no row % in % for this account', p_operation ->> 'id', v_table
          using errcode = 'AU022';
      end if;
    when 'find' then
      execute pg_catalog.format(
        'select coalesce(pg_catalog.jsonb_agg(r.row), ''[]'') from ('
        'select pg_catalog.to_jsonb(t) as row from %1$s t '
        'where %4$s and ($1 is null or automations.condition_holds($1, pg_catalog.to_jsonb(t))) %3$s '
        'order by %2$s limit $2) r',
        v_target.name,
        case
          when v_order is null then pg_catalog.format('t.%I', v_target.id_column)
          else pg_catalog.format('t.%I %s nulls last, t.%I', v_order,
            case when p_operation -> 'descending' = 'true'::jsonb then 'desc' else 'asc' end, v_target.id_column)
        end,
        coalesce(v_keys, ''), v_target.held
      ) into v_result using nullif(p_operation -> 'condition', 'null'), (p_operation ->> 'limit')::integer;
    else
      raise exception 'unknown operation %', v_operation using errcode = 'AU023';
  end case;
  perform pg_catalog.set_config('role', v_role, true);
  return v_result;
end
$$;

-- p_operations: [{execution_id, account_id, …operation}]; answers one row each, in order. Once p_lock_waits of them have met
-- a lock, the rest answer 55P03 untried: a writer may be waiting for the runs that this transaction holds, and if it looks
-- for a deadlock while we wait for a row of its own, it sees one and is the one that fails, however short our wait is.
-- Short waits that add up (a hundred rows, 5 ms each) made that the rule. The default is for workers of the release before.
drop function if exists automations.run_operations(jsonb, text);
create or replace function automations.run_operations(
  p_operations jsonb, p_lock_timeout text, p_lock_waits integer default 1000000
)
returns table (result jsonb, error_code text, error_message text)
language plpgsql
as $$
declare
  v_operation jsonb;
  v_account text;
  v_claimed text;
  v_waits integer := 0;
begin
  perform pg_catalog.set_config('lock_timeout', p_lock_timeout, true);
  for v_operation in select o.value from pg_catalog.jsonb_array_elements(p_operations) o loop
    result := null;
    error_code := null;
    error_message := null;
    if v_waits >= p_lock_waits then
      error_code := '55P03';
      error_message := 'not tried: other rows of this transaction are locked by somebody';
      return next;
      continue;
    end if;
    v_account := v_operation ->> 'account_id';
    if v_claimed is distinct from v_account then
      perform pg_catalog.set_config('request.jwt.claims',
        pg_catalog.jsonb_build_object('sub', v_account, 'role', 'authenticated')::text, true);
      v_claimed := v_account;
    end if;
    perform pg_catalog.set_config('automations.execution_id', v_operation ->> 'execution_id', true);
    begin
      result := automations.run_operation(v_operation);
    exception when others then
      get stacked diagnostics error_code = returned_sqlstate, error_message = message_text;
      v_waits := v_waits + (error_code in ('55P03', '40P01'))::integer;
    end;
    return next;
  end loop;
  perform pg_catalog.set_config('automations.execution_id', '', true);
  perform pg_catalog.set_config('request.jwt.claims', '', true);
  perform pg_catalog.set_config('lock_timeout', '0', true);
end
$$;

-- The same write for many runs of one account in one statement: `update` or `create` of one table with one set of columns.
-- Planning and row-level security are paid once, not per run (measured: a tenth of the cost a row). All or nothing: any error
-- takes everything back, and the caller does them one by one. Answers a row per run, null where nothing was there.
create or replace function automations.run_bulk_write(
  p_operation text, p_table text, p_account uuid, p_executions uuid[], p_ids uuid[], p_values jsonb[], p_lock_timeout text
)
returns table (result jsonb, error_code text, error_message text)
language plpgsql
as $$
declare
  v_role text := pg_catalog.current_setting('role');
  v_relation oid := pg_catalog.to_regclass('public.' || pg_catalog.quote_ident(p_table));
  v_unknown text := automations.unknown_columns(v_relation, p_values[1]);
  v_ids uuid[] := p_ids;
  v_columns text;
  v_sources text;
  v_rows jsonb;
begin
  begin
    if p_table not in ('leads', 'conversations', 'messages')
      or v_relation is null or v_unknown is not null or p_values[1] ? 'id' or not exists (
      select from pg_catalog.pg_attribute a
      where a.attrelid = v_relation and a.attname = 'id' and a.atttypid = 'pg_catalog.uuid'::pg_catalog.regtype
    ) then
      raise exception 'not for many at once' using errcode = 'AU024';
    end if;
    select pg_catalog.string_agg(pg_catalog.quote_ident(k.key), ', ' order by k.key),
      pg_catalog.string_agg('r.' || pg_catalog.quote_ident(k.key), ', ' order by k.key)
    into v_columns, v_sources
    from pg_catalog.jsonb_object_keys(p_values[1]) as k (key);
    if p_operation = 'create' then
      select pg_catalog.array_agg(pg_catalog.gen_random_uuid()) into v_ids from pg_catalog.generate_subscripts(p_values, 1);
    end if;
    perform pg_catalog.set_config('lock_timeout', p_lock_timeout, true);
    perform pg_catalog.set_config('request.jwt.claims',
      pg_catalog.jsonb_build_object('sub', p_account, 'role', 'authenticated')::text, true);
    -- Which run causes which row: see causing_run.
    perform pg_catalog.set_config('automations.execution_id', (
      select pg_catalog.string_agg(m.id::text || '=' || m.execution::text, ',') from unnest(v_ids, p_executions) as m (id, execution)
    ), true);
    perform pg_catalog.set_config('role', 'authenticated', true);
    if p_operation = 'update' then
      execute pg_catalog.format(
        'with written as ('
        'update public.%1$I as t set (%2$s) = row(%3$s) '
        'from unnest($1, $2) as u (id, value), lateral pg_catalog.jsonb_populate_record(null::public.%1$I, u.value) r '
        'where t.id = u.id returning t.id, pg_catalog.to_jsonb(t) as row) '
        'select pg_catalog.jsonb_object_agg(w.id, w.row) from written w', p_table, v_columns, v_sources
      ) into v_rows using v_ids, p_values;
    else
      execute pg_catalog.format(
        'with written as ('
        'insert into public.%1$I as t (id, %2$s) select u.id, %3$s '
        'from unnest($1, $2) as u (id, value), lateral pg_catalog.jsonb_populate_record(null::public.%1$I, u.value) r '
        'returning t.id, pg_catalog.to_jsonb(t) as row) '
        'select pg_catalog.jsonb_object_agg(w.id, w.row) from written w', p_table, v_columns, v_sources
      ) into v_rows using v_ids, p_values;
    end if;
    perform pg_catalog.set_config('role', v_role, true);
    perform pg_catalog.set_config('automations.execution_id', '', true);
    perform pg_catalog.set_config('request.jwt.claims', '', true);
    perform pg_catalog.set_config('lock_timeout', '0', true);
  exception when others then
    get stacked diagnostics error_code = returned_sqlstate, error_message = message_text;
    return next;
    return;
  end;
  return query
  select v_rows -> u.id::text,
    case when v_rows -> u.id::text is null then 'AU022' end,
    case when v_rows -> u.id::text is null
      then pg_catalog.format('there is no row %s in %s for this account', u.id, p_table) end
  from unnest(v_ids) with ordinality as u (id, position)
  order by u.position;
end
$$;

revoke execute on function automations.run_bulk_write(text, text, uuid, uuid[], uuid[], jsonb[], text) from public;
revoke execute on function automations.unknown_columns(oid, jsonb) from public;
revoke execute on function automations.table_oid(text, text) from public;
revoke execute on function automations.operation_target(jsonb) from public;
revoke execute on function automations.run_operation(jsonb) from public;
revoke execute on function automations.run_operations(jsonb, text, integer) from public;

-- Agents, leads, conversations and messages as people and programs work on them: with the rights of the caller, so that the
-- database's own policies decide. The tables may be the database's own, so columns are those of the catalogue. Beside the
-- policies, an API key is held to its account, whatever they say.
-- Errors: AU003 not allowed, AU004 not found, AU007 unusable.

-- The account of a row `t` as a condition: p_account's. A lead's and an agent's is its user_id, a conversation's its
-- agent's, a message's its conversation's.
create or replace function automations.record_held(p_table text, p_account uuid)
returns text
language sql stable set search_path = pg_catalog, pg_temp
as $$
  select case
    when p_account is null then 'true'
    when p_table in ('agents', 'leads') then pg_catalog.format('t.user_id = %L::uuid', p_account)
    when p_table = 'conversations' then pg_catalog.format(
      't.agent_id in (select a.id from public.agents a where a.user_id = %L::uuid)', p_account
    )
    else pg_catalog.format(
      't.conversation_id in (select c.id from public.conversations c join public.agents a on a.id = c.agent_id '
      'where a.user_id = %L::uuid)', p_account
    )
  end
$$;

-- The type of a column, null where the table has none of that name.
create or replace function automations.record_column(p_table text, p_column text)
returns text
language sql stable set search_path = pg_catalog, pg_temp
as $$
  select pg_catalog.format_type(a.atttypid, a.atttypmod)
  from pg_catalog.pg_attribute a
  where a.attrelid = pg_catalog.to_regclass('public.' || p_table) and a.attname = p_column and a.attnum > 0
    and not a.attisdropped
$$;

-- Refuses a table that is none of the four, or that this database does not have.
create or replace function automations.require_record_table(p_table text)
returns void
language plpgsql stable set search_path = pg_catalog, pg_temp
as $$
begin
  if p_table is null or p_table not in ('agents', 'leads', 'conversations', 'messages')
    or automations.record_column(p_table, 'id') is null
  then
    raise exception 'this database has no table %', p_table
      using errcode = 'AU004', hint = 'Ask whoever runs this installation.';
  end if;
end
$$;

-- The row with an id, as the caller sees it; null for none, and for what no id can be.
create or replace function automations.get_record(p_table text, p_id text)
returns jsonb
language plpgsql stable set search_path = pg_catalog, pg_temp
as $$
declare
  v_row jsonb;
begin
  perform automations.require_record_table(p_table);
  execute pg_catalog.format(
    'select to_jsonb(t) from public.%I t where t.id = $1::%s and %s', p_table,
    automations.record_column(p_table, 'id'), automations.record_held(p_table, automations.claimed_account())
  ) into v_row using p_id;
  return v_row;
exception when invalid_text_representation or numeric_value_out_of_range then
  return null;
end
$$;

-- A page, the newest first, of p_account (null: of all that the caller sees). p_equal {column: text}; p_search: a part of a
-- name, an address, a number or a text, in any case. p_after_at, p_after_id: after this row. next_at, next_id: the last
-- one of a full page.
create or replace function automations.list_records(
  p_table text, p_equal jsonb, p_search text, p_account uuid, p_limit integer, p_after_at text, p_after_id text
)
returns table (items text, next_at text, next_id text)
language plpgsql stable set search_path = pg_catalog, pg_temp
as $$
declare
  c_most constant integer := 200;
  v_id constant text := automations.record_column(p_table, 'id');
  -- A table of the database's own need not say when a row was made.
  v_at_type constant text := automations.record_column(p_table, 'created_at');
  v_at constant text := case when v_at_type is null then 'null::timestamptz' else 't.created_at' end;
  v_after text := 'true';
  v_order text := 't.id desc';
  v_equal text;
  v_search text;
  v_unknown text;
begin
  perform automations.require_record_table(p_table);
  select pg_catalog.string_agg(pg_catalog.format('t.%I = %L', f.key, f.value), ' and '),
    pg_catalog.string_agg(f.key, ', ') filter (where automations.record_column(p_table, f.key) is null)
  into v_equal, v_unknown
  from pg_catalog.jsonb_each_text(p_equal) f;
  if v_unknown is not null then
    raise exception '% have no column %', p_table, v_unknown using errcode = 'AU007', hint = 'Leave that filter out.';
  end if;
  if p_search is not null then
    select coalesce(pg_catalog.string_agg(pg_catalog.format(
      'strpos(lower(t.%I), %L) > 0', c.name, pg_catalog.lower(p_search)
    ), ' or '), 'false')
    into v_search
    from unnest(array['name', 'email', 'phone', 'body']) c (name)
    where automations.record_column(p_table, c.name) similar to 'text|character varying%|citext|%.citext';
  end if;
  if v_at_type is not null then
    v_order := 't.created_at desc, t.id desc';
  end if;
  if p_after_id is not null then
    v_after := case
      when v_at_type is null then pg_catalog.format('t.id < %L::%s', p_after_id, v_id)
      else pg_catalog.format('(t.created_at, t.id) < (%L::%s, %L::%s)', p_after_at, v_at_type, p_after_id, v_id)
    end;
    begin
      execute pg_catalog.format('select %L::%s, %L::%s', p_after_at, coalesce(v_at_type, 'text'), p_after_id, v_id);
    exception when data_exception then
      raise exception 'the cursor is not one of this list'
        using errcode = 'AU007', hint = 'Take `next` of the page before, or leave it out.';
    end;
  end if;
  return query execute pg_catalog.format(
    $f$
      with page as (
        select to_jsonb(t) as item, %1$s as at, t.id, row_number() over (order by %2$s) as place
        from public.%3$I t
        where %4$s and %5$s and (%6$s) and %7$s and %8$s
        order by %2$s
        limit %9$s
      )
      select coalesce('[' || string_agg(p.item::text, ',' order by p.place) || ']', '[]'),
        max(p.at::text) filter (where p.place = %9$s), max(p.id::text) filter (where p.place = %9$s)
      from page p
    $f$,
    v_at, v_order, p_table, automations.record_held(p_table, automations.claimed_account()),
    automations.record_held(p_table, p_account), coalesce(v_search, 'true'), coalesce(v_equal, 'true'), v_after,
    least(greatest(p_limit, 1), c_most)
  );
end
$$;

-- Refuses columns that the table has not, that only the database fills in, or that the caller may not write.
create or replace function automations.require_record_columns(p_table text, p_values jsonb, p_privilege text)
returns void
language plpgsql stable set search_path = pg_catalog, pg_temp
as $$
declare
  v_relation constant oid := pg_catalog.to_regclass('public.' || p_table);
  v_unknown text;
  v_closed text;
begin
  select
    pg_catalog.string_agg(k.key, ', ' order by k.key) filter (where a.attname is null),
    pg_catalog.string_agg(k.key, ', ' order by k.key) filter (
      where k.key = 'id' or a.attgenerated <> '' or a.attidentity = 'a'
        or not pg_catalog.has_column_privilege(v_relation, a.attnum, p_privilege)
    )
  into v_unknown, v_closed
  from pg_catalog.jsonb_object_keys(p_values) as k (key)
  left join pg_catalog.pg_attribute a
    on a.attrelid = v_relation and a.attname = k.key and a.attnum > 0 and not a.attisdropped;
  if v_unknown is not null then
    raise exception '% have no column %', p_table, pg_catalog.left(v_unknown, 200)
      using errcode = 'AU007', hint = 'Leave it out; a row shows which columns there are.';
  elsif v_closed is not null then
    raise exception '% of % cannot be written so', pg_catalog.left(v_closed, 200), p_table
      using errcode = 'AU007', hint = 'Leave it out.';
  end if;
end
$$;

-- A policy refused a row: why, as far as the caller may know. Whose it would be is seen with his own eyes.
create or replace function automations.refuse_record(p_table text, p_row jsonb)
returns void
language plpgsql stable set search_path = pg_catalog, pg_temp
as $$
declare
  v_account uuid;
begin
  v_account := case p_table
    when 'conversations' then (select a.user_id from public.agents a where a.id::text = p_row ->> 'agent_id')
    when 'messages' then (
      select a.user_id from public.conversations c join public.agents a on a.id = c.agent_id
      where c.id::text = p_row ->> 'conversation_id'
    )
    else (p_row ->> 'user_id')::uuid
  end;
  if exists (select from automations.accessible_account_ids() a (id) where a.id = v_account) then
    if not exists (select from automations.writable_account_ids() a (id) where a.id = v_account) then
      raise exception 'your role in this account only allows reading'
        using errcode = 'AU003', hint = 'Ask an owner or admin of the account for the role member or above.';
    elsif pg_catalog.obj_description(pg_catalog.to_regclass('public.' || p_table), 'pg_class')
      is distinct from 'automations: prerequisite'
    then
      raise exception 'a policy of the database does not allow this'
        using errcode = 'AU003', hint = 'Ask whoever runs this database what it allows.';
    end if;
  end if;
  raise exception 'there is no such account, agent, lead or conversation'
    using errcode = 'AU004', hint = 'Check the ids in what you sent, and who is signed in.';
end
$$;

-- Of agents and leads the account is the caller's own where nothing else is said.
create or replace function automations.create_record(p_table text, p_values jsonb)
returns jsonb
language plpgsql set search_path = pg_catalog, pg_temp
as $$
declare
  v_own constant uuid := coalesce(automations.claimed_account(), auth.uid());
  v_account constant uuid := automations.claimed_account();
  v_values jsonb := p_values;
  v_columns text;
  v_row jsonb;
  v_held boolean;
begin
  perform automations.require_record_table(p_table);
  perform automations.require_record_columns(p_table, p_values, 'insert');
  if p_table in ('agents', 'leads') and v_own is not null and p_values ->> 'user_id' is null then
    v_values := v_values || jsonb_build_object('user_id', v_own);
  end if;
  select string_agg(quote_ident(k.key), ', ' order by k.key) into v_columns from jsonb_object_keys(v_values) as k (key);
  begin
    if v_columns is null then
      execute format('insert into public.%1$I as t default values returning to_jsonb(t)', p_table) into v_row;
    else
      execute format(
        'insert into public.%1$I as t (%2$s) select %2$s from jsonb_populate_record(null::public.%1$I, $1) '
        'returning to_jsonb(t)', p_table, v_columns
      ) into v_row using v_values;
    end if;
  exception when insufficient_privilege then
    perform automations.refuse_record(p_table, v_values);
  when raise_exception then
    raise exception '%', sqlerrm using errcode = 'AU007', hint = 'A trigger of the database refuses this.';
  end;
  execute format('select exists (select from public.%I t where t.id::text = $1 and %s)', p_table,
    automations.record_held(p_table, v_account)) into v_held using v_row ->> 'id';
  if not v_held then
    raise exception 'there is no such account, agent, lead or conversation'
      using errcode = 'AU004', hint = 'A key of the API works on the rows of its account.';
  end if;
  return v_row;
end
$$;

-- Null where there is no such row; AU003 where the caller sees it and may not write it.
create or replace function automations.update_record(p_table text, p_id text, p_values jsonb)
returns jsonb
language plpgsql set search_path = pg_catalog, pg_temp
as $$
declare
  v_held constant text := automations.record_held(p_table, automations.claimed_account());
  v_before jsonb := automations.get_record(p_table, p_id);
  v_columns text;
  v_row jsonb;
  v_still boolean;
begin
  if v_before is null then
    return null;
  end if;
  perform automations.require_record_columns(p_table, p_values, 'update');
  select string_agg(quote_ident(k.key), ', ' order by k.key) into v_columns from jsonb_object_keys(p_values) as k (key);
  if v_columns is null then
    return v_before;
  end if;
  begin
    execute format(
      'update public.%1$I as t set (%2$s) = (select %2$s from jsonb_populate_record(null::public.%1$I, $1)) '
      'where t.id = $2::%3$s and %4$s returning to_jsonb(t)',
      p_table, v_columns, automations.record_column(p_table, 'id'), v_held
    ) into v_row using p_values, p_id;
  exception when insufficient_privilege then
    perform automations.refuse_record(p_table, v_before || p_values);
  when raise_exception then
    raise exception '%', sqlerrm using errcode = 'AU007', hint = 'A trigger of the database refuses this.';
  end;
  if v_row is null then
    perform automations.refuse_record(p_table, v_before);
  end if;
  execute format('select exists (select from public.%I t where t.id::text = $1 and %s)', p_table, v_held)
  into v_still using p_id;
  if not v_still then
    raise exception 'there is no such account, agent, lead or conversation'
      using errcode = 'AU004', hint = 'A key of the API works on the rows of its account.';
  end if;
  return v_row;
end
$$;

-- False where there is no such row; AU003 where the caller sees it and may not delete it.
create or replace function automations.delete_record(p_table text, p_id text)
returns boolean
language plpgsql set search_path = pg_catalog, pg_temp
as $$
declare
  v_before constant jsonb := automations.get_record(p_table, p_id);
  v_gone boolean;
begin
  if v_before is null then
    return false;
  end if;
  begin
    execute format(
      'delete from public.%I t where t.id = $1::%s and %s returning true', p_table,
      automations.record_column(p_table, 'id'), automations.record_held(p_table, automations.claimed_account())
    ) into v_gone using p_id;
  exception when insufficient_privilege then
    perform automations.refuse_record(p_table, v_before);
  when raise_exception then
    raise exception '%', sqlerrm using errcode = 'AU007', hint = 'A trigger of the database refuses this.';
  end;
  if v_gone is null then
    perform automations.refuse_record(p_table, v_before);
  end if;
  return true;
end
$$;

revoke execute on function automations.record_held(text, uuid) from public;
revoke execute on function automations.record_column(text, text) from public;
revoke execute on function automations.require_record_table(text) from public;
revoke execute on function automations.get_record(text, text) from public;
revoke execute on function automations.list_records(text, jsonb, text, uuid, integer, text, text) from public;
revoke execute on function automations.require_record_columns(text, jsonb, text) from public;
revoke execute on function automations.refuse_record(text, jsonb) from public;
revoke execute on function automations.create_record(text, jsonb) from public;
revoke execute on function automations.update_record(text, text, jsonb) from public;
revoke execute on function automations.delete_record(text, text) from public;

-- Conditions in SQL: the twin of flow/conditions.py; tests/db/test_conditions_sql.py holds the two together.
--
-- These run inside a user's own INSERT or UPDATE, so they are total: no input is an error, a malformed tree is no match.
-- They are linear in their input: no regular expressions, and what `contains` looks for is short. There is no exception
-- block (a subtransaction per row) and no dynamic SQL. They read no table.
--
-- No `set search_path`: it would cost more than the condition. They are run by functions that pin the path to
-- pg_catalog, pg_temp; every type is written with its schema, because PL/pgSQL resolves the types of variables once per
-- session, and a temporary type of the same name must not be what it finds.

-- A to Z become a to z, nothing else: what the server's locale thinks of letters does not matter. A list has the strings
-- directly in it folded, so that `in` and `contains` need no versions of their own.
create or replace function automations.condition_fold(p_value pg_catalog.jsonb) returns pg_catalog.jsonb
language plpgsql immutable parallel safe
as $$
begin
  case pg_catalog.jsonb_typeof(p_value)
    when 'string' then
      return pg_catalog.to_jsonb(pg_catalog.lower((p_value #>> '{}') collate pg_catalog."C"));
    when 'array' then
      return (
        select coalesce(
          pg_catalog.jsonb_agg(
            case pg_catalog.jsonb_typeof(e.item)
              when 'string'
                then pg_catalog.to_jsonb(pg_catalog.lower((e.item #>> '{}') collate pg_catalog."C"))
              else e.item
            end
            order by e.position
          ),
          '[]'
        )
        from pg_catalog.jsonb_array_elements(p_value) with ordinality as e (item, position)
      );
    else
      return p_value;
  end case;
end
$$;

-- Microseconds since 1970-01-01T00:00Z, null if the text is no time; see flow/condition_times.py for the grammar.
create or replace function automations.condition_instant(p_text pg_catalog.text) returns bigint
language plpgsql immutable parallel safe
as $$
declare
  v_shape pg_catalog.text;
  v_zone pg_catalog.text;
  v_year integer;
  v_month integer;
  v_day integer;
  v_hour integer := 0;
  v_minute integer := 0;
  v_second integer := 0;
  v_micro integer := 0;
  v_digits integer;
  v_east integer := 0;
  v_end integer := 17;
begin
  if p_text is null or pg_catalog.octet_length(p_text) not between 10 and 35 then
    return null;
  end if;
  -- every digit becomes 0: then a time is recognised by comparing with fixed shapes
  v_shape := pg_catalog.translate(p_text, '123456789', '000000000');
  if pg_catalog.left(v_shape, 10) <> '0000-00-00' then
    return null;
  end if;
  v_year := pg_catalog.left(p_text, 4)::integer;
  v_month := pg_catalog.substr(p_text, 6, 2)::integer;
  v_day := pg_catalog.substr(p_text, 9, 2)::integer;
  if v_year < 1 or v_month not between 1 and 12 or v_day < 1 or v_day > (case
    when v_month = 2 and v_year % 4 = 0 and (v_year % 100 <> 0 or v_year % 400 = 0) then 29
    when v_month = 2 then 28
    when v_month in (4, 6, 9, 11) then 30
    else 31
  end) then
    return null;
  end if;
  if pg_catalog.length(p_text) > 10 then
    if pg_catalog.substr(v_shape, 11, 6) not in ('T00:00', ' 00:00') then
      return null;
    end if;
    v_hour := pg_catalog.substr(p_text, 12, 2)::integer;
    v_minute := pg_catalog.substr(p_text, 15, 2)::integer;
    if pg_catalog.substr(v_shape, 17, 3) = ':00' then
      v_second := pg_catalog.substr(p_text, 18, 2)::integer;
      v_end := 20;
      if pg_catalog.substr(v_shape, 20, 1) = '.' then
        v_zone := pg_catalog.substr(v_shape, 21, 6);
        v_digits := pg_catalog.length(v_zone) - pg_catalog.length(pg_catalog.ltrim(v_zone, '0'));
        if v_digits = 0 then
          return null;
        end if;
        v_micro := pg_catalog.rpad(pg_catalog.substr(p_text, 21, v_digits), 6, '0')::integer;
        v_end := 21 + v_digits;
      end if;
    end if;
    if v_hour > 23 or v_minute > 59 or v_second > 59 then
      return null;
    end if;
    v_zone := pg_catalog.substr(p_text, v_end);
    if v_zone not in ('', 'Z', '+00:00') then
      v_shape := pg_catalog.substr(v_shape, v_end);
      -- one form is left: ±HHMMSS with what is not there as 00
      v_zone := case pg_catalog.substr(v_shape, 2)
        when '00' then v_zone || '0000'
        when '0000' then v_zone || '00'
        when '00:00' then pg_catalog.replace(v_zone, ':', '') || '00'
        when '00:00:00' then pg_catalog.replace(v_zone, ':', '')
      end;
      if v_zone is null or pg_catalog.left(v_zone, 1) not in ('+', '-')
        or pg_catalog.substr(v_zone, 2, 2)::integer > 15
        or pg_catalog.substr(v_zone, 4, 2)::integer > 59
        or pg_catalog.substr(v_zone, 6, 2)::integer > 59
      then
        return null;
      end if;
      v_east := pg_catalog.substr(v_zone, 2, 2)::integer * 3600 + pg_catalog.substr(v_zone, 4, 2)::integer * 60
        + pg_catalog.substr(v_zone, 6, 2)::integer;
      if pg_catalog.left(v_zone, 1) = '-' then
        v_east := -v_east;
      end if;
    end if;
  end if;
  return (
    (pg_catalog.make_date(v_year, v_month, v_day) - date '1970-01-01') * 86400::bigint
    + v_hour * 3600 + v_minute * 60 + v_second - v_east
  ) * 1000000 + v_micro;
end
$$;

-- What is at a dotted path, SQL null if nothing is. `#>` takes '-1', '+1' and ' 1' for list indexes; we take digits only,
-- so a path with such a character is walked by hand.
create or replace function automations.condition_at(p_context pg_catalog.jsonb, p_path pg_catalog.text[])
returns pg_catalog.jsonb
language plpgsql immutable parallel safe
as $$
declare
  v_value pg_catalog.jsonb := p_context;
  v_key pg_catalog.text;
begin
  foreach v_key in array p_path loop
    if pg_catalog.jsonb_typeof(v_value) = 'array' and pg_catalog.translate(v_key, '0123456789', '') <> '' then
      return null;
    end if;
    v_value := v_value #> array[v_key];
    if v_value is null then
      return null;
    end if;
  end loop;
  return v_value;
end
$$;

-- -1, 0, 1 for two numbers or two strings, 9 for what has no order. Never null: null is a malformed leaf.
-- SQL and one expression, so that PostgreSQL inlines it.
create or replace function automations.condition_order(p_left pg_catalog.jsonb, p_right pg_catalog.jsonb)
returns integer
language sql immutable parallel safe
as $$
  select case
    when pg_catalog.jsonb_typeof(p_left) = 'number' and pg_catalog.jsonb_typeof(p_right) = 'number' then
      case when p_left < p_right then -1 when p_left = p_right then 0 else 1 end
    when pg_catalog.jsonb_typeof(p_left) = 'string' and pg_catalog.jsonb_typeof(p_right) = 'string' then
      case
        when (p_left #>> '{}') collate pg_catalog."C" < (p_right #>> '{}') then -1
        when (p_left #>> '{}') collate pg_catalog."C" = (p_right #>> '{}') then 0
        else 1
      end
    else 9
  end
$$;

-- Whether a list holds an item that equals p_item. `@>` is that for scalars; for lists and objects it would be satisfied
-- by a part of them.
create or replace function automations.condition_member(p_list pg_catalog.jsonb, p_item pg_catalog.jsonb)
returns boolean
language plpgsql immutable parallel safe
as $$
begin
  if p_item is null then
    return false;
  elsif pg_catalog.jsonb_typeof(p_item) in ('array', 'object') then
    return exists (select from pg_catalog.jsonb_array_elements(p_list) as e (item) where e.item = p_item);
  end if;
  return p_list @> p_item;
end
$$;

-- One comparison: true, false, or null if the leaf is malformed. With p_evaluate false it is only checked for form.
create or replace function automations.condition_leaf(
  p_leaf pg_catalog.jsonb, p_context pg_catalog.jsonb, p_evaluate boolean
) returns boolean
language plpgsql immutable parallel safe
as $$
declare
  v_field pg_catalog.text := p_leaf ->> 'field';
  v_operator pg_catalog.text := p_leaf ->> 'operator';
  v_value pg_catalog.jsonb := p_leaf -> 'value';
  v_kind pg_catalog.text := pg_catalog.jsonb_typeof(v_value);
  v_fold pg_catalog.jsonb := p_leaf -> 'ignore_case';
  v_path pg_catalog.text[] := pg_catalog.string_to_array(v_field, '.');
  v_actual pg_catalog.jsonb;
  v_before pg_catalog.jsonb;
  v_from pg_catalog.jsonb;
  v_to pg_catalog.jsonb;
  v_at integer;
  v_first bigint;
  v_second bigint;
begin
  -- form
  if pg_catalog.jsonb_typeof(p_leaf -> 'field') is distinct from 'string' or v_field = ''
    or pg_catalog.octet_length(v_field) > 10000 or pg_catalog.cardinality(v_path) > 50
    or v_kind = 'string' and pg_catalog.octet_length(v_value #>> '{}') > 10000
    or v_fold is not null and pg_catalog.jsonb_typeof(v_fold) <> 'boolean'
  then
    return null;
  end if;
  case v_operator
    when 'equals', 'not_equals', 'greater_than', 'greater_or_equal', 'less_than', 'less_or_equal', 'starts_with',
      'ends_with', 'before', 'after'
    then
      if v_kind is null then
        return null;
      end if;
    when 'in', 'not_in' then
      if v_kind is distinct from 'array' or pg_catalog.jsonb_array_length(v_value) > 1000 then
        return null;
      end if;
    when 'between' then
      if v_kind is distinct from 'array' or pg_catalog.jsonb_array_length(v_value) <> 2 then
        return null;
      end if;
    when 'contains', 'not_contains' then
      -- the server's search can cost (text times search text): the second factor is bounded here
      if v_kind is null or v_kind = 'string' and pg_catalog.octet_length(v_value #>> '{}') > 500 then
        return null;
      end if;
    when 'is_empty', 'is_not_empty', 'exists', 'not_exists', 'is_true', 'is_false' then
      null;
    when 'changed' then
      v_from := p_leaf -> 'from';
      v_to := p_leaf -> 'to';
      if pg_catalog.jsonb_typeof(v_from) = 'string' and pg_catalog.octet_length(v_from #>> '{}') > 10000
        or pg_catalog.jsonb_typeof(v_to) = 'string' and pg_catalog.octet_length(v_to #>> '{}') > 10000
        or not (
          v_field = 'new' or v_field = 'trigger.new'
          or pg_catalog.starts_with(v_field, 'new.') or pg_catalog.starts_with(v_field, 'trigger.new.')
        )
      then
        return null;
      end if;
    else
      return null;
  end case;
  if not p_evaluate then
    return false;
  end if;

  -- value
  if pg_catalog.translate(v_field, E'+- \t\n\v\f\r', '') = v_field then
    v_actual := p_context #> v_path;
  else
    v_actual := automations.condition_at(p_context, v_path);
  end if;
  if v_fold = 'true' then
    v_actual := automations.condition_fold(v_actual);
    v_value := automations.condition_fold(v_value);
  end if;

  case v_operator
    when 'equals' then
      return coalesce(v_actual = v_value, false);
    when 'not_equals' then
      return coalesce(v_actual <> v_value, true);
    when 'greater_than' then
      return automations.condition_order(v_actual, v_value) = 1;
    when 'greater_or_equal' then
      return automations.condition_order(v_actual, v_value) between 0 and 1;
    when 'less_than' then
      return automations.condition_order(v_actual, v_value) = -1;
    when 'less_or_equal' then
      return automations.condition_order(v_actual, v_value) between -1 and 0;
    when 'between' then
      return automations.condition_order(v_actual, v_value -> 0) between 0 and 1
        and automations.condition_order(v_actual, v_value -> 1) between -1 and 0;
    when 'in' then
      return automations.condition_member(v_value, v_actual);
    when 'not_in' then
      return not automations.condition_member(v_value, v_actual);
    when 'contains', 'not_contains' then
      return (v_operator = 'not_contains') <> case pg_catalog.jsonb_typeof(v_actual)
        when 'string'
          then v_kind = 'string'
            and pg_catalog.strpos((v_actual #>> '{}') collate pg_catalog."C", v_value #>> '{}') > 0
        when 'array' then automations.condition_member(v_actual, v_value)
        else false
      end;
    when 'starts_with' then
      return v_kind = 'string' and coalesce(pg_catalog.jsonb_typeof(v_actual) = 'string', false)
        and pg_catalog.starts_with((v_actual #>> '{}') collate pg_catalog."C", v_value #>> '{}');
    when 'ends_with' then
      return v_kind = 'string' and coalesce(pg_catalog.jsonb_typeof(v_actual) = 'string', false)
        and pg_catalog.right(v_actual #>> '{}', pg_catalog.length(v_value #>> '{}')) = v_value #>> '{}';
    when 'is_empty' then
      return v_actual is null or v_actual in ('null', '""', '[]', '{}');
    when 'is_not_empty' then
      return not (v_actual is null or v_actual in ('null', '""', '[]', '{}'));
    when 'exists' then
      return v_actual is not null;
    when 'not_exists' then
      return v_actual is null;
    when 'is_true' then
      return coalesce(v_actual = 'true', false);
    when 'is_false' then
      return coalesce(v_actual = 'false', false);
    when 'before', 'after' then
      if v_kind <> 'string' or pg_catalog.jsonb_typeof(v_actual) is distinct from 'string' then
        return false;
      end if;
      v_first := automations.condition_instant(v_actual #>> '{}');
      v_second := automations.condition_instant(v_value #>> '{}');
      return coalesce(case v_operator when 'before' then v_first < v_second else v_first > v_second end, false);
    when 'changed' then
      v_at := case v_path[1] when 'new' then 1 else 2 end;
      v_path[v_at] := 'previous';
      if pg_catalog.jsonb_typeof(p_context #> v_path[1:v_at]) is distinct from 'object' then
        return false;
      end if;
      v_before := automations.condition_at(p_context, v_path);
      if v_fold = 'true' then
        v_before := automations.condition_fold(v_before);
        v_from := automations.condition_fold(v_from);
        v_to := automations.condition_fold(v_to);
      end if;
      return v_actual is distinct from v_before
        and (v_from is null or coalesce(v_before = v_from, false))
        and (v_to is null or coalesce(v_actual = v_to, false));
  end case;
end
$$;

-- A tree or part of one: null if it is malformed, else 2 * its number of leaves + (1 if it holds). What no longer matters
-- to the answer is still checked for form, so that a malformed tree never matches whatever the row.
create or replace function automations.condition_node(
  p_node pg_catalog.jsonb, p_context pg_catalog.jsonb, p_depth integer, p_evaluate boolean
) returns integer
language plpgsql immutable parallel safe
as $$
declare
  v_children pg_catalog.jsonb;
  v_all boolean;
  v_holds boolean;
  v_leaves integer := 0;
  v_part integer;
begin
  if pg_catalog.jsonb_typeof(p_node) is distinct from 'object' or p_depth > 20 then
    return null;
  end if;
  if p_node ? 'field' then
    if p_node ?| '{all,any,not}' then
      return null;
    end if;
    return 2 + automations.condition_leaf(p_node, p_context, p_evaluate)::integer;
  end if;
  if p_node ? 'not' then
    if p_node ?| '{all,any}' then
      return null;
    end if;
    v_part := automations.condition_node(p_node -> 'not', p_context, p_depth + 1, p_evaluate);
    return v_part - 2 * (v_part & 1) + 1;
  end if;
  v_all := p_node ? 'all';
  if v_all = (p_node ? 'any') then
    return null;
  end if;
  v_children := p_node -> case when v_all then 'all' else 'any' end;
  if pg_catalog.jsonb_typeof(v_children) <> 'array' then
    return null;
  end if;
  v_holds := v_all;
  for v_at in 0 .. pg_catalog.jsonb_array_length(v_children) - 1 loop
    v_part := automations.condition_node(v_children -> v_at, p_context, p_depth + 1, p_evaluate and v_holds = v_all);
    v_leaves := v_leaves + v_part / 2;
    if v_part is null or v_leaves > 200 then
      return null;
    end if;
    if v_holds = v_all then
      v_holds := v_part % 2 = 1;
    end if;
  end loop;
  return 2 * v_leaves + v_holds::integer;
end
$$;

-- Whether a condition holds for a context, for example the trigger_data of a change. Never null: a malformed tree (or
-- none) is no match.
create or replace function automations.condition_holds(p_condition pg_catalog.jsonb, p_context pg_catalog.jsonb)
returns boolean
language sql immutable parallel safe
as $$
  select coalesce(automations.condition_node(p_condition, p_context, 1, true) % 2 = 1, false)
$$;

revoke execute on function
  automations.condition_fold(pg_catalog.jsonb),
  automations.condition_instant(pg_catalog.text),
  automations.condition_at(pg_catalog.jsonb, pg_catalog.text[]),
  automations.condition_order(pg_catalog.jsonb, pg_catalog.jsonb),
  automations.condition_member(pg_catalog.jsonb, pg_catalog.jsonb),
  automations.condition_leaf(pg_catalog.jsonb, pg_catalog.jsonb, boolean),
  automations.condition_node(pg_catalog.jsonb, pg_catalog.jsonb, integer, boolean),
  automations.condition_holds(pg_catalog.jsonb, pg_catalog.jsonb)
from public;

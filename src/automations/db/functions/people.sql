-- What people are called, where the database knows it: Supabase has names and mail addresses in auth.users. Told to those
-- who share an account with them and to nobody else; nothing else of that table is.

-- As a person has written it himself: shown in one line beside what others did.
create or replace function automations.one_line(p_text text, p_longest integer) returns text
language sql immutable set search_path = pg_catalog, pg_temp
as $$
  select nullif(pg_catalog.btrim(pg_catalog.left(pg_catalog.regexp_replace(
    -- What breaks lines, is not to be seen, or turns the direction of what follows.
    p_text, '[\u0001-\u001f\u007f-\u009f\u200b\u200e\u200f\u2028-\u202e\u2060-\u2069\ufeff]+', ' ', 'g'
  ), p_longest)), '')
$$;

-- Of one account, or of all that the caller reaches: whom each belongs to, and its team. At most 1,000, owners first; who
-- has neither name nor address is left out. AU004 for an account that the caller does not reach.
create or replace function automations.known_people(p_account uuid default null)
returns table (id uuid, name text, email text)
language plpgsql stable security definer set search_path = pg_catalog, pg_temp
as $$
declare
  v_users constant regclass := pg_catalog.to_regclass('auth.users');
  v_accounts uuid[];
  v_people uuid[];
begin
  if p_account is null then
    v_accounts := array(select a.id from automations.accessible_account_ids() as a (id) order by a.id limit 1000);
  else
    perform automations.require_access(p_account, 'account', false);
    v_accounts := array[p_account];
  end if;
  -- A table of that name may be somebody's own, and not be ours to read.
  if v_users is null or not pg_catalog.has_table_privilege(v_users, 'select') or not exists (
    select from pg_catalog.pg_attribute a
    where a.attrelid = v_users and a.attname = 'id' and a.atttypid = 'uuid'::regtype and not a.attisdropped
  ) then
    return;
  end if;
  v_people := v_accounts;
  if (
    select pg_catalog.count(*) = 2 from pg_catalog.pg_attribute a
    where a.attrelid = pg_catalog.to_regclass('public.team_members') and not a.attisdropped
      and a.attname in ('owner_id', 'member_id') and a.atttypid = 'uuid'::regtype
  ) then
    execute 'select $1 || array(
        select m.member_id from public.team_members m where m.owner_id = any ($1) order by m.member_id limit 1000
      )' into v_people using v_accounts;
  end if;
  -- As JSON, because the table has other columns in other releases. An address that nobody has confirmed is nobody's.
  return query execute $q$
    select f.id, f.name, f.email
    from (
      select u.id,
        coalesce(
          automations.one_line(u.data -> 'raw_user_meta_data' ->> 'full_name', 100),
          automations.one_line(u.data -> 'raw_user_meta_data' ->> 'name', 100)
        ) as name,
        case
          when not u.data ? 'email_confirmed_at' or u.data ->> 'email_confirmed_at' is not null
          then automations.one_line(u.data ->> 'email', 320)
        end as email
      from (select u.id, pg_catalog.to_jsonb(u) as data from auth.users u where u.id = any ($1)) u
    ) f
    where f.name is not null or f.email is not null
    order by not (f.id = any ($2)), f.id
    limit 1000
  $q$ using v_people, v_accounts;
end
$$;

revoke execute on function automations.one_line(text, integer) from public;
revoke execute on function automations.known_people(uuid) from public;

-- What people are called and where their mail goes, where the database knows it: Supabase has it in auth.users, elsewhere
-- people write it down themselves. Told to those who share an account with them and to nobody else; nothing else of
-- auth.users is. Errors: AU003 not allowed, AU004 not found.

-- As a person has written it himself: shown in one line beside what others did.
create or replace function automations.one_line(p_text text, p_longest integer) returns text
language sql immutable set search_path = pg_catalog, pg_temp
as $$
  select nullif(pg_catalog.btrim(pg_catalog.left(pg_catalog.regexp_replace(
    -- What breaks lines, is not to be seen, or turns the direction of what follows.
    p_text, '[\u0001-\u001f\u007f-\u009f\u200b\u200e\u200f\u2028-\u202e\u2060-\u2069\ufeff]+', ' ', 'g'
  ), p_longest)), '')
$$;

-- Accounts themselves and their teams, as far as those are kept here; p_among null: at most 1,000 members.
create or replace function automations.people_ids(p_accounts uuid[], p_among uuid[]) returns uuid[]
language plpgsql stable security definer set search_path = pg_catalog, pg_temp
as $$
declare
  v_members uuid[] := '{}';
begin
  if (
    select pg_catalog.count(*) = 2 from pg_catalog.pg_attribute a
    where a.attrelid = pg_catalog.to_regclass('public.team_members') and not a.attisdropped
      and a.attname in ('owner_id', 'member_id') and a.atttypid = 'uuid'::regtype
  ) then
    execute 'select array(
        select m.member_id from public.team_members m
        where m.owner_id = any ($1) and ($2 is null or m.member_id = any ($2)) order by m.member_id limit 1000
      )' into v_members using p_accounts, p_among;
  end if;
  return p_accounts || v_members;
end
$$;

-- Whoever has neither name nor address is left out. Of whom the sign-in service knows, the address is the one confirmed
-- there and no other.
create or replace function automations.people_of(p_people uuid[])
returns table (id uuid, name text, email text)
language plpgsql stable security definer set search_path = pg_catalog, pg_temp
as $$
declare
  v_users constant regclass := pg_catalog.to_regclass('auth.users');
  v_known jsonb := '[]';
begin
  -- A table of that name may be somebody's own, and not be ours to read.
  if v_users is not null and pg_catalog.has_table_privilege(v_users, 'select') and exists (
    select from pg_catalog.pg_attribute a
    where a.attrelid = v_users and a.attname = 'id' and a.atttypid = 'uuid'::regtype and not a.attisdropped
  ) then
    -- As JSON, because the table has other columns in other releases. An address that nobody has confirmed is nobody's.
    execute $q$
      select coalesce(pg_catalog.jsonb_agg(pg_catalog.jsonb_build_object(
        'id', u.id,
        'name', coalesce(
          automations.one_line(u.data -> 'raw_user_meta_data' ->> 'full_name', 100),
          automations.one_line(u.data -> 'raw_user_meta_data' ->> 'name', 100)
        ),
        'email', case
          when not u.data ? 'email_confirmed_at' or u.data ->> 'email_confirmed_at' is not null
          then automations.one_line(u.data ->> 'email', 320)
        end
      )), '[]')
      from (select u.id, pg_catalog.to_jsonb(u) as data from auth.users u where u.id = any ($1)) u
    $q$ into v_known using p_people;
  end if;
  return query
    select f.id, f.name, f.email
    from (
      select coalesce(k.id, p.user_id) as id, coalesce(k.name, p.name) as name,
        case when k.id is null then p.email else k.email end as email
      from pg_catalog.jsonb_to_recordset(v_known) as k (id uuid, name text, email text)
        full join (select * from automations.profiles p where p.user_id = any (p_people)) p on p.user_id = k.id
    ) f
    where f.name is not null or f.email is not null;
end
$$;

-- Of one account, or of all that the caller reaches: whom each belongs to, and its team. At most 1,000, owners first; who
-- has neither name nor address is left out. AU004 for an account that the caller does not reach.
create or replace function automations.known_people(p_account uuid default null)
returns table (id uuid, name text, email text)
language plpgsql stable security definer set search_path = pg_catalog, pg_temp
as $$
declare
  v_accounts uuid[];
begin
  if p_account is null then
    v_accounts := array(select a.id from automations.accessible_account_ids() as a (id) order by a.id limit 1000);
  else
    perform automations.require_access(p_account, 'account', false);
    v_accounts := array[p_account];
  end if;
  return query
    select f.id, f.name, f.email
    from automations.people_of(automations.people_ids(v_accounts, null)) f
    order by not (f.id = any (v_accounts)), f.id
    limit 1000;
end
$$;

-- Where the mail of people goes, for steps that write to them by id: only of those who belong to the account. For the
-- engine.
create or replace function automations.mail_addresses(p_account uuid, p_people uuid[])
returns table (id uuid, name text, email text)
language sql stable security definer set search_path = pg_catalog, pg_temp
as $$
  select f.id, f.name, f.email
  from automations.people_of(array(
    select pg_catalog.unnest(p_people) intersect select pg_catalog.unnest(automations.people_ids(array[p_account], p_people))
  )) f
  where f.email is not null
$$;

-- What the caller says of himself; null: nothing. Two nulls forget it.
create or replace function automations.set_profile(p_name text, p_email text) returns void
language plpgsql security definer set search_path = pg_catalog, pg_temp
as $$
declare
  v_user constant uuid := auth.uid();
  v_name constant text := automations.one_line(p_name, 100);
  v_email constant text := automations.one_line(p_email, 320);
begin
  if v_user is null or automations.claimed_account() is not null then
    raise exception 'only a person has a name and a mail address' using errcode = 'AU003', hint = 'Sign in as a user.';
  end if;
  if v_name is null and v_email is null then
    delete from automations.profiles p where p.user_id = v_user;
    return;
  end if;
  insert into automations.profiles as p (user_id, name, email)
  values (v_user, v_name, v_email)
  on conflict (user_id) do update set name = excluded.name, email = excluded.email, updated_at = pg_catalog.now();
end
$$;

revoke execute on function automations.one_line(text, integer) from public;
revoke execute on function automations.people_ids(uuid[], uuid[]) from public;
revoke execute on function automations.people_of(uuid[]) from public;
revoke execute on function automations.known_people(uuid) from public;
revoke execute on function automations.mail_addresses(uuid, uuid[]) from public;
revoke execute on function automations.set_profile(text, text) from public;

-- Whose data may the caller see, and whose may he change: the two questions of every policy, as lists of accounts, so
-- that a policy can ask once per statement: `user_id = any (array(select automations.accessible_account_ids()))`.
-- (The seed's has_account_access(user_id) means the same and costs a call per row: 80 ms a query at 10,000 automations.)
--
-- A database may bring its own automations.accessible_account_ids(): a function of that name without our comment is kept.

-- What the claims of a request say beside who it is: `automations_account`, the one account that an API key acts for, and
-- `automations_key`, its id. They only narrow. A claim that cannot be read is none.
create or replace function automations.claim(p_name text) returns text
language plpgsql stable set search_path = pg_catalog, pg_temp
as $$
declare
  v_claims constant text := pg_catalog.current_setting('request.jwt.claims', true);
begin
  -- Looked at first: nearly always there is none, and a cast costs more.
  if v_claims is null or pg_catalog.strpos(v_claims, p_name) = 0 then
    return null;
  end if;
  return v_claims::jsonb ->> p_name;
exception when others then
  return null;
end
$$;

create or replace function automations.claimed_account() returns uuid
language sql stable set search_path = pg_catalog, pg_temp
as $$ select automations.claim('automations_account')::uuid $$;

do $$
declare
  v_ours constant text := 'automations: accessor';
  v_existing pg_catalog.oid := pg_catalog.to_regprocedure('automations.accessible_account_ids()')::pg_catalog.oid;
  v_body text;
begin
  if v_existing is not null and pg_catalog.obj_description(v_existing, 'pg_proc') is distinct from v_ours then
    return;
  end if;
  if pg_catalog.obj_description('public.has_account_access(uuid)'::pg_catalog.regprocedure, 'pg_proc')
    = 'automations: prerequisite'
  then
    v_body := $f$
      select a.id
      from (
        select auth.uid() where auth.uid() is not null
        union
        select m.owner_id from public.team_members m where m.member_id = auth.uid()
      ) a (id)
      where automations.claimed_account() is null or a.id = automations.claimed_account()
    $f$;
    -- The same question about one account.
    create or replace function public.has_account_access(user_id uuid) returns boolean
    language sql stable security definer set search_path = pg_catalog, pg_temp
    as $f$
      select coalesce(has_account_access.user_id in (select automations.accessible_account_ids()), false)
    $f$;
  else
    -- Who may access what is the database's own business: ask its has_account_access, once per account.
    v_body := $f$
      select u.user_id
      from (select a.user_id from public.agents a union select auth.uid() where auth.uid() is not null) u
      where (automations.claimed_account() is null or u.user_id = automations.claimed_account())
        and public.has_account_access(u.user_id)
    $f$;
  end if;
  execute pg_catalog.format(
    'create or replace function automations.accessible_account_ids() returns setof pg_catalog.uuid '
    'language sql stable security definer set search_path = pg_catalog, pg_temp as %L', v_body
  );
  execute pg_catalog.format('comment on function automations.accessible_account_ids() is %L', v_ours);
end
$$;

-- Viewers read only. Without team_members of our shape there are no viewers.
do $$
declare
  v_viewers text := '';
begin
  if (
    select pg_catalog.count(*) = 3 from pg_catalog.pg_attribute a
    where a.attrelid = pg_catalog.to_regclass('public.team_members') and not a.attisdropped
      and a.attname in ('owner_id', 'member_id', 'role')
  ) then
    v_viewers := $f$
      where a.id = auth.uid() or not exists (
        select from public.team_members m
        where m.owner_id = a.id and m.member_id = auth.uid() and m.role::text = 'viewer'
      )
    $f$;
  end if;
  execute pg_catalog.format(
    'create or replace function automations.writable_account_ids() returns setof pg_catalog.uuid '
    'language sql stable security definer set search_path = pg_catalog, pg_temp as %L',
    'select a.id from automations.accessible_account_ids() as a (id)' || v_viewers
  );
end
$$;

-- Accounts whose team the caller may change, and those where he may also make and unmake owners. Used by the policies of
-- team_members only where that table is ours.
create or replace function automations.managed_account_ids(p_roles text[]) returns setof uuid
language sql stable security definer set search_path = pg_catalog, pg_temp
as $$
  select a.id
  from (
    select auth.uid() where auth.uid() is not null
    union
    select m.owner_id from public.team_members m where m.member_id = auth.uid() and m.role = any (p_roles)
  ) a (id)
  -- A machine manages nobody.
  where automations.claimed_account() is null
$$;

-- The role that the caller acts as: in a definer function current_user is the owner, this setting is not.
create or replace function automations.acting_role() returns text
language sql stable set search_path = pg_catalog, pg_temp
as $$
  select case
    when pg_catalog.current_setting('role') in ('none', '') then session_user::text
    else pg_catalog.current_setting('role')
  end
$$;

-- Whether the caller is the engine or the operator: service_role, the owner of our schema, a superuser.
create or replace function automations.acts_for_all() returns boolean
language sql stable set search_path = pg_catalog, pg_temp
as $$
  select automations.acting_role() = 'service_role' or exists (
    select from pg_catalog.pg_roles r
    where r.rolname = automations.acting_role() and (
      r.rolsuper or r.oid = (select n.nspowner from pg_catalog.pg_namespace n where n.nspname = 'automations')
    )
  )
$$;

-- Refuse whoever may not see the account (as if the thing did not exist) and, for changes, whoever may only read.
create or replace function automations.require_access(p_account uuid, p_thing text, p_write boolean)
returns void
language plpgsql stable set search_path = pg_catalog, pg_temp
as $$
begin
  if p_account is not null and automations.acts_for_all() then
    return;
  end if;
  if p_account is null or not exists (
    select from automations.accessible_account_ids() as a (id) where a.id = p_account
  ) then
    raise exception 'there is no such %', p_thing
      using errcode = 'AU004', hint = 'Check the id, and that you are signed in to the account that owns it.';
  end if;
  if p_write and not exists (select from automations.writable_account_ids() as a (id) where a.id = p_account) then
    raise exception 'your role in this account only allows reading'
      using errcode = 'AU003', hint = 'Ask an owner or admin of the account for the role member or above.';
  end if;
end
$$;

-- Refuse whoever may not change the team, the keys and the settings of an account.
create or replace function automations.require_management(p_account uuid, p_thing text, p_roles text[] default '{owner,admin}')
returns void
language plpgsql stable set search_path = pg_catalog, pg_temp
as $$
begin
  perform automations.require_access(p_account, p_thing, false);
  if not automations.acts_for_all() and not exists (
    select from automations.managed_account_ids(p_roles) as a (id) where a.id = p_account
  ) then
    raise exception 'this is for % of the account', pg_catalog.array_to_string(p_roles, 's and ') || 's'
      using errcode = 'AU003', hint = 'Ask one of them. A key of the API manages nobody.';
  end if;
end
$$;

revoke execute on function automations.require_management(uuid, text, text[]) from public;
revoke execute on function automations.claim(text) from public;
revoke execute on function automations.claimed_account() from public;
revoke execute on function automations.accessible_account_ids() from public;
revoke execute on function automations.writable_account_ids() from public;
revoke execute on function automations.managed_account_ids(text[]) from public;
revoke execute on function automations.acting_role() from public;
revoke execute on function automations.acts_for_all() from public;
revoke execute on function automations.require_access(uuid, text, boolean) from public;

-- Secrets of an account as its people set them: names are shown, what is sealed is not. The row is sealed by the program
-- before it comes here. Errors: AU003 not allowed, AU004 not found, AU006 too many.

-- The id that goes into the seal, null for a name that is new.
create or replace function automations.secret_id(p_account uuid, p_name text)
returns uuid
language plpgsql stable security definer set search_path = pg_catalog, pg_temp
as $$
begin
  perform automations.require_access(p_account, 'account', true);
  return (select s.id from automations.secrets s where s.account_id = p_account and s.name = p_name);
end
$$;

-- Set a secret; the id stays that of the first time. False when another one set it first, under another id.
create or replace function automations.put_secret(
  p_id uuid, p_account uuid, p_name text, p_key_id text, p_nonce bytea, p_sealed bytea
)
returns boolean
language plpgsql security definer set search_path = pg_catalog, pg_temp
as $$
declare
  -- What a list of them shows.
  c_at_most constant integer := 1000;
begin
  perform automations.require_access(p_account, 'account', true);
  if (select pg_catalog.count(*) from automations.secrets s where s.account_id = p_account and s.name <> p_name) >= c_at_most then
    raise exception 'the account has % secrets already', c_at_most
      using errcode = 'AU006', hint = 'Delete those that nothing uses; the list says which automations use each.';
  end if;
  insert into automations.secrets as s (id, account_id, name, key_id, nonce, sealed)
  values (p_id, p_account, p_name, p_key_id, p_nonce, p_sealed)
  on conflict (account_id, name) do update
  set key_id = excluded.key_id, nonce = excluded.nonce, sealed = excluded.sealed, updated_at = pg_catalog.now()
  where s.id = excluded.id;
  if not found then
    return false;
  end if;
  perform automations.write_audit(
    p_account, 'secret.set', null, null, pg_catalog.jsonb_build_object('name', p_name)
  );
  return true;
end
$$;

-- Whether it was there.
create or replace function automations.delete_secret(p_account uuid, p_name text)
returns boolean
language plpgsql security definer set search_path = pg_catalog, pg_temp
as $$
begin
  perform automations.require_access(p_account, 'account', true);
  delete from automations.secrets s where s.account_id = p_account and s.name = p_name;
  if not found then
    return false;
  end if;
  perform automations.write_audit(
    p_account, 'secret.deleted', null, null, pg_catalog.jsonb_build_object('name', p_name)
  );
  return true;
end
$$;

-- [{name, created_at, updated_at, automations: [{id, name}]}]: those whose published flow inserts it. Every flow is read
-- once, whatever the number of secrets.
create or replace function automations.list_secrets(p_account uuid)
returns json
language plpgsql stable security definer set search_path = pg_catalog, pg_temp
as $$
begin
  perform automations.require_access(p_account, 'account', false);
  return (
    with used as materialized (
      select distinct a.id, a.name as automation, m.found[1] as secret
      from public.automations a
      join automations.versions v on v.id = a.published_version
      cross join lateral pg_catalog.regexp_matches(v.nodes::text, 'secrets\.([A-Za-z_][A-Za-z0-9_]*)', 'g') as m (found)
      where a.user_id = p_account
    ), users as (
      select u.secret, pg_catalog.json_agg(
        pg_catalog.json_build_object('id', u.id, 'name', u.automation) order by u.automation, u.id
      ) as automations
      from used u group by u.secret
    )
    select coalesce(pg_catalog.json_agg(
      pg_catalog.json_build_object(
        'name', s.name, 'created_at', s.created_at, 'updated_at', s.updated_at,
        'automations', coalesce(u.automations, '[]')
      ) order by s.name
    ), '[]')
    from automations.secrets s
    left join users u on u.secret = s.name
    where s.account_id = p_account
  );
end
$$;

revoke execute on function automations.secret_id(uuid, text) from public;
revoke execute on function automations.put_secret(uuid, uuid, text, text, bytea, bytea) from public;
revoke execute on function automations.delete_secret(uuid, text) from public;
revoke execute on function automations.list_secrets(uuid) from public;

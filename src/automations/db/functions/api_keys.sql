-- Keys of the API: made and revoked by who manages the account. The database has the hash of a key, never the key.

create or replace function automations.create_api_key(
  p_account uuid, p_name text, p_hash bytea, p_hint text, p_scopes text[], p_expires_at timestamptz
)
returns uuid
language plpgsql security definer set search_path = pg_catalog, pg_temp
as $$
declare
  v_key uuid;
begin
  perform automations.require_management(p_account, 'account');
  if p_expires_at <= pg_catalog.now() then
    raise exception 'the key would have expired already'
      using errcode = 'AU007', hint = 'Name a later time, or none: it holds until it is revoked.';
  end if;
  insert into automations.api_keys (account_id, name, hash, hint, scopes, expires_at, created_by)
  values (p_account, p_name, p_hash, p_hint, p_scopes, p_expires_at, automations.current_actor())
  returning id into v_key;
  perform automations.write_audit(
    p_account, 'api_key.created', null, null,
    pg_catalog.jsonb_build_object('id', v_key, 'name', p_name, 'scopes', p_scopes, 'expires_at', p_expires_at)
  );
  return v_key;
end
$$;

-- From now on it is nobody's. Again: nothing.
create or replace function automations.revoke_api_key(p_key uuid)
returns void
language plpgsql security definer set search_path = pg_catalog, pg_temp
as $$
declare
  v_account uuid;
begin
  select k.account_id into v_account from automations.api_keys k where k.id = p_key;
  perform automations.require_management(v_account, 'API key');
  update automations.api_keys k set revoked_at = pg_catalog.now() where k.id = p_key and k.revoked_at is null;
  if found then
    perform automations.write_audit(
      v_account, 'api_key.revoked', null, null, pg_catalog.jsonb_build_object('id', p_key)
    );
  end if;
end
$$;

-- Of somebody who may not make keys of the account any more: what he made could otherwise be his for ever.
create or replace function automations.revoke_keys_of(p_account uuid, p_member uuid)
returns void
language plpgsql set search_path = pg_catalog, pg_temp
as $$
declare
  v_key uuid;
begin
  for v_key in
    update automations.api_keys k set revoked_at = pg_catalog.now()
    where k.account_id = p_account and k.created_by = p_member and k.revoked_at is null
    returning k.id
  loop
    perform automations.write_audit(
      p_account, 'api_key.revoked', null, null,
      pg_catalog.jsonb_build_object('id', v_key, 'made_by', p_member, 'reason', 'whoever made it may not make keys any more')
    );
  end loop;
end
$$;

revoke execute on function automations.revoke_keys_of(uuid, uuid) from public;
revoke execute on function automations.create_api_key(uuid, text, bytea, text, text[], timestamptz) from public;
revoke execute on function automations.revoke_api_key(uuid) from public;

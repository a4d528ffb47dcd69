-- What an account has set for itself, for its people: all of them may see it, owners and admins change it. Secrets are
-- named in it, never shown. Errors: AU003 not allowed, AU004 not found.

-- One row or none.
create or replace function automations.account_settings_of(p_account uuid)
returns setof automations.account_settings
language plpgsql stable security definer set search_path = pg_catalog, pg_temp
as $$
begin
  perform automations.require_access(p_account, 'account', false);
  return query select s.* from automations.account_settings s where s.account_id = p_account;
end
$$;

-- Whole, because the settings are checked against each other before they are written (services/account_settings.py);
-- p_changed are the names that changed, for the audit log.
create or replace function automations.put_account_settings(p_account uuid, p_settings jsonb, p_changed text[])
returns void
language plpgsql security definer set search_path = pg_catalog, pg_temp
as $$
begin
  perform automations.require_management(p_account, 'account');
  insert into automations.account_settings as s (
    account_id, mail_from, mail_reply_to, mail_server, mail_user, mail_password_secret, ai_base_url, ai_key_secret,
    ai_model, ai_tokens_per_day
  )
  select p_account, n.mail_from, n.mail_reply_to, n.mail_server, n.mail_user, n.mail_password_secret, n.ai_base_url,
    n.ai_key_secret, n.ai_model, n.ai_tokens_per_day
  from pg_catalog.jsonb_populate_record(null::automations.account_settings, p_settings) n
  on conflict (account_id) do update set
    mail_from = excluded.mail_from, mail_reply_to = excluded.mail_reply_to, mail_server = excluded.mail_server,
    mail_user = excluded.mail_user, mail_password_secret = excluded.mail_password_secret,
    ai_base_url = excluded.ai_base_url, ai_key_secret = excluded.ai_key_secret, ai_model = excluded.ai_model,
    ai_tokens_per_day = excluded.ai_tokens_per_day, updated_at = pg_catalog.now();
  perform automations.write_audit(
    p_account, 'account.set', null, null, pg_catalog.jsonb_build_object('names', p_changed)
  );
end
$$;

-- Days (UTC) of one account, the newest first; p_days 1: only today. [{day, calls, input_tokens, output_tokens,
-- reserved}].
create or replace function automations.ai_usage_of(p_account uuid, p_days integer)
returns json
language plpgsql stable security definer set search_path = pg_catalog, pg_temp
as $$
begin
  perform automations.require_access(p_account, 'account', false);
  return (
    select coalesce(pg_catalog.json_agg(pg_catalog.json_build_object(
      'day', u.day, 'calls', u.calls, 'input_tokens', u.input_tokens, 'output_tokens', u.output_tokens,
      'reserved', u.reserved
    ) order by u.day desc), '[]')
    from automations.ai_usage u
    where u.account_id = p_account
      and u.day > (pg_catalog.clock_timestamp() at time zone 'UTC')::date - least(p_days, 366)
  );
end
$$;

revoke execute on function automations.account_settings_of(uuid) from public;
revoke execute on function automations.put_account_settings(uuid, jsonb, text[]) from public;
revoke execute on function automations.ai_usage_of(uuid, integer) from public;

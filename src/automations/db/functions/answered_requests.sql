-- Requests with an Idempotency-Key: the answer is written in the transaction of what the request did, so that the same
-- request, sent again, is answered with it and does nothing. Keys belong to whoever calls.

-- Take a key. No row: it is new, and is this transaction's; somebody who sends it meanwhile waits for the end of it. Else
-- what was answered; `same`: to the same request.
create or replace function automations.take_request(p_key text, p_fingerprint bytea)
returns table (status smallint, headers jsonb, body text, same boolean)
language plpgsql security definer set search_path = pg_catalog, pg_temp
as $$
declare
  v_caller constant text := automations.requesting();
begin
  insert into automations.answered_requests (caller, key, account_id, fingerprint)
  values (
    v_caller, p_key,
    coalesce(automations.claimed_account(), auth.uid(), '00000000-0000-0000-0000-000000000000'), p_fingerprint
  )
  on conflict on constraint answered_requests_pkey do nothing;
  if found then
    return;
  end if;
  return query
  select r.status, r.headers, r.body, r.fingerprint = p_fingerprint
  from automations.answered_requests r
  where r.caller = v_caller and r.key = p_key;
end
$$;

create or replace function automations.keep_answer(p_key text, p_status smallint, p_headers jsonb, p_body text)
returns void
language sql security definer set search_path = pg_catalog, pg_temp
as $$
  update automations.answered_requests r
  set status = p_status, headers = p_headers, body = p_body
  where r.caller = automations.requesting() and r.key = p_key and r.status is null
$$;

create or replace function automations.requesting() returns text
language sql stable set search_path = pg_catalog, pg_temp
as $$
  select coalesce('key:' || automations.claim('automations_key'), 'user:' || auth.uid()::text, automations.acting_role())
$$;

revoke execute on function automations.take_request(text, bytea) from public;
revoke execute on function automations.keep_answer(text, smallint, jsonb, text) from public;
revoke execute on function automations.requesting() from public;

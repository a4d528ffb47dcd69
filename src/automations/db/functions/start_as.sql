-- A start by hand in one round trip, with the rights of whoever asks: for callers who start by the hundred a second.
-- Invoker, for the engine's role, which becomes the caller's for the rest of the transaction: that is this statement.

-- p_version: the published version against whose form the input was checked. Another one is published: no run, and what
-- the input is to be checked against.
create or replace function automations.start_as(
  p_role text, p_claims text, p_automation_id uuid, p_version uuid, p_input jsonb, p_lead_id uuid,
  p_conversation_id uuid, p_idempotency_key text
)
returns table (execution_id uuid, account uuid, version uuid, trigger_type text, trigger_config jsonb)
language plpgsql
as $$
begin
  perform pg_catalog.set_config('request.jwt.claims', p_claims, true), pg_catalog.set_config('role', p_role, true);
  select a.user_id, a.published_version into account, version
  from public.automations a where a.id = p_automation_id;
  if version is null or version is not distinct from p_version then
    -- Says itself what is not there, not published, or not the caller's to start.
    execution_id := automations.start_run(p_automation_id, p_input, p_lead_id, p_conversation_id, p_idempotency_key);
  else
    select a.trigger_type, a.trigger_config into trigger_type, trigger_config
    from public.automations a where a.id = p_automation_id;
  end if;
  return next;
end
$$;

revoke execute on function automations.start_as(text, text, uuid, uuid, jsonb, uuid, uuid, text) from public;

-- Webhooks in: a delivery that was found genuine (services/webhooks.py) starts a run, once. For service_role only.

-- p_key: what the sender calls this delivery, null where it does not; p_digest: of what was sent with it. Outcomes:
--   started       execution_id is the new run
--   duplicate     the key is known, with the same content: execution_id is the run of the first
--   other_content the key is known, with other content
--   unknown       there is no such webhook, or it was never published
--   stopped       published, but paused or in error
--   switched_off  its owner does not want it to start now
create or replace function automations.start_webhook_run(
  p_automation_id uuid, p_key text, p_digest bytea, p_data jsonb, out outcome text, out execution_id uuid
)
language plpgsql set search_path = pg_catalog, pg_temp
as $$
declare
  v_automation record;
  v_run constant uuid := pg_catalog.gen_random_uuid();
  v_data constant jsonb := p_data || pg_catalog.jsonb_build_object('timestamp', pg_catalog.now());
  v_lane text;
begin
  select a.user_id, a.status, a.enabled, a.trigger_config, a.published_version into v_automation
  from public.automations a
  where a.id = p_automation_id and a.trigger_type = 'event' and a.trigger_config ->> 'event_source' = 'webhook'
    and a.published_version is not null
  for key share;
  if not found then
    outcome := 'unknown';
    return;
  end if;
  -- Before its state: who missed our answer and asks again after it was paused hears of the run that there is.
  select k.outcome, k.execution_id into outcome, execution_id
  from automations.known_delivery(p_automation_id, p_key, p_digest) k;
  if outcome is not null then
    return;
  end if;
  outcome := case
    when not v_automation.enabled then 'switched_off'
    when v_automation.status <> 'active' then 'stopped'
  end;
  if outcome is not null then
    return;
  end if;

  if p_key is not null then
    -- A session that takes the same key at this moment is waited for.
    insert into automations.start_keys (automation_id, key, account_id, execution_id, digest)
    values (p_automation_id, 'hook:' || p_key, v_automation.user_id, v_run, p_digest)
    on conflict (automation_id, key) do nothing;
    if not found then
      select k.outcome, k.execution_id into outcome, execution_id
      from automations.known_delivery(p_automation_id, p_key, p_digest) k;
      return;
    end if;
  end if;
  v_lane := automations.lane_for(p_automation_id, v_automation.trigger_config, null, null, v_data);
  insert into public.automation_executions (
    id, automation_id, trigger_type, trigger_data, status, account_id, version_id, due_at, lane
  )
  values (
    v_run, p_automation_id, 'event', v_data, 'pending', v_automation.user_id, v_automation.published_version,
    automations.first_due(v_automation.trigger_config, true, v_lane), v_lane
  );
  perform automations.wake_workers();
  outcome := 'started';
  execution_id := v_run;
end
$$;

create or replace function automations.known_delivery(
  p_automation_id uuid, p_key text, p_digest bytea, out outcome text, out execution_id uuid
)
language sql stable set search_path = pg_catalog, pg_temp
as $$
  select case when k.digest is not distinct from p_digest then 'duplicate' else 'other_content' end, k.execution_id
  from automations.start_keys k
  where k.automation_id = p_automation_id and k.key = 'hook:' || p_key
$$;

revoke execute on function automations.start_webhook_run(uuid, text, bytea, jsonb) from public;
revoke execute on function automations.known_delivery(uuid, text, bytea) from public;

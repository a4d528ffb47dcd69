-- Signals that people and programs send to waiting runs.

-- Send `p_name` to one run, or to all waits of the account that correlate by `p_correlation`. It is kept: a wait that is
-- reached later, in a run that had begun by then, takes it, too. Answers how many waits it has woken now.
create or replace function automations.send_signal(
  p_name text, p_run uuid default null, p_correlation text default null, p_payload jsonb default null,
  p_account uuid default null
)
returns integer
language plpgsql security definer set search_path = pg_catalog, pg_temp
as $$
declare
  v_account uuid := coalesce(p_account, auth.uid());
  v_automation uuid;
  v_status text;
  v_topic text;
  v_woken integer;
begin
  if p_name is null or p_name !~ '^[A-Za-z0-9_.-]{1,64}$' then
    raise exception 'the name of a signal has 1 to 64 letters, digits, `_`, `.` or `-`'
      using errcode = 'AU007', hint = 'Use the name that the step "Wait until" waits for.';
  end if;
  if (p_run is null) = (p_correlation is null) then
    raise exception 'a signal goes to one run, or to what correlates by a value'
      using errcode = 'AU007', hint = 'Name a run or a correlation value, not both.';
  end if;
  if pg_catalog.char_length(p_correlation) not between 1 and 500 then
    raise exception 'a correlation value has 1 to 500 characters' using errcode = 'AU007', hint = 'Use an id.';
  end if;
  if pg_catalog.octet_length(p_payload::text) > 262144 then
    raise exception 'the payload of a signal has at most 256 kB'
      using errcode = 'AU007', hint = 'Send an id, and let the flow look up the rest.';
  end if;
  if p_run is not null then
    select e.account_id, e.automation_id, e.status into v_account, v_automation, v_status
    from public.automation_executions e where e.id = p_run;
    perform automations.require_access(v_account, 'run', true);
    if v_status not in ('pending', 'running') then
      raise exception 'the run has ended, it is %', v_status
        using errcode = 'AU006', hint = 'A signal can only reach an open run.';
    end if;
    v_topic := 'signal:' || p_name || '@' || p_run::text;
  elsif v_account is null then
    raise exception 'it is not said whose runs the signal is for'
      using errcode = 'AU007', hint = 'Sign in, or name the account: p_account => ….';
  else
    perform automations.require_access(v_account, 'account', true);
    v_topic := 'signal:' || p_name || ':' || p_correlation;
  end if;

  -- By the clock: a transaction that began before the run may send to it.
  insert into automations.signals (account_id, name, payload, created_at)
  values (v_account, v_topic, p_payload, pg_catalog.clock_timestamp());
  insert into automations.signals (account_id, execution_id, name, key, payload)
  select w.account_id, w.execution_id, w.topic, w.key, pg_catalog.jsonb_build_object('payload', p_payload)
  from automations.waits w
  where w.account_id = v_account and (
    w.topic = v_topic
    or (w.execution_id = p_run and automations.topic_of_run(w.topic, w.execution_id) = v_topic and w.topic like 'signal:%')
  );
  get diagnostics v_woken = row_count;
  perform automations.write_audit(
    v_account, 'signal', v_automation, p_run,
    pg_catalog.jsonb_build_object('name', p_name, 'correlation', p_correlation, 'woken', v_woken)
  );
  if v_woken > 0 then
    perform automations.wake_workers();
  end if;
  return v_woken;
end
$$;

revoke execute on function automations.send_signal(text, uuid, text, jsonb, uuid) from public;

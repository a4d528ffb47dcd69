-- The breaker: too many starts of one automation by changes of one record. Judged at claim; a person lifts it.

-- How many runs of the automation were started by changes of the record between p_since and run number p_before,
-- counted up to p_enough. Those that ended without having begun do not count.
create or replace function automations.starts_of_record(
  p_automation uuid, p_lead uuid, p_conversation uuid, p_before bigint, p_since timestamptz, p_enough integer
)
returns integer
language plpgsql stable
as $$
begin
  -- Two statements, because a plan for "one or the other" would read neither index.
  if p_conversation is not null then
    return (
      select pg_catalog.count(*)
      from (
        select from public.automation_executions x
        where x.conversation_id = p_conversation and x.automation_id = p_automation and x.seq < p_before
          and x.started_at > p_since and x.trigger_type = 'event' and x.parent_id is null
          and (x.run_started_at is not null or x.status = 'pending')
        limit p_enough
      ) s
    );
  end if;
  return (
    select pg_catalog.count(*)
    from (
      select from public.automation_executions x
      where x.lead_id = p_lead and x.conversation_id is null and x.automation_id = p_automation and x.seq < p_before
        and x.started_at > p_since and x.trigger_type = 'event' and x.parent_id is null
        and (x.run_started_at is not null or x.status = 'pending')
      limit p_enough
    ) s
  );
end
$$;

-- Open it and say so, once. Waits for nobody: a row that is locked at this moment is being lifted or cleaned up, and the
-- next start finds it as it is then.
create or replace function automations.open_breaker(
  p_automation uuid, p_record uuid, p_account uuid, p_starts integer, p_minutes integer, p_now timestamptz
)
returns void
language plpgsql
as $$
begin
  insert into automations.breakers (automation_id, record_id, account_id, opened_at, starts, minutes)
  values (p_automation, p_record, p_account, p_now, p_starts, p_minutes)
  on conflict (automation_id, record_id) do nothing;
  if not found then
    update automations.breakers b
    set opened_at = p_now, starts = p_starts, minutes = p_minutes, lifted_at = null, lifted_by = null
    where (b.automation_id, b.record_id) in (
      select x.automation_id, x.record_id from automations.breakers x
      where x.automation_id = p_automation and x.record_id = p_record and x.lifted_at is not null
      for no key update skip locked
    );
  end if;
  if found then
    perform automations.write_audit(
      p_account, 'automation.breaker_opened', p_automation, null,
      pg_catalog.jsonb_build_object('record_id', p_record, 'starts', p_starts, 'minutes', p_minutes)
    );
  end if;
end
$$;

-- What a start says that an open breaker ends.
create or replace function automations.breaker_error(
  p_automation uuid, p_record uuid, p_starts integer, p_minutes integer
)
returns text
language sql immutable parallel safe
as $$
  select pg_catalog.format(
    'stopped by the breaker: changes of this record started the automation more than %s times within %s minute%s; '
    'see why, then lift it: automations lift %s %s',
    p_starts, p_minutes, case when p_minutes <> 1 then 's' end, p_automation, p_record
  )
$$;

-- Null, or what a start says that is one too many; then the breaker is open.
create or replace function automations.judge_breaker(
  p_automation uuid, p_account uuid, p_starts integer, p_minutes integer, p_lead uuid, p_conversation uuid,
  p_seq bigint, p_started timestamptz, p_lifted timestamptz, p_now timestamptz
)
returns text
language plpgsql
as $$
declare
  v_record constant uuid := coalesce(p_conversation, p_lead);
begin
  if automations.starts_of_record(
    p_automation, p_lead, p_conversation, p_seq,
    greatest(p_started - pg_catalog.make_interval(mins => p_minutes), p_lifted), p_starts
  ) < p_starts then
    return null;
  end if;
  perform automations.open_breaker(p_automation, v_record, p_account, p_starts, p_minutes, p_now);
  return automations.breaker_error(p_automation, v_record, p_starts, p_minutes);
end
$$;

-- Let changes of the record (null: of all records) start the automation again. Answers how many breakers were open.
-- What they ended stays ended; `retry_run` repeats a run that is wanted after all.
create or replace function automations.lift_breaker(p_automation_id uuid, p_record_id uuid default null)
returns integer
language plpgsql security definer set search_path = pg_catalog, pg_temp
as $$
declare
  v_automation public.automations := automations.automation_to_act_on(p_automation_id, false);
  v_lifted integer;
begin
  update automations.breakers b
  set lifted_at = pg_catalog.clock_timestamp(), lifted_by = automations.current_actor()
  where b.automation_id = p_automation_id and b.lifted_at is null
    and (p_record_id is null or b.record_id = p_record_id);
  get diagnostics v_lifted = row_count;
  if v_lifted > 0 then
    perform automations.write_audit(
      v_automation.user_id, 'lift_breaker', p_automation_id, null,
      pg_catalog.jsonb_build_object('record_id', p_record_id, 'lifted', v_lifted)
    );
  end if;
  return v_lifted;
end
$$;

revoke execute on function automations.starts_of_record(uuid, uuid, uuid, bigint, timestamptz, integer) from public;
revoke execute on function automations.open_breaker(uuid, uuid, uuid, integer, integer, timestamptz) from public;
revoke execute on function automations.judge_breaker(
  uuid, uuid, integer, integer, uuid, uuid, bigint, timestamptz, timestamptz, timestamptz
) from public;
revoke execute on function automations.breaker_error(uuid, uuid, integer, integer) from public;
revoke execute on function automations.lift_breaker(uuid, uuid) from public;

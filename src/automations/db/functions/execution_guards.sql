-- What must hold of a row of public.automation_executions, whoever writes it.
--
-- The engine sets every column itself, so the conditions of the triggers below let its writes pass without a call. What
-- is left are rows and changes by others: edge functions with the seed's columns only, people with psql.

-- Refuse a lead or a conversation of another account: the run would read and write for the wrong one.
create or replace function automations.require_same_account(p_account uuid, p_lead uuid, p_conversation uuid)
returns void
language plpgsql stable set search_path = pg_catalog, pg_temp
as $$
begin
  if p_lead is not null and exists (
    select from public.leads l where l.id = p_lead and l.user_id is distinct from p_account
  ) then
    raise exception 'the lead and the automation belong to different accounts'
      using errcode = 'AU002', hint = 'Choose a lead of the account that owns the automation.';
  end if;
  if p_conversation is not null and exists (
    select from public.conversations c join public.agents a on a.id = c.agent_id
    where c.id = p_conversation and a.user_id is distinct from p_account
  ) then
    raise exception 'the conversation and the automation belong to different accounts'
      using errcode = 'AU002', hint = 'Choose a conversation of the account that owns the automation.';
  end if;
end
$$;

-- A row with the seed's columns alone: give it what a run needs.
create or replace function automations.fill_execution()
returns trigger
language plpgsql security definer set search_path = pg_catalog, pg_temp
as $$
declare
  v_automation record;
begin
  select a.user_id, a.published_version, a.trigger_type, a.trigger_config into v_automation
  from public.automations a where a.id = new.automation_id;
  if not found then
    raise exception 'automation % does not exist', new.automation_id using errcode = 'foreign_key_violation';
  end if;
  new.account_id := v_automation.user_id;
  perform automations.require_same_account(new.account_id, new.lead_id, new.conversation_id);
  if new.status = 'pending' then
    new.version_id := coalesce(new.version_id, v_automation.published_version);
    new.lane := coalesce(new.lane, automations.lane_of(
      new.automation_id, v_automation.trigger_config,
      automations.record_of(v_automation.trigger_config, new.lead_id, new.conversation_id), new.trigger_data,
      new.lead_id, new.conversation_id
    ));
    new.due_at := coalesce(new.due_at, automations.first_due(
      v_automation.trigger_config, new.trigger_type = v_automation.trigger_type and new.parent_id is null, new.lane
    ));
    perform automations.wake_workers();
  end if;
  -- A `running` row that our engine did not claim is somebody else's work, a final one is history: both without due_at.
  return new;
end
$$;

create or replace function automations.guard_execution()
returns trigger
language plpgsql set search_path = pg_catalog, pg_temp
as $$
begin
  -- Acceptance: order of lists, and the key of partitions. Code written for the seed sets it when it begins a run; that is
  -- not an error, and not obeyed.
  new.started_at := old.started_at;
  if new.account_id is distinct from old.account_id or new.automation_id is distinct from old.automation_id then
    raise exception 'a run stays with its automation and account'
      using errcode = 'AU005', hint = 'Start another run instead.';
  end if;
  if new.status = old.status then
    return new;
  end if;

  if old.status not in ('pending', 'running')
    or new.status = 'pending'
    or (old.status = 'pending' and new.status = 'completed')
  then
    raise exception 'a % run cannot become %', old.status, new.status
      using errcode = 'AU005',
        hint = 'pending becomes running, cancelled or failed; running becomes completed, failed or cancelled; retry with '
          'automations.retry_run().';
  end if;

  if new.status = 'running' then
    -- Somebody else's worker took it: ours leave it alone.
    if new.owner is null then
      new.due_at := null;
      new.run_started_at := coalesce(new.run_started_at, pg_catalog.clock_timestamp());
    end if;
    return new;
  end if;

  -- Ended by plain SQL. A worker that holds it is fenced off: its epoch is the old one.
  if new.owner is not null and new.owner = old.owner then
    new.epoch := old.epoch + 1;
  end if;
  new.owner := null;
  new.due_at := null;
  new.completed_at := coalesce(new.completed_at, pg_catalog.clock_timestamp());
  new.duration_ms := coalesce(
    new.duration_ms,
    automations.milliseconds_between(coalesce(new.run_started_at, new.started_at), new.completed_at)
  );
  return new;
end
$$;

-- What hangs on a run without a foreign key (partitions by month must stay possible).
create or replace function automations.forget_deleted_executions()
returns trigger
language plpgsql security definer set search_path = pg_catalog, pg_temp
as $$
begin
  -- Deleted by somebody, not by retention, and not because the automation or the agent was.
  if coalesce(pg_catalog.current_setting('request.jwt.claims', true), '') <> '' then
    perform automations.write_audit(
      d.account_id, 'execution.deleted', d.automation_id, d.id, pg_catalog.jsonb_build_object('status', d.status)
    )
    from deleted d
    where exists (select from public.automations a where a.id = d.automation_id);
  end if;
  delete from automations.steps s where s.execution_id = any (array(select d.id from deleted d));
  delete from automations.signals s where s.execution_id = any (array(select d.id from deleted d));
  delete from automations.waits w where w.execution_id = any (array(select d.id from deleted d));
  delete from automations.approvals a where a.execution_id = any (array(select d.id from deleted d));
  delete from automations.owed_failure_runs o where o.execution_id = any (array(select d.id from deleted d));
  return null;
end
$$;

create or replace function automations.forget_truncated_executions()
returns trigger
language plpgsql security definer set search_path = pg_catalog, pg_temp
as $$
begin
  truncate automations.steps, automations.signals, automations.waits, automations.owed_failure_runs,
    automations.approvals, automations.approval_notices;
  return null;
end
$$;

do $$
begin
  -- Created once, not replaced: replacing a trigger locks writers out for a moment.
  if not exists (
    select from pg_catalog.pg_trigger t
    where t.tgrelid = 'public.automation_executions'::pg_catalog.regclass and t.tgname = 'executions_fill'
  ) then
    create trigger executions_fill
      before insert on public.automation_executions
      for each row when (new.account_id is null)
      execute function automations.fill_execution();

    create trigger executions_guard
      before update on public.automation_executions
      for each row when (
        old.started_at <> new.started_at
        or old.account_id <> new.account_id
        or old.automation_id <> new.automation_id
        or (old.status <> new.status and (
          old.status not in ('pending', 'running')
          or new.status = 'pending'
          or (old.status = 'pending' and new.status = 'completed')
          or (new.status = 'running' and new.owner is null)
          or (new.status not in ('pending', 'running') and (
            new.owner is not null or new.due_at is not null or new.completed_at is null or new.duration_ms is null
          ))
        ))
      )
      execute function automations.guard_execution();

    create trigger executions_deleted
      after delete on public.automation_executions
      referencing old table as deleted
      for each statement execute function automations.forget_deleted_executions();

    create trigger executions_truncated
      after truncate on public.automation_executions
      for each statement execute function automations.forget_truncated_executions();
  end if;
end
$$;

revoke execute on function automations.require_same_account(uuid, uuid, uuid) from public;
revoke execute on function automations.fill_execution() from public;
revoke execute on function automations.guard_execution() from public;
revoke execute on function automations.forget_deleted_executions() from public;
revoke execute on function automations.forget_truncated_executions() from public;

-- What changed, for whoever watches: see live_watchers and live_changes. In the writer's transaction, and never in its way:
-- only INSERTs, nothing is waited for longer than a moment, nothing raises. While nobody watches it is one look at an
-- empty table.
--
-- A snapshot that is older than the first watcher would not see it, and what the transaction changes would be told to
-- nobody; so stricter isolation than read committed writes for every account.

-- Of these accounts, those that are watched; null: none.
create or replace function automations.watched_accounts(p_accounts uuid[])
returns uuid[]
language plpgsql stable set search_path = pg_catalog, pg_temp
as $$
begin
  if pg_catalog.current_setting('transaction_isolation') <> 'read committed' then
    return p_accounts;
  end if;
  return (
    select pg_catalog.array_agg(w.account_id)
    from automations.live_watchers w
    where w.account_id = any (p_accounts) and w.until > pg_catalog.now()
  );
end
$$;

-- Of watched accounts only. Where one statement changed very much of an account, people load their lists anew.
create or replace function automations.write_live_changes(
  p_kind text, p_accounts uuid[], p_objects text[], p_automations uuid[], p_executions uuid[], p_states jsonb[]
)
returns void
language plpgsql set search_path = pg_catalog, pg_temp
as $$
declare
  c_at_most constant integer := 200;
begin
  if p_accounts is null then
    return;
  end if;
  if pg_catalog.cardinality(p_accounts) <= c_at_most then
    insert into automations.live_changes (account_id, kind, object_id, automation_id, execution_id, state)
    select c.account, p_kind, c.object, c.automation, c.execution, c.state
    from unnest(p_accounts, p_objects, p_automations, p_executions, p_states)
      as c (account, object, automation, execution, state);
  else
    with counted as materialized (
      select c.*, pg_catalog.count(*) over (partition by c.account) as of_account
      from unnest(p_accounts, p_objects, p_automations, p_executions, p_states)
        as c (account, object, automation, execution, state)
    )
    insert into automations.live_changes (account_id, kind, object_id, automation_id, execution_id, state)
    select c.account, p_kind, c.object, c.automation, c.execution, c.state from counted c where c.of_account <= c_at_most
    union all
    select distinct c.account, 'reset', null::text, null::uuid, null::uuid, '{}'::jsonb
    from counted c where c.of_account > c_at_most;
  end if;
  -- As wake_workers does: a hint, which can be off, and does not fill a queue that fails commits.
  if coalesce(pg_catalog.current_setting('automations.wake', true), '') <> 'off'
    and pg_catalog.pg_notification_queue_usage() < 0.5
  then
    perform pg_catalog.pg_notify('automations_live', '');
  end if;
end
$$;

create or replace function automations.note_live_executions()
returns trigger
language plpgsql security definer set search_path = pg_catalog, pg_temp set lock_timeout = '20ms'
as $$
declare
  v_watched uuid[];
begin
  perform from automations.live_watchers limit 1;
  if not found and pg_catalog.current_setting('transaction_isolation') = 'read committed' then
    return null;
  end if;
  case tg_op
    when 'INSERT' then
      v_watched := automations.watched_accounts(array(select distinct n.account_id from new_rows n));
      perform automations.write_live_changes(
        'execution', pg_catalog.array_agg(c.account_id), pg_catalog.array_agg(c.id::text),
        pg_catalog.array_agg(c.automation_id), pg_catalog.array_agg(c.id),
        pg_catalog.array_agg(pg_catalog.jsonb_build_object('status', c.status, 'waiting', c.waiting))
      )
      from (
        select n.*, n.status = 'running' and n.owner is null as waiting
        from new_rows n where n.account_id = any (v_watched) order by n.seq
      ) c;
    when 'UPDATE' then
      v_watched := automations.watched_accounts(array(select distinct n.account_id from new_rows n));
      -- Not a join of the two: the plan is made once per session, maybe for one row, and used for thousands.
      perform automations.write_live_changes(
        'execution', pg_catalog.array_agg(c.account_id), pg_catalog.array_agg(c.id::text),
        pg_catalog.array_agg(c.automation_id), pg_catalog.array_agg(c.id),
        pg_catalog.array_agg(pg_catalog.jsonb_build_object('status', c.status, 'waiting', c.waiting))
      )
      from (
        select n.account_id, n.id, n.automation_id, n.status, n.completed_at, n.lead_id, n.conversation_id,
          n.status = 'running' and n.owner is null as waiting
        from new_rows n where n.account_id = any (v_watched)
        except
        select o.account_id, o.id, o.automation_id, o.status, o.completed_at, o.lead_id, o.conversation_id,
          o.status = 'running' and o.owner is null
        from old_rows o
      ) c;
    when 'DELETE' then
      v_watched := automations.watched_accounts(array(select distinct o.account_id from old_rows o));
      perform automations.write_live_changes(
        'execution', pg_catalog.array_agg(c.account_id), pg_catalog.array_agg(c.id::text),
        pg_catalog.array_agg(c.automation_id), pg_catalog.array_agg(c.id),
        pg_catalog.array_agg('{"status": "deleted"}'::jsonb)
      )
      from old_rows c where c.account_id = any (v_watched);
  end case;
  return null;
exception when others then
  -- Say, somebody has locked the tables of this: what was written is written.
  return null;
end
$$;

-- Edits and switches; not the figures, which follow from the ends of runs.
create or replace function automations.note_live_automations()
returns trigger
language plpgsql security definer set search_path = pg_catalog, pg_temp set lock_timeout = '20ms'
as $$
declare
  v_watched uuid[];
begin
  perform from automations.live_watchers limit 1;
  if not found and pg_catalog.current_setting('transaction_isolation') = 'read committed' then
    return null;
  end if;
  case tg_op
    when 'INSERT' then
      v_watched := automations.watched_accounts(array(select distinct n.user_id from new_rows n));
      perform automations.write_live_changes(
        'automation', pg_catalog.array_agg(c.user_id), pg_catalog.array_agg(c.id::text), pg_catalog.array_agg(c.id),
        pg_catalog.array_agg(null::uuid), pg_catalog.array_agg(pg_catalog.jsonb_build_object(
          'status', c.status, 'enabled', c.enabled, 'draft_revision', c.draft_revision
        ))
      )
      from new_rows c where c.user_id = any (v_watched);
    when 'UPDATE' then
      v_watched := automations.watched_accounts(array(select distinct n.user_id from new_rows n));
      perform automations.write_live_changes(
        'automation', pg_catalog.array_agg(c.user_id), pg_catalog.array_agg(c.id::text), pg_catalog.array_agg(c.id),
        pg_catalog.array_agg(null::uuid), pg_catalog.array_agg(pg_catalog.jsonb_build_object(
          'status', c.status, 'enabled', c.enabled, 'draft_revision', c.draft_revision
        ))
      )
      from (
        select n.user_id, n.id, n.status, n.enabled, n.draft_revision, n.published_version, n.updated_at
        from new_rows n where n.user_id = any (v_watched)
        except
        select o.user_id, o.id, o.status, o.enabled, o.draft_revision, o.published_version, o.updated_at
        from old_rows o
      ) c;
    when 'DELETE' then
      v_watched := automations.watched_accounts(array(select distinct o.user_id from old_rows o));
      perform automations.write_live_changes(
        'automation', pg_catalog.array_agg(c.user_id), pg_catalog.array_agg(c.id::text), pg_catalog.array_agg(c.id),
        pg_catalog.array_agg(null::uuid), pg_catalog.array_agg('{"status": "deleted"}'::jsonb)
      )
      from old_rows c where c.user_id = any (v_watched);
  end case;
  return null;
exception when others then
  return null;
end
$$;

create or replace function automations.note_live_approvals()
returns trigger
language plpgsql security definer set search_path = pg_catalog, pg_temp set lock_timeout = '20ms'
as $$
begin
  perform from automations.live_watchers limit 1;
  if not found and pg_catalog.current_setting('transaction_isolation') = 'read committed' then
    return null;
  end if;
  -- Approvals are few, and each change of one is of its status; of deleted ones the run tells.
  perform automations.write_live_changes(
    'approval', pg_catalog.array_agg(c.account_id), pg_catalog.array_agg(c.id::text),
    pg_catalog.array_agg(c.automation_id), pg_catalog.array_agg(c.execution_id),
    pg_catalog.array_agg(pg_catalog.jsonb_build_object('status', c.status))
  )
  from new_rows c
  where c.account_id = any (automations.watched_accounts(array(select distinct n.account_id from new_rows n)));
  return null;
exception when others then
  return null;
end
$$;

-- Steps that a worker has written. Called by write_steps, not a trigger: that is their only writer, and a trigger would
-- copy every outcome once more, whether somebody watches or not. What stands there now is told: an outcome that came too
-- late was not written.
create or replace function automations.note_live_steps(p_executions uuid[], p_keys text[], p_accounts uuid[])
returns void
language plpgsql set search_path = pg_catalog, pg_temp set lock_timeout = '20ms'
as $$
declare
  v_watched uuid[];
begin
  perform from automations.live_watchers limit 1;
  if not found and pg_catalog.current_setting('transaction_isolation') = 'read committed' then
    return;
  end if;
  v_watched := automations.watched_accounts(p_accounts);
  if v_watched is null then
    return;
  end if;
  perform automations.write_live_changes(
    'step', pg_catalog.array_agg(s.account_id), pg_catalog.array_agg(s.key), pg_catalog.array_agg(e.automation_id),
    pg_catalog.array_agg(s.execution_id), pg_catalog.array_agg(pg_catalog.jsonb_build_object(
      'status', s.status, 'node_id', s.node_id, 'attempt', s.attempt
    ))
  )
  from unnest(p_executions, p_keys, p_accounts) as w (execution_id, key, account_id)
  join automations.steps s on s.execution_id = w.execution_id and s.key = w.key
  join public.automation_executions e on e.id = w.execution_id
  where w.account_id = any (v_watched);
exception when others then
  return;
end
$$;

-- What nobody resumes at any more, and who has gone. One at a time, and watchers are locked in the order of their accounts,
-- as whoever renews them does.
create or replace function automations.forget_live_changes()
returns void
language plpgsql set search_path = pg_catalog, pg_temp
as $$
begin
  if not pg_catalog.pg_try_advisory_xact_lock(7263201, 8) then
    return;
  end if;
  perform from automations.live_watchers w order by w.account_id for update;
  with gone as (
    delete from automations.live_changes c where c.created_at < pg_catalog.now() - interval '10 minutes'
    returning c.account_id, c.xid
  ), last as (
    select g.account_id, pg_catalog.max(g.xid) as xid from gone g group by g.account_id
  )
  update automations.live_watchers w set kept_from = greatest(w.kept_from, l.xid + 1)
  from last l where w.account_id = l.account_id;
  delete from automations.live_watchers w where w.until < pg_catalog.now() - interval '1 minute';
end
$$;

do $$
begin
  -- Created once, not replaced: replacing a trigger locks writers out for a moment.
  if not exists (
    select from pg_catalog.pg_trigger t
    where t.tgrelid = 'public.automation_executions'::pg_catalog.regclass and t.tgname = 'executions_live_inserted'
  ) then
    create trigger executions_live_inserted
      after insert on public.automation_executions referencing new table as new_rows
      for each statement execute function automations.note_live_executions();
    create trigger executions_live_updated
      after update on public.automation_executions referencing old table as old_rows new table as new_rows
      for each statement execute function automations.note_live_executions();
    create trigger executions_live_deleted
      after delete on public.automation_executions referencing old table as old_rows
      for each statement execute function automations.note_live_executions();

    create trigger automations_live_inserted
      after insert on public.automations referencing new table as new_rows
      for each statement execute function automations.note_live_automations();
    create trigger automations_live_updated
      after update on public.automations referencing old table as old_rows new table as new_rows
      for each statement execute function automations.note_live_automations();
    create trigger automations_live_deleted
      after delete on public.automations referencing old table as old_rows
      for each statement execute function automations.note_live_automations();

    create trigger approvals_live_inserted
      after insert on automations.approvals referencing new table as new_rows
      for each statement execute function automations.note_live_approvals();
    create trigger approvals_live_updated
      after update on automations.approvals referencing new table as new_rows
      for each statement execute function automations.note_live_approvals();
  end if;
end
$$;

revoke execute on function automations.watched_accounts(uuid[]) from public;
revoke execute on function automations.write_live_changes(text, uuid[], text[], uuid[], uuid[], jsonb[]) from public;
revoke execute on function automations.note_live_executions() from public;
revoke execute on function automations.note_live_automations() from public;
revoke execute on function automations.note_live_approvals() from public;
revoke execute on function automations.note_live_steps(uuid[], text[], uuid[]) from public;
revoke execute on function automations.forget_live_changes() from public;

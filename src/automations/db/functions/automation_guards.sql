-- What must hold of a row of public.automations, whoever writes it and with whatever tool.
--
-- Columns always win: a row that plain SQL makes active, or whose trigger it changes while active, gets a version in
-- which the trigger node has the type and config of the columns. Publishing makes its version first and points at it.

-- The flow with its trigger node brought in line with the columns. No nodes at all is a flow of only its trigger.
create or replace function automations.flow_with_trigger(p_nodes jsonb, p_trigger_type text, p_trigger_config jsonb)
returns jsonb
language plpgsql immutable set search_path = pg_catalog, pg_temp
as $$
declare
  v_type constant text := case
    when p_trigger_type = 'event' and p_trigger_config ->> 'event_source' = 'webhook' then 'trigger-webhook'
    else 'trigger-' || pg_catalog.replace(p_trigger_type, '_', '-')
  end;
  v_index integer;
  v_node jsonb;
  v_data jsonb;
begin
  if p_nodes = '[]' then
    return pg_catalog.jsonb_build_array(pg_catalog.jsonb_build_object(
      'id', 'trigger', 'type', v_type,
      'position', pg_catalog.jsonb_build_object('x', 0, 'y', 0),
      'data', pg_catalog.jsonb_build_object('label', 'Trigger', 'config', p_trigger_config)
    ));
  end if;
  select n.position::integer - 1, n.node into v_index, v_node
  from pg_catalog.jsonb_array_elements(p_nodes) with ordinality as n (node, position)
  where n.node ->> 'type' like 'trigger-%'
  order by n.position
  limit 1;
  -- A flow without a trigger cannot run, and says so when it is tried.
  if v_index is null then
    return p_nodes;
  end if;
  v_data := case
    when pg_catalog.jsonb_typeof(v_node -> 'data') = 'object' then v_node -> 'data'
    else '{}'
  end;
  v_node := v_node || pg_catalog.jsonb_build_object(
    'type', v_type, 'data', v_data || pg_catalog.jsonb_build_object('config', p_trigger_config)
  );
  return pg_catalog.jsonb_set(p_nodes, array[v_index::text], v_node);
end
$$;

-- Definer: it reads agents and versions that the writer may not see.
create or replace function automations.guard_automation()
returns trigger
language plpgsql security definer set search_path = pg_catalog, pg_temp
as $$
declare
  v_agent_account uuid;
begin
  if tg_op = 'INSERT' or (new.agent_id, new.user_id) is distinct from (old.agent_id, old.user_id) then
    select a.user_id into v_agent_account from public.agents a where a.id = new.agent_id;
    -- An agent that does not exist is the foreign key's to refuse.
    if found and v_agent_account is distinct from new.user_id then
      raise exception 'the agent and the automation belong to different accounts'
        using errcode = 'AU002', hint = 'Set user_id to the account that owns the agent, or choose one of its agents.';
    end if;
  end if;

  -- No flow that can be published is half as deep; deeper ones are beyond many readers of JSON.
  if pg_catalog.jsonb_path_exists(
    pg_catalog.jsonb_build_array(new.nodes, new.edges, new.trigger_config), '$.**{100}'
  ) then
    raise exception 'the flow is nested more than 100 levels deep'
      using errcode = 'AU007', hint = 'Look for a value in nodes, edges or trigger_config that contains itself.';
  end if;

  if tg_op = 'INSERT' then
    -- Nothing is published at birth: a copied row must not run another automation's version.
    new.published_version := null;
    new.draft_revision := 0;
  else
    new.draft_revision := old.draft_revision + case
      when (new.trigger_type, new.trigger_config, new.nodes, new.edges)
        is distinct from (old.trigger_type, old.trigger_config, old.nodes, old.edges)
      then 1 else 0
    end;
    if new.published_version is distinct from old.published_version and new.published_version is not null then
      if not exists (
        select from automations.versions v where v.id = new.published_version and v.automation_id = new.id
      ) then
        raise exception 'version % is not one of this automation', new.published_version
          using errcode = 'AU002', hint = 'Publish with automations.publish_version(), which makes the version.';
      end if;
      return new;
    end if;
  end if;

  if new.status = 'active' and not exists (
    select from automations.versions v
    where v.id = new.published_version and v.trigger_type = new.trigger_type and v.trigger_config = new.trigger_config
  ) then
    -- The version row follows in the AFTER trigger: it references this one.
    new.published_version := pg_catalog.gen_random_uuid();
    -- The draft's trigger node, too: the next publish would copy an old one back over the columns.
    if tg_op = 'UPDATE' and new.nodes <> '[]' then
      new.nodes := automations.flow_with_trigger(new.nodes, new.trigger_type, new.trigger_config);
    end if;
  end if;
  return new;
end
$$;

create or replace function automations.make_version_from_sql()
returns trigger
language plpgsql security definer set search_path = pg_catalog, pg_temp
as $$
declare
  v_previous automations.versions;
begin
  if exists (select from automations.versions v where v.id = new.published_version) then
    return null;
  end if;
  if tg_op = 'UPDATE' and old.published_version is not null then
    -- What the trigger columns say now, with the flow that is published: the draft is not.
    select v.* into v_previous from automations.versions v where v.id = old.published_version;
  end if;
  insert into automations.versions (
    id, automation_id, account_id, number, trigger_type, trigger_config, nodes, edges, origin, created_by
  )
  select new.published_version, new.id, new.user_id,
    coalesce((select pg_catalog.max(v.number) from automations.versions v where v.automation_id = new.id), 0) + 1,
    new.trigger_type, new.trigger_config,
    automations.flow_with_trigger(coalesce(v_previous.nodes, new.nodes), new.trigger_type, new.trigger_config),
    coalesce(v_previous.edges, new.edges), 'sql', automations.current_actor();
  perform automations.write_audit(
    new.user_id, 'version_made_by_sql', new.id, null,
    pg_catalog.jsonb_build_object('version_id', new.published_version)
  );
  return null;
end
$$;

-- Runs that were held while the automation was not active are due now. Never waits: a row that a worker holds this
-- moment is looked at again by itself.
create or replace function automations.release_held_runs()
returns trigger
language plpgsql security definer set search_path = pg_catalog, pg_temp
as $$
begin
  update public.automation_executions e
  set due_at = pg_catalog.now()
  where e.id in (
    select x.id from public.automation_executions x
    where x.account_id = new.user_id and x.due_at > pg_catalog.now()
      and x.automation_id = new.id and x.status = 'pending'
    for no key update skip locked
  );
  if found then
    perform automations.wake_workers();
  end if;
  return null;
end
$$;

create or replace function automations.wake_workers()
returns void
language plpgsql set search_path = pg_catalog, pg_temp
as $$
begin
  -- The queue is shared by all databases of the server, and a full one fails commits; past half, polling must do.
  if coalesce(pg_catalog.current_setting('automations.wake', true), '') <> 'off'
    and pg_catalog.pg_notification_queue_usage() < 0.5
  then
    perform pg_catalog.pg_notify('automations_wake', '');
  end if;
end
$$;

-- Runs of an automation belong to its account for ever, and so does the automation once it has any.
create or replace function automations.guard_automation_account()
returns trigger
language plpgsql security definer set search_path = pg_catalog, pg_temp
as $$
begin
  if exists (select from public.automation_executions e where e.automation_id = new.id)
    or exists (select from automations.versions v where v.automation_id = new.id)
  then
    raise exception 'an automation that was published or has runs stays in its account'
      using errcode = 'AU006', hint = 'Make a copy in the other account instead.';
  end if;
  return new;
end
$$;

do $$
begin
  -- Created once, not replaced: replacing a trigger locks writers out for a moment.
  if not exists (
    select from pg_catalog.pg_trigger t
    where t.tgrelid = 'public.automations'::pg_catalog.regclass and t.tgname = 'automations_guard'
  ) then
    create trigger automations_guard
      before insert or update of agent_id, user_id, status, trigger_type, trigger_config, nodes, edges,
        published_version, draft_revision
      on public.automations
      for each row execute function automations.guard_automation();

    create trigger automations_guard_account
      before update of user_id on public.automations
      for each row when (old.user_id is distinct from new.user_id)
      execute function automations.guard_automation_account();

    -- The seed's, for the columns that people edit: a run that ends must not look like an edit.
    create trigger update_automations_updated_at
      before update of agent_id, user_id, name, description, icon, color, status, enabled, trigger_type,
        trigger_config, nodes, edges, viewport
      on public.automations
      for each row execute function public.update_updated_at_column();

    create trigger automations_version_inserted
      after insert on public.automations
      for each row when (new.published_version is not null)
      execute function automations.make_version_from_sql();

    create trigger automations_version_updated
      after update on public.automations
      for each row when (
        new.published_version is not null and new.published_version is distinct from old.published_version
      )
      execute function automations.make_version_from_sql();

    create trigger automations_release_held
      after update on public.automations
      for each row when (new.status = 'active' and old.status <> 'active')
      execute function automations.release_held_runs();
  end if;
end
$$;

revoke execute on function automations.flow_with_trigger(jsonb, text, jsonb) from public;
revoke execute on function automations.guard_automation() from public;
revoke execute on function automations.guard_automation_account() from public;
revoke execute on function automations.make_version_from_sql() from public;
revoke execute on function automations.release_held_runs() from public;
revoke execute on function automations.wake_workers() from public;

-- Who did what to an automation, a run, a team. What a machine did says with which key of the account.

create or replace function automations.write_audit(
  p_account uuid, p_action text, p_automation uuid default null, p_execution uuid default null,
  p_details jsonb default '{}'
)
returns void
language sql set search_path = pg_catalog, pg_temp
as $$
  insert into automations.audit_log (account_id, actor, action, automation_id, execution_id, details)
  values (
    p_account, automations.current_actor(), p_action, p_automation, p_execution,
    coalesce(p_details, '{}') || case
      when automations.claim('automations_key') is null then '{}'
      else pg_catalog.jsonb_build_object('api_key', automations.claim('automations_key'))
    end
  )
$$;

-- Every change of an automation that a person would call one, with whatever tool. Publishing, pausing and what the engine
-- does are noted where they are done; figures of runs are no change. Definer: nobody writes the log himself.
create or replace function automations.note_automation_change()
returns trigger
language plpgsql security definer set search_path = pg_catalog, pg_temp
as $$
declare
  v_fields text[];
begin
  if tg_op = 'INSERT' then
    perform automations.write_audit(
      new.user_id, 'automation.created', new.id, null, pg_catalog.jsonb_build_object('name', new.name)
    );
    return null;
  elsif tg_op = 'DELETE' then
    perform automations.write_audit(
      old.user_id, 'automation.deleted', old.id, null, pg_catalog.jsonb_build_object('name', old.name)
    );
    return null;
  end if;
  if new.enabled <> old.enabled then
    perform automations.write_audit(
      new.user_id, case when new.enabled then 'automation.enabled' else 'automation.disabled' end, new.id
    );
  end if;
  -- A publish brings the columns in line with what it publishes.
  if new.published_version is not distinct from old.published_version then
    select pg_catalog.array_agg(f.name order by f.name) into v_fields
    from (values
      ('agent_id', new.agent_id <> old.agent_id), ('user_id', new.user_id <> old.user_id),
      ('name', new.name <> old.name), ('description', new.description is distinct from old.description),
      ('icon', new.icon is distinct from old.icon), ('color', new.color is distinct from old.color),
      ('trigger_type', new.trigger_type <> old.trigger_type),
      ('trigger_config', new.trigger_config <> old.trigger_config),
      ('nodes', new.nodes <> old.nodes), ('edges', new.edges <> old.edges)
    ) as f (name, differs)
    where f.differs;
  end if;
  if v_fields is not null then
    perform automations.write_audit(
      new.user_id, 'automation.saved', new.id, null,
      pg_catalog.jsonb_build_object('fields', v_fields, 'revision', new.draft_revision)
    );
  end if;
  return null;
end
$$;

-- Somebody was refused something of other accounts, or of his own beyond his role: what it was is named by ids in his
-- request. One entry in the log of each account that one of them belongs to, but p_but. Answers which.
create or replace function automations.note_refusal(
  p_actor uuid, p_key uuid, p_ids uuid[], p_details jsonb, p_but uuid[]
)
returns setof uuid
language sql set search_path = pg_catalog, pg_temp
as $$
  insert into automations.audit_log (account_id, actor, action, automation_id, execution_id, details)
  select distinct on (o.account) o.account, p_actor, 'refused', o.automation, o.execution, p_details || case
    when p_key is null then '{}' else pg_catalog.jsonb_build_object('api_key', p_key)
  end
  from (
    select a.user_id, a.id, null::uuid from public.automations a where a.id = any (p_ids)
    union all
    select e.account_id, e.automation_id, e.id from public.automation_executions e where e.id = any (p_ids)
    union all
    select a.user_id, null, null from public.agents a where a.id = any (p_ids)
    union all
    select a.user_id, null, null from public.agents a where a.user_id = any (p_ids)
    union all
    select l.user_id, null, null from public.leads l where l.id = any (p_ids)
    union all
    select a.user_id, null, null
    from public.conversations c join public.agents a on a.id = c.agent_id where c.id = any (p_ids)
    union all
    select v.account_id, v.automation_id, null from automations.versions v where v.id = any (p_ids)
    union all
    select p.account_id, null, p.execution_id from automations.approvals p where p.id = any (p_ids)
    union all
    select k.account_id, null, null from automations.api_keys k where k.id = any (p_ids)
    union all
    select i.account_id, null, null from automations.invitations i where i.id = any (p_ids)
  ) o (account, automation, execution)
  where o.account <> all (p_but)
  order by o.account, o.execution nulls last, o.automation nulls last
  returning account_id
$$;

do $$
begin
  -- Created once, not replaced: replacing a trigger locks writers out for a moment.
  if not exists (
    select from pg_catalog.pg_trigger t
    where t.tgrelid = 'public.automations'::pg_catalog.regclass and t.tgname = 'automations_note_change'
  ) then
    create trigger automations_note_change
      after insert or delete or update of agent_id, user_id, name, description, icon, color, enabled, trigger_type,
        trigger_config, nodes, edges
      on public.automations
      for each row execute function automations.note_automation_change();
  end if;
end
$$;

revoke execute on function automations.note_automation_change() from public;
revoke execute on function automations.note_refusal(uuid, uuid, uuid[], jsonb, uuid[]) from public;
revoke execute on function automations.write_audit(uuid, text, uuid, uuid, jsonb) from public;

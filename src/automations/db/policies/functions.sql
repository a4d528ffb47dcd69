-- Who may call what: nobody anything, but for what is named here. Follows every change of a function (the runner applies
-- it again then), so that a new one is closed even where its file forgot to say so.

do $$
declare
  v_function record;
begin
  for v_function in
    select p.oid::pg_catalog.regprocedure as name, p.prorettype = 'pg_catalog.trigger'::pg_catalog.regtype as is_trigger
    from pg_catalog.pg_proc p
    where p.pronamespace = 'automations'::pg_catalog.regnamespace
  loop
    execute pg_catalog.format(
      'revoke execute on function %s from public, anon, authenticated, service_role', v_function.name
    );
    -- To be allowed to call a trigger function is to be allowed to attach it to a table of one's own.
    if not v_function.is_trigger then
      execute pg_catalog.format('grant execute on function %s to service_role', v_function.name);
    end if;
  end loop;
end
$$;

revoke execute on function public.fire_lead_automations() from public, anon, authenticated, service_role;
revoke execute on function public.fire_conversation_automations() from public, anon, authenticated, service_role;
revoke execute on function public.update_automation_stats() from public, anon, authenticated, service_role;
revoke execute on function public.cleanup_old_executions() from public, anon, authenticated;
grant execute on function public.cleanup_old_executions() to service_role;

revoke all on schema automations from public, anon;
grant usage on schema automations to authenticated, service_role;

-- Accessors of policies, masked readers, and actions that check the caller themselves.
grant execute on function automations.accessible_account_ids() to authenticated;
grant execute on function automations.writable_account_ids() to authenticated;
grant execute on function automations.managed_account_ids(text[]) to authenticated;
grant execute on function automations.execution_steps(uuid, text, integer) to authenticated;
grant execute on function automations.take_request(text, bytea) to authenticated;
grant execute on function automations.keep_answer(text, smallint, jsonb, text) to authenticated;
grant execute on function automations.create_draft(
  uuid, uuid, uuid, text, text, text, text, text, jsonb, jsonb, jsonb
) to authenticated;
grant execute on function automations.start_runs(uuid, jsonb, uuid[], uuid[], text[]) to authenticated;
grant execute on function automations.secret_id(uuid, text) to authenticated;
grant execute on function automations.put_secret(uuid, uuid, text, text, bytea, bytea) to authenticated;
grant execute on function automations.delete_secret(uuid, text) to authenticated;
grant execute on function automations.list_secrets(uuid) to authenticated;
grant execute on function automations.account_settings_of(uuid) to authenticated;
grant execute on function automations.put_account_settings(uuid, jsonb, text[]) to authenticated;
grant execute on function automations.ai_usage_of(uuid, integer) to authenticated;
grant execute on function automations.role_in(uuid) to authenticated;
grant execute on function automations.may_decide(uuid, uuid[], text, boolean, uuid) to authenticated;
-- What works on records as the caller, and what it is made of: each sees and does no more than the caller may.
grant execute on function automations.claim(text) to authenticated;
grant execute on function automations.claimed_account() to authenticated;
grant execute on function automations.record_held(text, uuid) to authenticated;
grant execute on function automations.record_column(text, text) to authenticated;
grant execute on function automations.require_record_table(text) to authenticated;
grant execute on function automations.require_record_columns(text, jsonb, text) to authenticated;
grant execute on function automations.refuse_record(text, jsonb) to authenticated;
grant execute on function automations.list_records(text, jsonb, text, uuid, integer, text, text) to authenticated;
grant execute on function automations.get_record(text, text) to authenticated;
grant execute on function automations.create_record(text, jsonb) to authenticated;
grant execute on function automations.update_record(text, text, jsonb) to authenticated;
grant execute on function automations.delete_record(text, text) to authenticated;

grant execute on function automations.create_api_key(uuid, text, bytea, text, text[], timestamptz) to authenticated;
grant execute on function automations.revoke_api_key(uuid) to authenticated;
grant execute on function automations.require_own_team() to authenticated;
grant execute on function automations.my_accounts() to authenticated;
grant execute on function automations.known_people(uuid) to authenticated;
grant execute on function automations.set_profile(text, text) to authenticated;
grant execute on function automations.set_team_role(uuid, uuid, text) to authenticated;
grant execute on function automations.remove_team_member(uuid, uuid) to authenticated;
grant execute on function automations.create_invitation(uuid, text, bytea, text, timestamptz) to authenticated;
grant execute on function automations.revoke_invitation(uuid) to authenticated;
grant execute on function automations.accept_invitation(bytea) to authenticated;

do $$
declare
  v_function record;
begin
  for v_function in
    select p.oid::pg_catalog.regprocedure as name
    from pg_catalog.pg_proc p
    where p.proname in (
      'start_run', 'cancel_run', 'retry_run', 'publish_version', 'pause_automation', 'resume_automation', 'send_signal',
      'lift_breaker', 'decide_approval'
    ) and (
      p.pronamespace = 'automations'::pg_catalog.regnamespace
      or (p.pronamespace = 'public'::pg_catalog.regnamespace
        and pg_catalog.obj_description(p.oid, 'pg_proc') = 'automations: wrapper')
    )
  loop
    execute pg_catalog.format('revoke execute on function %s from public, anon', v_function.name);
    execute pg_catalog.format('grant execute on function %s to authenticated, service_role', v_function.name);
  end loop;

  -- Conditions are pure, and a step that finds records evaluates them as the user.
  for v_function in
    select p.oid::pg_catalog.regprocedure as name
    from pg_catalog.pg_proc p
    where p.pronamespace = 'automations'::pg_catalog.regnamespace and p.proname like 'condition\_%'
  loop
    execute pg_catalog.format('grant execute on function %s to authenticated', v_function.name);
  end loop;

  if pg_catalog.obj_description('public.has_account_access(uuid)'::pg_catalog.regprocedure, 'pg_proc')
    = 'automations: prerequisite'
  then
    revoke execute on function public.has_account_access(uuid) from public, anon;
    grant execute on function public.has_account_access(uuid) to authenticated, service_role;
  end if;
end
$$;

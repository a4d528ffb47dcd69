-- Drafts that keep the id that their file gives them: users write no id of their own.

-- A draft of the account, or null where the id is taken, by whomever. Definer: the caller's role is checked here, that the
-- agent is the account's by the guard of the table.
create or replace function automations.create_draft(
  p_id uuid, p_agent_id uuid, p_account uuid, p_name text, p_description text, p_icon text, p_color text,
  p_trigger_type text, p_trigger_config jsonb, p_nodes jsonb, p_edges jsonb
)
returns uuid
language plpgsql security definer set search_path = pg_catalog, pg_temp
as $$
declare
  v_created uuid;
begin
  perform automations.require_access(p_account, 'account', true);
  insert into public.automations (
    id, agent_id, user_id, name, description, icon, color, trigger_type, trigger_config, nodes, edges
  )
  values (
    p_id, p_agent_id, p_account, p_name, p_description, p_icon, p_color, p_trigger_type, p_trigger_config, p_nodes, p_edges
  )
  on conflict (id) do nothing
  returning id into v_created;
  return v_created;
end
$$;

revoke execute on function automations.create_draft(
  uuid, uuid, uuid, text, text, text, text, text, jsonb, jsonb, jsonb
) from public;

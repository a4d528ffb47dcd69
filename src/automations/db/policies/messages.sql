-- public.messages, only where it is ours (see the first migration). Its account is its conversation's agent's.

do $$
begin
  if pg_catalog.obj_description('public.messages'::pg_catalog.regclass, 'pg_class')
    is distinct from 'automations: prerequisite'
  then
    return;
  end if;
  alter table public.messages enable row level security;

  drop policy if exists "Users can view messages in their account" on public.messages;
  create policy "Users can view messages in their account" on public.messages
    for select to authenticated
    using (exists (
      select from public.conversations c join public.agents a on a.id = c.agent_id
      where c.id = messages.conversation_id
        and a.user_id = any (array(select automations.accessible_account_ids()))
    ));

  drop policy if exists "Members can create messages in their account" on public.messages;
  create policy "Members can create messages in their account" on public.messages
    for insert to authenticated
    with check (exists (
      select from public.conversations c join public.agents a on a.id = c.agent_id
      where c.id = messages.conversation_id
        and a.user_id = any (array(select automations.writable_account_ids()))
        and (messages.lead_id is null or exists (
          select from public.leads l where l.id = messages.lead_id and l.user_id = a.user_id
        ))
    ));

  drop policy if exists "Members can update messages in their account" on public.messages;
  create policy "Members can update messages in their account" on public.messages
    for update to authenticated
    using (exists (
      select from public.conversations c join public.agents a on a.id = c.agent_id
      where c.id = messages.conversation_id
        and a.user_id = any (array(select automations.writable_account_ids()))
    ))
    with check (exists (
      select from public.conversations c join public.agents a on a.id = c.agent_id
      where c.id = messages.conversation_id
        and a.user_id = any (array(select automations.writable_account_ids()))
        and (messages.lead_id is null or exists (
          select from public.leads l where l.id = messages.lead_id and l.user_id = a.user_id
        ))
    ));

  drop policy if exists "Members can delete messages in their account" on public.messages;
  create policy "Members can delete messages in their account" on public.messages
    for delete to authenticated
    using (exists (
      select from public.conversations c join public.agents a on a.id = c.agent_id
      where c.id = messages.conversation_id
        and a.user_id = any (array(select automations.writable_account_ids()))
    ));

  drop policy if exists "The engine sees all messages" on public.messages;
  create policy "The engine sees all messages" on public.messages
    for all to service_role
    using (true) with check (true);

  revoke all on public.messages from public, anon, authenticated;
  grant select, insert, update, delete on public.messages to authenticated, service_role;
end
$$;

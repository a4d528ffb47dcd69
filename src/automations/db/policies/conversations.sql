-- public.conversations, only where it is ours (see the first migration). Its account is its agent's.

do $$
begin
  if pg_catalog.obj_description('public.conversations'::pg_catalog.regclass, 'pg_class')
    is distinct from 'automations: prerequisite'
  then
    return;
  end if;
  alter table public.conversations enable row level security;

  drop policy if exists "Users can view conversations in their account" on public.conversations;
  create policy "Users can view conversations in their account" on public.conversations
    for select to authenticated
    using (agent_id in (
      select a.id from public.agents a where a.user_id = any (array(select automations.accessible_account_ids()))
    ));

  drop policy if exists "Members can create conversations in their account" on public.conversations;
  create policy "Members can create conversations in their account" on public.conversations
    for insert to authenticated
    with check (
      agent_id in (
        select a.id from public.agents a where a.user_id = any (array(select automations.writable_account_ids()))
      )
      and (lead_id is null or exists (
        select from public.leads l join public.agents a on a.user_id = l.user_id
        where l.id = conversations.lead_id and a.id = conversations.agent_id
      ))
    );

  drop policy if exists "Members can update conversations in their account" on public.conversations;
  create policy "Members can update conversations in their account" on public.conversations
    for update to authenticated
    using (agent_id in (
      select a.id from public.agents a where a.user_id = any (array(select automations.writable_account_ids()))
    ))
    with check (
      agent_id in (
        select a.id from public.agents a where a.user_id = any (array(select automations.writable_account_ids()))
      )
      and (lead_id is null or exists (
        select from public.leads l join public.agents a on a.user_id = l.user_id
        where l.id = conversations.lead_id and a.id = conversations.agent_id
      ))
    );

  drop policy if exists "Members can delete conversations in their account" on public.conversations;
  create policy "Members can delete conversations in their account" on public.conversations
    for delete to authenticated
    using (agent_id in (
      select a.id from public.agents a where a.user_id = any (array(select automations.writable_account_ids()))
    ));

  drop policy if exists "The engine sees all conversations" on public.conversations;
  create policy "The engine sees all conversations" on public.conversations
    for all to service_role
    using (true) with check (true);

  revoke all on public.conversations from public, anon, authenticated;
  grant select, insert, update, delete on public.conversations to authenticated, service_role;
end
$$;

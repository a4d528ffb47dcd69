-- What the seed takes for granted, created only where it is missing: a Supabase database keeps its own roles, `auth`
-- schema, helpers and tables. What we create carries the comment 'automations: prerequisite', and only that is ours to
-- protect with policies (policies/prerequisites.sql).

-- Roles are the cluster's, not the database's: another migrator may be creating them at this moment.
do $$
declare
  v_role text;
begin
  foreach v_role in array array['anon', 'authenticated', 'service_role'] loop
    begin
      if not exists (select from pg_catalog.pg_roles where rolname = v_role) then
        execute pg_catalog.format('create role %I nologin noinherit', v_role);
        if v_role = 'service_role' then
          begin
            alter role service_role bypassrls;
          exception when insufficient_privilege then
            -- Only a superuser may grant it; policies for service_role (policies/) do the same without.
            null;
          end;
        end if;
      end if;
    exception when duplicate_object or unique_violation then
      null;
    end;
  end loop;
  -- The engine logs in as the migrating role and becomes these. Since PostgreSQL 16 whoever creates a role is a member
  -- that may administer it but not become it.
  foreach v_role in array array['anon', 'authenticated', 'service_role'] loop
    begin
      if not pg_catalog.pg_has_role(
        current_user, v_role,
        case when pg_catalog.current_setting('server_version_num')::integer >= 160000 then 'set' else 'member' end
      ) then
        execute pg_catalog.format('grant %I to current_user', v_role);
      end if;
    exception when unique_violation then
      null;
    end;
  end loop;
end
$$;

create schema if not exists automations;
comment on schema automations is 'Automations: the engine''s own tables and functions. Not exposed to API users.';

create table if not exists automations.migrations (
  name text primary key,
  checksum text not null,
  release text not null,
  applied_at timestamptz not null default pg_catalog.now()
);
comment on table automations.migrations is
  'Which files of db/ were applied, the sha256 of their text, and the release of automations that brought them.';

do $$
begin
  if pg_catalog.to_regnamespace('auth') is null then
    create schema auth;
    comment on schema auth is 'automations: prerequisite';
    grant usage on schema auth to anon, authenticated, service_role;
  end if;
  if pg_catalog.to_regprocedure('auth.uid()') is null then
    -- Both spellings of the claims: PostgREST sets the JSON object today and set single settings before.
    create function auth.uid() returns uuid
    language sql stable
    as $f$
      select coalesce(
        nullif(pg_catalog.current_setting('request.jwt.claims', true), '')::pg_catalog.jsonb ->> 'sub',
        nullif(pg_catalog.current_setting('request.jwt.claim.sub', true), '')
      )::pg_catalog.uuid
    $f$;
    comment on function auth.uid() is 'automations: prerequisite';
    grant execute on function auth.uid() to anon, authenticated, service_role;
  end if;
  if pg_catalog.to_regprocedure('public.update_updated_at_column()') is null then
    create function public.update_updated_at_column() returns trigger
    language plpgsql set search_path = pg_catalog, pg_temp
    as $f$
    begin
      new.updated_at := pg_catalog.now();
      return new;
    end
    $f$;
    comment on function public.update_updated_at_column() is 'automations: prerequisite';
  end if;
end
$$;

do $$
begin
  if pg_catalog.to_regclass('public.team_members') is null then
    create table public.team_members (
      owner_id uuid not null,
      member_id uuid not null,
      role text not null default 'member' check (role in ('owner', 'admin', 'member', 'viewer')),
      created_at timestamptz not null default now(),
      primary key (owner_id, member_id)
    );
    create index idx_team_members_member on public.team_members (member_id);
    comment on table public.team_members is 'automations: prerequisite';
  end if;

  if pg_catalog.to_regprocedure('public.has_account_access(uuid)') is null then
    if (
      select pg_catalog.count(*) <> 3 from pg_catalog.pg_attribute a
      where a.attrelid = 'public.team_members'::pg_catalog.regclass and not a.attisdropped
        and a.attname in ('owner_id', 'member_id', 'role')
    ) then
      raise exception 'public.team_members has not the columns owner_id, member_id and role'
        using errcode = 'AU001',
          hint = 'Create public.has_account_access(user_id uuid) that reads your table, then migrate again.';
    end if;
    create function public.has_account_access(user_id uuid) returns boolean
    language sql stable security definer set search_path = pg_catalog, pg_temp
    as $f$
      select coalesce(
        has_account_access.user_id = auth.uid()
        or exists (
          select from public.team_members m
          where m.owner_id = has_account_access.user_id and m.member_id = auth.uid()
        ),
        false
      )
    $f$;
    comment on function public.has_account_access(uuid) is 'automations: prerequisite';
  end if;

  if pg_catalog.to_regclass('public.agents') is null then
    create table public.agents (
      id uuid not null default gen_random_uuid() primary key,
      user_id uuid not null,
      name text not null default '',
      created_at timestamptz not null default now(),
      updated_at timestamptz not null default now()
    );
    create index idx_agents_user on public.agents (user_id);
    create trigger update_agents_updated_at before update on public.agents
      for each row execute function public.update_updated_at_column();
    comment on table public.agents is 'automations: prerequisite';
  end if;

  if pg_catalog.to_regclass('public.leads') is null then
    create table public.leads (
      id uuid not null default gen_random_uuid() primary key,
      user_id uuid not null,
      agent_id uuid references public.agents (id) on delete set null,
      name text,
      email text,
      phone text,
      status text not null default 'new',
      stage text,
      score integer,
      owner_id uuid,
      tags text[] not null default '{}',
      data jsonb not null default '{}',
      created_at timestamptz not null default now(),
      updated_at timestamptz not null default now()
    );
    create index idx_leads_user on public.leads (user_id, created_at desc);
    create index idx_leads_agent on public.leads (agent_id) where agent_id is not null;
    create trigger update_leads_updated_at before update on public.leads
      for each row execute function public.update_updated_at_column();
    comment on table public.leads is 'automations: prerequisite';
    comment on column public.leads.user_id is 'The account (not the team member) that the lead belongs to.';
  end if;

  if pg_catalog.to_regclass('public.conversations') is null then
    create table public.conversations (
      id uuid not null default gen_random_uuid() primary key,
      agent_id uuid not null references public.agents (id) on delete cascade,
      lead_id uuid references public.leads (id) on delete set null,
      channel text not null default 'chat',
      status text not null default 'open',
      created_at timestamptz not null default now(),
      updated_at timestamptz not null default now()
    );
    create index idx_conversations_agent on public.conversations (agent_id, created_at desc);
    create index idx_conversations_lead on public.conversations (lead_id) where lead_id is not null;
    create trigger update_conversations_updated_at before update on public.conversations
      for each row execute function public.update_updated_at_column();
    comment on table public.conversations is 'automations: prerequisite';
  end if;

  if pg_catalog.to_regclass('public.messages') is null then
    create table public.messages (
      id uuid not null default gen_random_uuid() primary key,
      conversation_id uuid not null references public.conversations (id) on delete cascade,
      lead_id uuid references public.leads (id) on delete set null,
      direction text not null check (direction in ('inbound', 'outbound')),
      sender_type text not null default 'contact',
      channel text not null default 'chat',
      body text not null,
      status text not null default 'received',
      execution_id uuid,
      created_at timestamptz not null default now()
    );
    create index idx_messages_conversation on public.messages (conversation_id, created_at);
    create index idx_messages_lead on public.messages (lead_id, created_at) where lead_id is not null;
    comment on table public.messages is 'automations: prerequisite';
    comment on column public.messages.execution_id is 'The run that sent it; no foreign key, runs are cleaned up.';
  end if;
end
$$;

-- A table without these columns would make every write on it fail once the trigger is attached; refuse now, in words.
do $$
declare
  v_missing text;
begin
  select pg_catalog.string_agg(w.tab || '.' || w.col || ' ' || w.typ, ', ' order by w.tab, w.col)
  into v_missing
  from (values
    ('leads', 'id', 'uuid'), ('leads', 'user_id', 'uuid'),
    ('conversations', 'id', 'uuid'), ('conversations', 'agent_id', 'uuid'),
    ('agents', 'id', 'uuid'), ('agents', 'user_id', 'uuid')
  ) as w (tab, col, typ)
  where not exists (
    select from pg_catalog.pg_attribute a
    where a.attrelid = pg_catalog.to_regclass('public.' || w.tab)
      and a.attname = w.col and not a.attisdropped
      and pg_catalog.format_type(a.atttypid, null) = w.typ
  );
  if v_missing is not null then
    raise exception 'cannot attach automations: missing %', v_missing
      using errcode = 'AU001',
        hint = 'Add these columns (leads.user_id is the account that owns the lead), then migrate again.';
  end if;
end
$$;

-- The seed's two tables, by the letter, and what we add to them.
-- Life of a run: pending -> running | cancelled | failed; running -> completed | failed | cancelled; final is final.
-- A waiting (parked) run is `running` without an owner. One column, `due_at`, says when any worker may take the row:
--   acceptance while pending, wake time while parked, end of lease while held, null when final or waiting for a signal.

create table public.automations (
  id uuid not null default gen_random_uuid() primary key,
  agent_id uuid not null references public.agents (id) on delete cascade,
  user_id uuid not null,

  name text not null,
  description text,
  icon text default 'Zap',
  color text default 'blue',

  status text not null default 'draft' check (status in ('draft', 'active', 'paused', 'error')),
  enabled boolean not null default false,

  trigger_type text not null check (trigger_type in ('event', 'schedule', 'manual', 'ai_tool')),
  trigger_config jsonb not null default '{}',

  nodes jsonb not null default '[]',
  edges jsonb not null default '[]',
  viewport jsonb default '{"x": 0, "y": 0, "zoom": 1}',

  execution_count integer not null default 0,
  last_executed_at timestamptz,
  last_execution_status text,

  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now(),

  -- Ours. No foreign key: the version row is written after this one.
  published_version uuid,
  draft_revision integer not null default 0,

  constraint automations_name_present check (btrim(name) <> ''),
  constraint automations_shapes check (
    jsonb_typeof(nodes) = 'array' and jsonb_typeof(edges) = 'array' and jsonb_typeof(trigger_config) = 'object'
  ),
  -- `insert`, `ANY` or a list would silently never fire.
  constraint automations_event_config check (
    trigger_type <> 'event' or status = 'draft' or coalesce(
      trigger_config ->> 'event_source' in ('lead', 'conversation')
      and trigger_config ->> 'event_type' in ('INSERT', 'UPDATE', 'DELETE', 'any'),
      false
    )
  )
);
comment on column public.automations.published_version is 'The row of automations.versions that new runs get.';
comment on column public.automations.draft_revision is 'Moves with the draft only; what editors lock on.';

create index idx_automations_agent on public.automations (agent_id);
create index idx_automations_user on public.automations (user_id);
create index idx_automations_status on public.automations (status) where enabled = true;
create index idx_automations_trigger on public.automations (trigger_type) where enabled = true;
-- The trigger's only question; the seed's indexes would read the event automations of all accounts for each row.
create index idx_automations_match on public.automations (
  user_id, (trigger_config ->> 'event_source'), (trigger_config ->> 'event_type')
) where enabled and status = 'active' and trigger_type = 'event';

create table public.automation_executions (
  id uuid not null default gen_random_uuid() primary key,
  automation_id uuid not null references public.automations (id) on delete cascade,

  trigger_type text not null,
  trigger_data jsonb,

  status text not null default 'pending' check (status in ('pending', 'running', 'completed', 'failed', 'cancelled')),

  nodes_executed jsonb default '[]',
  variables jsonb default '{}',
  error text,
  error_node_id text,

  started_at timestamptz not null default now(),
  completed_at timestamptz,
  duration_ms integer,

  test_mode boolean not null default false,

  triggered_by uuid,
  lead_id uuid references public.leads (id) on delete set null,
  conversation_id uuid references public.conversations (id) on delete set null,

  -- Ours, filled by a trigger when somebody inserts the seed's columns alone.
  account_id uuid not null,
  seq bigint generated always as identity,
  version_id uuid,
  event_id bigint,
  parent_id uuid,
  ancestors uuid[] not null default '{}',
  depth smallint not null default 0,
  epoch integer not null default 0,
  due_at timestamptz,
  owner bigint,
  lane text,
  takeovers smallint not null default 0,
  run_started_at timestamptz,
  output jsonb,

  -- One check for both: each is parsed anew for every single row that a trigger inserts.
  constraint executions_held_only_while_open check (
    (owner is null or status = 'running') and (due_at is null or status in ('pending', 'running'))
  )
);
comment on column public.automation_executions.started_at is 'Acceptance; never changes. The real start is run_started_at.';
comment on column public.automation_executions.seq is 'Order of acceptance, also within one transaction.';
comment on column public.automation_executions.version_id is 'The row of automations.versions that this run runs.';
comment on column public.automation_executions.event_id is 'The row of automations.events that started it.';
comment on column public.automation_executions.parent_id is 'The run that this one retries or was called by.';
comment on column public.automation_executions.ancestors is 'Automations whose runs led to this one, oldest first.';
comment on column public.automation_executions.epoch is 'Fencing token: raised by every claim, checked by every write.';
comment on column public.automation_executions.due_at is 'When any worker may take the row; null: none may.';
comment on column public.automation_executions.owner is 'Advisory-lock key of the worker that holds the run.';
comment on column public.automation_executions.lane is 'Runs of one lane go one after another; null: in parallel.';
comment on column public.automation_executions.takeovers is 'How many workers died or vanished while holding it.';

create index idx_executions_automation on public.automation_executions (automation_id);
create index idx_executions_status on public.automation_executions (status);
create index idx_executions_started on public.automation_executions (started_at desc);
create index idx_executions_lead on public.automation_executions (lead_id) where lead_id is not null;
-- Lists of an account; row-level security by this column has no bad case.
create index idx_executions_account on public.automation_executions (account_id, started_at desc, seq desc);
-- Claim, wake and takeover: account first, so that claims are fair between accounts.
create index idx_executions_due on public.automation_executions (account_id, due_at, seq) where due_at is not null;
create index idx_executions_owner on public.automation_executions (owner, automation_id) where owner is not null;
create index idx_executions_lane on public.automation_executions (lane, seq)
  where lane is not null and status in ('pending', 'running');
-- Deleting a conversation would scan all runs without it.
create index idx_executions_conversation on public.automation_executions (conversation_id) where conversation_id is not null;
create index idx_executions_completed on public.automation_executions (completed_at) where completed_at is not null;
-- History rows that somebody inserted without an end; nearly always empty, and free while it is.
create index idx_executions_no_end on public.automation_executions (started_at)
  where completed_at is null and status in ('completed', 'failed', 'cancelled');

alter table public.automation_executions set (
  autovacuum_vacuum_scale_factor = 0.05, autovacuum_analyze_scale_factor = 0.05
);

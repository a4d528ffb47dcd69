-- The engine's own tables. Every one has an account column, row-level security and a policy (policies/engine.sql).
-- None has a foreign key to automation_executions: nothing may stand in the way of partitions by month.

create table automations.versions (
  id uuid primary key default gen_random_uuid(),
  automation_id uuid not null references public.automations (id) on delete cascade,
  account_id uuid not null,
  number integer not null,
  trigger_type text not null,
  trigger_config jsonb not null,
  nodes jsonb not null,
  edges jsonb not null,
  note text,
  origin text not null check (origin in ('publish', 'sql')),
  created_by uuid,
  created_at timestamptz not null default now(),
  unique (automation_id, number)
);
comment on table automations.versions is 'What a run runs: immutable copies of a flow, made by publish or by plain SQL.';

create table automations.events (
  id bigint generated always as identity primary key,
  account_id uuid not null,
  source text not null,
  operation text not null check (operation in ('INSERT', 'UPDATE', 'DELETE')),
  record_id uuid,
  old jsonb,
  new jsonb,
  changed text[],
  actor uuid,
  occurred_at timestamptz not null default now(),
  execution_id uuid,
  held jsonb not null default '[]'
);
comment on table automations.events is
  'The change journal: one row per change of a watched table in an account that has any automation.';
comment on column automations.events.old is 'The row before an UPDATE or DELETE; null where it was another account''s.';
comment on column automations.events.execution_id is 'The run that made the change; null: not a run.';
comment on column automations.events.held is '[{automation_id, reason}]: automations that matched and were held back.';
create index idx_events_account on automations.events (account_id, id desc);
create index idx_events_record on automations.events (record_id, id desc);

create table automations.steps (
  execution_id uuid not null,
  key text not null,
  account_id uuid not null,
  node_id text not null,
  status text not null check (status in ('started', 'completed', 'failed', 'stopped', 'waiting')),
  attempt integer not null default 1,
  outcome jsonb,
  record jsonb,
  due_at timestamptz,
  written_at timestamptz not null default now(),
  primary key (execution_id, key)
);
comment on table automations.steps is
  'Checkpoints of a run, raw, engine-only: outcomes by node and loop scope, kept until the run is cleaned up.';
comment on column automations.steps.outcome is 'The outcome as flow/outcomes writes it; null while the attempt is open.';
comment on column automations.steps.record is 'The masked entry of this step in nodes_executed.';

create table automations.signals (
  id bigint generated always as identity primary key,
  account_id uuid not null,
  execution_id uuid not null,
  name text not null,
  payload jsonb,
  created_at timestamptz not null default now()
);
comment on table automations.signals is 'What wakes waits: appended by writers, consumed by workers.';
create index idx_signals_execution on automations.signals (execution_id);

create table automations.start_keys (
  automation_id uuid not null references public.automations (id) on delete cascade,
  key text not null,
  account_id uuid not null,
  execution_id uuid not null,
  created_at timestamptz not null default now(),
  primary key (automation_id, key)
);
comment on table automations.start_keys is 'One run per (automation, key): idempotency keys and schedule due times.';

create table automations.stat_deltas (
  id bigint generated always as identity primary key,
  account_id uuid not null,
  automation_id uuid not null,
  finished integer not null,
  last_executed_at timestamptz not null,
  last_execution_status text not null
);
comment on table automations.stat_deltas is
  'Finished runs not yet folded into public.automations: so that runs of one automation finish side by side.';
create index idx_stat_deltas_automation on automations.stat_deltas (automation_id);

create table automations.start_windows (
  -- No foreign key: a claim must not wait for somebody who is deleting the automation.
  automation_id uuid primary key,
  account_id uuid not null,
  window_start timestamptz not null,
  starts integer not null
);
comment on table automations.start_windows is 'Starts of the running hour, counted at claim; never touched by a writer.';

create table automations.audit_log (
  id bigint generated always as identity primary key,
  account_id uuid not null,
  actor uuid,
  action text not null,
  automation_id uuid,
  execution_id uuid,
  details jsonb not null default '{}',
  created_at timestamptz not null default now()
);
create index idx_audit_log_account on automations.audit_log (account_id, id desc);
comment on table automations.audit_log is 'Who did what to an automation or a run; actor null: the engine.';

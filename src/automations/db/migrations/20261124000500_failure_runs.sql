-- Runs that are to be started because another one failed, and could not be at that moment without waiting for somebody.

create table automations.owed_failure_runs (
  execution_id uuid primary key,
  account_id uuid not null,
  created_at timestamptz not null default now()
);
comment on table automations.owed_failure_runs is
  'Failed runs whose `on_failure` automation is still to be started: a row that it needs was locked by somebody.';
comment on column automations.owed_failure_runs.execution_id is 'The failed run; no foreign key to executions.';

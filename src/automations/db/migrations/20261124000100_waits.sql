-- Waits and what wakes them, and steps of loops that a run need not load again.

alter table automations.steps add column folded boolean not null default false;
comment on column automations.steps.folded is
  'Inside of an iteration or loop that has completed: kept for the record, not loaded when the run goes on.';

create table automations.waits (
  execution_id uuid not null,
  key text not null,
  account_id uuid not null,
  topic text not null,
  condition jsonb,
  since timestamptz not null,
  settled boolean not null default false,
  settle_after bigint,
  created_at timestamptz not null default now(),
  primary key (execution_id, key)
);
comment on table automations.waits is
  'What open runs wait for, by step; no foreign key to executions. Writers only read it and append to signals.';
comment on column automations.waits.topic is
  'lead:<id> | conversation:<id> (its changes), reply:lead:<id> | reply:conversation:<id> (inbound messages), '
  'run:<id> (its end), ended:<automation>:<record> (the end of any of its runs for the record), '
  'signal:<name>@<run> | signal:<name>:<correlation> (what people and programs send).';
comment on column automations.waits.condition is 'A condition tree over the event; null: any event of the topic.';
comment on column automations.waits.since is 'What happened from here on counts, also before the wait was reached.';
comment on column automations.waits.settled is
  'Looked at again after every transaction had ended that was under way when the wait became visible.';
comment on column automations.waits.settle_after is 'Transaction id below which all must have ended; null: not asked yet.';
-- The topic first: it names one record, while an account may have any number of waits.
create index idx_waits_topic on automations.waits (topic, account_id);
create index idx_waits_unsettled on automations.waits (settle_after) where not settled;

-- Two kinds of rows: sent by somebody (execution_id null, name is a topic; kept, so that a signal that comes before its
-- wait counts), and the wake-up of one wait (execution_id and key set; gone with the wait).
alter table automations.signals alter column execution_id drop not null;
alter table automations.signals add column key text;
alter table automations.signals add column woken boolean not null default false;
alter table automations.signals add constraint signals_sent_or_wake check ((execution_id is null) = (key is null));
comment on column automations.signals.name is 'The topic, see automations.waits.';
comment on column automations.signals.key is 'The step whose wait this wakes; null: sent by somebody, for any wait.';
comment on column automations.signals.woken is 'Its run was made due, or its worker was told.';
create index idx_signals_to_wake on automations.signals (id) where execution_id is not null and not woken;
create index idx_signals_sent on automations.signals (account_id, name, created_at) where execution_id is null;

-- Retries and called runs of a run.
create index idx_executions_parent on public.automation_executions (parent_id) where parent_id is not null;

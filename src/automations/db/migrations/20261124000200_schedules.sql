-- Schedules: how far each has come, and what people did to them since a worker last looked.
--
-- No foreign keys: a cascade from automations would want rows that the scheduler holds, while it holds a share of the
-- automation. Rows of automations that are gone are cleaned up (functions/cleanup.sql).

create table automations.schedules (
  automation_id uuid primary key,
  account_id uuid not null,
  version_id uuid not null,
  live_since timestamptz not null,
  fired_until timestamptz not null,
  last_due timestamptz,
  next_due timestamptz,
  look_at timestamptz,
  finished boolean not null default false,
  error text,
  constraint schedules_decided_since_live check (fired_until >= live_since)
);
comment on table automations.schedules is
  'How far each schedule has come. Due times are always computed from the version''s config and fired_until, never from '
  'next_due.';
comment on column automations.schedules.version_id is 'The published version whose trigger this is about.';
comment on column automations.schedules.live_since is 'Enabled and active with this trigger since; nothing before fires.';
comment on column automations.schedules.fired_until is 'Every due time up to here was decided, once and for all.';
comment on column automations.schedules.last_due is 'The latest due time that started a run.';
comment on column automations.schedules.next_due is 'For people. Null: nothing comes, not known yet, or not live.';
comment on column automations.schedules.look_at is
  'When a worker looks at it next: next_due, a little later while one is at it or after an error; null: nothing to do.';
comment on column automations.schedules.finished is 'Nothing comes any more.';
comment on column automations.schedules.error is 'Why it could not be fired the last time; it is tried again.';
create index idx_schedules_look_at on automations.schedules (look_at) where look_at is not null;
create index idx_schedules_account on automations.schedules (account_id);

create table automations.schedule_changes (
  id bigint generated always as identity primary key,
  account_id uuid not null,
  automation_id uuid not null,
  version_id uuid not null,
  live_since timestamptz
);
comment on table automations.schedule_changes is
  'A schedule went live, or has another version: appended by whoever changes the automation, taken in by workers, so that '
  'nobody waits for a worker.';
comment on column automations.schedule_changes.live_since is
  'Nothing due before starts a run. Null: the same trigger goes on in another version.';
create index idx_schedule_changes_automation on automations.schedule_changes (automation_id);

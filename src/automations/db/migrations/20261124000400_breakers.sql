-- Breakers; windows for rate limits; an index of lanes that also answers who of a lane has begun.

create table automations.breakers (
  -- No foreign keys: a claim writes it and must not wait for somebody who is deleting the automation or the record.
  automation_id uuid not null,
  record_id uuid not null,
  account_id uuid not null,
  opened_at timestamptz not null,
  starts integer not null,
  minutes integer not null,
  lifted_at timestamptz,
  lifted_by uuid,
  primary key (automation_id, record_id)
);
comment on table automations.breakers is
  'Records that an automation was started for too often: further starts by their changes end as cancelled until a '
  'person lifts the breaker. Written at claim, never by a writer.';
comment on column automations.breakers.starts is 'More than so many starts within `minutes` opened it.';
comment on column automations.breakers.lifted_at is 'Null: open. Starts before this moment no longer count.';
create index idx_breakers_open on automations.breakers (account_id, opened_at desc) where lifted_at is null;

alter table automations.start_windows add column rate_start timestamptz;
alter table automations.start_windows add column rate_starts integer not null default 0;
comment on table automations.start_windows is
  'Starts of the running windows, counted at claim, with those that were held back; never touched by a writer.';
comment on column automations.start_windows.automation_id is
  'The automation; the account itself for what all its automations started together.';
comment on column automations.start_windows.rate_start is 'Begin of the running window of rate_limit.';

-- With the status in it: "has another of this lane begun?" must not read a long line of waiting ones.
create index idx_executions_lane_status on public.automation_executions (lane, status, seq)
  where lane is not null and status in ('pending', 'running');
drop index public.idx_executions_lane;

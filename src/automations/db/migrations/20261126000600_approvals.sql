-- Approvals: a run that waits for a person's yes or no, and how those who may say it are told.

create table automations.approvals (
  id uuid not null default gen_random_uuid() primary key,
  account_id uuid not null,
  automation_id uuid not null,
  execution_id uuid not null,
  step_key text not null,
  attempt integer not null,
  title text not null,
  message text,
  form jsonb,
  assignees uuid[] not null default '{}',
  role text,
  self_approval boolean not null,
  requested_by uuid,
  deadline timestamptz,
  status text not null default 'pending',
  decided_via text,
  decided_by uuid,
  decided_as text,
  decided_at timestamptz,
  comment text,
  answer jsonb,
  created_at timestamptz not null default now(),
  unique (execution_id, step_key, attempt),
  constraint approvals_status check (status in ('pending', 'approved', 'rejected', 'timed_out')),
  constraint approvals_role check (role in ('owner', 'admin', 'member')),
  constraint approvals_somebody check (role is not null or pg_catalog.cardinality(assignees) > 0),
  constraint approvals_via check (decided_via in ('user', 'token', 'operator')),
  constraint approvals_decided check ((status in ('approved', 'rejected')) = (decided_via is not null)),
  constraint approvals_decided_at check ((status = 'pending') = (decided_at is null)),
  constraint approvals_by check (decided_via is distinct from 'user' or decided_by is not null),
  constraint approvals_answer check (answer is null or pg_catalog.jsonb_typeof(answer) = 'object')
);
comment on table automations.approvals is 'What runs ask people. No foreign keys: it goes with its run, and is void once that has ended.';
comment on column automations.approvals.role is 'Who may decide beside the assignees: this role of the account or a higher one.';
comment on column automations.approvals.requested_by is 'Who made the run start, as far as it is known; held to self_approval.';
comment on column automations.approvals.decided_as is 'Of a token: the address that it was sent to.';
create index idx_approvals_open on automations.approvals (account_id, created_at desc) where status = 'pending';
create index idx_approvals_account on automations.approvals (account_id, created_at desc);

create table automations.approval_notices (
  id bigint generated always as identity primary key,
  approval_id uuid not null references automations.approvals (id) on delete cascade,
  account_id uuid not null,
  email text not null,
  user_id uuid,
  token_hashes bytea[] not null default '{}',
  attempts integer not null default 0,
  next_at timestamptz default now(),
  sent_at timestamptz,
  error text
);
comment on table automations.approval_notices is 'Mails to those who may decide; written with the approval, sent by a worker.';
comment on column automations.approval_notices.token_hashes is 'SHA-256 of each token that was sent: a mail that is sent again has another one.';
comment on column automations.approval_notices.next_at is 'When it is to be sent (again); null: sent, or given up.';
create index idx_approval_notices_due on automations.approval_notices (account_id, next_at) where next_at is not null;
create index idx_approval_notices_tokens on automations.approval_notices using gin (token_hashes);
create index idx_approval_notices_approval on automations.approval_notices (approval_id);

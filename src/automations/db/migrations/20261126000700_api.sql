-- Who calls the API without a user's token, who is asked into a team, and what was answered to a request that may be sent
-- again.

create table automations.api_keys (
  id uuid not null default gen_random_uuid() primary key,
  account_id uuid not null,
  name text not null,
  hash bytea not null unique,
  hint text not null,
  scopes text[] not null,
  created_by uuid,
  created_at timestamptz not null default pg_catalog.now(),
  expires_at timestamptz,
  revoked_at timestamptz,
  last_used_at timestamptz,
  constraint api_keys_name check (pg_catalog.btrim(name) <> '' and pg_catalog.char_length(name) <= 100),
  constraint api_keys_hash check (pg_catalog.octet_length(hash) = 32),
  constraint api_keys_scopes check (pg_catalog.cardinality(scopes) > 0 and scopes <@ array['read', 'run', 'write'])
);
comment on table automations.api_keys is 'Keys of machines: each acts for one account, as far as its scopes go.';
comment on column automations.api_keys.hash is 'SHA-256 of the key, which nobody has but its holder.';
comment on column automations.api_keys.hint is 'The end of the key, so that people can tell keys apart.';
create index idx_api_keys_account on automations.api_keys (account_id, created_at desc);

create table automations.invitations (
  id uuid not null default gen_random_uuid() primary key,
  account_id uuid not null,
  role text not null,
  hash bytea not null unique,
  note text,
  created_by uuid,
  created_at timestamptz not null default pg_catalog.now(),
  expires_at timestamptz not null,
  accepted_by uuid,
  accepted_at timestamptz,
  revoked_at timestamptz,
  constraint invitations_role check (role in ('owner', 'admin', 'member', 'viewer')),
  constraint invitations_hash check (pg_catalog.octet_length(hash) = 32),
  constraint invitations_once check ((accepted_at is null) = (accepted_by is null))
);
comment on table automations.invitations is 'Links with which somebody joins the team of an account, once.';
comment on column automations.invitations.hash is 'SHA-256 of the code in the link.';
comment on column automations.invitations.note is 'Whom it is meant for, in the words of whoever invited.';
create index idx_invitations_account on automations.invitations (account_id, created_at desc);

create table automations.answered_requests (
  caller text not null,
  key text not null,
  account_id uuid not null,
  fingerprint bytea not null,
  status smallint,
  headers jsonb,
  body text,
  created_at timestamptz not null default pg_catalog.now(),
  primary key (caller, key)
);
comment on table automations.answered_requests is
  'Answers to requests with an Idempotency-Key, written with what the request did; kept for a day.';
create index idx_answered_requests_created on automations.answered_requests (created_at);

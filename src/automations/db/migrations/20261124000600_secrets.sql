-- Secrets of accounts, sealed by the program: the database never has a key.

create table automations.secrets (
  id uuid not null primary key,
  account_id uuid not null,
  name text not null,
  key_id text not null,
  nonce bytea not null,
  sealed bytea not null,
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now(),
  unique (account_id, name),
  constraint secrets_name check (name ~ '^[A-Za-z_][A-Za-z0-9_]{0,63}$'),
  -- What AES-256-GCM takes and gives: a nonce of 12 bytes, the text and a tag of 16.
  constraint secrets_nonce check (octet_length(nonce) = 12),
  constraint secrets_sealed check (octet_length(sealed) between 17 and 65552)
);
comment on table automations.secrets is 'What steps may insert as {{ secrets.NAME }}; nobody reads it but the engine.';
comment on column automations.secrets.id is 'Bound into the seal: what is moved to another row does not open there.';
comment on column automations.secrets.key_id is 'Which of the keys of the installation it is sealed with.';

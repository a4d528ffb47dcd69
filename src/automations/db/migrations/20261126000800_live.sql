-- What people see change while they look: written only for accounts that somebody watches over the API. Nothing of it has
-- to survive a crash: whoever watches is then told to load anew.

create unlogged table automations.live_watchers (
  account_id uuid not null primary key,
  until timestamptz not null,
  began bigint,
  kept_from bigint
);
comment on table automations.live_watchers is 'Accounts that a process of the API watches, renewed while it does.';
comment on column automations.live_watchers.began is
  'Every transaction with this id or a later one sees the row; null: that is not known yet.';
comment on column automations.live_watchers.kept_from is
  'What transactions with this id or a later one changed is still in live_changes.';

create unlogged table automations.live_changes (
  xid bigint not null default pg_catalog.pg_current_xact_id()::text::bigint,
  id bigint not null generated always as identity,
  account_id uuid not null,
  kind text not null,
  object_id text,
  automation_id uuid,
  execution_id uuid,
  state jsonb not null default '{}',
  created_at timestamptz not null default pg_catalog.clock_timestamp(),
  primary key (xid, id),
  constraint live_changes_kind check (kind in ('execution', 'step', 'automation', 'approval', 'reset')),
  constraint live_changes_object check ((object_id is null) = (kind = 'reset'))
);
comment on table automations.live_changes is
  'What has another state now, for ten minutes; reset: more of an account than is worth telling one by one.';
comment on column automations.live_changes.xid is
  'The transaction, because ids are not committed in their order: what a reader has not seen is what its last snapshot did not.';
comment on column automations.live_changes.state is 'Statuses and numbers; never what a run was given, made or said.';

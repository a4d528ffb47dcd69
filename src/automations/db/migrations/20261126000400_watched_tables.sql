-- Tables of users that are watched: their changes start runs, and steps reach their rows.

create table automations.watched_tables (
  source text not null primary key,
  schema_name text not null,
  table_name text not null,
  account_column text not null,
  id_column text not null,
  lead_column text,
  watched_by text not null default session_user,
  watched_at timestamptz not null default now(),
  unique (schema_name, table_name),
  constraint watched_tables_source check (
    source ~ '^[A-Za-z_][A-Za-z0-9_$]{0,62}(\.[A-Za-z_][A-Za-z0-9_$]{0,62})?$'
    and source not in ('lead', 'leads', 'conversation', 'conversations', 'message', 'messages', 'webhook')
  )
);
comment on table automations.watched_tables is
  'Tables beside leads, conversations and messages; written by automations.watch_table(). Of the installation, not of an '
  'account.';
comment on column automations.watched_tables.source is
  'How flows, events and steps call it: the table''s name, with its schema where that is not public.';
comment on column automations.watched_tables.account_column is 'Holds the account of a row.';
comment on column automations.watched_tables.lead_column is 'Runs are about this lead, where it is of the same account.';

-- Whatever may be the name of a watched table; not the tables' names of records that have one of their own, which would
-- silently never fire.
alter table public.automations drop constraint automations_event_config;
alter table public.automations add constraint automations_event_config check (
  trigger_type <> 'event' or status = 'draft' or coalesce(
    (trigger_config ->> 'event_source' = 'webhook' and trigger_config ->> 'event_type' = 'RECEIVED') or (
      trigger_config ->> 'event_source' ~ '^[A-Za-z_][A-Za-z0-9_$]{0,62}(\.[A-Za-z_][A-Za-z0-9_$]{0,62})?$'
      and trigger_config ->> 'event_source' not in ('leads', 'conversations', 'message', 'messages', 'webhook')
      and trigger_config ->> 'event_type' in ('INSERT', 'UPDATE', 'DELETE', 'any')
    ),
    false
  )
);

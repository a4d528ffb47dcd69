-- Whose turn it is in steps that assign records in turn.

create table automations.rotations (
  -- No foreign key: a cascade from automations would wait for the engine, which holds the row until it commits.
  automation_id uuid not null,
  node_id text not null,
  account_id uuid not null,
  position bigint not null,
  primary key (automation_id, node_id)
);
comment on table automations.rotations is 'How many turns were taken; only whoever holds the advisory lock moves it.';

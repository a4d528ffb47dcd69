-- What the AI steps of an account have used of its budget, by day.

create table automations.ai_usage (
  account_id uuid not null,
  day date not null,
  calls bigint not null default 0,
  input_tokens bigint not null default 0,
  output_tokens bigint not null default 0,
  reserved bigint not null default 0,
  primary key (account_id, day),
  constraint ai_usage_counts check (calls >= 0 and input_tokens >= 0 and output_tokens >= 0 and reserved >= 0)
);
-- For the cleanup, which asks for old days of all accounts.
create index ai_usage_day on automations.ai_usage (day);
comment on table automations.ai_usage is 'Tokens of AI steps by account and day (UTC); the engine''s.';
comment on column automations.ai_usage.reserved is
  'What calls under way may come to. That of a call whose worker was killed stands until the day is over.';

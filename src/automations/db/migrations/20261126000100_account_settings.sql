-- What an account has of its own where the installation has one for all: who its mail is from, its mail server, its
-- language model and how much of it may be used in a day.

create table automations.account_settings (
  account_id uuid not null primary key,
  mail_from text,
  mail_reply_to text,
  mail_server text,
  mail_user text,
  mail_password_secret text,
  ai_base_url text,
  ai_key_secret text,
  ai_model text,
  ai_tokens_per_day bigint,
  updated_at timestamptz not null default now(),
  -- Passwords and keys are named, never written here.
  constraint account_settings_server_has_no_password check (mail_server !~ '@' and ai_base_url !~ '^[^/]*//[^/]*@'),
  constraint account_settings_login check ((mail_user is null) = (mail_password_secret is null)),
  constraint account_settings_own_server check (mail_user is null or mail_server is not null),
  constraint account_settings_no_password_in_the_clear check (mail_user is null or mail_server !~ '^smtp\+plain:'),
  constraint account_settings_own_server_own_sender check (mail_server is null or mail_from is not null),
  -- The installation's key must not go to an address that an account chose.
  constraint account_settings_own_key check (ai_key_secret is null or ai_base_url is not null),
  constraint account_settings_tokens check (ai_tokens_per_day >= 0)
);
comment on table automations.account_settings is 'Settings of an account beside those of the installation; the engine''s.';
comment on column automations.account_settings.mail_server is 'smtp:// (STARTTLS), smtps:// or smtp+plain://, host and port.';
comment on column automations.account_settings.mail_password_secret is 'Name of the secret that holds the password.';
comment on column automations.account_settings.ai_tokens_per_day is 'Null: as the installation says. 0: none.';

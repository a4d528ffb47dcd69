-- What people say of themselves where no sign-in service knows them: what they are called, and where their mail goes.

create table automations.profiles (
  user_id uuid not null primary key,
  name text,
  email text,
  updated_at timestamptz not null default pg_catalog.now(),
  constraint profiles_name check (pg_catalog.btrim(name) <> '' and pg_catalog.char_length(name) <= 100),
  constraint profiles_email check (pg_catalog.strpos(email, '@') > 1 and pg_catalog.char_length(email) <= 320),
  constraint profiles_something check (name is not null or email is not null)
);
comment on table automations.profiles is 'Names and mail addresses of people, as they wrote them themselves.';

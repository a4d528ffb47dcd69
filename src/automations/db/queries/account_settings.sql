-- name: get
-- One row or none: an account without settings of its own has those of the installation.
select account_id, mail_from, mail_reply_to, mail_server, mail_user, mail_password_secret, ai_base_url, ai_key_secret,
  ai_model, ai_tokens_per_day
from automations.account_settings
where account_id = $1;

-- name: lock
-- Whoever changes them reads, checks and writes them whole: one after another. There may be no row to lock yet.
select pg_advisory_xact_lock(hashtextextended('automations.account_settings ' || $1::uuid::text, 0));

-- name: put
-- Whole, because the settings are checked against each other before they are written; $11 are the names that changed.
with noted as (
  insert into automations.audit_log (account_id, action, details)
  values ($1, 'account.set', jsonb_build_object('names', $11::text[]))
)
insert into automations.account_settings as s (
  account_id, mail_from, mail_reply_to, mail_server, mail_user, mail_password_secret, ai_base_url, ai_key_secret, ai_model,
  ai_tokens_per_day
)
values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)
on conflict (account_id) do update set
  mail_from = excluded.mail_from, mail_reply_to = excluded.mail_reply_to, mail_server = excluded.mail_server,
  mail_user = excluded.mail_user, mail_password_secret = excluded.mail_password_secret,
  ai_base_url = excluded.ai_base_url, ai_key_secret = excluded.ai_key_secret, ai_model = excluded.ai_model,
  ai_tokens_per_day = excluded.ai_tokens_per_day, updated_at = now();

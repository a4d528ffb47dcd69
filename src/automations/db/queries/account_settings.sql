-- name: get
-- One row or none: an account without settings of its own has those of the installation.
select account_id, mail_from, mail_reply_to, mail_server, mail_user, mail_password_secret, ai_base_url, ai_key_secret,
  ai_model, ai_tokens_per_day
from automations.account_settings_of($1);

-- name: lock
-- Whoever changes them reads, checks and writes them whole: one after another. There may be no row to lock yet.
select pg_advisory_xact_lock(hashtextextended('automations.account_settings ' || $1::uuid::text, 0));

-- name: put
-- Whole, because the settings are checked against each other before they are written; $3 are the names that changed.
select automations.put_account_settings($1, $2, $3);

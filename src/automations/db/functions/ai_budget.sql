-- The budget of AI steps: so many tokens for an account and day (UTC).

-- Set p_tokens aside if the account's day has room for them. `granted` says whether; `used` and `set_aside` are how the day
-- stood (when granted: with this call), `free_at` when the next one begins. One statement decides, with the row locked, so
-- that calls of many workers never pass the limit together.
create or replace function automations.reserve_ai_tokens(
  p_account uuid, p_tokens bigint, p_limit bigint, p_now timestamptz,
  out granted boolean, out day date, out used bigint, out set_aside bigint, out free_at timestamptz
)
language plpgsql
as $$
#variable_conflict use_column
begin
  day := (p_now at time zone 'UTC')::date;
  free_at := (day + 1)::timestamp at time zone 'UTC';
  insert into automations.ai_usage as u (account_id, day, reserved)
  select p_account, reserve_ai_tokens.day, p_tokens
  where p_tokens <= p_limit
  on conflict (account_id, day) do update set reserved = u.reserved + excluded.reserved
  where u.input_tokens + u.output_tokens + u.reserved + excluded.reserved <= p_limit
  returning u.input_tokens + u.output_tokens, u.reserved into used, set_aside;
  granted := found;
  if not granted then
    select u.input_tokens + u.output_tokens, u.reserved into used, set_aside
    from automations.ai_usage u
    where u.account_id = p_account and u.day = reserve_ai_tokens.day;
    used := coalesce(used, 0);
    set_aside := coalesce(set_aside, 0);
  end if;
end
$$;

-- A call has ended: what was set aside for it becomes what it used.
create or replace function automations.settle_ai_tokens(
  p_account uuid, p_day date, p_set_aside bigint, p_input bigint, p_output bigint
)
returns void
language sql
as $$
  update automations.ai_usage u
  set calls = u.calls + 1, input_tokens = u.input_tokens + p_input, output_tokens = u.output_tokens + p_output,
    reserved = greatest(0, u.reserved - p_set_aside)
  where u.account_id = p_account and u.day = p_day
$$;

revoke execute on function automations.reserve_ai_tokens(uuid, bigint, bigint, timestamptz) from public;
revoke execute on function automations.settle_ai_tokens(uuid, date, bigint, bigint, bigint) from public;

-- How many runs an automation, and all of an account, may start in a window of time. Counted at claim; what is too much
-- is held back, not dropped.

-- What all automations of an account may start in an hour. A database setting; workers read it when they connect.
create or replace function automations.account_starts_per_hour()
returns integer
language sql stable
as $$
  select case
    when pg_catalog.current_setting('automations.account_starts_per_hour', true) ~ '^[0-9]{1,9}$'
    then greatest(1, pg_catalog.current_setting('automations.account_starts_per_hour', true)::integer)
    else 1000000
  end
$$;

-- A start that a full window holds back: when it is tried again. p_count: what the window has seen, those held back
-- included, so that it is said once (p_said: what, in the audit log) and a long line is spread over the next windows
-- instead of being looked at as a whole each time. An hour ahead at most: the limit may have been raised by then.
create or replace function automations.hold_back(
  p_account uuid, p_automation uuid, p_said jsonb, p_start timestamptz, p_period interval, p_count integer,
  p_limit integer
)
returns timestamptz
language plpgsql
as $$
begin
  if p_count = p_limit then
    perform automations.write_audit(
      p_account, case when p_automation is null then 'account.held_back' else 'automation.held_back' end,
      p_automation, null, p_said || pg_catalog.jsonb_build_object('until', p_start + p_period)
    );
  end if;
  return p_start + p_period + least(p_period * ((p_count - p_limit) / p_limit), interval '1 hour');
end
$$;

-- What an automation's config says of how many may start, and may run at once; null: no such limit. quiet:
-- its debounce.
create or replace function automations.start_limits(p_trigger_config jsonb, p_default_per_hour integer)
returns table (
  run_limit integer, starts_limit integer, rate_limit integer, rate_period interval, quiet interval,
  breaker_starts integer, breaker_minutes integer
)
language sql immutable parallel safe
as $$
  select automations.whole_number(p_trigger_config #> '{concurrency,limit}', null, 1000000),
    automations.whole_number(p_trigger_config -> 'max_starts_per_hour', p_default_per_hour, 1000000000),
    case when r.period is not null then
      automations.whole_number(p_trigger_config #> '{rate_limit,limit}', null, 1000000000)
    end,
    r.period, automations.quiet_time(p_trigger_config),
    automations.whole_number(p_trigger_config #> '{breaker,starts}', 100, 100000),
    automations.whole_number(p_trigger_config #> '{breaker,minutes}', 10, 10080)
  from (
    select case p_trigger_config #>> '{rate_limit,period}'
      when 'minute' then interval '1 minute' when 'hour' then interval '1 hour' when 'day' then interval '24 hours'
    end as period
  ) r
$$;

revoke execute on function automations.account_starts_per_hour() from public;
revoke execute on function automations.hold_back(
  uuid, uuid, jsonb, timestamptz, interval, integer, integer
) from public;
revoke execute on function automations.start_limits(jsonb, integer) from public;

-- Where something is due: one index probe per account, whatever waits there.

-- Accounts that have something due, at most p_limit, going round from p_after: one index probe per account. A last row
-- without an account says that it did not get all the way round: visited_last is where to go on. p_full: left out.
drop function if exists automations.accounts_due(timestamptz, uuid, integer);
create or replace function automations.accounts_due(
  p_now timestamptz, p_after uuid, p_limit integer, p_full uuid[] default '{}'
)
returns table (account_id uuid, visited_last uuid)
language plpgsql
as $$
declare
  c_max_probes constant integer := 400;
  v_position uuid := coalesce(p_after, '00000000-0000-0000-0000-000000000000');
  v_start uuid := v_position;
  v_next uuid;
  v_due timestamptz;
  v_wrapped boolean := false;
  v_found integer := 0;
  v_round boolean := false;
begin
  for i in 1 .. c_max_probes loop
    select e.account_id, e.due_at into v_next, v_due
    from public.automation_executions e
    where e.due_at is not null and e.account_id > v_position
    order by e.account_id, e.due_at, e.seq
    limit 1;
    if not found then
      v_round := v_wrapped;
      exit when v_round;
      v_wrapped := true;
      v_position := '00000000-0000-0000-0000-000000000000';
      continue;
    end if;
    v_round := v_wrapped and v_next > v_start;
    exit when v_round;
    v_position := v_next;
    if v_due <= p_now and v_next <> all (p_full) then
      account_id := v_next;
      visited_last := v_next;
      return next;
      v_found := v_found + 1;
      exit when v_found >= p_limit;
    end if;
  end loop;
  if not v_round then
    account_id := null;
    visited_last := v_position;
    return next;
  end if;
end
$$;

-- When the earliest open run of any account becomes due, null when none is; what an idle worker sleeps until.
create or replace function automations.next_due(p_now timestamptz default null)
returns timestamptz
language plpgsql stable
as $$
declare
  c_max_probes constant integer := 400;
  v_position uuid := '00000000-0000-0000-0000-000000000000';
  v_next uuid;
  v_due timestamptz;
  v_earliest timestamptz;
begin
  for i in 1 .. c_max_probes loop
    select e.account_id, e.due_at into v_next, v_due
    from public.automation_executions e
    where e.due_at is not null and e.account_id > v_position
    order by e.account_id, e.due_at, e.seq
    limit 1;
    exit when not found;
    v_position := v_next;
    v_earliest := least(v_earliest, v_due);
  end loop;
  return v_earliest;
end
$$;

revoke execute on function automations.accounts_due(timestamptz, uuid, integer, uuid[]) from public;
revoke execute on function automations.next_due(timestamptz) from public;

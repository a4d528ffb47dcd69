-- What users may read of the engine's own tables, masked.

-- The steps of a run in the order in which they were written, a page at a time: p_after is the key of the last one of
-- the page before. Only the masked record; the raw outcome stays with the engine.
create or replace function automations.execution_steps(
  p_execution_id uuid, p_after text default null, p_limit integer default 100
)
returns table (key text, record jsonb)
language plpgsql stable security definer set search_path = pg_catalog, pg_temp
as $$
declare
  v_account uuid;
begin
  select e.account_id into v_account from public.automation_executions e where e.id = p_execution_id;
  perform automations.require_access(v_account, 'run', false);
  return query
    select s.key, s.record
    from automations.steps s
    left join automations.steps a on a.execution_id = p_execution_id and a.key = p_after
    where s.execution_id = p_execution_id and s.record is not null
      and (p_after is null or (s.written_at, s.key) > (a.written_at, a.key))
    order by s.written_at, s.key
    limit greatest(1, least(p_limit, 1000));
end
$$;

revoke execute on function automations.execution_steps(uuid, text, integer) from public;

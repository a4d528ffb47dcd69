-- What a worker reads of the runs that it took.

-- Everything a worker needs to run what it claimed. A run that was never claimed before has no checkpoints, unless it is
-- loaded a second time (p_begun).
create or replace function automations.load_runs(p_ids uuid[], p_begun boolean default false)
returns table (
  id uuid, automation_id uuid, account_id uuid, version_id uuid, trigger_type text, trigger_data jsonb,
  lead_id uuid, conversation_id uuid, started_at timestamptz, run_started_at timestamptz, lane text,
  steps jsonb
)
language sql stable
as $$
  select e.id, e.automation_id, e.account_id, e.version_id, e.trigger_type, e.trigger_data,
    e.lead_id, e.conversation_id, e.started_at, e.run_started_at, e.lane,
    case when p_begun or e.epoch > 1 then (
      select pg_catalog.jsonb_agg(
        case
          -- An iteration that ended without an output: thousands of a long loop, and nothing more is asked of them.
          when s.key like '%/' and s.record is null and s.due_at is null
            and s.outcome - 'handle' - 'variables' = '{"kind": "continue", "output": null}'
          then pg_catalog.jsonb_build_object('key', s.key, 'attempt', s.attempt, 'outcome', '{"kind": "continue"}'::jsonb)
          else pg_catalog.jsonb_build_object(
            'key', s.key, 'node_id', s.node_id, 'status', s.status, 'attempt', s.attempt, 'outcome', s.outcome,
            'record', s.record, 'due_at', s.due_at
          )
        end order by s.key
      )
      from automations.steps s where s.execution_id = e.id and not s.folded
    ) end
  from public.automation_executions e
  where e.id = any (p_ids)
$$;

revoke execute on function automations.load_runs(uuid[], boolean) from public;

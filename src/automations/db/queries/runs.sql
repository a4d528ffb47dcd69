-- name: claim
-- Take due runs; ids only, because the claim lock is held until the answer is sent.
select kind, execution_id, epoch, account_id
from automations.claim_runs($1, $2, $3, null, $4, $5, $6);

-- name: load
-- What a worker needs to run what it claimed, in the order of the claim.
select r.*, case when r.steps is not null then automations.wakes_of(r.id) end as signals, clock_timestamp() as loaded_at
from automations.load_runs($1, $2) r;

-- name: next_due
-- How long an idle worker may sleep, in seconds; null: nothing is waiting for a time.
select extract(epoch from automations.next_due() - clock_timestamp())::float8;

-- name: hold
-- Lock the runs that are still this worker's for the rest of the transaction.
select automations.hold_runs($1, $2, $3);

-- name: still_held
-- Which of these runs are still this worker's, locked by somebody or not.
select automations.still_held($1, $2, $3);

-- name: run_operations
-- The database steps of many runs, each in its own savepoint with the rights of its account.
select result, error_code, error_message from automations.run_operations($1, $2, $3);

-- name: limit_statements
-- The time limit of statements in this transaction; answers with the one before.
with before as materialized (select pg_catalog.current_setting('statement_timeout') as value)
select before.value from before, lateral pg_catalog.set_config('statement_timeout', $1, before.value is not null) set_now;

-- name: run_bulk_write
-- One write of the same shape for many runs of an account.
select result, error_code, error_message from automations.run_bulk_write($1, $2, $3, $4, $5, $6, $7);

-- name: may_take_turns
-- Which steps this transaction may take turns of: asked once, not found out by one step after another.
select automations.may_take_turns(u.automation, u.node) as granted
from unnest($1::uuid[], $2::text[]) with ordinality as u (automation, node, place)
order by u.place;

-- name: write_steps
-- Checkpoints and begun attempts.
select automations.write_steps($1, $2, $3, $4, $5, $6, $7, $8, $9, $10);

-- name: fold_steps
-- Steps of iterations and loops that have completed are not loaded again.
select automations.fold_steps($1, $2, $3, $4);

-- name: register_waits
-- What parked steps wait for; what has happened already wakes them.
select automations.register_waits($1, $2, $3, $4, $5, $6);

-- name: end_waits
-- Steps that wait no longer, with what had arrived for them.
select automations.end_waits($1, $2);

-- name: settle_waits
-- Waits that a writer may have missed while they were being registered.
select automations.settle_waits($1);

-- name: signals
-- What has arrived for runs at work.
select s.execution_id, s.key, s.payload
from automations.signals s
where s.execution_id = any ($1)
order by s.id;

-- name: finish
-- End runs.
select automations.finish_runs($1, $2, $3, $4, $5, $6, $7);

-- name: finish_held
-- Lock and end runs that have nothing else to write, in one round trip; answers which.
select automations.finish_held_runs($1, $2, $3, $4, $5, $6, $7, $8, $9);

-- name: park
-- Let go of runs that wait.
select automations.park_runs($1, $2);

-- name: renew
-- Which runs a living worker still holds, and for how much longer.
select automations.renew_leases($1, $2, $3);

-- name: release
-- Give back everything that an owner holds, without counting it as a death.
select automations.release_owner($1);

-- name: release_absent
-- Runs of workers that are gone become due.
select automations.release_absent_owners();

-- name: version
-- The flow that a run runs.
select v.id, v.automation_id, v.nodes, v.edges, v.trigger_type, v.trigger_config
from automations.versions v where v.id = $1;

-- name: mark_invalid
-- Stop an automation whose published flow cannot be run, and say why where its owner looks.
-- Whoever has the automation locked is not waited for: its next run says the same.
with found as materialized (
  select a.id from public.automations a
  where a.id = $1 and a.published_version = $2 and a.status = 'active'
  for no key update skip locked
), stopped as (
  update public.automations a set status = 'error'
  from found where a.id = found.id
  returning a.id, a.user_id
)
insert into automations.audit_log (account_id, action, automation_id, details)
select s.user_id, 'automation.stopped', s.id, jsonb_build_object('reason', $3::text) from stopped s;

-- name: hold_presence
-- A worker is present while its session holds this lock.
select pg_advisory_lock($1);

-- name: fold_stats
-- Figures of finished runs whose automation was locked when they finished.
select automations.fold_stats(1000);

-- name: forget_live_changes
-- What watching clients were told more than ten minutes ago.
select automations.forget_live_changes();

-- name: cleanup
-- One batch of what is past its retention; answers how many rows went.
select automations.cleanup_batch($1);

-- name: insert_test_record
-- The record of a test run: written whole and final, so that no worker, wake-up or statistic sees it.
insert into public.automation_executions (
  id, automation_id, trigger_type, trigger_data, status, nodes_executed, variables, error, error_node_id,
  started_at, completed_at, duration_ms, test_mode, triggered_by, lead_id, conversation_id, account_id, version_id,
  run_started_at, output
)
values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, true, $13, $14, $15, $16, null, $10, $17);

-- name: start_owed_failure_runs
-- What is to run on failure and could not be started when the run failed, because a row was locked.
select automations.start_owed_failure_runs();

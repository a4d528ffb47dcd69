"""What follows on the end of a run, by whatever path it ended; and that it is never in the way of the end."""

from __future__ import annotations

import asyncio
import json
import uuid
from typing import TYPE_CHECKING, Any

import asyncpg
import pytest

if TYPE_CHECKING:
    from tests.conftest import Connect, Factory

ACCOUNT = uuid.UUID("00000000-0000-4000-8000-00000000aaaa")
STRANGER = uuid.UUID("00000000-0000-4000-8000-00000000bbbb")


async def manual(make: Factory, account: uuid.UUID = ACCOUNT, **columns: Any) -> uuid.UUID:
    config = columns.pop("trigger_config", {})
    return await make.automation(account, trigger_type="manual", trigger_config=config, **columns)


async def wait_for(db: asyncpg.Connection, waiting: uuid.UUID, topic: str, **columns: Any) -> None:
    row = {"key": "/wait", "account_id": ACCOUNT, "condition": None, **columns}
    await db.execute(
        "insert into automations.waits (execution_id, key, account_id, topic, condition, since) "
        "values ($1, $2, $3, $4, $5, now())",
        waiting,
        row["key"],
        row["account_id"],
        topic,
        row["condition"],
    )


async def wakes(db: asyncpg.Connection) -> list[dict[str, Any]]:
    rows = await db.fetch("select account_id, execution_id, name, key, payload from automations.signals order by id")
    return [dict(row) for row in rows]


async def end(db: asyncpg.Connection, run: uuid.UUID, status: str, **columns: Any) -> None:
    await db.execute(
        "update automation_executions set status = $2, error = $3 where id = $1", run, status, columns.get("error")
    )


async def running(make: Factory, automation: uuid.UUID, **columns: Any) -> uuid.UUID:
    return await make.execution(automation, status="running", **columns)


# Wakes.


@pytest.mark.parametrize(
    ("begun", "status"),
    [
        ("running", "completed"),
        ("running", "failed"),
        ("running", "cancelled"),
        ("pending", "failed"),
        ("pending", "cancelled"),
    ],
)
async def test_whoever_waits_for_a_run_is_woken_by_its_end(
    database: asyncpg.Connection, make: Factory, begun: str, status: str
) -> None:
    automation = await manual(make)
    child, waiting = await make.execution(automation, status=begun), await running(make, automation)
    await wait_for(database, waiting, f"run:{child}", key="loop:3/call")
    await end(database, child, status, error="why")
    assert await wakes(database) == [
        {
            "account_id": ACCOUNT,
            "execution_id": waiting,
            "name": f"run:{child}",
            "key": "loop:3/call",
            "payload": {"run_id": str(child), "automation_id": str(automation), "status": status, "error": "why"},
        }
    ]
    await database.execute("update automation_executions set error = 'other' where id = $1", child)
    assert len(await wakes(database)) == 1


async def test_ends_of_an_automations_runs_for_a_record(database: asyncpg.Connection, make: Factory) -> None:
    agent = await make.agent(ACCOUNT)
    automation, other = await manual(make), await manual(make)
    lead, conversation = await make.lead(ACCOUNT), await make.conversation(agent)
    waiting = await running(make, other)
    await wait_for(database, waiting, f"ended:{automation}:{lead}", key="/lead")
    await wait_for(database, waiting, f"ended:{automation}:{conversation}", key="/conversation")
    await end(database, await running(make, other, lead_id=lead), "completed")
    await end(database, await running(make, automation), "completed")
    assert await wakes(database) == []
    await end(database, await running(make, automation, lead_id=lead, conversation_id=conversation), "failed")
    assert sorted(wake["key"] for wake in await wakes(database)) == ["/conversation", "/lead"]


async def test_a_wait_may_have_a_condition_on_the_end(database: asyncpg.Connection, make: Factory) -> None:
    automation = await manual(make)
    waiting, first, second = [await running(make, automation) for _ in range(3)]
    only_failed = {"field": "status", "operator": "equals", "value": "failed"}
    for key, run in (("/first", first), ("/second", second)):
        await wait_for(database, waiting, f"run:{run}", key=key, condition=only_failed)
    await end(database, first, "completed")
    await end(database, second, "failed")
    assert [wake["key"] for wake in await wakes(database)] == ["/second"]


async def test_other_accounts_and_other_changes_wake_nobody(database: asyncpg.Connection, make: Factory) -> None:
    automation = await manual(make)
    child, waiting = await running(make, automation), await running(make, await manual(make, STRANGER))
    await wait_for(database, waiting, f"run:{child}", account_id=STRANGER)
    await wait_for(database, child, f"run:{child}", key="/itself")
    await database.execute("update automation_executions set variables = '{}' where id = $1", child)
    await end(database, child, "completed")
    history = await make.execution(automation, status="failed")
    await wait_for(database, waiting, f"run:{history}", key="/history")
    assert await wakes(database) == []


async def test_a_run_that_is_deleted_while_it_is_open_wakes_as_well(
    database: asyncpg.Connection, make: Factory
) -> None:
    called, caller = await manual(make), await manual(make)
    child, done, waiting = await running(make, called), await running(make, called), await running(make, caller)
    await end(database, done, "completed")
    await wait_for(database, waiting, f"run:{child}")
    await wait_for(database, waiting, f"run:{done}", key="/done")
    await database.execute("delete from automations where id = $1", called)
    assert [(wake["key"], wake["payload"]["status"]) for wake in await wakes(database)] == [("/wait", "deleted")]


@pytest.mark.parametrize("how", ["delete from automation_executions", "truncate automation_executions"])
async def test_what_a_deleted_run_waited_for_goes_with_it(
    database: asyncpg.Connection, make: Factory, how: str
) -> None:
    automation = await failing(make, await manual(make))
    waiting, other = await running(make, automation), await running(make, automation)
    await wait_for(database, waiting, f"run:{other}")
    await database.execute(
        "insert into automations.owed_failure_runs (execution_id, account_id) values ($1, $2)", other, ACCOUNT
    )
    await database.execute(how)
    assert await database.fetchval("select count(*) from automations.waits") == 0
    assert await database.fetchval("select count(*) from automations.owed_failure_runs") == 0


async def test_many_ends_of_one_statement_notify_once(
    database: asyncpg.Connection, make: Factory, database_url: str
) -> None:
    automation = await manual(make)
    waiting = await running(make, automation)
    children = [await running(make, automation) for _ in range(20)]
    for place, child in enumerate(children):
        await wait_for(database, waiting, f"run:{child}", key=f"loop:{place}/wait")
    listener = await asyncpg.connect(database_url)
    heard: list[str] = []
    await listener.add_listener("automations_wake", lambda *given: heard.append(str(given[3])))
    await database.execute("update automation_executions set status = 'completed' where id = any ($1)", children)
    assert len(await wakes(database)) == 20
    await listener.fetchval("select 1")
    await listener.close()
    assert heard == [""]


# on_failure.


async def failing(make: Factory, on_failure: object, **columns: Any) -> uuid.UUID:
    return await manual(make, trigger_config={"on_failure": None if on_failure is None else str(on_failure)}, **columns)


async def started_from(db: asyncpg.Connection, run: uuid.UUID) -> list[asyncpg.Record]:
    found: list[asyncpg.Record] = await db.fetch("select * from automation_executions where parent_id = $1", run)
    return found


async def refusals(db: asyncpg.Connection) -> list[str]:
    rows = await db.fetch(
        "select details from automations.audit_log where action = 'automation.on_failure_not_started' order by id"
    )
    return [row["details"]["reason"] for row in rows]


async def test_a_failure_starts_the_automation_that_is_named_for_it(
    database: asyncpg.Connection, make: Factory
) -> None:
    rescue = await manual(make, name="Rescue")
    automation = await failing(make, rescue, name="Fragile")
    lead = await make.lead(ACCOUNT, name="Ada")
    data = {"event": "manual", "input": {"a": 1}}
    run = await running(make, automation, lead_id=lead, trigger_data=data)
    await database.execute(
        "update automation_executions set status = 'failed', error = 'no luck', error_node_id = 'save' where id = $1",
        run,
    )
    (started,) = await started_from(database, run)
    version = await database.fetchval("select published_version from automations where id = $1", rescue)
    new = started["trigger_data"].pop("new")
    assert started["trigger_data"].pop("timestamp") is not None
    assert new["name"] == "Ada"
    assert {
        key: started[key]
        for key in ("automation_id", "trigger_type", "status", "account_id", "lead_id", "version_id", "ancestors")
    } == {
        "automation_id": rescue,
        "trigger_type": "manual",
        "status": "pending",
        "account_id": ACCOUNT,
        "lead_id": lead,
        "version_id": version,
        "ancestors": [automation],
    }
    assert (started["depth"], started["due_at"] is not None) == (1, True)
    assert started["trigger_data"] == {
        "event": "failure",
        "table": None,
        "old": None,
        "input": {
            "run_id": str(run),
            "automation_id": str(automation),
            "automation_name": "Fragile",
            "error": "no luck",
            "error_node_id": "save",
            "lead_id": str(lead),
            "conversation_id": None,
            "trigger_type": "manual",
            "trigger": data,
        },
        "called_by": {"run_id": str(run), "automation_id": str(automation), "step": None},
    }
    assert await refusals(database) == []


async def test_only_a_failure_does(database: asyncpg.Connection, make: Factory) -> None:
    automation = await failing(make, await manual(make))
    for status in ("completed", "cancelled"):
        await end(database, await running(make, automation), status)
    await make.execution(automation, status="failed")
    await make.execution(automation, status="failed", test_mode=True)
    await end(database, await running(make, automation, test_mode=True), "failed")
    await end(database, await running(make, await failing(make, None)), "failed")
    assert await database.fetchval("select count(*) from automation_executions where parent_id is not null") == 0
    assert await refusals(database) == []


async def test_a_failing_failure_automation_does_not_go_on_for_ever(
    database: asyncpg.Connection, make: Factory
) -> None:
    first = await manual(make, name="first")
    second = await failing(make, first, name="second")
    for automation, target in ((first, second),):
        await database.execute(
            "update automations set trigger_config = $2 where id = $1", automation, {"on_failure": str(target)}
        )
    run = await running(make, first)
    await end(database, run, "failed")
    (started,) = await started_from(database, run)
    await end(database, started["id"], "failed")
    assert await started_from(database, started["id"]) == []
    assert await refusals(database) == ["it led to the run that failed"]
    itself = await manual(make)
    await database.execute(
        "update automations set trigger_config = $2 where id = $1", itself, {"on_failure": str(itself).upper()}
    )
    await end(database, await running(make, itself), "failed")
    assert await refusals(database) == ["it led to the run that failed"] * 2


async def test_a_chain_of_failures_ends_at_the_depth_of_all_chains(database: asyncpg.Connection, make: Factory) -> None:
    chain = [await manual(make)]
    for _ in range(9):
        chain.append(await failing(make, chain[-1]))
    run = await running(make, chain[-1])
    depths = []
    while True:
        await end(database, run, "failed")
        started = await started_from(database, run)
        if not started:
            break
        run = started[0]["id"]
        depths.append(started[0]["depth"])
    assert depths == list(range(1, 9))
    assert await refusals(database) == ["it would be more than 8 starts away from the first run"]


NOT_STARTABLE: dict[str, tuple[dict[str, Any], str]] = {
    "off": ({"enabled": False}, "the automation is switched off"),
    "paused": ({"status": "paused"}, "the automation is not active but paused"),
    "draft": ({"status": "draft"}, "the automation is not published"),
    "another account": ({"account": STRANGER}, "there is no such automation in this account"),
}


@pytest.mark.parametrize("name", NOT_STARTABLE)
async def test_what_cannot_be_started_is_in_the_audit_log_and_the_run_has_ended(
    database: asyncpg.Connection, make: Factory, name: str
) -> None:
    columns, reason = NOT_STARTABLE[name]
    target = await manual(make, columns.pop("account", ACCOUNT))
    for column, value in columns.items():
        if value == "draft":
            target = await manual(make, status="draft")
        else:
            await database.execute(f"update automations set {column} = $2 where id = $1", target, value)
    automation = await failing(make, target)
    run = await running(make, automation)
    await end(database, run, "failed")
    assert await database.fetchval("select status from automation_executions where id = $1", run) == "failed"
    assert await started_from(database, run) == []
    entry = await database.fetchrow("select * from automations.audit_log order by id desc limit 1")
    assert (entry["account_id"], entry["automation_id"], entry["execution_id"]) == (ACCOUNT, automation, run)
    assert entry["details"] == {"on_failure": str(target), "reason": reason}


@pytest.mark.parametrize(
    "written", ["nonsense", "", "x" * 5000, 7, ["a"], {"a": 1}, str(uuid.UUID(int=1)), "é" * 36, "-" * 36]
)
async def test_whatever_plain_sql_wrote_there_no_finish_fails(
    database: asyncpg.Connection, make: Factory, written: Any
) -> None:
    automation = await manual(make, trigger_config={"on_failure": written})
    run = await running(make, automation)
    await end(database, run, "failed")
    assert await database.fetchval("select status from automation_executions where id = $1", run) == "failed"
    assert await refusals(database) == ["there is no such automation in this account"]


async def test_a_trigger_of_the_owner_that_refuses_the_new_run_does_not_refuse_the_end(
    database: asyncpg.Connection, make: Factory
) -> None:
    automation = await failing(make, await manual(make))
    run = await running(make, automation)
    await database.execute(
        """
        create function public.no_more() returns trigger language plpgsql as $$
        begin raise exception 'no more runs'; end $$;
        create trigger no_more before insert on public.automation_executions
          for each row execute function public.no_more();
        """
    )
    await end(database, run, "failed")
    assert await refusals(database) == ["no more runs"]
    assert await database.fetchval("select status from automation_executions") == "failed"


async def test_nothing_of_ours_that_is_refused_refuses_the_end(database: asyncpg.Connection, make: Factory) -> None:
    automation = await failing(make, "nonsense")
    waiting, run = await running(make, automation), await running(make, automation)
    await wait_for(database, waiting, f"run:{run}")
    await database.execute(
        """
        create function public.no_more() returns trigger language plpgsql as $$
        begin raise exception 'no more'; end $$;
        create trigger no_more before insert on automations.audit_log for each row execute function public.no_more();
        create trigger no_more before insert on automations.signals for each row execute function public.no_more();
        """
    )
    await end(database, run, "failed")
    assert await database.fetchval("select status from automation_executions where id = $1", run) == "failed"


LOCKS = {
    "automation": "select from automations where id = $1 for update",
    "automation deleted": "delete from automations where id = $1",
    "lead": "select from leads where id = $1 for update",
    "conversation": "select from conversations where id = $1 for update",
}


@pytest.mark.parametrize("name", LOCKS)
async def test_a_row_that_somebody_has_locked_is_not_waited_for_and_the_start_is_owed(
    database: asyncpg.Connection, make: Factory, connect: Connect, name: str
) -> None:
    agent = await make.agent(ACCOUNT)
    target = await manual(make)
    lead, conversation = await make.lead(ACCOUNT), await make.conversation(agent)
    run = await running(make, await failing(make, target), lead_id=lead, conversation_id=conversation)
    somebody = await connect()
    transaction = somebody.transaction()
    await transaction.start()
    locked = {"lead": lead, "conversation": conversation}.get(name, target)
    await somebody.execute(LOCKS[name], locked)

    async with asyncio.timeout(20):
        await end(database, run, "failed")
        assert await database.fetchval("select automations.start_owed_failure_runs()") == 0
    assert await started_from(database, run) == []
    assert await database.fetchval("select count(*) from automations.owed_failure_runs") == 1
    await transaction.commit()

    assert await database.fetchval("select automations.start_owed_failure_runs()") == 1
    assert await database.fetchval("select automations.start_owed_failure_runs()") == 0
    assert await database.fetchval("select count(*) from automations.owed_failure_runs") == 0
    if name == "automation deleted":
        assert await refusals(database) == ["there is no such automation in this account"]
    else:
        assert [row["lead_id"] for row in await started_from(database, run)] == [lead]


async def test_what_is_owed_for_a_run_that_is_gone_is_forgotten(database: asyncpg.Connection) -> None:
    await database.execute(
        "insert into automations.owed_failure_runs (execution_id, account_id) values ($1, $2)", uuid.uuid4(), ACCOUNT
    )
    assert await database.fetchval("select automations.start_owed_failure_runs()") == 1
    assert await database.fetchval("select count(*) from automations.owed_failure_runs") == 0


async def test_two_who_settle_what_is_owed_start_it_once(
    database: asyncpg.Connection, make: Factory, connect: Connect
) -> None:
    automation = await failing(make, await manual(make))
    runs = [await make.execution(automation, status="failed") for _ in range(20)]
    await database.executemany(
        "insert into automations.owed_failure_runs (execution_id, account_id) values ($1, $2)",
        [(run, ACCOUNT) for run in runs],
    )
    sessions = [await connect() for _ in range(4)]
    await asyncio.gather(*(one.fetchval("select automations.start_owed_failure_runs()") for one in sessions))
    while await database.fetchval("select automations.start_owed_failure_runs()"):
        pass
    assert [len(await started_from(database, run)) for run in runs] == [1] * 20


async def test_a_failure_of_a_failure_of_a_failure_does_not_grow(database: asyncpg.Connection, make: Factory) -> None:
    automation = await failing(make, await manual(make))
    run = await running(make, automation, trigger_data={"input": "x" * 200_000})
    await end(database, run, "failed")
    (started,) = await started_from(database, run)
    assert started["trigger_data"]["input"]["trigger"] is None
    assert len(json.dumps(started["trigger_data"])) < 2_000


async def test_on_postgres_15(postgres15_url: str, connect: Connect) -> None:
    from tests.conftest import Factory

    db = await connect(postgres15_url)
    make = Factory(db)
    automation = await failing(make, await manual(make))
    waiting, run = await running(make, automation), await running(make, automation)
    await wait_for(db, waiting, f"run:{run}")
    await end(db, run, "failed")
    assert (len(await wakes(db)), len(await started_from(db, run))) == (1, 1)

"""Promise 3, with two sessions: whatever an automation or the engine does, the writer's own statement goes through."""

from __future__ import annotations

import asyncio
import random
from collections.abc import AsyncIterator
from typing import Any

import asyncpg
import pytest
from tests.conftest import Connect
from tests.engine.drawing import LEAD_UPDATE, add_message, line, probe, set_variables, update_lead
from tests.engine.probe_nodes import Probes
from tests.engine.world import Workers, World


@pytest.fixture
def probes() -> Probes:
    return Probes()


@pytest.fixture
async def workers(database_url: str, probes: Probes) -> AsyncIterator[Workers]:
    group = Workers(database_url, probes)
    yield group
    await group.close()


async def waits_for_a_lock(world: World, connection: asyncpg.Connection) -> None:
    pid = connection.get_server_pid()
    async with asyncio.timeout(20):
        while not await world.db.fetchval("select wait_event_type = 'Lock' from pg_stat_activity where pid = $1", pid):
            await asyncio.sleep(0.01)


@pytest.mark.parametrize("ends", ["commit", "rollback"])
async def test_an_automation_that_is_deleted_at_the_same_moment(world: World, connect: Connect, ends: str) -> None:
    automation = await world.automation(line(set_variables("ok", {"a": 1})))
    owner, writer = await connect(), await connect()
    transaction = owner.transaction()
    await transaction.start()
    await owner.execute("delete from automations where id = $1", automation)
    insert = asyncio.create_task(
        writer.fetchval("insert into leads (user_id, name) values ($1, 'Ada') returning id", world.account)
    )
    await waits_for_a_lock(world, writer)
    await (transaction.commit() if ends == "commit" else transaction.rollback())

    assert await insert is not None
    assert await world.count() == (0 if ends == "commit" else 1)


@pytest.mark.parametrize("change", ["status", "agent", "disable"])
async def test_an_automation_that_is_changed_at_the_same_moment_is_not_waited_for(
    world: World, connect: Connect, change: str
) -> None:
    automation = await world.automation(line(set_variables("ok", {"a": 1})))
    owner = await connect()
    statement = {
        "status": "update automations set status = 'paused' where id = $1",
        "agent": "update automations set name = 'new' where id = $1",
        "disable": "update automations set enabled = false where id = $1",
    }[change]
    transaction = owner.transaction()
    await transaction.start()
    await owner.execute(statement, automation)

    async with asyncio.timeout(10):
        await world.lead()

    await transaction.commit()
    assert await world.count() == 1


async def test_a_writer_in_repeatable_read_is_not_failed_by_what_the_engine_writes(
    world: World, connect: Connect, workers: Workers
) -> None:
    """Figures on the row of the automation move with every run; the writer's snapshot is older than that."""
    await world.automation(line(set_variables("ok", {"a": 1})))
    await workers.start()
    writer = await connect()
    transaction = writer.transaction(isolation="repeatable_read")
    await transaction.start()
    await writer.fetchval("select count(*) from leads")
    await world.leads(20)
    await world.all_ended()

    await writer.execute("insert into leads (user_id, name) values ($1, 'late')", world.account)
    await transaction.commit()

    assert await world.all_ended() == {"completed": 21}


async def quick_to_find_deadlocks(world: World) -> None:
    name = await world.db.fetchval("select current_database()")
    await world.db.execute(f"alter database {name} set deadlock_timeout = '200ms'")


async def interleave(world: World, connect: Connect, seed: int, actions: int) -> list[str]:
    """One user's random writes; answers the SQLSTATEs that reached them."""
    chance = random.Random(seed)
    user = await connect()
    errors = []
    for number in range(actions):
        leads = [row["id"] for row in await user.fetch("select id from leads order by random() limit 4")]
        try:
            async with user.transaction():
                for lead in leads[: chance.randint(1, 4)]:
                    match chance.randrange(4):
                        case 0:
                            await user.execute("delete from leads where id = $1", lead)
                        case 1:
                            await user.execute("update leads set score = $2 where id = $1", lead, number)
                        case 2:
                            await user.execute("insert into leads (user_id, name) values ($1, 'new')", world.account)
                        case _:
                            await user.execute("select from leads where id = $1 for update", lead)
                    await asyncio.sleep(chance.random() * 0.01)
        except asyncpg.PostgresError as error:
            errors.append(f"{error.sqlstate} {error}")
    return errors


@pytest.mark.parametrize("actions", [25, pytest.param(400, marks=pytest.mark.full)])
async def test_random_writers_beside_the_engine_are_never_its_victims(
    world: World, connect: Connect, workers: Workers, actions: int
) -> None:
    """One writer, so that no deadlock can be between writers: whatever fails is the engine's doing."""
    conversation = str(await world.conversation())
    await quick_to_find_deadlocks(world)
    await world.automation(
        line(
            update_lead("one", {"stage": "one"}),
            probe("call", "external", "echo"),
            add_message("note", "{{ trigger.new.id }}", conversation),
            update_lead("two", {"stage": "two"}),
        )
    )
    await world.automation(line(update_lead("react", {"data": {"x": 1}}), on=LEAD_UPDATE))
    await workers.start()
    await workers.start()
    await world.leads(60)

    errors = await interleave(world, connect, seed=7, actions=actions)

    assert errors == []
    counts = await world.all_ended(within=90)
    assert set(counts) <= {"completed", "failed"}
    # A lead that is gone is the only reason to fail.
    rows = await world.db.fetch("select error from automation_executions where status = 'failed'")
    known = ("there is no row", "it refers to", "about none of the leads")
    assert [row["error"] for row in rows if not any(text in row["error"] for text in known)] == []


async def test_short_waits_of_the_engine_do_not_add_up_to_a_deadlock_of_the_writer(
    world: World, connect: Connect, workers: Workers
) -> None:
    """The writer holds many leads and wants a run that the engine holds together with those of the leads.

    The writer looks for a deadlock after a while. If the engine still waits for one row after the other then, there is
    one, and the writer is the one that fails.
    """
    await quick_to_find_deadlocks(world)
    await world.automation(line(update_lead("one", {"stage": "one"})))
    leads = await world.leads(100)
    writer = await connect()
    async with writer.transaction():
        await writer.execute("select from leads where id <> $1 for update", leads[50])
        await workers.start(committers=1)
        async with asyncio.timeout(20):
            while not await world.db.fetchval(
                "select exists (select from pg_stat_activity where wait_event_type = 'Lock' "
                "and datname = current_database() and application_name like 'automations worker: commit%')"
            ):
                await asyncio.sleep(0)
        await writer.execute("delete from leads where id = $1", leads[50])

    # What is left of it: it ran before the lead was gone, or its step says that there is none.
    counts = await world.all_ended()
    assert counts in ({"completed": 100}, {"completed": 99, "failed": 1})
    assert await world.db.fetchval("select count(*) from leads where stage = 'one'") == 99


CLAIM = "select kind, execution_id from automations.claim_runs(7, 100, interval '30 s')"


async def test_a_claim_does_not_wait_for_the_lead_of_a_run_that_it_wakes(world: World, connect: Connect) -> None:
    """Whoever deletes the lead wants the run next: the claim would be in its way, and it in the claim's."""
    automation = await world.automation(line(set_variables("ok", {"a": 1})))
    lead = await world.lead()
    run = (await world.run_of(lead))["id"]
    await world.db.execute(CLAIM)
    await world.db.execute("update automation_executions set owner = null, due_at = null where id = $1", run)
    await world.db.execute(
        "insert into automations.signals (account_id, execution_id, name, key) values ($1, $2, 'x', '/ok')",
        world.account,
        run,
    )
    user, engine = await connect(), await connect()
    await engine.execute("set lock_timeout = '2s'")
    async with user.transaction():
        await user.execute("select from leads where id = $1 for update", lead)
        await user.execute("select from automations where id = $1 for update", automation)
        woken = [tuple(row) for row in await engine.fetch(CLAIM)]
        taken = [tuple(row) for row in await engine.fetch(CLAIM)]

    assert (woken, taken) == ([("woken", None)], [("run", run)])


async def test_a_claim_does_not_wait_for_the_lead_of_a_run_that_comes_next_in_its_lane(
    world: World, connect: Connect
) -> None:
    """The first of the lane is given up in the claim that puts off the second."""
    await world.automation(
        line(set_variables("ok", {"a": 1}), on=LEAD_UPDATE), config={"concurrency": {"per": "record"}}
    )
    lead = await world.lead()
    for score in (1, 2):
        await world.db.execute("update leads set score = $2 where id = $1", lead, score)
    await world.db.execute(CLAIM)
    await world.db.execute("update automation_executions set takeovers = 4, due_at = now() where owner is not null")
    await world.db.execute("update automation_executions set due_at = now() where owner is null")
    user, engine = await connect(), await connect()
    await engine.execute("set lock_timeout = '2s'")
    async with user.transaction():
        await user.execute("select from leads where id = $1 for update", lead)
        first = [tuple(row) for row in await engine.fetch(CLAIM)]
        second = [row["kind"] for row in await engine.fetch(CLAIM)]

    assert (first, second) == ([], ["run"])
    rows = await world.db.fetch("select status from automation_executions order by seq")
    assert [row["status"] for row in rows] == ["failed", "running"]


@pytest.mark.parametrize("rounds", [15, pytest.param(150, marks=pytest.mark.full)])
async def test_automations_deleted_while_they_run_harm_nobody(
    world: World, connect: Connect, workers: Workers, rounds: int
) -> None:
    await quick_to_find_deadlocks(world)
    await workers.start()
    await workers.start()
    owner = await connect()
    for _ in range(rounds):
        automation = await world.automation(
            line(update_lead("save", {"stage": "x"})), config={"concurrency": {"limit": 2}}
        )
        await world.leads(20)
        await asyncio.sleep(random.random() * 0.03)
        async with asyncio.timeout(20):
            await owner.execute("delete from automations where id = $1", automation)

    assert await world.all_ended() == {}


HOSTILE_SETTINGS = {
    "automations.execution_id": ["garbage", "x" * 5_000, "=", "00000000-0000-0000-0000-000000000000", "{}", " "],
    "request.jwt.claims": ["garbage", "[]", "17", '{"sub": "me"}', "{", '{"sub": {"a": 1}}'],
    "request.jwt.claim.sub": ["garbage"],
    "automations.notify": ["garbage"],
    "automations.journal": ["garbage"],
    "automations.fire": ["garbage"],
    "automations.wake": ["garbage"],
}


@pytest.mark.parametrize("setting", HOSTILE_SETTINGS)
async def test_garbage_in_settings_never_reaches_the_writer(world: World, setting: str) -> None:
    await world.automation(line(set_variables("ok", {"a": 1})))
    for value in HOSTILE_SETTINGS[setting]:
        async with world.db.transaction():
            await world.db.execute("select set_config($1, $2, true)", setting, value)
            lead = await world.lead()
        assert (await world.run_of(lead))["status"] == "pending"


WIDE: dict[str, Any] = {
    "long text": "x" * 100_000,
    "many bytes a character": "\U0001f600" * 20_000,
    "just under": "x" * 7_600,
    "quotes": '"' * 5_000,
}


@pytest.mark.parametrize("mode", ["full", "hint", "off"])
@pytest.mark.parametrize("name", WIDE)
async def test_wide_rows_go_through(world: World, workers: Workers, name: str, mode: str) -> None:
    await world.automation(line(set_variables("got", {"length": "{{ trigger.new.name }}"})))
    async with world.db.transaction():
        await world.db.execute("select set_config('automations.notify', $1, true)", mode)
        lead = await world.lead(name=WIDE[name])
    await workers.start()

    run = await world.ended(lead)
    assert run["variables"]["length"] == WIDE[name]


async def test_json_that_jsonb_cannot_hold_goes_through(world: World, workers: Workers) -> None:
    await world.db.execute(
        "alter table leads add column raw json, add column amount numeric, add column day timestamptz"
    )
    await world.automation(line(set_variables("ok", {"a": 1}), on={"event_source": "lead", "event_type": "any"}))
    await workers.start()
    for raw in (r'{"a": "\u0000"}', r'{"a": "\ud800"}', '{"a": 1e999999}'):
        lead = await world.db.fetchval(
            "insert into leads (user_id, raw, amount, day) values ($1, $2::text::json, 'NaN', 'infinity') returning id",
            world.account,
            raw,
        )
        await world.db.execute("update leads set name = 'changed' where id = $1", lead)
        await world.db.execute("delete from leads where id = $1", lead)

    counts = await world.all_ended()
    assert sum(counts.values()) == 9


CONFIGS: list[dict[str, Any]] = [
    {"conditions": {"field": "new.data", "operator": "greater_than", "value": {"a": []}}},
    {"conditions": {"all": "x"}},
    {"conditions": {"not": {"not": 3}}},
    {"conditions": {"field": ["a"], "operator": 7}},
    {"conditions": {"field": "new.name", "operator": "contains", "value": None}},
    {"watch": "name"},
    {"watch": {"a": 1}},
    {"watch": [{"a": 1}, 2]},
    {"concurrency": None},
    {"concurrency": "limit"},
    {"concurrency": [["limit"]]},
    {"allow_reentry": "yes"},
]


@pytest.mark.parametrize("config", CONFIGS, ids=str)
async def test_a_malformed_trigger_config_never_reaches_the_writer(world: World, config: dict[str, Any]) -> None:
    automation = await world.automation(line(on={"event_source": "lead", "event_type": "any"}))
    await world.db.execute(
        "update automations set trigger_config = trigger_config || $2 where id = $1", automation, config
    )
    lead = await world.lead(data={"a": [1]})
    await world.db.execute("update leads set name = 'changed', data = '[]' where id = $1", lead)
    await world.db.execute("delete from leads where id = $1", lead)

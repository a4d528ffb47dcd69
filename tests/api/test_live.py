"""What changes is told as it happens: to those who may see it, all of it, and to nobody else."""

from __future__ import annotations

import asyncio
import uuid
from contextlib import AsyncExitStack
from typing import TYPE_CHECKING

import pytest
from tests.api.conftest import ApiServer, refused
from tests.api.live_client import watching
from tests.api.test_automations import made
from tests.api.test_keys_and_requests import key_of
from tests.engine.drawing import line, probe
from tests.engine.world import Workers, World, eventually

from automations.services import live_feed

if TYPE_CHECKING:
    from tests.conftest import Connect, Factory


async def test_a_run_is_told_from_its_start_to_its_end(world: World, api: ApiServer, workers: Workers) -> None:
    owner = api.signed_in(world.account)
    draft = await made(owner, world)
    async with watching(owner) as live:
        assert live.headers["content-type"].startswith("text/event-stream")
        assert live.events == [("ready", {"resumed": False})]
        await owner.ok("POST", f"/automations/{draft['id']}/publish")
        await owner.ok("POST", f"/automations/{draft['id']}/enable")
        await live.until(lambda one: one.told("automation")[-1:] and one.told("automation")[-1]["enabled"])
        await workers.start()
        run = await owner.ok("POST", f"/automations/{draft['id']}/executions", json={"input": {"name": "Ada"}})
        await live.until_told("pending", "running", "completed")
    told = live.told("execution")
    for one in told:
        assert one.pop("at")
    same = {
        "kind": "execution",
        "id": run["id"],
        "account_id": str(world.account),
        "automation_id": draft["id"],
        "execution_id": run["id"],
    }
    assert told == [{**same, "status": status, "waiting": False} for status in ("pending", "running", "completed")]
    assert [one["status"] for one in live.told("automation")] == ["active", "active"]
    # What people named and what a run was given is not in there.
    assert not any(text in str(live.events) for text in ("Ada", "Greet"))


async def test_what_is_deleted_edited_and_asked_is_told_too(world: World, api: ApiServer) -> None:
    owner = api.signed_in(world.account)
    draft = await made(owner, world)
    run = await world.make.execution(uuid.UUID(draft["id"]), status="completed")
    async with watching(owner) as live:
        await world.db.execute(
            "insert into automations.approvals"
            " (account_id, automation_id, execution_id, step_key, attempt, title, role, self_approval)"
            " values ($1, $2, $3, '/ask', 1, 'Sell the house?', 'admin', true)",
            world.account, uuid.UUID(draft["id"]), run,
        )  # fmt: skip
        await live.until_told("pending")
        await world.db.execute("update automations.approvals set status = 'timed_out', decided_at = now()")
        await live.until_told("timed_out")
        assert [one["execution_id"] for one in live.told("approval")] == [str(run)] * 2
        assert "house" not in str(live.events)
        # Figures follow from the ends of runs.
        await world.db.execute("update automations set execution_count = 7")
        await owner.ok("DELETE", f"/automations/{draft['id']}")
        await live.until(lambda one: {data["kind"] for data in one.told() if data.get("status") == "deleted"} ==
                         {"execution", "automation"})  # fmt: skip
        assert len(live.told("automation")) == 1


async def test_steps_are_told_while_their_run_goes_on(world: World, api: ApiServer, workers: Workers) -> None:
    await world.automation(line(probe("call", "external", "echo"), probe("again", "external", "echo")))
    await workers.start()
    async with watching(api.signed_in(world.account)) as live:
        run = await world.ended(await world.lead())
        await live.until_told("completed")
        # What its last step came to is in the run: it ends with that.
        assert [(one["id"], one["node_id"], one["status"], one["attempt"]) for one in live.told("step")] == [
            ("/call", "call", "started", 1),
            ("/call", "call", "completed", 1),
            ("/again", "again", "started", 1),
        ]
        assert {one["execution_id"] for one in live.told("step")} == {str(run["id"])}


async def test_nobody_is_told_of_what_is_not_his(world: World, api: ApiServer, make: Factory) -> None:
    stranger = uuid.uuid4()
    automation = await make.automation(world.account, world.agent)
    theirs = await make.automation(stranger, await make.agent(stranger))
    member = await make.team_member(world.account, "viewer")
    key, _ = await key_of(world, api, "read")
    async with (
        watching(api.signed_in(world.account)) as owner,
        watching(api.signed_in(member)) as viewer,
        watching(api.signed_in(stranger)) as other,
        watching(api.signed_in(None), account=str(world.account)) as server,
        watching(key) as machine,
    ):
        mine, foreign = await make.execution(automation), await make.execution(theirs)
        for live in (owner, viewer, server, machine):
            await live.until_told("pending")
        await other.until_told("pending")
        await make.execution(automation)
        for live in (owner, viewer, server, machine):
            await live.until_told("pending", "pending")
            assert live.told("execution")[0]["id"] == str(mine)
        assert [one["id"] for one in other.told("execution")] == [str(foreign)]
    refused(await api.signed_in(stranger)("GET", f"/live?account={world.account}"), 404, "not_found")
    refused(await api.signed_in(None)("GET", "/live"), 422, "unusable")
    refused(await api.bearer(None)("GET", "/live"), 401, "not_signed_in")
    writes, _ = await key_of(world, api, "write")
    refused(await writes("GET", "/live"), 403, "not_allowed")
    for params in ({"account": "x"}, {"automation_id": "1"}, {"execution_id": "\0"}):
        refused(await api.signed_in(world.account)("GET", "/live", params=params), 422, "invalid_request")


async def test_filters(world: World, api: ApiServer, make: Factory) -> None:
    other = uuid.uuid4()
    await world.db.execute(
        "insert into team_members (owner_id, member_id, role) values ($1, $2, 'admin')", other, world.account
    )
    one, two = await make.automation(world.account, world.agent), await make.automation(world.account, world.agent)
    theirs = await make.automation(other, await make.agent(other))
    run = await make.execution(one)
    owner = api.signed_in(world.account)
    async with (
        watching(owner) as all_of_it,
        watching(owner, account=str(other)) as of_account,
        watching(owner, automation_id=str(one)) as of_automation,
        watching(owner, execution_id=str(run)) as of_run,
    ):
        second, third, fourth = await make.execution(one), await make.execution(two), await make.execution(theirs)
        await world.db.execute("update automation_executions set status = 'cancelled' where id = $1", run)
        await all_of_it.until_told("pending", "pending", "pending", "cancelled")
        await of_automation.until_told("pending", "cancelled")
        await of_run.until_told("cancelled")
        await of_account.until_told("pending")
        assert [data["id"] for data in all_of_it.told("execution")] == [str(x) for x in (second, third, fourth, run)]
        assert [data["id"] for data in of_account.told("execution")] == [str(fourth)]
        assert [data["id"] for data in of_automation.told("execution")] == [str(second), str(run)]


async def test_a_client_that_comes_back_is_told_what_it_missed(world: World, api: ApiServer, make: Factory) -> None:
    automation = await make.automation(world.account, world.agent)
    owner = api.signed_in(world.account)
    async with watching(owner) as live:
        first = await make.execution(automation)
        await live.until_told("pending")
    missed = [str(await make.execution(automation)) for _ in range(5)]
    async with watching(owner, since=live.last_id) as again:
        assert again.events[0] == ("ready", {"resumed": True})
        after = await make.execution(automation)
        await again.until(lambda one: str(after) in [data["id"] for data in one.told("execution")])
        assert [data["id"] for data in again.told("execution")] == [*missed, str(after)]
        assert str(first) not in str(again.events)
    # One that had not seen anything yet either.
    async with watching(owner, since=again.last_id) as quiet:
        assert quiet.events == [("ready", {"resumed": True})]


async def test_who_was_away_too_long_or_comes_from_elsewhere_loads_anew(
    world: World, api: ApiServer, make: Factory
) -> None:
    automation = await make.automation(world.account, world.agent)
    owner = api.signed_in(world.account)
    async with watching(owner) as live:
        await make.execution(automation)
        await live.until_told("pending")
    position, _, of = live.last_id.partition("-")
    for wrong in ("7", "x-y", f"{position}-00000000", "9" * 50, f"{position}-{of}0", "-"):
        async with watching(owner, since=wrong) as lost:
            await lost.until(lambda one: one.names() == ["ready", "reset"])
            assert lost.events[0][1] == {"resumed": False}
    # What was changed since is not kept any more.
    await make.execution(automation)
    await world.db.execute("update automations.live_changes set created_at = now() - interval '11 minutes'")
    await world.db.execute("select automations.forget_live_changes()")
    assert await world.db.fetchval("select count(*) from automations.live_changes") == 0
    async with watching(owner, since=live.last_id) as late:
        await late.until(lambda one: one.names() == ["ready", "reset"])
        newest = late.last_id
    # Nobody wrote down what changed since.
    await world.db.execute("update automations.live_watchers set until = now() - interval '1 hour'")
    await make.execution(automation)
    assert await world.db.fetchval("select count(*) from automations.live_changes") == 0
    async with watching(owner, since=newest) as later:
        await later.until(lambda one: one.names() == ["ready", "reset"])
    await world.db.execute("update automations.live_watchers set until = now() - interval '1 hour'")
    await world.db.execute("select automations.forget_live_changes()")
    assert await world.db.fetchval("select count(*) from automations.live_watchers") == 0


async def test_ids_that_are_committed_out_of_order_are_all_told(
    world: World, api: ApiServer, make: Factory, connect: Connect
) -> None:
    automation = await make.automation(world.account, world.agent)
    insert = "insert into automation_executions (automation_id, trigger_type) values ($1, 'manual') returning id"
    slow, gone = await connect(), await connect()
    async with watching(api.signed_in(world.account)) as live:
        transaction, rolled_back = slow.transaction(), gone.transaction()
        await transaction.start()
        late = await slow.fetchval(insert, automation)
        await rolled_back.start()
        never = await gone.fetchval(insert, automation)
        early = [str(await make.execution(automation)) for _ in range(3)]
        await live.until_told("pending", "pending", "pending")
        place = live.last_id
        await rolled_back.rollback()
        await transaction.commit()
        await live.until_told(*["pending"] * 4)
        assert [one["id"] for one in live.told("execution")] == [*early, str(late)]
    # Its place was before what was still open.
    async with watching(api.signed_in(world.account), since=place) as again:
        await again.until(lambda one: str(late) in str(one.events))
        assert again.events[0] == ("ready", {"resumed": True})
        assert str(never) not in str(again.events)


async def test_ready_means_that_nothing_is_missed(
    world: World, api: ApiServer, make: Factory, connect: Connect, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A transaction that wrote before somebody watched, and is committed after he has loaded what he shows."""
    monkeypatch.setattr(live_feed, "SETTLE_SECONDS", 0.2)
    automation = await make.automation(world.account, world.agent)
    before = await connect()
    transaction = before.transaction()
    await transaction.start()
    await before.execute("insert into automation_executions (automation_id, trigger_type) values ($1, 'm')", automation)
    async with watching(api.signed_in(world.account)) as live:
        assert live.names() == ["ready"]
        await transaction.commit()
        await live.until(lambda one: one.names() == ["ready", "reset"])
    snapshot = await connect()
    transaction = snapshot.transaction(isolation="repeatable_read")
    await transaction.start()
    await world.db.execute("delete from automations.live_watchers")
    await snapshot.fetch("select from leads")
    async with watching(api.signed_in(world.account)) as live:
        await snapshot.execute(
            "insert into automation_executions (automation_id, trigger_type) values ($1, 'm')", automation
        )
        await transaction.commit()
        await live.until_told("pending")


async def test_very_much_at_once_is_a_reset(
    world: World, api: ApiServer, make: Factory, monkeypatch: pytest.MonkeyPatch
) -> None:
    automation = await make.automation(world.account, world.agent)
    insert = (
        "insert into automation_executions (automation_id, trigger_type) select $1, 'm' from generate_series(1, $2)"
    )
    async with watching(api.signed_in(world.account)) as live:
        await world.db.execute(insert, automation, 201)
        await live.until(lambda one: one.names() == ["ready", "reset"])
        assert await world.db.fetchval("select count(*) from automations.live_changes") == 1
        await world.db.execute(insert, automation, 200)
        await live.until_told(*["pending"] * 200)
        monkeypatch.setattr(live_feed, "MOST_READ", 100)
        await world.db.execute(insert, automation, 150)
        await live.until(lambda one: one.names()[-1] == "reset")
        await world.db.execute(insert, automation, 1)
        await live.until(lambda one: one.names()[-2:] == ["reset", "execution"])


async def test_much_of_one_account_resets_no_other(
    world: World, api: ApiServer, make: Factory, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(live_feed, "MOST_READ", 100)
    loud, quiet = await make.automation(world.account, world.agent), await make.automation(person := uuid.uuid4())
    insert = (
        "insert into automation_executions (automation_id, trigger_type) select $1, 'm' from generate_series(1, $2)"
    )
    async with watching(api.signed_in(world.account)) as one, watching(api.signed_in(person)) as other:
        async with world.db.transaction():
            await world.db.execute(insert, loud, 150)
            await world.db.execute(insert, quiet, 1)
            await world.db.execute(insert, loud, 150)
        await one.until(lambda live: live.names() == ["ready", "reset"])
        await other.until_told("pending")
        assert other.names() == ["ready", "execution"]


async def test_one_caller_has_no_more_by_asking_for_them_at_once(
    world: World, api: ApiServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    from automations.api.routes import live as routes

    monkeypatch.setattr(routes, "MOST_STREAMS_OF_ONE", 3)
    owner = api.signed_in(world.account)
    async with AsyncExitStack() as opened:
        answers = await asyncio.gather(
            *(
                opened.enter_async_context(owner.http.stream("GET", "/api/v1/live", headers=owner.headers))
                for _ in range(12)
            )
        )
        assert sorted(one.status_code for one in answers) == [200] * 3 + [429] * 9


async def test_one_caller_has_so_many_streams(
    world: World, api: ApiServer, make: Factory, monkeypatch: pytest.MonkeyPatch
) -> None:
    from automations.api.routes import live as routes

    monkeypatch.setattr(routes, "MOST_STREAMS_OF_ONE", 3)
    owner, member = api.signed_in(world.account), api.signed_in(await make.team_member(world.account))
    async with AsyncExitStack() as opened:
        for _ in range(3):
            await opened.enter_async_context(watching(owner))
        told = refused(await owner("GET", "/live"), 429, "too_many_streams")
        assert "3 streams" in told["detail"]
        async with watching(member) as other:
            await make.automation(world.account, world.agent)
            await other.until_told("active")

    async def opens() -> bool:
        async with owner.http.stream("GET", "/api/v1/live", headers=owner.headers) as answer:
            return answer.status_code == 200

    await eventually(opens)


async def test_nobody_watches_nothing_is_written(world: World, api: ApiServer, make: Factory) -> None:
    automation = await make.automation(world.account, world.agent)
    await make.execution(automation)
    assert await world.db.fetchval("select count(*) from automations.live_changes") == 0
    stranger = uuid.uuid4()
    async with watching(api.signed_in(stranger)):
        await make.execution(automation)
        assert await world.db.fetchval("select count(*) from automations.live_changes") == 0


async def test_no_listener_outlives_its_clients(world: World, api: ApiServer) -> None:
    listening = (
        "select count(*) from pg_stat_activity where query like '%live%' and datname = current_database()"
        " and pid <> pg_backend_pid()"
    )
    async with AsyncExitStack() as opened:
        for _ in range(5):
            await opened.enter_async_context(watching(api.signed_in(world.account)))
        assert await world.db.fetchval(listening) == 1

    async def none() -> bool:
        return bool(await world.db.fetchval(listening) == 0)

    await eventually(none)

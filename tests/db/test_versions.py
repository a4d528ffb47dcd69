"""Versions: listed, compared, rolled back to; and drafts that nobody writes over unseen."""

from __future__ import annotations

import asyncio
import json
import uuid
from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import asyncpg
import pytest

from automations.cli.compose import connect_as_service, load_registry
from automations.db.automation_store import AutomationStore
from automations.db.connection import close_quietly
from automations.db.execution_store import ExecutionStore, RunFilter
from automations.db.version_store import VersionStore
from automations.errors import Conflict, FlowInvalid, NotFound, Unusable
from automations.flow.diff import ChangedStep, EdgeView, FieldChange, FlowDiff, StepView
from automations.flow.registry import NodeRegistry
from automations.services import publishing, runs, transfer, versions
from automations.services.needs import Installation
from automations.services.versions import Chosen, Compared

if TYPE_CHECKING:
    from tests.conftest import Acting, Factory

ACCOUNT = uuid.UUID("00000000-0000-4000-8000-00000000aaaa")


def trigger(config: Any) -> dict[str, Any]:
    return {"id": "start", "type": "trigger-event", "data": {"label": "Start", "config": config}}


def setting(node_id: str, **variables: Any) -> dict[str, Any]:
    data = {"label": node_id.title(), "config": {"variables": variables}}
    return {"id": node_id, "type": "transform-set-variable", "position": {"x": 0, "y": 0}, "data": data}


ON_INSERT = {"event_source": "lead", "event_type": "INSERT"}
ON_UPDATE = {"event_source": "lead", "event_type": "UPDATE"}
FIRST = ([trigger(ON_INSERT), setting("set", a=1)], [{"id": "e", "source": "start", "target": "set"}])
SECOND = (
    [trigger(ON_UPDATE), setting("set", a=2, b=True), setting("more", c=3)],
    [{"id": "e", "source": "start", "target": "set"}, {"id": "f", "source": "set", "target": "more"}],
)


@dataclass
class Place:
    """An automation whose versions 1 and 2 are FIRST and SECOND; 2 is published."""

    db: asyncpg.Connection
    automations: AutomationStore
    versions: VersionStore
    registry: NodeRegistry
    id: uuid.UUID

    async def draw(self, flow: tuple[list[Any], list[Any]]) -> None:
        await self.db.execute("update automations set nodes = $1, edges = $2 where id = $3", *flow, self.id)

    async def detail(self) -> Any:
        return await publishing.get_automation(self.automations, self.id)

    async def roll_back(self, number: int, **given: Any) -> Any:
        done = await versions.roll_back(
            self.automations, self.versions, self.registry, self.id, number, installation=Installation(), **given
        )
        return done.automation

    async def compare(self, before: Chosen, after: Chosen) -> Compared:
        return await versions.compare(self.automations, self.versions, self.id, before, after)


@pytest.fixture
async def service(database_url: str) -> AsyncIterator[Any]:
    """A connection as the CLI has it."""
    connection = await connect_as_service(database_url)
    yield connection
    await close_quietly(connection)


@pytest.fixture
async def place(database: asyncpg.Connection, make: Factory, service: Any) -> Place:
    automation = await make.automation(ACCOUNT, status="draft", trigger_config={}, nodes=FIRST[0], edges=FIRST[1])
    made = Place(database, AutomationStore(service), VersionStore(service), load_registry(), automation)
    await publishing.publish(made.automations, made.registry, automation, installation=Installation(), note="first")
    await made.draw(SECOND)
    await publishing.publish(made.automations, made.registry, automation, installation=Installation())
    return made


async def test_versions_are_listed_newest_first(place: Place) -> None:
    await place.db.execute("update automations set trigger_config = $1 where id = $2", ON_INSERT, place.id)
    rows = await place.versions.of(place.id, limit=10)
    assert [(row.number, row.origin, row.note, row.steps, row.is_published) for row in rows] == [
        (3, "sql", None, 3, True),
        (2, "publish", None, 3, False),
        (1, "publish", "first", 2, False),
    ]
    assert [row.number for row in await place.versions.of(place.id, limit=1, below=3)] == [2]
    found = await versions.get_version(place.versions, place.id, 1)
    assert (found.trigger_config, found.nodes, found.edges) == (ON_INSERT, *FIRST)
    for number in (0, 9):
        with pytest.raises(NotFound, match=f"no version {number}"):
            await versions.get_version(place.versions, place.id, number)
    # Another automation's numbers are its own.
    assert await place.versions.by_number(uuid.uuid4(), 1) is None


async def test_any_two_are_compared(place: Place) -> None:
    forth = FlowDiff(
        added=(StepView("more", "transform-set-variable", "More"),),
        changed=(
            ChangedStep(
                "set",
                "Set",
                (
                    FieldChange("config.variables.a", "changed", 1, 2),
                    FieldChange("config.variables.b", "added", None, True),
                ),
            ),
        ),
        trigger=(FieldChange("config.event_type", "changed", "INSERT", "UPDATE"),),
        edges_added=(EdgeView("set", "out", "more"),),
    )
    for sides in ((1, 2), (1, "published"), (1, "draft")):
        assert (await place.compare(*sides)).diff == forth
    assert (await place.compare("published", "draft")).diff.is_empty
    await place.draw(FIRST)
    compared = await place.compare("draft", "published")
    assert (compared.diff, compared.before.name, compared.after.name) == (forth, "draft (revision 4)", "version 2")


async def test_what_cannot_be_compared(place: Place, make: Factory) -> None:
    draft = await make.automation(ACCOUNT, status="draft")
    with pytest.raises(Conflict, match="was never published"):
        await versions.compare(place.automations, place.versions, draft, "published", "draft")
    with pytest.raises(NotFound, match="no version 7"):
        await place.compare(7, "draft")
    with pytest.raises(NotFound, match="no such automation"):
        await versions.compare(place.automations, place.versions, uuid.uuid4(), 1, 2)


@pytest.mark.parametrize(
    ("text", "chosen"),
    [("3", 3), ("v3", 3), (" Published ", "published"), ("draft", "draft"), ("2147483647", 2**31 - 1)],
)
def test_a_version_as_people_write_it(text: str, chosen: Any) -> None:
    assert versions.read_chosen(text) == chosen


@pytest.mark.parametrize("text", ["", "0", "-1", "latest", "2147483648", "9" * 5000, "²", "1.0"])
def test_what_names_no_version(text: str) -> None:
    with pytest.raises(Unusable, match="is no version") as refused:
        versions.read_chosen(text)
    assert refused.value.hint


async def test_rolling_back_publishes_the_old_flow_as_a_new_version(place: Place) -> None:
    await place.draw(([*SECOND[0], setting("half", d=4)], SECOND[1]))
    after = await place.roll_back(1, note="it was better")
    assert (after.published_number, after.nodes, after.edges) == (3, *FIRST)
    assert (after.trigger_type, after.trigger_config) == ("event", ON_INSERT)
    assert after.draft_is_published
    newest = (await place.versions.of(place.id, limit=1))[0]
    assert (newest.number, newest.note, newest.is_published) == (3, "rolled back to version 1: it was better", True)
    logged = await place.db.fetchrow("select action, details from automations.audit_log order by id desc limit 1")
    assert (logged["action"], logged["details"]["note"]) == ("publish", newest.note)
    # The old ones are what they were.
    assert (await place.compare(1, 3)).diff.is_empty
    with pytest.raises(Conflict, match="version 3 is what runs"):
        await place.roll_back(3)


async def test_a_version_that_the_node_types_of_today_refuse_is_not_rolled_back_to(place: Place) -> None:
    gone = {"id": "gone", "type": "no-such", "data": {}}
    old_type = ([*FIRST[0], gone], [*FIRST[1], {"id": "g", "source": "set", "target": "gone"}])
    await place.db.execute(
        "select automations.publish_version($1, $2, $3, 'event', $4)", place.id, *old_type, ON_INSERT
    )
    await place.roll_back(2)
    before = await place.detail()
    with pytest.raises(FlowInvalid) as refused:
        await place.roll_back(3)
    assert [problem.code for problem in refused.value.problems] == ["unknown_type"]
    assert await place.detail() == before


async def test_nobody_rolls_back_over_a_draft_that_changed(place: Place) -> None:
    seen = (await place.detail()).draft_revision
    await place.draw(FIRST)
    with pytest.raises(Conflict, match=f"at revision {seen + 1}, not {seen}"):
        await place.roll_back(1, expected_revision=seen)
    assert (await place.detail()).published_number == 2


# Drafts.


def file_of(place: Place, flow: tuple[list[Any], list[Any]], **changes: Any) -> transfer.FlowFile:
    value = {"id": str(place.id), "name": "Automation", "nodes": flow[0], "edges": flow[1], **changes}
    return transfer.read_file(json.dumps(value), "flow.json")


async def save(
    place: Place, file: transfer.FlowFile, expected: int | None, store: AutomationStore | None = None
) -> Any:
    return await transfer.import_file(
        store or place.automations, place.registry, file, account=ACCOUNT, expected_revision=expected
    )


async def test_a_draft_is_saved_at_the_revision_that_was_seen_and_at_no_other(place: Place) -> None:
    revision = (await place.detail()).draft_revision
    saved = await save(place, file_of(place, FIRST), revision)
    assert (saved.change, saved.automation.draft_revision) == ("updated", revision + 1)
    with pytest.raises(Conflict, match=f"at revision {revision + 1}, not {revision}") as refused:
        await save(place, file_of(place, SECOND), revision)
    assert refused.value.hint
    assert (await place.detail()).nodes == FIRST[0]
    # What would change nothing takes nothing away.
    assert (await save(place, file_of(place, FIRST), revision)).change == "unchanged"
    assert (await save(place, file_of(place, SECOND), None)).change == "updated"
    with pytest.raises(Conflict, match="is not there yet"):
        await save(place, file_of(place, FIRST, id=str(uuid.uuid4())), 0)
    # Its name alone does not move the revision, and does not get round it either.
    with pytest.raises(Conflict):
        await save(place, file_of(place, SECOND, name="Other"), revision)


async def test_the_file_says_which_revision_it_is_where_that_is_asked_for(place: Place) -> None:
    detail = await place.detail()
    text = transfer.write_file(detail, with_revision=True)
    assert json.loads(text)["draft_revision"] == detail.draft_revision
    assert "draft_revision" not in transfer.write_file(detail)
    assert (await save(place, transfer.read_file(text, "x"), detail.draft_revision)).change == "unchanged"


async def test_two_people_save_the_same_draft(place: Place, database_url: str) -> None:
    """The second one waits for the first one's commit, and then learns of it."""
    revision = (await place.detail()).draft_revision
    one, two = [await connect_as_service(database_url) for _ in range(2)]
    try:
        transaction = one.transaction()
        await transaction.start()
        assert (await save(place, file_of(place, FIRST), revision, AutomationStore(one))).change == "updated"
        slower = asyncio.create_task(
            save(place, file_of(place, ([trigger(ON_INSERT)], [])), revision, AutomationStore(two))
        )

        async with asyncio.timeout(20):
            while not await place.db.fetchval(
                "select count(*) from pg_stat_activity where pid = $1 and wait_event_type = 'Lock'",
                two.get_server_pid(),
            ):
                await asyncio.sleep(0.005)
        await transaction.commit()
        with pytest.raises(Conflict, match=f"at revision {revision + 1}, not {revision}"):
            await slower
        assert (await place.detail()).nodes == FIRST[0]
        # Rolled back, the first one was never there.
        await transaction_that_is_given_up(place, one, two, revision + 1)
    finally:
        for connection in (one, two):
            await close_quietly(connection)


async def transaction_that_is_given_up(place: Place, one: Any, two: Any, revision: int) -> None:
    transaction = one.transaction()
    await transaction.start()
    await save(place, file_of(place, SECOND), revision, AutomationStore(one))
    other: tuple[list[Any], list[Any]] = ([trigger(ON_UPDATE)], [])
    slower = asyncio.create_task(save(place, file_of(place, other), revision, AutomationStore(two)))
    await transaction.rollback()
    assert (await slower).change == "updated"
    assert (await place.detail()).nodes == other[0]


async def test_publishing_and_saving_at_once_lose_nothing(place: Place, database_url: str) -> None:
    """Whichever comes second is refused: nobody publishes what he has not seen."""
    revision = (await place.detail()).draft_revision
    connection = await connect_as_service(database_url)
    try:
        results = await asyncio.gather(
            save(place, file_of(place, ([trigger(ON_INSERT)], [])), revision),
            versions.roll_back(
                AutomationStore(connection),
                VersionStore(connection),
                place.registry,
                place.id,
                1,
                installation=Installation(),
                expected_revision=revision,
            ),
            return_exceptions=True,
        )
    finally:
        await close_quietly(connection)
    refused = [isinstance(result, Conflict) for result in results]
    assert sorted(refused) == [False, True]
    assert (await place.detail()).nodes == (FIRST[0] if refused[0] else [trigger(ON_INSERT)])


# Who sees versions, and retries of called runs.


async def test_versions_are_for_their_account(place: Place, make: Factory, acting: Acting) -> None:
    read = "select count(*) from automations.versions"
    for role, person, seen in (
        ("authenticated", ACCOUNT, 2),
        ("authenticated", await make.team_member(ACCOUNT), 2),
        ("authenticated", await make.team_member(ACCOUNT, "viewer"), 2),
        ("authenticated", uuid.uuid4(), 0),
        ("service_role", None, 2),
    ):
        async with acting(place.db, role, person) as session:
            assert await session.fetchval(read) == seen
    with pytest.raises(asyncpg.InsufficientPrivilegeError):
        async with acting(place.db, "anon") as session:
            await session.fetchval(read)


async def test_a_called_run_is_no_retry_of_its_caller(place: Place, make: Factory, service: Any) -> None:
    store = ExecutionStore(service)
    caller = await make.execution(place.id, status="failed", trigger_data={"input": {}})
    called = await make.execution(place.id, status="failed", trigger_data={"called_by": str(caller)})
    tested = await make.execution(place.id, status="failed", test_mode=True)
    await place.db.execute("update automation_executions set parent_id = $1 where id = $2", caller, called)
    chosen = runs.selectable(runs.Retry("start"), RunFilter(automation_id=place.id))
    assert await store.count(chosen) == 2
    assert [found[0] for found in await store.matching_ids(chosen, limit=9)] == [caller, called]
    acted = [one async for one in runs.act_on_all(store, runs.Retry(version=1), chosen)]
    assert [(one.run_id, one.error) for one in acted] == [(caller, None), (called, None)]
    first = await versions.get_version(place.versions, place.id, 1)
    for one in acted:
        assert (await runs.get_run(store, uuid.UUID(one.result))).version_id == first.id
    # Both have one now; what was a test stays one.
    assert await store.count(chosen) == 0
    assert (await runs.get_run(store, tested)).parent_id is None

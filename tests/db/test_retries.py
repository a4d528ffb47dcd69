"""Retry: what a new run takes over of an old one, and what is refused."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from copy import deepcopy
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import asyncpg
import pytest

from automations.db.sql_errors import as_ours
from automations.errors import Conflict, NotAllowed, NotFound, Unusable

if TYPE_CHECKING:
    from tests.conftest import Acting, Connect, Factory

RETRY = "select automations.retry_run($1, $2, $3)"


def node(node_id: str, type_: str = "action-http") -> dict[str, Any]:
    return {"id": node_id, "type": type_, "data": {"label": node_id, "config": {}}}


def edge(source: str, target: str, handle: str | None = None) -> dict[str, Any]:
    return {"source": source, "target": target} | ({} if handle is None else {"sourceHandle": handle})


# a, then side by side: c whose failure d handles; the loop `outer` with x and, in it, the loop `inner` with y; then b.
NODES = [
    node("t", "trigger-manual"),
    *(node(one) for one in "abcdxyz"),
    node("outer", "logic-loop"),
    node("inner", "logic-loop"),
    node("failed"),
]
EDGES = [
    edge("t", "a"),
    edge("a", "c"),
    edge("c", "d", "error"),
    edge("c", "failed"),
    edge("a", "outer"),
    edge("outer", "x", "each"),
    edge("x", "inner"),
    edge("inner", "y", "each"),
    edge("inner", "z", "done"),
    edge("outer", "b", "done"),
]


@dataclass
class Old:
    """A run of the flow above that has ended, and whatever the test says it recorded."""

    db: asyncpg.Connection
    make: Factory
    account: uuid.UUID
    automation: uuid.UUID
    version: uuid.UUID
    run: uuid.UUID

    async def record(self, key: str, status: str = "completed", handle: str | None = "out", **columns: Any) -> None:
        node_id = key.rpartition("/")[2]
        shown = {"node_id": node_id, "type": "action-http", "status": status, "attempt": 1, "handle": handle}
        row = {
            "execution_id": self.run,
            "key": key,
            "account_id": self.account,
            "node_id": node_id,
            "status": status,
            "outcome": {"kind": "continue", "output": key},
            "record": shown,
            **columns,
        }
        places = ", ".join(f"${index}" for index in range(1, len(row) + 1))
        await self.db.execute(f"insert into automations.steps ({', '.join(row)}) values ({places})", *row.values())

    async def ends(self, status: str, *entries: tuple[Any, ...], **columns: Any) -> None:
        """Entries: (node id, status, handle); their attempt is 1 unless it is named."""
        shown = [
            {"node_id": one, "type": "action-http", "status": state, "handle": handle, "attempt": (*attempt, 1)[0]}
            for one, state, handle, *attempt in entries
        ]
        for name, value in {"nodes_executed": shown, **columns}.items():
            await self.db.execute(f"update automation_executions set {name} = $1 where id = $2", value, self.run)
        if status == "completed":
            await self.db.execute("update automation_executions set status = 'running' where id = $1", self.run)
        await self.db.execute("update automation_executions set status = $1 where id = $2", status, self.run)

    async def retry(self, start: str | None, version: int | None = None) -> uuid.UUID:
        made: uuid.UUID = await self.db.fetchval(RETRY, self.run, start, version)
        return made

    async def refusal(self, kind: type[Exception], start: str | None, version: int | None = None) -> str:
        before = await self.db.fetchval("select count(*) from automation_executions")
        with pytest.raises(asyncpg.PostgresError) as caught:
            await self.retry(start, version)
        ours = as_ours(caught.value)
        assert isinstance(ours, kind)
        assert ours.hint
        assert await self.db.fetchval("select count(*) from automation_executions") == before
        return f"{ours.message} | {ours.hint}"

    async def taken_over(self, run: uuid.UUID) -> dict[str, bool]:
        """Step key: whether it is folded."""
        rows = await self.db.fetch("select key, folded from automations.steps where execution_id = $1", run)
        return {row["key"]: row["folded"] for row in rows}


@pytest.fixture
async def old(database: asyncpg.Connection, make: Factory) -> Old:
    account = uuid.uuid4()
    automation = await make.automation(
        account, trigger_type="manual", trigger_config={}, nodes=NODES, edges=EDGES, status="draft"
    )
    version = await database.fetchval(
        "select automations.publish_version($1, $2, $3, 'manual', '{}')", automation, NODES, EDGES
    )
    run = await make.execution(automation, trigger_data={"input": {"n": 1}})
    return Old(database, make, account, automation, version, run)


async def test_what_failed_is_left_out_and_all_that_is_finished_is_copied(old: Old) -> None:
    await old.record("/a")
    await old.record("/c", "failed", "error")
    await old.record("/d", "failed", None)
    await old.record("/failed", "waiting", None, due_at=await old.db.fetchval("select now()"))
    await old.record("/b", "started", None, outcome=None)
    await old.record("/z", "stopped", None)
    await old.ends("failed", ("t", "completed", "out", 0), ("a", "completed", "out"), ("c", "failed", "error"),
                   ("d", "failed", None), ("z", "completed", None), ("b", "skipped", None))  # fmt: skip
    new = await old.retry("failed")
    rows = await old.db.fetch("select * from automations.steps where execution_id = $1 order by key", new)
    recorded = await old.db.fetch("select * from automations.steps where execution_id = $1", old.run)
    mine = {row["key"]: row for row in recorded}
    assert [row["key"] for row in rows] == ["/a", "/c"]
    for row in rows:
        before = dict(mine[row["key"]])
        assert dict(row) == before | {
            "execution_id": new,
            "record": {"from_run": str(old.run), **before["record"]},
        }
    run = dict(await old.db.fetchrow("select * from automation_executions where id = $1", new))
    assert (run["status"], run["parent_id"], run["version_id"]) == ("pending", old.run, old.version)
    assert (run["trigger_data"], run["epoch"]) == ({"input": {"n": 1}}, 1)
    logged = await old.db.fetchval("select details from automations.audit_log where action = 'retry_run'")
    assert logged == {"retry_of": str(old.run), "from": "failed"}


async def test_a_retry_of_a_retry_says_where_the_results_are_from(old: Old) -> None:
    await old.record("/a")
    await old.ends("failed", ("a", "completed", "out"))
    first = await old.retry("failed")
    await old.db.execute("select automations.cancel_run($1)", first)
    shown = await old.db.fetchval("select nodes_executed from automation_executions where id = $1", first)
    assert [(one["node_id"], one["status"], one["from_run"]) for one in shown] == [("a", "completed", str(old.run))]
    second = await old.db.fetchval(RETRY, first, "failed", None)
    record = await old.db.fetchval("select record from automations.steps where execution_id = $1", second)
    assert record["from_run"] == str(old.run)


async def test_the_first_claim_loads_what_was_taken_over(old: Old) -> None:
    await old.record("/a")
    await old.ends("failed", ("a", "completed", "out"))
    from_failed, from_start = await old.retry("failed"), await old.retry(None)
    claimed = await old.db.fetch("select * from automations.claim_runs(7, 10, '1 minute')")
    epochs = {row["execution_id"]: row["epoch"] for row in claimed if row["kind"] == "run"}
    assert epochs == {from_failed: 2, from_start: 1}
    loaded = await old.db.fetch("select id, steps from automations.load_runs($1)", [from_failed, from_start])
    steps = {row["id"]: row["steps"] for row in loaded}
    assert steps[from_start] is None
    assert [step["key"] for step in steps[from_failed]] == ["/a"]


async def loop_that_failed(old: Old) -> None:
    """Item 0 is done; of item 1 the first of the inner loop; everything in an ended loop is folded."""
    await old.record("/a")
    await old.record("outer:/", "started", None)
    await old.record("outer:0/", folded=True)
    await old.record("outer:0/x", folded=True)
    await old.record("outer:0/inner:/", "started", None, folded=True)
    await old.record("outer:0/inner:0/", "failed", None, folded=True)
    await old.record("outer:0/inner:0/y", "failed", None, folded=True)
    await old.record("outer:0/inner", folded=True)
    await old.record("outer:1/x", folded=True)
    await old.record("outer:1/inner:/", "completed", None, folded=True)
    await old.record("outer:1/inner:0/", folded=True)
    await old.record("outer:1/inner:0/y", folded=True)
    await old.record("outer:1/inner:1/y", "failed", None, folded=True)
    await old.record("outer:1/inner:1/", "failed", None, folded=True)
    await old.record("outer:1/inner", "failed", None, folded=True)
    await old.record("outer:1/", "failed", None, folded=True)
    await old.record("/outer", "failed", None)
    await old.ends("failed", ("a", "completed", "out"), ("outer", "failed", None), ("x", "completed", "out"))


async def test_of_a_failed_loop_the_finished_iterations_are_kept(old: Old) -> None:
    await loop_that_failed(old)
    assert await old.taken_over(await old.retry("failed")) == {
        "/a": False,
        "outer:/": False,
        "outer:0/": False,
        "outer:0/x": True,
        "outer:0/inner:/": True,
        # Within an iteration that stands, a failure was dealt with.
        "outer:0/inner:0/": True,
        "outer:0/inner:0/y": True,
        "outer:0/inner": True,
        "outer:1/x": False,
        "outer:1/inner:/": False,
        "outer:1/inner:0/": False,
        "outer:1/inner:0/y": True,
    }


async def test_a_loop_that_stands_is_kept_whole(old: Old) -> None:
    await loop_that_failed(old)
    await old.db.execute(
        "update automations.steps set record = record || '{\"handle\": \"error\"}' where key = '/outer'"
    )
    before = await old.taken_over(old.run)
    assert await old.taken_over(await old.retry("failed")) == before


async def test_from_a_step_it_and_all_behind_it_runs_again(old: Old) -> None:
    await loop_that_failed(old)
    await old.record("/c", "failed", "error")
    await old.record("/d")
    assert await old.taken_over(await old.retry("outer")) == {"/a": False, "/c": False, "/d": False}
    kept = await old.taken_over(await old.retry("step:c"))
    assert {"/a", "outer:/", "outer:1/x"} <= set(kept)
    assert not {"/c", "/d"} & set(kept)
    assert await old.taken_over(await old.retry("a")) == {}
    assert await old.taken_over(await old.retry("t")) == {}


async def test_a_step_that_is_called_failed_is_named_in_full(old: Old) -> None:
    await old.record("/a")
    await old.record("/c")
    await old.record("/failed")
    await old.record("/d", "failed", None)
    await old.ends("failed", ("a", "completed", "out"), ("c", "completed", "out"), ("failed", "completed", "out"))
    assert set(await old.taken_over(await old.retry("failed"))) == {"/a", "/c", "/failed"}
    assert set(await old.taken_over(await old.retry("step:failed"))) == {"/a", "/c"}


async def test_a_finished_step_whose_result_is_gone_refuses(old: Old) -> None:
    """A run that completes does not write down its last part."""
    await old.record("/a")
    await old.record("/c", "started", None, outcome=None)
    await old.ends("completed", ("t", "completed", "out", 0), ("a", "completed", "out"), ("c", "failed", "error"),
                   ("d", "completed", "out"), ("outer", "completed", "done", 0), ("b", "skipped", None))  # fmt: skip
    assert "nothing of it failed" in await old.refusal(Conflict, "failed")
    assert "the result of 'c' is not on record" in await old.refusal(Conflict, "d")
    assert await old.taken_over(await old.retry("c")) == {"/a": False}
    # A loop that is on record as done, when it is not: its steps would run again.
    entries = [("a", "completed", "out"), ("outer", "completed", "done"), ("x", "completed", "out")]
    await old.db.execute(
        "update automation_executions set nodes_executed = $1 where id = $2",
        [{"node_id": one, "status": status, "handle": handle, "attempt": 1} for one, status, handle in entries],
        old.run,
    )
    assert "the result of 'outer' is not on record" in await old.refusal(Conflict, "c")


@pytest.mark.parametrize(
    ("status", "entry", "refused"),
    [
        ("failed", {"truncated": True, "left_out": 7}, False),
        ("cancelled", {"truncated": True, "left_out": 7}, True),
        ("failed", {"nodeId": "a", "result": 1}, True),
        ("failed", "step a", True),
    ],
)
async def test_a_record_that_does_not_name_all_steps(old: Old, status: str, entry: Any, refused: bool) -> None:
    """Cut off, where only a failed run is known to have written all; or another engine's."""
    await old.record("/a")
    await old.ends(status, nodes_executed=[entry])
    if refused:
        assert "the result of some step is not on record" in await old.refusal(Conflict, "failed")
    else:
        assert await old.taken_over(await old.retry("failed")) == {"/a": False}


async def test_what_cannot_be_taken_up(old: Old) -> None:
    assert "has not ended" in await old.refusal(Conflict, "failed")
    await loop_that_failed(old)
    assert "has no step 'nonsense'" in await old.refusal(Unusable, "nonsense")
    assert "has no step ''" in await old.refusal(Unusable, "")
    for inside in ("x", "inner", "z", "y"):
        assert "Choose the loop: 'outer'." in await old.refusal(Unusable, inside)
    assert "never reached the step 'b'" in await old.refusal(Conflict, "b")
    for place in ("start", "failed", "a"):
        assert "there is no version 9" in await old.refusal(NotFound, place, 9)
    await old.db.execute("update automations set enabled = false")
    for start in (None, "failed", "a"):
        assert "switched off" in await old.refusal(Conflict, start)


async def test_a_test_run_and_one_without_a_version_have_no_results(old: Old) -> None:
    await old.ends("failed", test_mode=True)
    assert "no results that could be taken over" in await old.refusal(Conflict, "failed")
    await old.db.execute("update automation_executions set test_mode = false, version_id = null")
    assert "no results that could be taken over" in await old.refusal(Conflict, "failed")


async def test_the_same_event_again_on_another_version(old: Old) -> None:
    await old.ends("completed", ("a", "completed", "out"))
    second = await old.db.fetchval(
        "select automations.publish_version($1, $2, $3, 'manual', '{}')", old.automation, NODES[:2], EDGES[:1]
    )
    versions = {
        start: await old.db.fetchval(
            "select version_id from automation_executions where id = $1", await old.retry(*start)
        )
        for start in ((None, None), ("start", None), (None, 1), ("start", 2))
    }
    assert versions == {
        (None, None): second,
        ("start", None): second,
        (None, 1): old.version,
        ("start", 2): second,
    }
    # From what failed: the version that it ran, whatever is published now.
    await old.db.execute("update automation_executions set status = 'failed' where parent_id is not null")
    first = await old.db.fetchval("select id from automation_executions where version_id = $1 and status = 'failed'",
                                  old.version)  # fmt: skip
    again = await old.db.fetchval(RETRY, first, "failed", None)
    assert await old.db.fetchval("select version_id from automation_executions where id = $1", again) == old.version


Change = Callable[[list[Any], list[Any]], None]


async def publish(old: Old, *changes: Change) -> uuid.UUID:
    """Another version, drawn from the first one."""
    nodes, edges = deepcopy(NODES), deepcopy(EDGES)
    for change in changes:
        change(nodes, edges)
    made: uuid.UUID = await old.db.fetchval(
        "select automations.publish_version($1, $2, $3, 'manual', '{}')", old.automation, nodes, edges
    )
    return made


def sets(node_id: str, **data: Any) -> Change:
    def change(nodes: list[Any], edges: list[Any]) -> None:
        next(one for one in nodes if one["id"] == node_id)["data"].update(data)

    return change


def adds(node_id: str, *its_edges: Any) -> Change:
    def change(nodes: list[Any], edges: list[Any]) -> None:
        nodes.append(node(node_id))
        edges.extend(its_edges)

    return change


def removes(source: str, target: str) -> Change:
    def change(nodes: list[Any], edges: list[Any]) -> None:
        edges[:] = [one for one in edges if (one["source"], one["target"]) != (source, target)]

    return change


def retypes(node_id: str) -> Change:
    def change(nodes: list[Any], edges: list[Any]) -> None:
        next(one for one in nodes if one["id"] == node_id)["type"] = "action-email"

    return change


async def failed_at_d(old: Old) -> None:
    """Of the loop, item 0 is done, and x of item 1."""
    await old.record("/a")
    await old.record("/c", "failed", "error")
    await old.record("/d", "failed", None)
    await old.record("outer:/", "started", None)
    await old.record("outer:0/")
    await old.record("outer:1/x")
    await old.ends("failed", ("a", "completed", "out"), ("c", "failed", "error"), ("d", "failed", None))


@pytest.mark.parametrize(
    "changes",
    [
        (),
        (sets("d", config={"url": "https://api.example.com"}), sets("a", label="Ask", notes="Mended"), retypes("d")),
        (sets("a", config={"url": "https://api.example.com"}),),
        (adds("new", edge("a", "new"), edge("new", "b")), removes("a", "never there")),
        (adds("new", edge("x", "new")),),
        (sets("d", disabled=True), sets("b", disabled=True)),
        (retypes("y"), sets("inner", config={"at_once": 3}), sets("z", on_error="continue")),
    ],
)
async def test_what_is_not_behind_a_result_may_be_mended(old: Old, changes: tuple[Change, ...]) -> None:
    await failed_at_d(old)
    mended = await publish(old, *changes)
    new = await old.retry("failed", 2)
    run = await old.db.fetchrow("select version_id, epoch from automation_executions where id = $1", new)
    assert tuple(run) == (mended, 1)
    assert set(await old.taken_over(new)) == {"/a", "/c", "outer:/", "outer:0/", "outer:1/x"}


@pytest.mark.parametrize(
    ("changes", "at"),
    [
        ((retypes("a"),), "a"),
        ((retypes("t"),), "t"),
        ((lambda nodes, edges: nodes.remove(node("c")),), "c"),
        ((sets("c", disabled=True),), "c"),
        # A step that the finished one would have waited for, and one that no longer leads to it.
        ((adds("new", edge("t", "new"), edge("new", "a")),), "a"),
        ((removes("a", "outer"), adds("new", edge("a", "new"), edge("new", "outer"))), "outer"),
        ((removes("outer", "x"), adds("new", edge("outer", "new", "each"), edge("new", "x"))), "x"),
        # A failure that was handled, and would be none, or be tried again.
        ((removes("c", "d"),), "c"),
        ((sets("c", on_error="continue"),), "c"),
        ((sets("c", retry={"attempts": 5}),), "c"),
        # The way that a finished step took may be gone with its settings.
        ((sets("x", config={"cases": []}), removes("x", "inner")), "x"),
    ],
)
async def test_a_version_that_is_another_up_to_there_is_refused(old: Old, changes: tuple[Change, ...], at: str) -> None:
    await failed_at_d(old)
    await publish(old, *changes)
    said = await old.refusal(Conflict, "failed", 2)
    assert f"version 2 differs at '{at}', which the run has done, or before it" in said
    assert "Go on with version 1, which it ran, or run it again from the start." in said


async def test_from_a_step_only_what_stays_has_to_be_alike(old: Old) -> None:
    await failed_at_d(old)
    mended = await publish(old, retypes("c"), removes("outer", "x"), adds("new", edge("outer", "new", "each")))
    assert "differs at 'c'" in await old.refusal(Conflict, "failed", 2)
    assert "differs at 'x'" in await old.refusal(Conflict, "c", 2)
    again = await old.retry("a", 2)
    assert await old.db.fetchval("select version_id from automation_executions where id = $1", again) == mended
    assert await old.taken_over(again) == {}


async def test_final_is_final(old: Old) -> None:
    await old.record("/a")
    await old.record("/c", "failed", None)
    await old.ends("failed", ("a", "completed", "out"), ("c", "failed", None))
    read = (
        "select to_jsonb(e), (select jsonb_agg(s order by s.key) from automations.steps s where s.execution_id = e.id)"
    )
    before = await old.db.fetchrow(f"{read} from automation_executions e where id = $1", old.run)
    for start in (None, "failed", "c"):
        await old.retry(start)
    assert await old.db.fetchrow(f"{read} from automation_executions e where id = $1", old.run) == before


async def test_results_are_not_cleaned_up_while_they_are_copied(old: Old, connect: Connect) -> None:
    await old.record("/a")
    await old.ends("failed", ("a", "completed", "out"))
    await old.db.execute("update automation_executions set completed_at = now() - interval '90 days'")
    copying, cleaning = await connect(), await connect()
    await copying.execute("begin")
    new = await copying.fetchval(RETRY, old.run, "failed", None)
    assert await cleaning.fetchval("select automations.cleanup_batch(100)") == 0
    await copying.execute("commit")
    assert await cleaning.fetchval("select automations.cleanup_batch(100)") == 1
    assert await old.taken_over(new) == {"/a": False}


async def test_who_may(old: Old, make: Factory, acting: Acting) -> None:
    await old.record("/a")
    await old.ends("failed", ("a", "completed", "out"))
    people: list[tuple[str, uuid.UUID | None, tuple[str, type[Exception]] | None]] = [
        ("authenticated", old.account, None),
        ("authenticated", await make.team_member(old.account, "admin"), None),
        ("authenticated", await make.team_member(old.account), None),
        ("authenticated", await make.team_member(old.account, "viewer"), ("AU003", NotAllowed)),
        ("authenticated", uuid.uuid4(), ("AU004", NotFound)),
        ("authenticated", None, ("AU004", NotFound)),
        ("anon", None, ("42501", NotAllowed)),
        ("service_role", None, None),
    ]
    for schema in ("automations", "public"):
        for start in ("start", "failed", "a"):
            for role, person, refusal in people:
                if refusal is None:
                    async with acting(old.db, role, person) as session:
                        assert await session.fetchval(f"select {schema}.retry_run($1, $2)", old.run, start)
                    continue
                with pytest.raises(asyncpg.PostgresError) as caught:
                    async with acting(old.db, role, person) as session:
                        await session.execute(f"select {schema}.retry_run($1, $2)", old.run, start)
                assert caught.value.sqlstate == refusal[0]
                assert isinstance(as_ours(caught.value), refusal[1])
    assert await old.db.fetchval("select count(*) from pg_proc where proname = 'retry_run'") == 2


async def test_its_parts_are_the_engines(old: Old, acting: Acting) -> None:
    for call in (
        "loop_bodies('[]', '[]')",
        "step_and_what_follows('[]', 'a')",
        "result_stands('/a', 'completed', '{}')",
        "take_over_steps(gen_random_uuid(), gen_random_uuid(), '{}')",
        "step_without_result(null, gen_random_uuid(), '{}', '{}')",
        "was_reached(null, '[]', 'a')",
        "take_up_run(null, gen_random_uuid(), 'a')",
        "step_changed_since(gen_random_uuid(), null, null)",
    ):
        for role, person in (("authenticated", old.account), ("anon", None)):
            with pytest.raises(asyncpg.InsufficientPrivilegeError):
                async with acting(old.db, role, person) as session:
                    await session.execute(f"select * from automations.{call}")
        async with acting(old.db, "service_role") as engine:
            assert await engine.fetchval(
                "select bool_and(has_function_privilege(p.oid, 'execute')) from pg_proc p"
                " where p.pronamespace = 'automations'::regnamespace and p.proname = $1",
                call.partition("(")[0],
            )


async def test_an_upgrade_leaves_no_second_function_of_the_name(database: asyncpg.Connection) -> None:
    """What an earlier release left behind, and a function of the database's own."""
    from automations.db.schema_files import schema_files

    for schema in ("automations", "public"):
        await database.execute(
            f"create function {schema}.retry_run(p_execution_id uuid) returns uuid language sql as 'select null::uuid'"
        )
    await database.execute("comment on function public.retry_run(uuid) is 'automations: wrapper'")
    scripts = [file.script() for file in schema_files() if file.name == "functions/retries.sql"]
    signatures = "select oid::regprocedure::text from pg_proc where proname = 'retry_run' order by 1"
    async with database.transaction():
        await database.execute(scripts[0])
    assert [row[0] for row in await database.fetch(signatures)] == [
        "automations.retry_run(uuid,text,integer)",
        "retry_run(uuid,text,integer)",
    ]
    await database.execute(
        "create function public.retry_run(p_execution_id uuid) returns uuid language sql as 'select null::uuid'"
    )
    async with database.transaction():
        await database.execute(scripts[0])
    assert len(await database.fetch(signatures)) == 3

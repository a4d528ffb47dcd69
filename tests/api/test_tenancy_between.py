"""What accounts might see of each other by other ways than ids: keys of requests, cursors, flows, addresses."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from typing import Any

import pytest
import pytest_asyncio
from tests.api.conftest import Client
from tests.api.live_client import watching
from tests.api.tenancy_account import IN_BOTH, Account, drawn, signed
from tests.api.tenancy_calls import CALLS, OWN, TOOL_CALLS, Place, places, thing
from tests.api.tenancy_judging import MCP, Matrix, Outcome, calls_of_api, calls_of_tools, changed, told
from tests.api.tenancy_personas import LOOKERS, PERSONAS, RIGHTLY
from tests.api.tenancy_world import Tenants, two_accounts
from tests.api.test_tenancy_matrix import FREE, OPEN
from tests.conftest import Databases
from tests.engine.drawing import Json, node, stop

# Type and config of the trigger, and the steps.
Flow = tuple[str, Json, list[Json]]

pytestmark = pytest.mark.asyncio(loop_scope="module")


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def tenants(databases: Databases, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Tenants]:
    async with two_accounts(databases, tmp_path_factory.mktemp("sign-in")) as found:
        yield found


def owner_of(tenants: Tenants, one: Account) -> Client:
    return tenants.server.bearer(signed(one.id))


async def test_the_key_of_anothers_request_is_free(tenants: Tenants) -> None:
    """Idempotency-Key: answers are kept for who got them."""
    send, problems = calls_of_api(tenants), []
    paths = tenants.app.openapi()["paths"].values()
    posts = [one["post"]["operationId"] for one in paths if "post" in one and one["post"]["operationId"] in CALLS]
    assert len(posts) > 20
    for operation in posts:
        if operation in RIGHTLY:
            continue
        answers = [
            await send(operation, CALLS[operation][0], signed(one.id), of=one, **{"Idempotency-Key": operation})
            for one in (tenants.b, tenants.a)
        ]
        problems += [f"{operation}: {one.status} {one.text}" for one in answers if not one.done or one.replayed]
        problems += [f"{operation}: {one}" for one in told(answers[1], tenants.b)]
        await tenants.restore(await tenants.digest())
    assert problems == []


async def test_a_place_in_anothers_list_shows_nothing_of_it(tenants: Tenants) -> None:
    """Cursors say where, not whose."""
    a, b, looked_at, problems = tenants.a, tenants.b, 0, []
    for path, methods in tenants.app.openapi()["paths"].items():
        one = methods.get("get", {})
        if "cursor" not in {parameter["name"] for parameter in one.get("parameters", [])} or "{" in path:
            continue
        short = path.removeprefix("/api/v1")
        page = await owner_of(tenants, b).ok("GET", short, params={"account": b.id, "limit": 1})
        if page["next"] is None:
            continue
        looked_at += 1
        for more in ({}, {"account": a.id}):
            answer = await owner_of(tenants, a)("GET", short, params={"cursor": page["next"], **more})
            outcome = Outcome(answer.status_code, answer.text, "")
            problems += [f"{short}: {one}" for one in told(outcome, b)] if outcome.done else [answer.text]
    assert looked_at >= 10
    assert problems == []


@pytest.mark.parametrize("who", ["in both", "server"])
async def test_an_address_of_mcp_with_an_account_reaches_nothing_else(tenants: Tenants, who: str) -> None:
    send, problems, tried = calls_of_tools(tenants), [], 0
    bearer = signed(None if who == "server" else IN_BOTH)
    for tool, samples in TOOL_CALLS.items():
        for sample in samples:
            named = [place for place in places(sample.parts) if place[0] == "body"]
            if sample.about != "thing" or not named:
                continue
            tried += 1
            outcome = await send(tool, sample, bearer, at=("query", "account"))
            now = await tenants.digest()
            problems += [f"{tool}: {one}" for one in changed(tenants.at_rest, now)]
            if outcome.status not in (404, 422):
                problems.append(f"{tool}: {outcome.status} {outcome.text[:200]}")
            await tenants.restore(now)
    assert tried > 10
    assert problems == []


def _call(automation: str) -> Json:
    return node(
        "step", "action-run-automation", {"automation": automation, "lead_id": "none", "conversation_id": "none"}
    )


# Flows that name what is another account's: they can be drawn, as any text can, and not published.
NOT_PUBLISHED: dict[str, Callable[[Account], Flow]] = {
    "an automation to run": lambda b: ("trigger-manual", {}, [_call(b.ids["manual"])]),
    "an automation for failures": lambda b: (
        "trigger-manual",
        {"on_failure": b.ids["manual"]},
        [stop("step", "completed")],
    ),
    "a secret of a step": lambda b: (
        "trigger-manual",
        {},
        [node("step", "action-http", {"url": "https://example.com", "headers": {"A": _secret(b)}})],
    ),
    "a secret of a webhook": lambda b: (
        "trigger-webhook",
        {"auth": {"type": "header", "secret": _secret(b)}},
        [stop("step", "completed")],
    ),
}


def _secret(b: Account) -> str:
    return f"{{{{ secrets.{b.ids['MARK']}_KEY }}}}"


async def _drawn(tenants: Tenants, flow: Callable[[Account], Flow]) -> str:
    trigger, config, steps = flow(tenants.b)
    body = {"agent_id": tenants.a.ids["agent"], "name": "Theirs", **drawn(trigger, config, steps)}
    made = await owner_of(tenants, tenants.a).ok("POST", "/automations", json=body)
    return f"/automations/{made['id']}"


@pytest.mark.parametrize("flow", NOT_PUBLISHED)
async def test_a_flow_that_names_what_is_anothers_is_not_published(tenants: Tenants, flow: str) -> None:
    a, b = tenants.a, tenants.b
    path = await _drawn(tenants, NOT_PUBLISHED[flow])
    before = await tenants.digest()
    owner = owner_of(tenants, a)
    looked = await owner("POST", f"{path}/validate")
    refused = await owner("POST", f"{path}/publish")
    assert (looked.json()["valid"], refused.status_code, refused.json()["code"]) == (False, 422, "flow_invalid")
    # The id and the name of the secret are what was drawn.
    sent = str(NOT_PUBLISHED[flow](b))
    for answer in (looked, refused):
        assert told(Outcome(answer.status_code, answer.text, sent), b) == []
    now = await tenants.digest()
    assert changed(before, now) == []
    await tenants.restore(now)


def _step(kind: str, **config: Any) -> Flow:
    return ("trigger-manual", {}, [node("step", kind, config)])


def _find(table: str, column: str, value: str) -> Flow:
    condition = {"field": column, "operator": "equals", "value": value}
    return _step("action-find-records", table=table, conditions=condition)


# Steps that name rows of another account, tried as the account: as a run of it does it.
TRIED: dict[str, Callable[[Account], Flow]] = {
    "find a lead": lambda b: _find("leads", "id", b.ids["lead"]),
    "find leads of an account": lambda b: _find("leads", "user_id", b.id),
    "find messages": lambda b: _find("messages", "conversation_id", b.ids["conversation"]),
    "update a lead": lambda b: _step(
        "action-update-record", table="leads", record_id=b.ids["lead"], values={"name": "x"}
    ),
    "find an order": lambda b: _find("orders", "id", b.ids["order"]),
    "update an order": lambda b: _step(
        "action-update-record", table="orders", record_id=b.ids["order"], values={"note": "x"}
    ),
    "update a conversation": lambda b: _step(
        "action-update-record", table="conversations", record_id=b.ids["conversation"], values={"status": "x"}
    ),
    "create a lead": lambda b: _step("action-create-record", table="leads", values={"agent_id": b.ids["agent"]}),
    "create a message": lambda b: _step(
        "action-create-record",
        table="messages",
        values={"conversation_id": b.ids["conversation"], "direction": "outbound", "body": "x"},
    ),
    "create a conversation": lambda b: _step(
        "action-create-record", table="conversations", values={"agent_id": b.ids["agent"], "lead_id": b.ids["lead"]}
    ),
    "send a message": lambda b: _step("action-send-message", conversation_id=b.ids["conversation"], body="x"),
    "run an automation": lambda b: ("trigger-manual", {}, [_call(f"{{{{ '{b.ids['manual']}' }}}}")]),
    "use a secret": lambda b: _step("action-http", url="https://example.com", headers={"A": _secret(b)}),
}


@pytest.mark.parametrize("flow", TRIED)
async def test_a_step_that_names_what_is_anothers_reaches_nothing(tenants: Tenants, flow: str) -> None:
    a, b = tenants.a, tenants.b
    path = await _drawn(tenants, TRIED[flow])
    before = await tenants.digest()
    answer = await owner_of(tenants, a)("POST", f"{path}/test", json={})
    assert answer.status_code == 200, answer.text
    sent = str(TRIED[flow](b))
    assert told(Outcome(answer.status_code, answer.text, sent), b) == []
    (step,) = [one for one in answer.json()["nodes_executed"] if one["node_id"] == "step"]
    if flow.startswith("find"):
        assert step["output"]["count"] == 0
    elif flow != "use a secret":
        assert step["status"] == "failed", step
    now = await tenants.digest()
    assert changed(before, now, but=a.id) == []
    await tenants.restore(now)


async def test_rows_of_watched_tables_are_told_by_no_journal(tenants: Tenants) -> None:
    """Their own policies may hide them from some of the account; what somebody may read he reads there."""
    a, b, problems = tenants.a, tenants.b, []
    asked = [("explain_change", {"event": "$order_change"}), ("explain_change", {"record": "orders:$order"})]
    asked += [("explain", {"subject": "$order_change"}), ("explain", {"subject": "orders:$order"})]
    for persona, who in PERSONAS.items():
        for operation, given in asked:
            if operation == "explain":
                outcome = await calls_of_tools(tenants)(operation, thing(given, query=OWN), who.bearer(a, b))
            elif persona == "server":
                continue
            else:
                outcome = await calls_of_api(tenants)(operation, thing(query={**given, **OWN}), who.bearer(a, b))
            if outcome.done or "-order" in outcome.text:
                problems.append(f"{persona} {operation} {given}: {outcome.text[:300]}")
    assert problems == []


_WHOLE = "the row goes over as a whole: all that it names is of where it goes to"
_EACH = "each is answered for itself, and both are his"
# Who may do everything in both accounts may move some rows from one to the other. He mixes nothing.
MOVES: dict[tuple[str, Place], str] = {
    ("update_lead", ("path", "lead_id")): _WHOLE,
    ("update_conversation", ("path", "conversation_id")): _WHOLE,
    ("update_message", ("path", "message_id")): _WHOLE,
    ("cancel_executions", ("body", "ids", 0)): _EACH,
    ("cancel_executions", ("body", "ids", 1)): _EACH,
    ("import_automation", ("query", "account")): "409: the file is of an automation of the other account",
    ("explain_change", ("query", "record")): "what an automation did not do for a record of the other account",
    ("explain_change", ("query", "automation_id")): "what an automation did not do for a record of the other account",
}


async def test_who_is_in_both_mixes_nothing(tenants: Tenants) -> None:
    matrix, problems, tried = Matrix(tenants, CALLS, calls_of_api(tenants)), [], 0
    for operation, samples in CALLS.items():
        for sample in samples:
            named = list(places(sample.parts))
            for place in named if len(named) > 1 else []:
                if (operation, place) in FREE or (operation, place) in MOVES:
                    continue
                tried += 1
                problems += [
                    f"{operation}: {one}" for one in await matrix.foreign(operation, sample, place, "admin of both")
                ]
    assert tried > 60
    assert problems == []


async def test_the_list_of_tools_is_ones_own(tenants: Tenants) -> None:
    a, b, problems = tenants.a, tenants.b, []
    for persona, who in PERSONAS.items():
        bearer = who.bearer(a, b)
        answer = await tenants.server.http.post(
            "/mcp",
            params={"account": a.id},
            headers=MCP | ({} if bearer is None else {"Authorization": f"Bearer {bearer}"}),
            json={"jsonrpc": "2.0", "id": 1, "method": "tools/list", "params": {}},
        )
        listed = f"{a.mark}_greet" in answer.text
        calls = (who.stands == "in" and "run" in who.may) or persona in LOOKERS
        if (answer.status_code, listed) != (401 if who.stands == "unknown" else 200, calls):
            problems.append(f"{persona}: {answer.status_code} {answer.text[:200]}")
        outcome = Outcome(answer.status_code, answer.text, "")
        problems += [f"{persona}: {one}" for one in told(outcome, b) + ([] if who.stands == "in" else told(outcome, a))]
    assert problems == []


async def test_what_is_open_tells_of_nobody(tenants: Tenants) -> None:
    document = await tenants.server.http.get("/api/v1/openapi.json")
    for path in OPEN:
        answer = await tenants.server.http.get(path.replace("{automation_id}", tenants.a.ids["hook"]))
        outcome = Outcome(answer.status_code, answer.text, document.text if "openapi" in path else path)
        assert outcome.done or outcome.status in (401, 404, 405, 422), (path, outcome.text)
        assert told(outcome, tenants.a) + told(outcome, tenants.b) == []


async def test_a_stream_of_changes_is_ones_own(tenants: Tenants) -> None:
    a, b = tenants.a, tenants.b
    ours, theirs = owner_of(tenants, a), owner_of(tenants, b)
    async with watching(theirs) as other:
        await theirs.ok("POST", f"/automations/{b.ids['manual']}/disable")
        await other.until(lambda one: one.told("automation"))
        place = other.last_id
    async with (
        watching(ours, since=place) as all_of_ours,
        watching(ours, automation_id=b.ids["manual"]) as of_theirs,
        watching(ours, execution_id=b.ids["running"]) as of_their_run,
    ):
        await theirs.ok("POST", f"/automations/{b.ids['manual']}/enable")
        await theirs.ok("POST", f"/executions/{b.ids['running']}/cancel")
        await ours.ok("POST", f"/automations/{a.ids['manual']}/disable")
        await all_of_ours.until(lambda one: one.told("automation"))
        text = str([all_of_ours.events, of_theirs.events, of_their_run.events])
        assert (of_theirs.told("automation", "execution"), of_their_run.told("execution", "step")) == ([], [])
    assert told(Outcome(200, text, ""), b) == []
    await tenants.restore(await tenants.digest())

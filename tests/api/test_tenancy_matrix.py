"""Everybody against every operation and every tool, and what is another account's wherever something is named.

Made from the document of the API and the dependencies of its routes: a route that nobody has made a sample call of
fails here. The samples are in tests/api/tenancy_calls.py, the rules in tests/api/tenancy_personas.py.
"""

from __future__ import annotations

import random
from collections.abc import AsyncIterator
from typing import Any

import pytest
import pytest_asyncio
from fastapi.routing import iter_route_contexts
from tests.api.tenancy_calls import CALLS, TOOL, TOOL_CALLS, Place, Sample, places
from tests.api.tenancy_judging import Matrix, calls_of_api, calls_of_tools
from tests.api.tenancy_personas import PERSONAS
from tests.api.tenancy_world import Tenants, two_accounts
from tests.conftest import Databases

from automations.api.mcp.server import OWN
from automations.api.request_scope import Needs

pytestmark = pytest.mark.asyncio(loop_scope="module")
SHARES = pytest.mark.parametrize("share", ["some", pytest.param("whole", marks=pytest.mark.full)])

# Whoever calls these proves nothing, or not so: why each is open.
OPEN = {
    "/": "the web editor, or why there is none (test_editor.py)",
    "/health": "says that the process lives",
    "/ready": "says that the database is there",
    "/metrics": "for this machine alone, or by a token of its own (test_operations.py)",
    "/api/v1/openapi.json": "the document",
    "/api/docs": "the document as a page",
    "/sign-in": "a page that is the same for all",
    "/join": "a page that is the same for all",
    "/approve": "a page that is the same for all; the token of a mail opens one approval (test_approvals.py)",
    "/api/v1/approvals/by-token": "the token of a mail opens one approval (test_approvals.py)",
    "/api/v1/sign-in": "takes the code of a link, once (test_sign_in.py)",
    "/webhooks/{automation_id}": "each has its own proof of who calls (test_webhooks.py)",
    "/mcp": "judged by tool, below",
}
# Reads that are no GET: they take something to look at.
LOOKING = {"validate_automation", "preview_schedule"}
_NO_KEY = (
    "the column is a note, with no foreign key, and nothing is looked up by it; a refusal would say which runs exist"
)
_USER = "users are nobody's: an id of one is kept as it was sent, and nothing is looked up by it"
# Places where what is another account's need not be refused, and why.
FREE: dict[tuple[str, Place], str] = {
    ("accept", ("body", "code")): "whoever has the link joins that account",
    ("import_automation", ("body", "id")): "409: ids of files are those of all installations, and one is taken once",
    ("create_message", ("body", "execution_id")): _NO_KEY,
    ("update_message", ("body", "execution_id")): _NO_KEY,
    ("create_lead", ("body", "owner_id")): _USER,
    ("update_lead", ("body", "owner_id")): _USER,
    ("list_audit_log", ("query", "actor")): "the log of an account says who was refused its things",
}
UNMARKED = {
    *("api_keys.hint", "api_keys.scopes", "secrets.key_id"),
    *("approvals.step_key", "approvals.role", "approvals.status", "approvals.decided_via"),
    *("events.source", "events.operation", "events.changed", "events.held"),
    *("invitations.role", "team_members.role", "messages.direction", "signals.key", "waits.key"),
    *("steps.key", "steps.node_id", "steps.status"),
    *("versions.trigger_type", "versions.edges", "versions.origin", "stat_deltas.last_execution_status"),
    *(f"automation_executions.{name}" for name in ("trigger_type", "status", "error_node_id", "lane")),
    *(f"automations.{name}" for name in ("status", "trigger_type", "edges", "viewport", "last_execution_status")),
}
# Ids that are in the form of a body and refused to everybody.
NOT_TAKEN = {("update_agent", "body", "user_id")}


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def tenants(databases: Databases, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Tenants]:
    async with two_accounts(databases, tmp_path_factory.mktemp("sign-in")) as found:
        yield found


@pytest.fixture(scope="module")
def api(tenants: Tenants) -> Matrix:
    return Matrix(tenants, CALLS, calls_of_api(tenants))


@pytest.fixture(scope="module")
def tools(tenants: Tenants) -> Matrix:
    return Matrix(tenants, TOOL_CALLS, calls_of_tools(tenants))


def needs_of(dependant: Any) -> Needs | None:
    for one in dependant.dependencies:
        needs: Needs | None = getattr(one.call, "needs", None) or needs_of(one)
        if needs is not None:
            return needs
    return None


@pytest.fixture(scope="module")
def needs(tenants: Tenants) -> dict[str, Needs]:
    """By operationId, of those that need somebody."""
    found = {}
    for route in iter_route_contexts(tenants.app.routes):
        if (dependant := getattr(route, "dependant", None)) is not None and (one := needs_of(dependant)):
            found[str(route.name)] = one
    return found


async def test_every_route_is_in_the_matrix_or_open_for_a_reason(tenants: Tenants, needs: dict[str, Needs]) -> None:
    routes = list(iter_route_contexts(tenants.app.routes))
    # What answers for other methods has no path of its own.
    assert {route.path for route in routes if route.name not in needs and route.path} == set(OPEN)
    assert set(CALLS) == set(needs)
    assert set(TOOL_CALLS) == {*OWN, TOOL}
    reads = {name for name, one in needs.items() if one == "read"}
    assert reads - LOOKING <= {str(route.name) for route in routes if route.methods and "GET" in route.methods}


async def test_every_id_that_an_operation_takes_is_in_a_sample(tenants: Tenants) -> None:
    document, missing = tenants.app.openapi(), []
    for methods in document["paths"].values():
        for one in methods.values():
            samples = CALLS.get(one["operationId"], ())
            named = {
                tuple(str(part) for part in place if not isinstance(part, int))
                for s in samples
                for place in places(s.parts)
            }
            taken: set[tuple[str, ...]] = {
                (one["in"], one["name"]) for one in one.get("parameters", []) if _is_id(one["schema"])
            }
            for content in one.get("requestBody", {}).get("content", {}).values():
                taken |= {("body", *place) for place in _ids_of(content["schema"], document["components"]["schemas"])}
            missing += [(one["operationId"], *place) for place in sorted(taken - named) if samples]
    assert set(missing) == NOT_TAKEN


def _is_id(schema: dict[str, Any]) -> bool:
    return schema.get("format") == "uuid" or any(_is_id(one) for one in schema.get("anyOf", []))


def _ids_of(schema: dict[str, Any], schemas: dict[str, Any]) -> set[tuple[str, ...]]:
    """Fields that take ids, at any depth."""
    if "$ref" in schema:
        return _ids_of(schemas[schema["$ref"].rpartition("/")[2]], schemas)
    found: set[tuple[str, ...]] = {()} if schema.get("format") == "uuid" else set()
    for one in [*schema.get("anyOf", []), schema.get("items", {})]:
        found |= _ids_of(one, schemas) if one else set()
    for name, one in schema.get("properties", {}).items():
        found |= {(name, *place) for place in _ids_of(one, schemas)}
    return found


async def test_both_accounts_have_some_of_everything(tenants: Tenants) -> None:
    for one in (tenants.a, tenants.b):
        without = {name for name, _, _ in tenants.tables} - {
            name for name, account in tenants.at_rest if account == one.id
        }
        assert without == {"automations.watched_tables"}


async def test_every_text_of_an_account_is_marked(tenants: Tenants) -> None:
    """So that nothing of it is shown unseen; but for the words of ours, and what says where in a flow it is."""
    unmarked = set()
    for name, account, _ in tenants.tables:
        columns = await tenants.db.fetch(
            "select attname as name from pg_attribute where attrelid = $1::text::regclass and attnum > 0"
            " and not attisdropped and atttypid = any ('{text,jsonb,text[]}'::regtype[])",
            name,
        )
        for row in columns:
            marked = f"lower(t.{row['name']}::text) like '%{tenants.b.mark}%'"
            if not await tenants.db.fetchval(
                f"select bool_or({marked}) from {name} t where ({account})::text = $1", tenants.b.id
            ):
                unmarked.add(f"{name.rpartition('.')[2]}.{row['name']}")
    assert {one for one in unmarked if not one.startswith("watched_tables.")} <= UNMARKED


def some(of: list[Any], count: int, seed: str) -> list[Any]:
    return random.Random(seed).sample(of, min(count, len(of)))


@pytest.mark.parametrize("operation", CALLS)
@SHARES
async def test_everybody(api: Matrix, needs: dict[str, Needs], operation: str, share: str) -> None:
    assert await as_everybody(api, operation, needs[operation], share) == []


@pytest.mark.parametrize("tool", TOOL_CALLS)
@SHARES
async def test_everybody_over_mcp(tools: Matrix, tool: str, share: str) -> None:
    needs = OWN[tool].needs if tool in OWN else "run"
    assert await as_everybody(tools, tool, needs, share) == []


async def as_everybody(matrix: Matrix, operation: str, needs: Needs, share: str) -> list[str]:
    samples = matrix.samples[operation]
    if share == "some":
        return await matrix.everybody(operation, samples[0], needs, some(list(PERSONAS), 3, operation))
    return [problem for one in samples for problem in await matrix.everybody(operation, one, needs, list(PERSONAS))]


@pytest.mark.parametrize("operation", CALLS)
@SHARES
async def test_what_is_another_accounts_in_every_place(api: Matrix, operation: str, share: str) -> None:
    assert await everywhere(api, operation, share) == []


@pytest.mark.parametrize("tool", TOOL_CALLS)
@SHARES
async def test_what_is_another_accounts_in_every_argument(tools: Matrix, tool: str, share: str) -> None:
    assert await everywhere(tools, tool, share) == []


async def everywhere(matrix: Matrix, operation: str, share: str) -> list[str]:
    tries: list[tuple[Sample, Place]] = [
        (sample, place)
        for sample in matrix.samples[operation]
        for place in places(sample.parts)
        if (operation, place) not in FREE
    ]
    if share == "some":
        tries = some(tries, 1, operation)
    else:
        for sample in matrix.samples[operation]:
            await matrix.rightly(operation, sample)
    return [problem for sample, place in tries for problem in await matrix.foreign(operation, sample, place)]

"""Everybody against every operation, and everything of another account in every place where something is named.

Made from the document of the API and the dependencies of its routes: a route that nobody has made a sample call of
fails here. The samples are in tests/api/tenancy_calls.py, the rules in tests/api/tenancy_personas.py.
"""

from __future__ import annotations

import random
from collections.abc import AsyncIterator
from typing import Any

import pytest
import pytest_asyncio
from fastapi import FastAPI
from fastapi.routing import iter_route_contexts
from tests.api.tenancy_calls import CALLS, Place, Sample, places
from tests.api.tenancy_judging import Outcome, call, changed, items_of, misjudged, tells_of
from tests.api.tenancy_personas import PERSONAS, RIGHTLY, expected
from tests.api.tenancy_world import Tenants, two_accounts
from tests.conftest import Databases

from automations.api.request_scope import Needs

pytestmark = pytest.mark.asyncio(loop_scope="module")

Operations = dict[str, tuple[str, str]]

# Whoever calls these proves nothing, or not so: why each is open.
OPEN = {
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
    "/mcp": "judged by tool (test_tenancy_mcp.py)",
}
# Places where what is another account's need not be refused, and why.
FREE: dict[tuple[str, Place], str] = {
    ("accept", ("body", "code")): "whoever has the link joins that account",
}


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def tenants(databases: Databases, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Tenants]:
    async with two_accounts(databases, tmp_path_factory.mktemp("sign-in")) as found:
        yield found


@pytest.fixture(scope="module")
def operations(tenants: Tenants) -> Operations:
    """Method and path by operationId."""
    document = tenants.app.openapi()
    return {
        one["operationId"]: (method.upper(), path)
        for path, methods in document["paths"].items()
        for method, one in methods.items()
    }


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
    assert {route.path for route in routes if route.name not in needs} == set(OPEN)
    assert set(CALLS) == set(needs)


async def test_both_accounts_have_some_of_everything(tenants: Tenants) -> None:
    for one in (tenants.a, tenants.b):
        without = {name for name, _, _ in tenants.tables} - {name for name, account in tenants.at_rest if account == one.id}
        assert without == {"automations.watched_tables"}


async def judge(
    tenants: Tenants, operations: Operations, operation: str, needs: Needs, personas: list[str], owners: Outcome
) -> list[str]:
    sample, problems = CALLS[operation][0], []
    a, b = tenants.a, tenants.b
    for persona in personas:
        who = PERSONAS[persona]
        want = expected(operation, persona, needs, sample.about)
        outcome = await call(tenants, operations, operation, sample, who.bearer(a, b))
        found = [misjudged(outcome, want, owners)]
        now = await tenants.digest()
        if not outcome.done or who.stands != "in":
            others: str | None = None
        else:
            others = a.id
        if operation != "accept":
            found += [f"changed {table}" for table in changed(tenants.at_rest, now, but=others)]
        if who.stands != "in" and operation != "accept":
            found.append((told := tells_of(outcome, a)) and f"tells {told}: {outcome.text[:300]}")
            if sample.about == "list" and outcome.done and items_of(outcome.value):
                found.append(f"lists {outcome.text[:300]}")
        if who.stands != "outside" or "stranger" not in persona:
            found.append((told := tells_of(outcome, b)) and f"tells {told}: {outcome.text[:300]}")
        problems += [f"{persona}: {one}" for one in found if one]
        await tenants.restore(now)
    return problems


async def owners_outcome(tenants: Tenants, operations: Operations, operation: str, sample: Sample) -> Outcome:
    """The sample is right: so a refusal of others has no other reason."""
    outcome = await call(tenants, operations, operation, sample, PERSONAS[RIGHTLY.get(operation, "account")].bearer(tenants.a, tenants.b))
    assert outcome.done, (operation, outcome.status, outcome.text)
    assert sample.about != "list" or operation == "get_stats" or items_of(outcome.value), (operation, "lists nothing")
    return outcome


@pytest.mark.parametrize("operation", CALLS)
@pytest.mark.parametrize("share", ["some", pytest.param("whole", marks=pytest.mark.full)])
async def test_everybody(
    tenants: Tenants, operations: Operations, needs: dict[str, Needs], operation: str, share: str
) -> None:
    owners = await owners_outcome(tenants, operations, operation, CALLS[operation][0])
    await tenants.restore(await tenants.digest())
    personas = list(PERSONAS) if share == "whole" else random.Random(operation).sample(list(PERSONAS), 3)
    assert await judge(tenants, operations, operation, needs[operation], personas, owners) == []


@pytest.mark.parametrize("operation", CALLS)
@pytest.mark.parametrize("share", ["some", pytest.param("whole", marks=pytest.mark.full)])
async def test_what_is_another_accounts_in_every_place(
    tenants: Tenants, operations: Operations, operation: str, share: str
) -> None:
    bearer = PERSONAS["account"].bearer(tenants.a, tenants.b)
    tries = [
        (sample, place) for sample in CALLS[operation] for place in places(sample.parts) if (operation, place) not in FREE
    ]
    if share == "some":
        tries = random.Random(operation).sample(tries, min(1, len(tries)))
    else:
        for sample in CALLS[operation]:
            await owners_outcome(tenants, operations, operation, sample)
            await tenants.restore(await tenants.digest())
    problems = []
    for sample, place in tries:
        outcome = await call(tenants, operations, operation, sample, bearer, at=place)
        now = await tenants.digest()
        # Of many things each is answered for itself.
        others = tenants.a.id if isinstance(place[-1], int) and len(sample.body[place[-2]]) > 1 else None
        found = [f"changed {table}" for table in changed(tenants.at_rest, now, but=others)]
        if not outcome.done and outcome.status not in (403, 404, 422):
            found.append(f"{outcome.status} {outcome.text}")
        if outcome.done and not all(one.get("error") for one in items_of(outcome.value)) and others is None:
            found.append(f"answers {outcome.text[:200]}")
        if told := tells_of(outcome, tenants.b):
            found.append(f"tells {told}: {outcome.text[:300]}")
        problems += [f"{'.'.join(map(str, place))} {outcome.status}: {one}" for one in found]
        await tenants.restore(now)
    assert problems == []

"""schemathesis on the whole document: nothing that it lets callers send ends as a 5xx, and every answer is as it says.

Chains of requests (make, publish, start, cancel, delete) follow the links of the document, and those that schemathesis
finds by the names of fields.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path
from typing import Any

import httpx2
import pytest
from tests.api.conftest import SECRET, ApiServer, MemorySecrets, serving
from tests.api.fuzzed_world import populate
from tests.api.fuzzing import Found, configured, fuzz, with_examples_of
from tests.engine.world import Workers, World

from automations.api.sign_in import SignIn
from automations.api.tokens import TokenIssuer
from automations.integrations.sign_in_codes import SignInCodes

ISSUER = TokenIssuer(SECRET, "authenticated", None)
CHECKS: dict[str, Any] = {
    # What a flow, a condition, a cursor or a schedule may be is more than a schema can say: 422 says it.
    "positive_data_acceptance": {"enabled": False},
    # 413: too large is refused before it is read.
    "negative_data_rejection": {
        "expected-statuses": ["400", "401", "403", "404", "405", "406", "409", "413", "415", "422", "429"]
    },
}
# Who has nothing but a code, a token of a mail, or a probe of a load balancer.
OPEN_TO_ALL = {"health", "is_ready", "show_metrics", "get_approval_by_token", "decide_by_token", "sign_in"}


def phases(examples: int, chains: int, *, coverage: bool) -> dict[str, Any]:
    """Everybody's examples, then each operation `examples` times at random and `chains` of at most eight requests."""
    once = {"fill-missing": True, "extra-data-sources": {"responses": False}, "operation-ordering": "none"}
    return {
        "examples": once,
        "coverage": {"enabled": coverage},
        "fuzzing": {"generation": {"max-examples": examples}},
        "stateful": {"generation": {"max-examples": chains}, "max-steps": 8},
    }


SAMPLE = phases(2, 6, coverage=False)
WHOLE = [pytest.mark.full, pytest.mark.timeout(900)]
Fuzz = Callable[[str | None, dict[str, Any]], Awaitable[Found]]


@pytest.fixture
async def fuzzed(database_url: str, world: World, workers: Workers, tmp_path: Path) -> AsyncIterator[Fuzz]:
    """Fuzzes as whoever has the token, with a worker beside so that runs end."""
    codes = SignInCodes(tmp_path)
    await workers.start()
    async with (
        serving(database_url, MemorySecrets(), sign_in=SignIn(codes, ISSUER)) as (server, _),
        httpx2.AsyncClient(base_url=server.url, timeout=30, trust_env=False) as client,
    ):
        words = await populate(world, ApiServer(client), codes, times=12)
        document = with_examples_of((await client.get("/api/v1/openapi.json")).json(), words)

        async def run(token: str | None, amount: dict[str, Any]) -> Found:
            config = configured(server.url, token, words, phases=amount, checks=CHECKS)
            return await asyncio.to_thread(fuzz, document, config)

        yield run


@pytest.mark.parametrize("amount", [SAMPLE, pytest.param(phases(60, 300, coverage=True), marks=WHOLE)])
async def test_as_the_owner_of_a_busy_account(fuzzed: Fuzz, world: World, amount: dict[str, Any]) -> None:
    found = await fuzzed(ISSUER.issue(world.account).token, amount)
    assert found.wrong == {}
    assert found.never_done() == {}
    assert found.transitions > 0


@pytest.mark.parametrize("amount", [SAMPLE, pytest.param(phases(5, 5, coverage=True), marks=WHOLE)])
async def test_as_nobody(fuzzed: Fuzz, amount: dict[str, Any]) -> None:
    found = await fuzzed(None, amount)
    assert found.wrong == {}
    assert found.answers.keys() - found.never_done().keys() == OPEN_TO_ALL

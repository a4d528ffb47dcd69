"""schemathesis on the whole document: nothing that it lets callers send ends as a 5xx, and every answer is as it says.

Chains of requests (make, publish, start, cancel, delete) follow the links of the document, and those that schemathesis
finds by the names of fields.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from dataclasses import dataclass
from itertools import chain
from pathlib import Path
from typing import Any

import httpx2
import pytest
from tests.api.conftest import SECRET, ApiServer, MemorySecrets, serving
from tests.api.fuzzed_world import LASTING, populate
from tests.api.fuzzing import Found, configured, follow, fuzz, with_examples_of
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

# Links that have to lead somewhere, each time: they are followed before anything is left to chance.
LIFE = {
    ("create_automation", "publish_automation"),
    ("publish_automation", "enable_automation"),
    ("enable_automation", "start_execution"),
    ("start_execution", "get_execution"),
    ("start_execution", "cancel_execution"),
    ("retry_execution", "list_steps"),
    ("make_api_key", "revoke_api_key"),
    ("make_invitation", "revoke_invitation"),
    ("duplicate_automation", "delete"),
}


@dataclass(frozen=True)
class Amount:
    """`examples`: how often each operation is called at random; `coverage`: with all cases that follow from its schema.

    `rounds`: how often 15 chains begin anew: Hypothesis ends one early where answers differ from those before.
    `times`: how many things of each kind there are.
    """

    examples: int
    rounds: int
    times: int
    coverage: bool = True

    def alone(self) -> Phases:
        return {
            "examples": {
                "fill-missing": True,
                "extra-data-sources": {"responses": False},
                "operation-ordering": "none",
            },
            "coverage": {"enabled": self.coverage},
            "fuzzing": {"enabled": self.examples > 0, "generation": {"max-examples": self.examples or 1}},
            "stateful": {"enabled": False},
        }

    def rounds_of_chains(self) -> Iterator[Phases]:
        """By turns along the links of the document, and along all that its names have in common."""
        others = {name: {"enabled": False} for name in ("examples", "coverage", "fuzzing")}
        for number in range(self.rounds):
            chains = {"max-steps": 30, "inference": {"algorithms": ["dependency-analysis"] if number % 2 else []}}
            yield {**others, "stateful": {"generation": {"max-examples": CHAINS}, **chains}}


Phases = dict[str, Any]
Fuzz = Callable[[str | None], Awaitable[Found]]
CHAINS = 15
SAMPLE = Amount(examples=1, rounds=1, times=4, coverage=False)
WHOLE = [pytest.mark.full, pytest.mark.timeout(900)]


@pytest.fixture
async def fuzzed(
    database_url: str, world: World, workers: Workers, tmp_path: Path, amount: Amount
) -> AsyncIterator[Fuzz]:
    """Fuzzes as whoever has the token, with a worker beside so that runs end."""
    codes = SignInCodes(tmp_path)
    await workers.start()
    async with (
        serving(database_url, MemorySecrets(), sign_in=SignIn(codes, ISSUER)) as (server, _),
        httpx2.AsyncClient(base_url=server.url, timeout=30, trust_env=False) as client,
    ):
        words = await populate(world, ApiServer(client), codes, times=amount.times)
        document = with_examples_of((await client.get("/api/v1/openapi.json")).json(), words)

        async def run(token: str | None) -> Found:
            found = Found()
            if token is not None:
                config = configured(server.url, token, words, phases={}, checks=CHECKS)
                found.add(
                    await asyncio.to_thread(follow, document, config, token, LIFE, {"create_automation": LASTING})
                )
                assert found.followed == LIFE, (LIFE - found.followed, found.answers)
            for seed, phases in enumerate(chain([amount.alone()], amount.rounds_of_chains())):
                config = configured(server.url, token, words, phases=phases, checks=CHECKS, seed=seed)
                found.add(await asyncio.to_thread(fuzz, document, config))
            return found

        yield run


@pytest.mark.parametrize("amount", [SAMPLE, pytest.param(Amount(examples=25, rounds=8, times=12), marks=WHOLE)])
async def test_as_the_owner_of_a_busy_account(fuzzed: Fuzz, world: World, amount: Amount) -> None:
    found = await fuzzed(ISSUER.issue(world.account).token)
    assert not found.wrong, found.told()
    assert found.never_done() == {}
    assert found.followed >= LIFE


@pytest.mark.parametrize(
    "amount",
    [
        Amount(examples=0, rounds=0, times=2, coverage=False),
        pytest.param(Amount(examples=5, rounds=0, times=12), marks=WHOLE),
    ],
)
async def test_as_nobody(fuzzed: Fuzz) -> None:
    found = await fuzzed(None)
    assert not found.wrong, found.told()
    assert found.answers.keys() - found.never_done().keys() == OPEN_TO_ALL

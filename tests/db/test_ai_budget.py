"""The budget of AI steps: set aside, settled, never passed, by whom ever and however many at once."""

from __future__ import annotations

import asyncio
import uuid
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import asyncpg
import pytest
from tests.model_gateways import (
    ACCOUNT_KEY,
    INSTALLED_KEY,
    as_service,
    model_gateway,
    own_endpoint,
)
from tests.model_server import ModelServer, model_server

from automations.db.account_settings_store import AccountSettings, AccountSettingsStore
from automations.db.ai_usage_store import AiUsageStore
from automations.errors import StepError
from automations.flow.model_tokens import estimated_tokens
from automations.flow.outside_ports import ModelAnswer, ModelCall
from automations.services.model_gateway import ModelGateway

if TYPE_CHECKING:
    from tests.conftest import Connect

ACCOUNT = uuid.UUID(int=0xACC)
CALL = ModelCall(prompt="Say hello", max_output_tokens=100, timeout_seconds=20)
ESTIMATE = estimated_tokens(CALL)


@pytest.fixture
async def server() -> AsyncIterator[ModelServer]:
    async with model_server() as served:
        yield served


@pytest.fixture
async def gateways(database_url: str) -> AsyncIterator[Any]:
    """`gateways(server, …)`: one more, closed at the end."""
    made: list[ModelGateway] = []

    def make(server: ModelServer, **given: Any) -> ModelGateway:
        made.append(model_gateway(database_url, server.base_url, **given))
        return made[-1]

    yield make
    for gateway in made:
        await gateway.close()


async def usage(database: asyncpg.Connection, account: uuid.UUID = ACCOUNT) -> Any:
    row = await database.fetchrow(
        "select calls, input_tokens, output_tokens, reserved from automations.ai_usage where account_id = $1", account
    )
    return None if row is None else tuple(row)


async def test_a_call_is_counted_as_the_endpoint_says(
    database: asyncpg.Connection, server: ModelServer, gateways: Any
) -> None:
    answer = await gateways(server).complete(ACCOUNT, CALL)
    assert (answer.text, answer.input_tokens, answer.output_tokens) == ("Hello", 21, 7)
    assert await usage(database) == (1, 21, 7, 0)
    assert server.asked[0].headers["authorization"] == f"Bearer {INSTALLED_KEY}"


@pytest.mark.parametrize("mode", ["no-usage", "odd-usage"])
async def test_what_the_endpoint_did_not_count_is_estimated(
    database: asyncpg.Connection, server: ModelServer, gateways: Any, mode: str
) -> None:
    server.say("x" * 300)
    answer = await gateways(server, model=mode).complete(ACCOUNT, CALL)
    assert (answer.input_tokens, answer.output_tokens) == (ESTIMATE, 100)
    assert await usage(database) == (1, ESTIMATE, 100, 0)


@pytest.mark.parametrize(
    ("mode", "counted"),
    [("401", 0), ("429", 0), ("500", 0), ("garbage", ESTIMATE), ("declines", ESTIMATE)],
)
async def test_a_call_that_failed_gives_back_what_it_set_aside(
    database: asyncpg.Connection, server: ModelServer, gateways: Any, mode: str, counted: int
) -> None:
    with pytest.raises(StepError) as failed:
        await gateways(server, model=mode).complete(ACCOUNT, CALL)
    assert await usage(database) == (1, counted, 0, 0)
    told = failed.value.message + (failed.value.hint or "")
    assert INSTALLED_KEY not in told
    if mode == "401":
        assert "•••" in told


async def test_a_call_that_nobody_waits_for_any_more_may_be_charged_whole(
    database: asyncpg.Connection, server: ModelServer, gateways: Any
) -> None:
    """By its own time; by that of the step or a worker that stops, which is the same to it: the endpoint goes on."""
    each = ESTIMATE + 100
    gateway = gateways(server, model="hang", tokens_per_day=3 * each)

    async def asked(number: int) -> None:
        async with asyncio.timeout(30):
            while server.hanging < number:
                await asyncio.sleep(0.01)

    # Long enough to get to the endpoint on a busy machine.
    with pytest.raises(StepError) as failed:
        await gateway.complete(ACCOUNT, replace(CALL, timeout_seconds=3))
    assert (failed.value.code, server.hanging) == ("timeout", 1)
    assert await usage(database) == (1, ESTIMATE, 100, 0)
    for number in (2, 3):
        call = asyncio.create_task(gateway.complete(ACCOUNT, CALL))
        await asked(number)
        call.cancel()
        await asyncio.wait({call})
    assert await usage(database) == (3, 3 * ESTIMATE, 300, 0)
    with pytest.raises(StepError) as refused:
        await gateway.complete(ACCOUNT, CALL)
    assert (refused.value.code, server.hanging) == ("budget", 3)


async def test_a_day_that_is_used_up(database: asyncpg.Connection, server: ModelServer, gateways: Any) -> None:
    await database.execute(
        "insert into automations.ai_usage values ($1, (now() at time zone 'UTC')::date, 3, 600, 300, 50)", ACCOUNT
    )
    gateway = gateways(server, tokens_per_day=1_000)
    with pytest.raises(StepError) as refused:
        await gateway.complete(ACCOUNT, CALL)
    assert (refused.value.code, refused.value.retryable) == ("budget", False)
    said = refused.value.message
    assert "900 tokens are used and 50 set aside for calls under way, of 1,000" in said
    assert "free again at" in said
    assert "00:00 UTC" in said
    assert "AUTOMATIONS_AI_TOKENS_PER_DAY" in (refused.value.hint or "")
    assert (server.asked, await usage(database)) == ([], (3, 600, 300, 50))
    # Another account's day is its own, and so is tomorrow.
    await gateway.complete(uuid.uuid4(), CALL)
    await database.execute("update automations.ai_usage set day = day - 1 where account_id = $1", ACCOUNT)
    assert (await gateway.complete(ACCOUNT, CALL)).text == "Hello"


async def test_an_account_may_have_a_limit_of_its_own(database_url: str, server: ModelServer, gateways: Any) -> None:
    connection = await as_service(database_url)
    await AccountSettingsStore(connection).put(AccountSettings(ACCOUNT, ai_tokens_per_day=0))
    gateway = gateways(server)
    with pytest.raises(StepError, match="is 0 for a whole day"):
        await gateway.complete(ACCOUNT, CALL)
    await AccountSettingsStore(connection).put(AccountSettings(ACCOUNT, ai_tokens_per_day=ESTIMATE + 100))
    await gateway.complete(ACCOUNT, CALL)
    await connection.close()


async def test_many_at_once_on_several_connections_never_pass_the_limit(
    database: asyncpg.Connection, server: ModelServer, gateways: Any
) -> None:
    """Three workers, 60 calls, room for 17: while they are all under way, and after."""
    each = ESTIMATE + 100
    workers = [gateways(server, model="hang", tokens_per_day=17 * each + each - 1) for _ in range(3)]
    calls = [asyncio.create_task(workers[number % 3].complete(ACCOUNT, CALL)) for number in range(60)]
    while server.hanging < 17 or sum(call.done() for call in calls) < 43:
        await asyncio.sleep(0.01)
        assert (await usage(database) or (0, 0, 0, 0))[3] <= 17 * each
    assert server.hanging == 17
    assert await usage(database) == (0, 0, 0, 17 * each)
    server.released.set()
    ended = await asyncio.gather(*calls, return_exceptions=True)
    refused = [one for one in ended if isinstance(one, StepError)]
    assert ({one.code for one in refused}, len(refused)) == ({"budget"}, 43)
    assert await usage(database) == (17, 17 * 21, 17 * 7, 0)


async def test_the_connection_is_free_while_the_model_thinks(server: ModelServer, gateways: Any) -> None:
    gateway = gateways(server, model="hang")
    calls = [asyncio.create_task(gateway.complete(ACCOUNT, CALL)) for _ in range(50)]
    while server.hanging < 50:
        await asyncio.sleep(0.01)
    quick = await gateway.complete(ACCOUNT, ModelCall(prompt="x", model="good"))
    assert quick.text == "Hello"
    server.released.set()
    await asyncio.gather(*calls)


async def test_the_connection_comes_back(database: asyncpg.Connection, server: ModelServer, gateways: Any) -> None:
    gateway = gateways(server)
    await gateway.complete(ACCOUNT, CALL)
    cut = "select pg_terminate_backend(pid) from pg_stat_activity where application_name = 'automations test: models'"
    await database.execute(cut)
    await asyncio.sleep(0.1)
    # Whoever finds it cut may have to be tried again, once.
    tries = [await asyncio.gather(gateway.complete(ACCOUNT, CALL), return_exceptions=True) for _ in range(2)]
    (first,), (second,) = tries
    assert isinstance(second, ModelAnswer)
    assert not isinstance(first, StepError) or (first.code, first.retryable) == ("model_unavailable", True)
    # Cut while the model thinks: the answer is not lost for it.
    call = asyncio.create_task(gateway.complete(ACCOUNT, ModelCall(prompt="x", model="hang")))
    while not server.hanging:
        await asyncio.sleep(0.01)
    await database.execute(cut)
    server.released.set()
    assert (await call).text == "Hello"


async def test_each_key_goes_to_its_own_endpoint_only(database_url: str, server: ModelServer, gateways: Any) -> None:
    async with model_server() as theirs:
        gateway = gateways(server, allowed=[f"127.0.0.1:{theirs.port}"])
        await own_endpoint(database_url, ACCOUNT, theirs.base_url)
        other = uuid.uuid4()
        await own_endpoint(database_url, other, theirs.base_url, key=None)
        for account in (ACCOUNT, other, uuid.uuid4()):
            await gateway.complete(account, CALL)
        sent = [[asked.headers.get("authorization") for asked in one.asked] for one in (theirs, server)]
        assert sent == [[f"Bearer {ACCOUNT_KEY}", None], [f"Bearer {INSTALLED_KEY}"]]


async def test_an_account_cannot_name_a_private_address(
    database: asyncpg.Connection, database_url: str, server: ModelServer, gateways: Any
) -> None:
    """Not even that of the installation's own endpoint, whose key would be worth having."""
    await own_endpoint(database_url, ACCOUNT, server.base_url)
    for address in (server.base_url, "http://169.254.169.254/v1", "http://localhost:5432/v1"):
        await database.execute("update automations.account_settings set ai_base_url = $1", address)
        with pytest.raises(StepError, match="not on the public internet") as refused:
            await gateways(server).complete(ACCOUNT, CALL)
        assert refused.value.code == "blocked_address"
    assert server.asked == []
    assert await usage(database) == (3, 0, 0, 0)


async def test_what_is_missing_is_said(database: asyncpg.Connection, database_url: str, gateways: Any) -> None:
    nothing = model_gateway(database_url, None, model=None)
    with pytest.raises(StepError, match="no language model to ask") as refused:
        await nothing.complete(ACCOUNT, CALL)
    assert refused.value.code == "no_model"
    await own_endpoint(database_url, ACCOUNT, "https://models.example.com/v1")
    await database.execute("update automations.account_settings set ai_model = null")
    with pytest.raises(StepError, match="neither this step nor the account's settings"):
        await nothing.complete(ACCOUNT, CALL)
    await database.execute("update automations.account_settings set ai_model = 'good'")
    await database.execute("delete from automations.secrets")
    with pytest.raises(StepError, match="there is no secret AI_KEY"):
        await nothing.complete(ACCOUNT, CALL)
    await nothing.close()
    assert await usage(database) is None


async def test_old_days_go(database: asyncpg.Connection) -> None:
    await database.execute(
        "insert into automations.ai_usage (account_id, day)"
        " select $1, now()::date - d from unnest(array[0, 399, 401]) d",
        ACCOUNT,
    )
    assert await database.fetchval("select automations.cleanup_batch()") == 1
    assert await database.fetchval("select count(*) from automations.ai_usage") == 2


async def test_users_see_nothing_of_it(database: asyncpg.Connection, connect: Connect) -> None:
    session = await connect()
    await session.execute("set role authenticated")
    for statement in (
        "select * from automations.ai_usage",
        "select automations.reserve_ai_tokens(gen_random_uuid(), 1, 1, now())",
        "select automations.settle_ai_tokens(gen_random_uuid(), current_date, 1, 1, 1)",
    ):
        with pytest.raises(asyncpg.InsufficientPrivilegeError):
            await session.execute(statement)


async def test_the_same_on_postgresql_15(postgres15_url: str) -> None:
    connection = await as_service(postgres15_url)
    store = AiUsageStore(connection)
    first = await store.reserve(ACCOUNT, 60, 100)
    second = await store.reserve(ACCOUNT, 60, 100)
    assert [(one.granted, one.used, one.set_aside) for one in (first, second)] == [(True, 0, 60), (False, 0, 60)]
    await store.settle(ACCOUNT, first.day, 60, input_tokens=5, output_tokens=4)
    third = await store.reserve(ACCOUNT, 91, 100)
    assert (third.granted, third.used, third.set_aside) == (True, 9, 91)
    assert first.free_at > datetime.now(UTC)
    (day,) = await store.since(ACCOUNT, 1)
    assert (day.calls, day.input_tokens, day.output_tokens, day.reserved, day.own_limit) == (1, 5, 4, 91, None)
    await connection.close()

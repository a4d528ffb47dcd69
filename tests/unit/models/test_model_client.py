"""The client of language models against a real server: what it sends, what it makes of good answers and of bad ones."""

from __future__ import annotations

import asyncio
import json
import sys
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

if (_CHECKOUT := str(Path(__file__).parents[3])) not in sys.path:
    sys.path.insert(0, _CHECKOUT)

from tests.model_server import ModelServer, model_server

from automations.errors import BlockedAddress, ConfigurationError, StepError
from automations.flow.outside_ports import ModelAnswer, ModelCall
from automations.integrations.model_answer import read_answer, told_by
from automations.integrations.model_client import ModelClient
from automations.integrations.model_request import REMEMBERED, Learnt

KEY = "sk-t0p-s3cret-key"
ACCOUNT, OTHER = UUID(int=1), UUID(int=2)
SCHEMA: Any = {"type": "object", "properties": {"label": {"type": "string"}}, "required": ["label"]}


@pytest.fixture
async def server() -> AsyncIterator[ModelServer]:
    async with model_server() as served:
        yield served


@pytest.fixture
async def client(server: ModelServer) -> AsyncIterator[ModelClient]:
    made = ModelClient(own=server.base_url)
    yield made
    await made.close()


async def ask(
    client: ModelClient, server: ModelServer, mode: str = "good", *, account: UUID = ACCOUNT, **call: Any
) -> ModelAnswer:
    given: dict[str, Any] = {"prompt": "Say hello", "model": mode, "timeout_seconds": 20.0, **call}
    return await client.ask(server.base_url, KEY, ModelCall(**given), account=account, of_installation=True)


async def failure(client: ModelClient, server: ModelServer, mode: str, **call: Any) -> StepError:
    with pytest.raises(StepError) as failed:
        await ask(client, server, mode, **call)
    for text in (failed.value.message, failed.value.hint or ""):
        assert "Traceback" not in text
        assert len(text) < 800
    return failed.value


async def test_what_is_sent_and_what_comes_back(client: ModelClient, server: ModelServer) -> None:
    answer = await ask(client, server, system="Be brief", max_output_tokens=77, temperature=0.2)
    assert answer == ModelAnswer("Hello", "served-model", 21, 7, complete=True)
    (asked,) = server.asked
    assert asked.target == "/v1/chat/completions"
    assert asked.body == {
        "model": "good",
        "messages": [{"role": "system", "content": "Be brief"}, {"role": "user", "content": "Say hello"}],
        "max_tokens": 77,
        "temperature": 0.2,
    }
    assert set(asked.headers) <= {
        "host", "content-length", "content-type", "accept", "accept-encoding", "user-agent", "authorization",
        "idempotency-key",
    }  # fmt: skip
    assert asked.headers["authorization"] == f"Bearer {KEY}"
    assert "idempotency-key" not in asked.headers


async def test_without_a_key_none_is_sent(client: ModelClient, server: ModelServer) -> None:
    call = ModelCall(prompt="x", model="good")
    await client.ask(server.base_url, None, call, account=ACCOUNT, of_installation=True)
    assert "authorization" not in server.asked[0].headers


async def test_the_environment_changes_nothing(
    client: ModelClient, server: ModelServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in {
        "OPENAI_API_KEY": "sk-other",
        "OPENAI_ADMIN_KEY": "sk-admin",
        "OPENAI_BASE_URL": "http://127.0.0.1:1",
        "OPENAI_ORG_ID": "org-other",
        "OPENAI_PROJECT_ID": "project-other",
        "OPENAI_CUSTOM_HEADERS": "Authorization: Bearer sk-custom\nX-Other: 1",
        "HTTP_PROXY": "http://127.0.0.1:1",
        "HTTPS_PROXY": "http://127.0.0.1:1",
        "ALL_PROXY": "http://127.0.0.1:1",
    }.items():
        monkeypatch.setenv(name, value)
    await client.ask(server.base_url, None, ModelCall(prompt="x", model="good"), account=ACCOUNT, of_installation=True)
    assert (await ask(client, server)).text == "Hello"
    sent = str([asked.headers for asked in server.asked])
    assert [word for word in ("other", "admin", "custom", "openai") if word in sent] == []
    assert server.asked[1].headers["authorization"] == f"Bearer {KEY}"


async def test_a_schema_is_asked_for_in_both_ways(client: ModelClient, server: ModelServer) -> None:
    await ask(client, server, schema=SCHEMA, system="Be brief")
    (asked,) = server.asked
    assert asked.body["response_format"] == {
        "type": "json_schema",
        "json_schema": {"name": "answer", "schema": SCHEMA},
    }
    assert asked.texts("system").startswith("Be brief\n\nAnswer with one JSON value")
    assert '"required":["label"]' in asked.texts("system")


@pytest.mark.parametrize(
    ("mode", "field"), [("no-schemas", "response_format"), ("newer", "max_tokens"), ("thinker", "temperature")]
)
async def test_what_an_endpoint_does_not_know_is_left_out_and_remembered(
    client: ModelClient, server: ModelServer, mode: str, field: str
) -> None:
    for _ in range(2):
        answer = await ask(client, server, mode, schema=SCHEMA, temperature=0.0)
        assert answer.text == "Hello"
    assert [field in asked.body for asked in server.asked] == [True, False, False]
    assert all("JSON Schema" in asked.texts("system") for asked in server.asked)


async def test_many_find_out_at_once_what_an_endpoint_does_not_know(client: ModelClient, server: ModelServer) -> None:
    server.seconds = 0.2
    asked = [ask(client, server, "no-schemas", schema=SCHEMA) for _ in range(10)]
    assert {answer.text for answer in await asyncio.gather(*asked)} == {"Hello"}
    assert len(server.asked) == 20


async def test_what_an_endpoint_says_of_one_schema_is_not_learnt(client: ModelClient, server: ModelServer) -> None:
    strict = {**SCHEMA, "additionalProperties": False}
    for schema, account in ((SCHEMA, ACCOUNT), (strict, ACCOUNT), (strict, OTHER), (SCHEMA, ACCOUNT)):
        answer = await ask(client, server, "strict", account=account, schema=schema)
        assert answer.text == "Hello"
    assert ["response_format" in asked.body for asked in server.asked] == [True, False, True, True, True, False]


@pytest.mark.parametrize("mode", ["no-schemas", "newer", "thinker"])
async def test_what_one_account_found_out_changes_no_call_of_another(
    client: ModelClient, server: ModelServer, mode: str
) -> None:
    for account in (ACCOUNT, OTHER, ACCOUNT, OTHER):
        await ask(client, server, mode, account=account, schema=SCHEMA, temperature=0.0)
    changed = [asked.body.keys() != server.asked[0].body.keys() for asked in server.asked]
    assert changed == [False, True, False, True, True, True]


async def test_what_is_refused_without_the_field_as_well_is_not_learnt(
    client: ModelClient, server: ModelServer
) -> None:
    for _ in range(2):
        error = await failure(client, server, "picky", schema=SCHEMA)
        assert (error.code, "words about response_format" in error.message) == ("model_refused", True)
    assert ["response_format" in asked.body for asked in server.asked] == [True, False] * 2


async def test_it_is_found_out_again_after_an_hour(server: ModelServer) -> None:
    now = [0.0]
    client = ModelClient(own=server.base_url, clock=lambda: now[0])
    for moment in (0.0, 3_599.0, 3_600.0, 7_000.0):
        now[0] = moment
        await ask(client, server, "no-schemas", schema=SCHEMA)
    await client.close()
    assert ["response_format" in asked.body for asked in server.asked] == [True, False, False, True, False, False]


def test_no_more_is_remembered_than_has_room() -> None:
    learnt = Learnt(lambda: 0.0)
    for number in range(REMEMBERED + 1):
        learnt.add(number, {"temperature"})
    assert [learnt.of(number) for number in (0, 1, REMEMBERED)] == [set(), {"temperature"}, {"temperature"}]


@pytest.mark.parametrize(
    ("mode", "code", "retryable", "retry_after", "said"),
    [
        ("400", "model_refused", False, None, "400: the prompt offends"),
        ("401", "model_refused", False, None, "does not take the key"),
        ("404", "model_refused", False, None, "has no model '404'"),
        ("429", "rate_limited", True, 7.0, "slow down"),
        ("quota", "model_refused", False, None, "insufficient_quota"),
        ("500", "model_unavailable", True, None, "answered 500"),
        ("503", "model_unavailable", True, 3.0, "loading"),
        ("redirect", "model_refused", False, None, "sends elsewhere"),
        ("garbage", "model_garbage", True, None, "cannot be read"),
        ("html", "model_garbage", True, None, "text/html"),
        ("stream", "model_garbage", True, None, "text/event-stream"),
        ("shape", "model_garbage", True, None, "without an answer"),
        ("no-choices", "model_garbage", True, None, "without an answer"),
        ("no-text", "model_garbage", True, None, "without a text"),
        ("declines", "model_declined", False, None, "I would rather not"),
        ("endless", "model_garbage", True, None, "more than 4,194,304 bytes"),
        ("truncated", "model_unavailable", True, None, "before the answer was complete"),
    ],
)
async def test_failures_in_plain_words(
    client: ModelClient,
    server: ModelServer,
    mode: str,
    code: str,
    retryable: bool,
    retry_after: float | None,
    said: str,
) -> None:
    error = await failure(client, server, mode)
    assert (error.code, error.retryable, error.retry_after) == (code, retryable, retry_after)
    assert said in error.message
    assert len(server.asked) == 1


@pytest.mark.parametrize("mode", ["hang", "drip"])
async def test_an_endpoint_that_does_not_come_to_an_end(client: ModelClient, server: ModelServer, mode: str) -> None:
    error = await failure(client, server, mode, timeout_seconds=0.5)
    assert (error.code, error.retryable) == ("timeout", True)
    assert error.message == "the model did not answer within 0.5 seconds"


async def test_no_api_at_that_address(client: ModelClient, server: ModelServer) -> None:
    with pytest.raises(StepError, match="is not at this address") as failed:
        await client.ask(
            server.base_url.removesuffix("/v1"),
            KEY,
            ModelCall(prompt="x", model="good"),
            account=ACCOUNT,
            of_installation=True,
        )
    assert failed.value.code == "model_refused"


async def test_nobody_listens() -> None:
    gone = "http://127.0.0.1:1/v1"
    client = ModelClient(own=gone)
    with pytest.raises(StepError) as failed:
        await client.ask(gone, None, ModelCall(prompt="x", model="good"), account=ACCOUNT, of_installation=True)
    assert (failed.value.code, failed.value.retryable) == ("connect", True)
    await client.close()


async def test_odd_but_right_answers(client: ModelClient, server: ModelServer) -> None:
    assert (await ask(client, server, "parts")).text == "Hello"
    no_usage = await ask(client, server, "no-usage")
    odd_usage = await ask(client, server, "odd-usage")
    assert [(one.input_tokens, one.output_tokens) for one in (no_usage, odd_usage)] == [(0, 0), (0, 0)]
    assert (await ask(client, server, "cut-off")).complete is False


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(
                ["choices", "message", "content", "finish_reason", "usage", "prompt_tokens", "error", "refusal", "text"]
            ),
            inner,
        )
    ),
    max_leaves=12,
)


@given(JSON | st.fixed_dictionaries({"choices": st.lists(JSON, max_size=2), "usage": JSON, "model": JSON}))
def test_any_body_is_an_answer_or_a_step_error(body: Any) -> None:
    content = json.dumps(body).encode("utf-8", "surrogatepass")
    assert isinstance(told_by(content), str)
    try:
        answer = read_answer(content, "application/json", "asked")
    except StepError as error:
        assert error.code in ("model_garbage", "model_declined")  # noqa: PT017
    else:
        assert isinstance(answer.text, str)
        assert answer.input_tokens >= 0


async def test_an_address_of_an_account_goes_through_the_guard(client: ModelClient, server: ModelServer) -> None:
    """The same address is the installation's, which may be anywhere; that opens it to nobody else."""
    with pytest.raises(BlockedAddress, match="not on the public internet"):
        await client.ask(
            server.base_url, None, ModelCall(prompt="x", model="good"), account=ACCOUNT, of_installation=False
        )
    allowed = ModelClient(allowed=[f"127.0.0.1:{server.port}"])
    await allowed.ask(
        server.base_url, None, ModelCall(prompt="x", model="good"), account=ACCOUNT, of_installation=False
    )
    await allowed.close()
    assert len(server.asked) == 1


@pytest.mark.parametrize("address", ["ftp://example.com", "example.com/v1", "https://user:word@example.com/v1"])
async def test_an_address_that_is_none(client: ModelClient, address: str) -> None:
    with pytest.raises(StepError) as failed:
        await client.ask(address, None, ModelCall(prompt="x", model="good"), account=ACCOUNT, of_installation=False)
    assert failed.value.code == "bad_url"
    with pytest.raises(ConfigurationError, match="AUTOMATIONS_AI_BASE_URL"):
        ModelClient(own=address)


async def test_fifty_at_once_do_not_wait_for_each_other(client: ModelClient, server: ModelServer) -> None:
    calls = [asyncio.create_task(ask(client, server, "hang")) for _ in range(50)]
    while server.hanging < 50:
        await asyncio.sleep(0.01)
    server.released.set()
    assert {answer.text for answer in await asyncio.gather(*calls)} == {"Hello"}

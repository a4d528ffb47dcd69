"""Language models over any endpoint that speaks OpenAI's protocol (chat completions)."""

from __future__ import annotations

import asyncio
import importlib
import logging
import time
from collections.abc import Callable, Collection
from typing import Any
from uuid import UUID

from automations import __version__
from automations.errors import ConfigurationError, StepError
from automations.flow.outside_ports import ModelAnswer, ModelCall
from automations.integrations.http_client import HttpClient
from automations.integrations.model_answer import broken, read_answer, refused, timed_out, told_by, unreached
from automations.integrations.model_request import Learnt, lacking, request_of
from automations.integrations.name_lookup import Lookup

# As many as a worker lets wait outside: a slow endpoint must not keep the connections of others.
MAX_CONNECTIONS = 2_000


class ModelClient:
    """Asks; knows nothing of budgets.

    `own`: the installation's endpoint, which is reached wherever it is. Everybody else's address goes through the
    guard, with `allowed` as in `HttpClient`. The environment of the SDK (OPENAI_…) changes nothing of what is sent.
    """

    def __init__(
        self,
        *,
        own: str | None = None,
        allowed: Collection[str] = (),
        lookup: Lookup | None = None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._guarded = HttpClient(allowed=allowed, lookup=lookup, max_connections=MAX_CONNECTIONS)
        self._own = HttpClient(
            allowed=[] if own is None else [_host_and_port(own)], lookup=lookup, max_connections=MAX_CONNECTIONS
        )
        self._importing = asyncio.Lock()
        self._sdk: Any = None
        self._learnt = Learnt(clock)

    async def ask(
        self, base_url: str, key: str | None, call: ModelCall, *, account: UUID, of_installation: bool
    ) -> ModelAnswer:
        """One answer of `call.model`. Raises `StepError`: `model_refused`, `model_declined`, `rate_limited`,
        `model_unavailable`, `model_garbage`, `connect`, `timeout`, `tls`, `bad_url`, `no_model`; `BlockedAddress`.

        `account`: for whom; what the endpoint turns out not to know is remembered for that account alone.
        """
        sdk = await self._load()
        http = self._own if of_installation else self._guarded
        try:
            async with asyncio.timeout(call.timeout_seconds):
                return await self._ask(sdk, http, base_url, key, call, account)
        except TimeoutError:
            raise timed_out(call) from None

    async def close(self) -> None:
        await self._guarded.close()
        await self._own.close()

    async def _load(self) -> Any:
        async with self._importing:
            if self._sdk is None:
                try:
                    # In a thread: the import takes half a second, which everybody else would feel.
                    self._sdk = await asyncio.to_thread(importlib.import_module, "openai")
                    await asyncio.to_thread(importlib.import_module, "openai.resources.chat.completions")
                except ImportError:
                    raise StepError(
                        "the package that speaks to language models is not installed",
                        code="no_model",
                        hint="Install it: `pip install 'automations[ai]'`.",
                    ) from None
                # OPENAI_LOG would have it write prompts to standard error.
                logging.getLogger("openai").setLevel(logging.CRITICAL)
            return self._sdk

    async def _ask(
        self, sdk: Any, http: HttpClient, base_url: str, key: str | None, call: ModelCall, account: UUID
    ) -> ModelAnswer:
        import httpx2  # noqa: PLC0415

        from automations.integrations.model_transport import ModelTransport  # noqa: PLC0415
        from automations.integrations.outgoing_request import usable_url  # noqa: PLC0415

        address = str(usable_url(base_url))
        transport = ModelTransport(
            http,
            key,
            user_agent=f"automations/{__version__}",
            seconds=call.timeout_seconds,
            idempotency_key=call.idempotency_key,
        )
        which = (account, address, call.model)
        unknown = self._learnt.of(which)
        found_out: set[str] = set()
        async with httpx2.AsyncClient(transport=transport, trust_env=False, follow_redirects=False) as wire:
            client = sdk.AsyncOpenAI(
                # The transport alone has the key, and sends nothing of these. None would ask the environment.
                api_key="-",
                admin_api_key="",
                organization="",
                project="",
                webhook_secret="",
                base_url=address,
                max_retries=0,
                timeout=None,
                http_client=wire,
            )
            while True:
                body = request_of(call, unknown)
                try:
                    raw = await client.chat.completions.with_raw_response.create(**body)
                except sdk.APIStatusError as error:
                    told = told_by(error.response.content)
                    # Each field is left out once, so this ends; such a refusal costs no tokens.
                    missing = lacking(error.status_code, told, body)
                    if missing is None:
                        retry_after = error.response.headers.get("retry-after")
                        raise refused(error.status_code, told, call, retry_after) from None
                    unknown.add(missing.field)
                    if missing.always:
                        found_out.add(missing.field)
                except StepError as error:
                    raise unreached(error, call) from None
                except sdk.APIConnectionError:
                    raise broken() from None
                else:
                    answer = read_answer(raw.content, raw.headers.get("content-type", ""), call.model or "")
                    # Only now: what is refused without the field as well was refused for something else.
                    self._learnt.add(which, found_out)
                    return answer


def _host_and_port(base_url: str) -> str:
    from automations.integrations.outgoing_request import usable_url  # noqa: PLC0415

    try:
        url = usable_url(base_url)
    except StepError as error:
        raise ConfigurationError(
            f"AUTOMATIONS_AI_BASE_URL: {error.message}", hint="Write it like https://api.example.com/v1."
        ) from None
    host = f"[{url.host}]" if ":" in url.host else url.host
    return f"{host}:{url.port or (443 if url.scheme == 'https' else 80)}"

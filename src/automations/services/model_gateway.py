"""Language models for the steps of every account: whose endpoint, with whose key, within which budget."""

from __future__ import annotations

from collections.abc import AsyncIterator, Collection
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Protocol
from uuid import UUID

import structlog

from automations.db.account_settings_store import AccountSettings, AccountSettingsStore
from automations.db.ai_usage_store import AiUsageStore, Reservation
from automations.db.connection import CONNECTION_LOST, Connection
from automations.engine.scrubbing import Scrubber
from automations.errors import AutomationsError, StepError
from automations.flow.model_tokens import estimated_answer, estimated_tokens
from automations.flow.outside_ports import ModelAnswer, ModelCall
from automations.services.connections import Connections

log = structlog.get_logger(__name__)

# After these the endpoint has read the prompt, and will charge for it.
READ = frozenset({"model_garbage", "model_declined"})


class ModelClient(Protocol):
    """Asks an endpoint; knows nothing of budgets."""

    async def ask(
        self, base_url: str, key: str | None, call: ModelCall, *, account: UUID, of_installation: bool
    ) -> ModelAnswer: ...

    async def close(self) -> None: ...


class Vault(Protocol):
    async def reveal(self, account: UUID, names: Collection[str]) -> dict[str, str]: ...


@dataclass(frozen=True, slots=True)
class InstalledModel:
    """What the settings give to every account."""

    base_url: str | None
    key: str | None = field(repr=False)
    model: str | None
    tokens_per_day: int


@dataclass(frozen=True, slots=True)
class _Endpoint:
    base_url: str
    key: str | None = field(repr=False)
    model: str
    of_installation: bool


class ModelGateway:
    """The `ModelGateway` port of `engine.outside`.

    A connection is held for the moments before and after a call, never while the model thinks.
    """

    def __init__(
        self,
        client: ModelClient,
        installed: InstalledModel,
        vault: Vault,
        connections: Connections,
    ) -> None:
        self._client = client
        self._installed = installed
        self._vault = vault
        self._connections = connections

    async def complete(self, account: UUID, call: ModelCall) -> ModelAnswer:
        """Raises `StepError` as `Models` of `flow.outside_ports` says; no message and no answer holds the key."""
        async with self._database() as connection:
            own = await AccountSettingsStore(connection).get(account)
        endpoint = await self._endpoint(account, own, call)
        call = replace(call, model=endpoint.model)
        prompt = estimated_tokens(call)
        limit = self._installed.tokens_per_day if own.ai_tokens_per_day is None else own.ai_tokens_per_day
        async with self._database() as connection:
            reserved = await AiUsageStore(connection).reserve(account, prompt + call.max_output_tokens, limit)
        if not reserved.granted:
            raise _used_up(reserved, prompt + call.max_output_tokens, limit)
        hidden = Scrubber(() if endpoint.key is None else (endpoint.key,))
        # Unless it is known better: where nobody waits any more, out of time or cancelled, the endpoint may go on to
        # the end of the answer, and charge for all of it.
        used = (prompt, call.max_output_tokens)
        try:
            answer = await self._client.ask(
                endpoint.base_url, endpoint.key, call, account=account, of_installation=endpoint.of_installation
            )
            answer = _counted(replace(answer, text=hidden.scrub(answer.text), model=hidden.scrub(answer.model)), prompt)
            used = (answer.input_tokens, answer.output_tokens)
        except StepError as error:
            if error.code != "timeout":
                used = (prompt if error.code in READ else 0, 0)
            raise _without(hidden, error) from None
        finally:
            await self._settle(account, reserved, prompt + call.max_output_tokens, used)
        return answer

    async def _endpoint(self, account: UUID, own: AccountSettings, call: ModelCall) -> _Endpoint:
        """The account's own, else the installation's; the key of one never goes to the other."""
        installed = self._installed
        if own.ai_base_url is not None:
            model = call.model or own.ai_model
            if model is None:
                raise StepError(
                    "neither this step nor the account's settings name a model",
                    code="no_model",
                    hint="Name one in the step, or set the account's ai-model.",
                )
            key = None
            if own.ai_key_secret is not None:
                key = (await self._vault.reveal(account, (own.ai_key_secret,)))[own.ai_key_secret]
            return _Endpoint(own.ai_base_url, key, model, of_installation=False)
        model = call.model or own.ai_model or installed.model
        if installed.base_url is None or model is None:
            raise StepError(
                "there is no language model to ask",
                code="no_model",
                hint="Set AUTOMATIONS_AI_BASE_URL and AUTOMATIONS_AI_MODEL, or those of this account.",
            )
        return _Endpoint(installed.base_url, installed.key, model, of_installation=True)

    async def _settle(self, account: UUID, reserved: Reservation, tokens: int, used: tuple[int, int]) -> None:
        """What cannot be written down stays set aside until the day is over: too much is counted, never too little."""
        try:
            async with self._database() as connection:
                await AiUsageStore(connection).settle(
                    account, reserved.day, tokens, input_tokens=used[0], output_tokens=used[1]
                )
        except StepError as error:
            log.warning("tokens of a call stay set aside", account_id=str(account), tokens=tokens, reason=error.message)

    @asynccontextmanager
    async def _database(self) -> AsyncIterator[Connection]:
        """A connection, for a statement. `StepError` `model_unavailable`, which may pass, where there is none."""
        try:
            async with self._connections.connection() as connection:
                yield connection
        except (*CONNECTION_LOST, TimeoutError, AutomationsError) as error:
            raise StepError(
                f"the budget of AI steps cannot be read: {error or type(error).__name__}",
                code="model_unavailable",
                retryable=True,
            ) from None

    async def close(self) -> None:
        await self._client.close()


def _counted(answer: ModelAnswer, prompt: int) -> ModelAnswer:
    """Where the endpoint counted nothing, what was estimated."""
    return replace(
        answer,
        input_tokens=answer.input_tokens or prompt,
        output_tokens=answer.output_tokens or estimated_answer(answer.text),
    )


def _without(hidden: Scrubber, error: StepError) -> StepError:
    return StepError(
        hidden.scrub(error.message),
        hint=None if error.hint is None else hidden.scrub(error.hint),
        code=error.code,
        retryable=error.retryable,
        retry_after=error.retry_after,
    )


def _used_up(day: Reservation, wanted: int, limit: int) -> StepError:
    hint = "AUTOMATIONS_AI_TOKENS_PER_DAY raises it, or the account's own ai-tokens-per-day."
    if wanted > limit:
        return StepError(
            f"this call may come to {wanted:,} tokens, and the AI budget of this account is {limit:,} for a whole day",
            code="budget",
            hint=f"Ask for less with max_output_tokens; {hint}",
        )
    aside = f" and {day.set_aside:,} set aside for calls under way" if day.set_aside else ""
    return StepError(
        f"the AI budget of this account does not reach today: {day.used:,} tokens are used{aside}, of {limit:,}; this "
        f"call may come to {wanted:,}. It is free again at {_shown(day.free_at)}",
        code="budget",
        hint=hint,
    )


def _shown(moment: datetime) -> str:
    return f"{moment:%Y-%m-%d %H:%M} UTC"

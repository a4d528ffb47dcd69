"""One attempt of one step: fill in its config, run it, turn whatever happens into an outcome and a masked record."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable, Collection, Mapping
from datetime import datetime
from typing import Any, Protocol
from uuid import UUID

import structlog

from automations.engine.bounds import MAX_ERROR_LENGTH, bounded, described
from automations.engine.outside import Outside
from automations.engine.recording import entry, masked
from automations.engine.run import Run
from automations.engine.scrubbing import Scrubber
from automations.engine.step_context import NoRecords, StepContext, StepRecords, scope_of
from automations.errors import StepError
from automations.flow.commands import RunStep
from automations.flow.outcomes import Continue, Fail, Outcome, Wait
from automations.flow.retrying import decided

log = structlog.get_logger(__name__)

NO_RECORDS = NoRecords()
NOTHING_HIDDEN = Scrubber(())

Clock = Callable[[], datetime]
Perform = Callable[[Any, StepContext], Awaitable[Outcome]]


class Renderer(Protocol):
    """Fills in templates that need an expression engine, away from this process."""

    async def render(self, sources: tuple[str, ...], scope: Mapping[str, Any]) -> dict[str, Any]:
        """`{source: value}`; raises `TemplateError`."""
        ...


class Secrets(Protocol):
    """What is behind `{{ secrets.NAME }}`."""

    async def reveal(self, account: UUID, names: Collection[str]) -> dict[str, str]:
        """A value for every name; raises `StepError` for one that is not there or cannot be opened."""
        ...


class NoSecrets:
    async def reveal(self, account: UUID, names: Collection[str]) -> dict[str, str]:
        raise StepError("there are no secrets here", code="missing_secret")


class RowLocked(Exception):
    """A row that the step needs is locked by somebody: not the step's failure, try again soon."""


class TurnsTaken(RowLocked):
    """Another transaction gives out the turns of this step. It ends soon: no reason to be alone the next time."""


class StepRunner:
    def __init__(self, *, outside: Outside, renderer: Renderer, clock: Clock, secrets: Secrets | None = None) -> None:
        self._outside = outside
        self._secrets = secrets or NoSecrets()
        self._renderer = renderer
        self._clock = clock

    @property
    def outside(self) -> Outside:
        return self._outside

    @property
    def clock(self) -> Clock:
        return self._clock

    async def render(self, run: Run, command: RunStep) -> tuple[dict[str, Any], Outcome | None]:
        """The values of the templates that need the engine, or the failure that they end in."""
        step = run.loaded.steps[command.node_id]
        try:
            values = await self._renderer.render(step.values.engine_sources, scope_of(run, command.key, self._clock()))
        except StepError as error:
            return {}, self.kept(run, command, Fail(_text(error), code=error.code, retryable=error.retryable))
        except Exception as error:
            log.exception("templates crashed", execution_id=str(run.id), node_id=command.node_id)
            failure = Fail(f"internal error in a template: {described(error)}", code="internal")
            return {}, self.kept(run, command, failure)
        return values, None

    def kept(self, run: Run, command: RunStep, outcome: Any) -> Outcome:
        """The outcome as it is recorded and fed to the machine: bounded, and `retry_if` of the step asked."""
        step = run.loaded.steps[command.node_id]
        return decided(bounded(outcome, step.node.max_output_bytes), step.retry_if, command.attempt)

    async def attempt(
        self,
        run: Run,
        command: RunStep,
        records: StepRecords = NO_RECORDS,
        *,
        timeout: float | None = None,
        perform: Perform | None = None,
    ) -> tuple[Outcome, dict[str, Any]]:
        """Raises `RowLocked`; everything else becomes an outcome. `perform`: instead of what the type does."""
        step = run.loaded.steps[command.node_id]
        now = self._clock()
        begun = time.perf_counter()
        given: Any = None
        limit: asyncio.Timeout | None = None
        hidden = NOTHING_HIDDEN
        try:
            context = StepContext(run, command.key, command.attempt, now, records, self._outside, command.resumed)
            config = step.fixed
            given = step.shown
            if config is None:
                scope = context.scope
                if step.values.secrets:
                    revealed = await self._secrets.reveal(run.account_id, step.values.secrets)
                    hidden = Scrubber(revealed.values())
                    context.secrets = tuple(revealed.values())
                    scope = {**scope, "secrets": revealed}
                config = step.config(scope, run.rendered.get(command.key, {}))
                given = hidden.scrub(masked(config.model_dump(mode="json", exclude_unset=True), step.mask))
            async with asyncio.timeout(timeout) as limit:
                outcome = await (perform or step.node_type.run)(config, context)
            outcome = self.kept(run, command, hidden.scrub_outcome(outcome))
        except RowLocked:
            raise
        except StepError as error:
            text = hidden.scrub(_text(error))
            failure = Fail(text, code=error.code, retryable=error.retryable, retry_after=error.retry_after)
            outcome = self.kept(run, command, failure)
        except (KeyboardInterrupt, GeneratorExit):
            raise
        except BaseException as error:
            # A node type is anybody's code: what it raises ends its step, not the worker. Only a cancellation that
            # was asked for is one.
            task = asyncio.current_task()
            if isinstance(error, asyncio.CancelledError) and task is not None and task.cancelling():
                raise
            if isinstance(error, TimeoutError) and limit is not None and limit.expired():
                outcome = self.kept(run, command, too_slow(timeout))
            else:
                text = hidden.scrub(described(error))
                # With its traceback, unless it is so long that printing it would hold up everybody, or names a secret.
                log.error(
                    "step crashed",
                    execution_id=str(run.id),
                    node_id=command.node_id,
                    type=step.node.type,
                    error=text[:1_000],
                    exc_info=len(text) <= MAX_ERROR_LENGTH and not step.values.secrets,
                )
                failure = Fail(f"internal error in step type {step.node.type!r}: {text}", code="internal")
                outcome = self.kept(run, command, failure)
        duration = round((time.perf_counter() - begun) * 1000, 3)
        return outcome, self.entry(run, command, outcome, now, duration, given)

    def begun(self, run: Run, command: RunStep) -> dict[str, Any]:
        """The entry of a step that is under way."""
        node = run.loaded.flow.nodes[command.node_id]
        return entry(
            node_id=node.id,
            node_type=node.type,
            label=node.label,
            status="running",
            started_at=self._clock(),
            duration_ms=None,
            attempt=command.attempt,
        )

    def entry(
        self,
        run: Run,
        command: RunStep,
        outcome: Outcome,
        started_at: datetime | None = None,
        duration_ms: float | None = None,
        given: Any = None,
    ) -> dict[str, Any]:
        node = run.loaded.flow.nodes[command.node_id]
        status = "waiting" if isinstance(outcome, Wait) else "failed" if isinstance(outcome, Fail) else "completed"
        output = getattr(outcome, "output", None)
        if isinstance(outcome, Wait):
            output = {"until": outcome.until, "for": outcome.signal}
        return entry(
            node_id=node.id,
            node_type=node.type,
            label=node.label,
            status=status,
            started_at=started_at or self._clock(),
            duration_ms=duration_ms,
            attempt=command.attempt,
            input_=given,
            output=masked(output, run.loaded.steps[command.node_id].mask),
            error=outcome.error if isinstance(outcome, Fail) else None,
            handle=outcome.handle if isinstance(outcome, Continue) else None,
        )


def too_slow(seconds: float | None) -> Fail:
    return Fail(f"took longer than {seconds:g} seconds", code="timeout", retryable=True)


def _text(error: StepError) -> str:
    """Two sentences, where there is something to do."""
    if not error.hint:
        return error.message
    end = "" if error.message.endswith((".", "!", "?", "…")) else "."
    return f"{error.message}{end} {error.hint}"

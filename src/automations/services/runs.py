"""Runs: look at them, start them by hand, cancel and retry one or all that match."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass, replace
from typing import Any, assert_never
from uuid import UUID

from automations.db.automation_store import AutomationStore
from automations.db.execution_store import FINAL, OPEN, ExecutionStore, RunDetail, RunFilter, StepRecord
from automations.db.json_text import Unreadable
from automations.errors import AutomationsError, NotFound, Unusable
from automations.flow.input_form import form_of, read_input

BATCH = 500
PAGE = 1_000


@dataclass(frozen=True, slots=True)
class RunView:
    """A run with its steps as entries of `nodes_executed`: recorded, or for an open run what there is so far.

    `edges` are those of the version that it ran, for drawing; empty where the version is gone. `iterations` are entries
    of steps in loops (with `scope`), the first 1,000 that were written; `more_iterations`: there are others.
    """

    run: RunDetail
    steps: list[dict[str, Any]]
    edges: list[dict[str, Any]]
    iterations: list[dict[str, Any]]
    more_iterations: bool = False


@dataclass(frozen=True, slots=True)
class Started:
    run_id: UUID
    account: UUID


@dataclass(frozen=True, slots=True)
class Acted:
    """What an action did to one run. `error` None: it worked; `result` is the new status or the new run."""

    run_id: UUID
    result: str | None
    error: AutomationsError | None = None


async def get_run(store: ExecutionStore, run_id: UUID) -> RunDetail:
    """`NotFound`."""
    found = await store.get(run_id)
    if found is None:
        raise NotFound("there is no such run", hint="It may have been cleaned up; `automations runs` shows the latest.")
    return found


async def view_run(executions: ExecutionStore, automations: AutomationStore, run_id: UUID) -> RunView:
    """`NotFound`."""
    run = await get_run(executions, run_id)
    written = await executions.steps(run_id)
    more = len(written) == PAGE
    if run.is_final:
        recorded = [run.nodes_executed] if isinstance(run.nodes_executed, Unreadable) else run.nodes_executed
        steps = [entry for entry in recorded or [] if isinstance(entry, dict)]
    else:
        ended = {step.key for step in written}
        begun = sorted((step for step in written if not _is_open_loop_that_ended(step.key, ended)), key=_begun)
        # What only says that a step waits to be resumed is no entry.
        steps = [step.record for step in begun if "node_id" in step.record or isinstance(step.record, Unreadable)]
    iterations = [entry for entry in steps if "scope" in entry] or [
        step.record for step in written if "scope" in step.record and not step.key.endswith("/")
    ]
    steps = [entry for entry in steps if "scope" not in entry]
    version = None if run.version_id is None else await automations.version(run.version_id)
    edges = [edge for edge in version.edges if isinstance(edge, dict)] if version else []
    return RunView(run, steps, edges, sorted(iterations, key=_place), more)


def _is_open_loop_that_ended(key: str, written: set[str]) -> bool:
    """`loop:/` is where a loop is on record until its end is, under `/loop`."""
    scope, _, loop = key.removesuffix(":/").rpartition("/")
    return key.endswith(":/") and f"{scope}/{loop}" in written


def _place(entry: dict[str, Any]) -> tuple[list[tuple[str, int]], str]:
    """Iterations in the order of their items, their steps as they began."""
    parts = [part.rpartition(":") for part in str(entry["scope"]).split("/")]
    numbers = [(loop, int(number) if number.isdigit() else -1) for loop, _, number in parts]
    return numbers, str(entry.get("started_at") or "~")


def _begun(step: StepRecord) -> tuple[bool, str, str]:
    """In the order in which steps began, the trigger first."""
    is_trigger = str(step.record.get("type")).startswith("trigger-")
    return not is_trigger, str(step.record.get("started_at") or "~"), step.key


async def all_steps(store: ExecutionStore, run_id: UUID, after: str | None = None) -> AsyncIterator[StepRecord]:
    """The recorded steps of an open run, in the order in which they were written, page by page."""
    while True:
        page = await store.steps(run_id, after=after)
        for step in page:
            yield step
        if len(page) < PAGE:
            return
        after = page[-1].key


async def start_run(
    executions: ExecutionStore,
    automations: AutomationStore,
    automation_id: UUID,
    *,
    given: dict[str, Any],
    lead_id: UUID | None = None,
    conversation_id: UUID | None = None,
    key: str | None = None,
) -> Started:
    """A worker will take the run; the same `key` gives the same run. `Conflict` for what is not live."""
    automation = await automations.startable(automation_id)
    if automation is None:
        raise NotFound("there is no such automation", hint="`automations list` shows all.")
    form = form_of(automation.trigger_type, automation.trigger_config)
    form.require_record(lead_id=lead_id, conversation_id=conversation_id)
    run_id = await executions.start(
        automation_id,
        given=read_input(form.schema, given),
        lead_id=lead_id,
        conversation_id=conversation_id,
        key=key,
    )
    return Started(run_id, automation.account)


@dataclass(frozen=True, slots=True)
class Cancel:
    """`reason` is the error of the cancelled run."""

    reason: str | None = None


@dataclass(frozen=True, slots=True)
class Retry:
    """Where the new run begins: `start`, `failed` (what failed or was open), or the id of a step.

    From the start it runs what is published; else the version of the old run, whose finished steps keep their results
    and do not run again. `version` is the number of another one, which has to have what is kept alike.
    """

    start_from: str = "start"
    version: int | None = None


Action = Cancel | Retry


async def act_on(store: ExecutionStore, action: Action, ids: Sequence[UUID]) -> AsyncIterator[Acted]:
    """One after another, each on its own: what cannot be done to one does not keep it from the others."""
    for run_id in ids:
        yield await act(store, action, run_id)


async def act(store: ExecutionStore, action: Action, run_id: UUID) -> Acted:
    """Within a transaction, in a savepoint: a refusal leaves the rest of it as it is."""
    try:
        async with store.step():
            match action:
                case Cancel():
                    return Acted(run_id, await store.cancel(run_id, action.reason))
                case Retry():
                    again = await store.retry(run_id, start_from=action.start_from, version=action.version)
                    return Acted(run_id, str(again))
                case _:
                    assert_never(action)
    except AutomationsError as error:
        return Acted(run_id, None, error)


def selectable(action: Action, chosen: RunFilter) -> RunFilter:
    """`chosen`, narrowed to what the action can be done to (once). `Unusable` when nothing could be left.

    Test runs are not retried with others: their retries would be real.
    """
    cancelling = isinstance(action, Cancel)
    possible: tuple[str, ...] = (*OPEN, "waiting") if cancelling else FINAL
    default: tuple[str, ...] = OPEN if cancelling else ("failed",)
    statuses = tuple(status for status in chosen.statuses or default if status in possible)
    if not statuses:
        raise Unusable(
            f"a {' or '.join(chosen.statuses)} run cannot be {'cancelled' if cancelling else 'retried'}",
            hint=f"Choose from {', '.join(possible)}.",
        )
    return replace(chosen, statuses=statuses, unretried=not cancelling, tests=chosen.tests and cancelling)


async def act_on_all(store: ExecutionStore, action: Action, chosen: RunFilter) -> AsyncIterator[Acted]:
    """Every run that matches and was there when it began, oldest first; new ones are left alone."""
    last = await store.newest_seq()
    after = 0
    while True:
        batch = await store.matching_ids(chosen, limit=BATCH, after_seq=after)
        ids = [run_id for run_id, seq in batch if seq <= last]
        async for acted in act_on(store, action, ids):
            yield acted
        if len(ids) < BATCH:
            return
        after = batch[-1][1]

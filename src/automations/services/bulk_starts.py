"""Start an automation by hand on many chosen records: one transaction a batch, an answer for each record."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass
from typing import Any, Literal
from uuid import UUID

from automations.db.automation_store import AutomationDetail
from automations.db.execution_store import ExecutionStore
from automations.errors import AutomationsError, Conflict, Unusable
from automations.flow.conditions import check_condition, compile_condition
from automations.flow.input_form import form_of, read_input

BATCH = 500
MOST_RECORDS = 100_000
LONGEST_KEY = 200  # the id of the record comes behind it, and 255 is the limit of both

RecordKind = Literal["lead", "conversation"]


@dataclass(frozen=True, slots=True)
class Started:
    """`error` None: `run_id` is the run of this record."""

    record_id: UUID
    run_id: UUID | None
    error: AutomationsError | None = None


async def leads_where(store: ExecutionStore, account: UUID, condition: Any) -> list[UUID]:
    """Leads of the account, seen with its rights, that meet a condition tree over their columns; by id.

    `Unusable` as for `check_leads_condition`, and for more than 100,000 leads.
    """
    await check_leads_condition(store, condition)
    found: list[UUID] = []
    while len(found) <= MOST_RECORDS:
        page = await store.matching_leads(account, condition, limit=BATCH, after=found[-1] if found else None)
        found += page
        if len(page) < BATCH:
            return found
    raise Unusable(f"more than {MOST_RECORDS:,} leads match", hint="Narrow the condition, and start them in parts.")


async def check_leads_condition(store: ExecutionStore, condition: Any) -> None:
    """`Unusable` for a tree that is no condition, or asks for a column that leads do not have."""
    problems = check_condition(condition, templates=False)
    if problems:
        field, message, hint = problems[0]
        raise Unusable(f"the condition is not valid: {f'{field}: ' if field else ''}{message}", hint=hint)
    columns = await store.lead_columns()
    # A path that leads nowhere is no error of a condition; here it would only look as if no lead matched.
    unknown = sorted({path[0] for path in compile_condition(condition).paths()} - set(columns))
    if unknown:
        raise Unusable(f"leads have no column {unknown[0]!r}", hint=f"They have: {', '.join(columns)}.")


def prepare_bulk(
    automation: AutomationDetail, kind: RecordKind, given: dict[str, Any], key: str | None
) -> dict[str, Any]:
    """The input of every run, once it is clear that the automation can be started so. `Unusable`, `Conflict`."""
    record = UUID(int=0)  # each run has one of its own
    form = form_of(automation.trigger_type, automation.trigger_config)
    form.require_record(
        lead_id=record if kind == "lead" else None, conversation_id=record if kind == "conversation" else None
    )
    if automation.published_version is None or automation.status != "active" or not automation.enabled:
        raise Conflict(f"{automation.name} cannot be started now", hint="Publish, resume or enable it first.")
    if key is not None and not 1 <= len(key) <= LONGEST_KEY:
        raise Unusable(f"a key for many runs has 1 to {LONGEST_KEY} characters", hint="Use a UUID.")
    return read_input(form.schema, given)


async def start_for_records(
    store: ExecutionStore,
    automation_id: UUID,
    kind: RecordKind,
    records: Sequence[UUID],
    *,
    given: dict[str, Any],
    key: str | None = None,
) -> AsyncIterator[Started]:
    """A run for each record, once each, by id; 500 in a transaction. What is wrong with one does not keep the others.

    With a `key`, the same key for the same record is the same run: a call that was interrupted can be made again.
    """
    # In one order for everybody: two that start with the same keys must not wait for each other in a circle.
    chosen = sorted(set(records))
    for begin in range(0, len(chosen), BATCH):
        batch = chosen[begin : begin + BATCH]
        nobody: list[UUID | None] = [None] * len(batch)
        keys = [None if key is None else f"{key}:{record}" for record in batch]
        started = await store.start_many(
            automation_id,
            given=given,
            leads=batch if kind == "lead" else nobody,
            conversations=batch if kind == "conversation" else nobody,
            keys=keys,
        )
        for record, one in zip(batch, started, strict=True):
            yield Started(record, one.run_id, one.error)

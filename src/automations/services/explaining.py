"""Why a change did, or did not, start an automation: the questions of the trigger, in its order."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal
from uuid import UUID

from automations.db.execution_store import ExecutionStore
from automations.db.journal_store import Candidate, Event, JournalStore, StartedRun
from automations.db.json_text import Unreadable
from automations.errors import NotFound
from automations.flow.condition_explain import explain as explain_condition
from automations.flow.webhook_config import SOURCE
from automations.services.naming import find_record, id_range

SOURCES = {"leads": "lead", "conversations": "conversation", "messages": "message"}
STARTED = {"manual": "by hand", "schedule": "by a schedule", "ai_tool": "by a language model, as an AI tool"}
LISTENS = {"INSERT": "new records", "UPDATE": "changes", "DELETE": "deletions"}
HAPPENED = {"INSERT": "created", "UPDATE": "changed", "DELETE": "deleted"}
HELD = {
    "reentry": "its own run made this change; a run does not start its automation again unless `allow_reentry` is on",
    "depth": "runs had started one another eight levels deep; nothing starts beyond that",
}


@dataclass(frozen=True, slots=True)
class Verdict:
    """What came of one automation. `reason` is a sentence; `caveat` says that the automation changed since."""

    automation_id: UUID
    automation: str
    outcome: Literal["started", "held", "not matched", "unknown"]
    reason: str
    run_id: UUID | None = None
    run_status: str | None = None
    caveat: str | None = None


@dataclass(frozen=True, slots=True)
class Explained:
    event: Event
    verdicts: list[Verdict]


async def explain(
    journal: JournalStore,
    executions: ExecutionStore,
    text: str,
    *,
    account: UUID | None,
    automation_id: UUID | None = None,
    last: int = 3,
) -> list[Explained]:
    """`text`: the number of an event, or a lead (id, a beginning of it, e-mail address, name), or the id of any record;
    of a watched table `<table>:<id>`.

    For a record its `last` changes, newest first. `NotFound` says why there may be none.
    """
    events = await _find_events(journal, executions, text, account, last)
    return [await explain_event(journal, event, automation_id) for event in events]


async def explain_event(journal: JournalStore, event: Event, automation_id: UUID | None = None) -> Explained:
    runs = {run.automation_id: run for run in await journal.runs_of(event)}
    verdicts = []
    for candidate in await journal.candidates(event.account_id, automation_id):
        verdict = judge(candidate, event, runs.get(candidate.id))
        if verdict.outcome == "not matched" and candidate.status in ("paused", "error"):
            why = await journal.why_stopped(event.account_id, candidate.id)
            if why is not None and verdict.reason.startswith("it is"):
                verdict = _verdict(candidate, "not matched", f"{verdict.reason}: {why}", event)
        verdicts.append(verdict)
    return Explained(event, verdicts)


def judge(candidate: Candidate, event: Event, run: StartedRun | None) -> Verdict:
    """What came of `candidate` at `event`, as far as the automation as it is now can tell."""
    if run is not None:
        # A run that the claim ended says why: debounced, skipped, the breaker and how to lift it.
        why = f": {run.error}" if run.status == "cancelled" and run.error else ""
        return Verdict(
            candidate.id,
            candidate.name,
            "started",
            f"it matched: run {run.id} is {run.status}{why}",
            run.id,
            run.status,
        )
    for held in [] if isinstance(event.held, Unreadable) else event.held:
        if str(held.get("automation_id")) == str(candidate.id):
            why = str(held.get("reason"))
            return Verdict(candidate.id, candidate.name, "held", f"it matched, but was held back: {HELD.get(why, why)}")
    if isinstance(candidate.trigger_config, Unreadable):
        return _verdict(candidate, "unknown", "its trigger is nested too deeply to be read", event)
    if isinstance(event.old, Unreadable) or isinstance(event.new, Unreadable):
        return _verdict(candidate, "unknown", "the change is nested too deeply to be read", event)
    reason = _first_obstacle(candidate, event)
    if reason is not None:
        return _verdict(candidate, "not matched", reason, event)
    if _changed_since(candidate, event):
        return _verdict(candidate, "unknown", "as it is now it would match, but it started nothing then", event)
    return Verdict(
        candidate.id,
        candidate.name,
        "unknown",
        "it matches, yet there is no run (any more): it was deleted or cleaned up",
    )


def _first_obstacle(candidate: Candidate, event: Event) -> str | None:
    config = candidate.trigger_config
    if candidate.trigger_type != "event":
        return f"it is started {STARTED.get(candidate.trigger_type, candidate.trigger_type)}, not by a change"
    if config.get("event_source") == SOURCE:
        return "it is started by a webhook, not by a change"
    if not candidate.enabled:
        return "it is not enabled (`automations enable`)"
    if candidate.status != "active":
        next_step = "publish" if candidate.status == "draft" else "resume"
        return f"it is {candidate.status}, not active (`automations {next_step}`)"
    source = SOURCES.get(event.source, event.source)
    if config.get("event_source") != source:
        return f"it listens to changes of a {config.get('event_source')}, and this is a {source}"
    if config.get("event_type") not in (event.operation, "any"):
        wanted = LISTENS.get(str(config.get("event_type")), config.get("event_type"))
        return f"it listens to {wanted}, and this one was {HAPPENED[event.operation]}"
    watch = config.get("watch")
    if event.operation == "UPDATE" and event.changed is not None and isinstance(watch, list):
        changed = set(event.changed)
        if not changed.intersection(str(column) for column in watch):
            told = ", ".join(sorted(changed - {"updated_at"})) or "nothing"
            return f"it watches {', '.join(map(str, watch))}; changed was {told}"
    conditions = config.get("conditions")
    if isinstance(conditions, dict):
        first = explain_condition(conditions, trigger_data(event)).first_false()
        if first is not None:
            return f"its condition is false: {first.text}"
    return None


def trigger_data(event: Event) -> dict[str, Any]:
    """What the trigger judged conditions by."""
    return {
        "event": event.operation,
        "table": event.source,
        "old": event.old if event.operation == "DELETE" else None,
        "new": event.new,
        "previous": event.old if event.operation == "UPDATE" else None,
        "changed": event.changed,
        "timestamp": event.occurred_at.isoformat(),
        **({} if event.record_key is None else {"record_id": event.record_key}),
    }


def _verdict(candidate: Candidate, outcome: Literal["not matched", "unknown"], reason: str, event: Event) -> Verdict:
    caveat = None
    if _changed_since(candidate, event):
        moment: datetime = max(candidate.updated_at, candidate.published_at or candidate.updated_at)
        caveat = f"judged as it is now; it was changed at {moment.isoformat(timespec='seconds')}, after the event"
    return Verdict(candidate.id, candidate.name, outcome, reason, caveat=caveat)


def _changed_since(candidate: Candidate, event: Event) -> bool:
    return candidate.updated_at > event.occurred_at or (
        candidate.published_at is not None and candidate.published_at > event.occurred_at
    )


async def _find_events(
    journal: JournalStore, executions: ExecutionStore, text: str, account: UUID | None, last: int
) -> list[Event]:
    text = text.strip()
    number = text.removeprefix("#")
    if number.isascii() and number.isdigit() and len(number) < 19:
        event = await journal.event(int(number), account)
        if event is not None:
            return [event]
        if len(number) < 8:
            raise NotFound(
                f"there is no event {number}", hint="Name a lead instead; `automations explain LEAD` shows its events."
            )
    table, colon, key = text.partition(":")
    watched = await journal.watched_record(table, key) if colon else None
    if watched is not None:
        events = await journal.events_of_record(watched, account, last)
        if not events:
            raise NotFound(
                f"no change of {key} in {table} is on record",
                hint="It was changed before the table was watched or its account had an automation, or too long ago.",
            )
        return events
    whole = id_range(text)
    if whole is not None and whole[0] == whole[1]:
        # A record of any kind, also one that is gone.
        record = whole[0]
        events = await journal.events_of_record(record, account, last)
        if events:
            return events
    record = await find_record(executions, "lead", text, account)
    events = await journal.events_of_record(record, account, last)
    if events:
        return events
    owner = await journal.lead_account(record)
    if owner is not None and not await journal.is_kept_for(owner):
        raise NotFound(
            "no change of this lead is on record: the journal is off, or its account has no automation",
            hint="Only changes made while the account has an automation and the journal is on can be explained.",
        )
    raise NotFound(
        "no change of this lead is on record",
        hint="It was changed before the account had an automation, with automations.fire off, or too long ago.",
    )

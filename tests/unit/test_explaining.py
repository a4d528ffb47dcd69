from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest

from automations.db.journal_store import Candidate, Event, StartedRun
from automations.db.json_text import Unreadable
from automations.services.explaining import judge

THEN = datetime(2026, 1, 5, 9, tzinfo=UTC)
EVENT = Event(
    id=7,
    account_id=uuid4(),
    source="leads",
    operation="UPDATE",
    record_id=uuid4(),
    old={"stage": "new", "score": 40},
    new={"stage": "won", "score": 40},
    changed=["stage", "updated_at"],
    actor=None,
    occurred_at=THEN,
    execution_id=None,
    held=[],
)
CANDIDATE = Candidate(
    id=uuid4(),
    name="A",
    status="active",
    enabled=True,
    trigger_type="event",
    trigger_config={"event_source": "lead", "event_type": "UPDATE"},
    updated_at=THEN - timedelta(days=1),
    published_at=THEN - timedelta(days=1),
)


def configured(**config: Any) -> Candidate:
    return replace(CANDIDATE, trigger_config={**CANDIDATE.trigger_config, **config})


def test_a_run_is_the_answer() -> None:
    run = StartedRun(uuid4(), CANDIDATE.id, "completed")
    verdict = judge(CANDIDATE, EVENT, run)
    assert (verdict.outcome, verdict.run_id, verdict.run_status) == ("started", run.id, "completed")


@pytest.mark.parametrize(("reason", "said"), [("reentry", "allow_reentry"), ("depth", "eight levels"), ("new", "new")])
def test_what_was_held_back_says_why(reason: str, said: str) -> None:
    held = replace(EVENT, held=[{"automation_id": str(CANDIDATE.id), "reason": reason}])
    verdict = judge(CANDIDATE, held, None)
    assert verdict.outcome == "held"
    assert said in verdict.reason


@pytest.mark.parametrize(
    ("candidate", "said"),
    [
        (replace(CANDIDATE, trigger_type="manual"), "it is started by hand, not by a change"),
        (replace(CANDIDATE, trigger_type="ai_tool"), "it is started by a language model, as an AI tool"),
        (replace(CANDIDATE, enabled=False), "not enabled"),
        (replace(CANDIDATE, status="draft"), "automations publish"),
        (replace(CANDIDATE, status="paused"), "automations resume"),
        (configured(event_source="conversation"), "changes of a conversation"),
        (configured(event_type="INSERT"), "it listens to new records, and this one was changed"),
        (configured(watch=["score"]), "watches score; changed was stage"),
        (
            configured(conditions={"field": "new.score", "operator": "greater_than", "value": 50}),
            "new.score is 40, which is not greater than 50",
        ),
        (
            configured(conditions={"field": "new.stage", "operator": "changed", "to": "lost"}),
            'new.stage was "new" and is "won"',
        ),
        (configured(conditions={"nonsense": True}), "condition"),
    ],
)
def test_what_did_not_match_says_its_first_obstacle(candidate: Candidate, said: str) -> None:
    verdict = judge(candidate, EVENT, None)
    assert verdict.outcome == "not matched"
    assert said in verdict.reason
    assert verdict.caveat is None


def test_an_automation_that_was_changed_since_is_judged_with_a_caveat() -> None:
    later = replace(CANDIDATE, enabled=False, updated_at=THEN + timedelta(hours=1))
    assert "after the event" in (judge(later, EVENT, None).caveat or "")


def test_one_that_would_match_now_but_was_changed_since_is_not_called_a_mistake() -> None:
    later = replace(CANDIDATE, published_at=THEN + timedelta(hours=1))
    assert judge(later, EVENT, None).outcome == "unknown"


def test_ids_do_not_matter_to_the_reason() -> None:
    other = replace(EVENT, held=[{"automation_id": str(UUID(int=1)), "reason": "reentry"}])
    assert judge(CANDIDATE, other, None).outcome == "unknown"


def test_what_cannot_be_read_is_unknown() -> None:
    deep: Any = Unreadable(unreadable="nested too deeply to show")
    for candidate, event in (
        (replace(CANDIDATE, trigger_config=deep), EVENT),
        (CANDIDATE, replace(EVENT, new=deep)),
    ):
        verdict = judge(candidate, event, None)
        assert verdict.outcome == "unknown"
        assert "too deeply" in verdict.reason


@pytest.mark.parametrize(
    ("status", "error", "said"),
    [
        ("cancelled", "debounced: a later change came", "is cancelled: debounced: a later change came"),
        ("cancelled", "stopped by the breaker: … automations lift a b", "automations lift a b"),
        ("failed", "the call failed", "is failed"),
    ],
)
def test_a_run_that_the_claim_ended_says_why(status: str, error: str, said: str) -> None:
    verdict = judge(CANDIDATE, EVENT, StartedRun(uuid4(), CANDIDATE.id, status, error))
    assert verdict.outcome == "started"
    assert verdict.reason.endswith(said)

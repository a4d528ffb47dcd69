"""The approval step: what it asks, what it makes of an answer, what it refuses."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from automations.flow.commands import Resumed
from automations.flow.outcomes import Continue, Fail, Wait
from automations.flow.ports import ApprovalDecision, ApprovalRequest, Recipient
from automations.nodes.logic_approval import LogicApproval, LogicApprovalConfig
from automations.testing import FakeClock, MemoryApprovals, StepContext, run_flow, run_node

USER = "a3b0c442-98fc-4c14-9afb-f4c8996fb924"
FORM: Any = {"type": "object", "properties": {"percent": {"type": "integer", "maximum": 30}}, "required": ["percent"]}
YES = ApprovalDecision("approved", USER, "user", None, "2026-01-05T10:00:00+00:00", "go ahead", {"percent": 20})


def problems(**config: Any) -> list[tuple[str, str]]:
    return LogicApproval().check(LogicApprovalConfig(**{"title": "ok?", **config}))


async def test_it_asks_once_and_waits() -> None:
    approvals = MemoryApprovals()
    config: Any = {
        "title": "30 % off?",
        "message": "For Ada",
        "assignees": [USER],
        "role": "admin",
        "form": FORM,
        "deadline": {"amount": 2, "unit": "days"},
        "notify": [{"email": "boss@example.com", "user_id": USER}],
    }
    outcome = await run_node(LogicApproval(), config, approvals=approvals)
    until = StepContext().now + timedelta(days=2)
    approval = "00000000-0000-4000-8000-000000000001"
    note: Any = {"approval_id": approval, "until": until.isoformat()}
    assert outcome == Wait(until=until, signal=f"approval:{approval}", note=note)
    assert approvals.requests == [
        ApprovalRequest(
            "30 % off?", "For Ada", FORM, (USER,), "admin", False, until, [Recipient("boss@example.com", USER)]
        )
    ]


async def test_without_assignees_members_may_decide() -> None:
    approvals = MemoryApprovals()
    await run_node(LogicApproval(), {"title": "ok?"}, approvals=approvals)
    await run_node(LogicApproval(), {"title": "ok?", "assignees": [USER]}, approvals=approvals)
    assert [(request.role, request.assignees) for request in approvals.requests] == [("member", ()), (None, (USER,))]


@pytest.mark.parametrize(
    ("decision", "by", "handle"),
    [
        (YES, "signal", "approved"),
        # Decided at the last moment: what is on record counts, not what woke the step.
        (YES, "timer", "approved"),
        (replace(YES, status="rejected", answer=None), "signal", "rejected"),
        (None, "timer", "timed_out"),
    ],
)
async def test_what_is_on_record_decides(decision: ApprovalDecision | None, by: Any, handle: str) -> None:
    resumed = Resumed(by, None, {"approval_id": "x", "until": None})
    outcome = await run_node(LogicApproval(), {"title": "ok?"}, approvals=MemoryApprovals(decision), resumed=resumed)
    assert isinstance(outcome, Continue)
    assert (outcome.handle, outcome.output["status"]) == (handle, handle)  # type: ignore[index, call-overload]


async def test_a_wake_without_a_decision_waits_on() -> None:
    until = StepContext().now + timedelta(hours=1)
    note: Any = {"approval_id": "x", "until": until.isoformat()}
    outcome = await run_node(LogicApproval(), {"title": "ok?"}, resumed=Resumed("signal", None, note))
    assert outcome == Wait(until=until, signal="approval:x", note=note)


async def test_an_answer_that_does_not_fit_the_form_fails_the_step() -> None:
    resumed = Resumed("signal", None, {"approval_id": "x", "until": None})
    decision = replace(YES, answer={"percent": 90})
    outcome = await run_node(
        LogicApproval(), {"title": "ok?", "form": FORM}, approvals=MemoryApprovals(decision), resumed=resumed
    )
    assert isinstance(outcome, Fail)
    assert (outcome.code, "percent is above 30" in outcome.error) == ("bad_answer", True)


async def test_a_flow_goes_on_with_the_filled_in_form() -> None:
    nodes: Any = [
        {"id": "go", "type": "trigger-manual", "data": {}},
        {"id": "ask", "type": "logic-approval", "data": {"config": {"title": "ok?", "form": FORM}}},
        {
            "id": "end",
            "type": "logic-stop",
            "data": {"config": {"output": "{{ steps.ask.answer.percent }}"}},
        },
    ]
    edges: Any = [
        {"id": "a", "source": "go", "target": "ask"},
        {"id": "b", "source": "ask", "target": "end", "sourceHandle": "approved"},
    ]
    run = await run_flow(nodes, edges, {}, approvals=MemoryApprovals(YES), signals={"ask": None}, clock=FakeClock())
    assert (run.status, run.output) == ("completed", 20)


def test_problems() -> None:
    assert problems() == []
    assert problems(form={"type": "array"}) == [("form.type", 'must be "object": an input is a set of named values')]
    assert problems(notify=[{"email": "boss"}]) == [
        ("notify.0.email", "'boss' is not a mail address: there is no @ in it")
    ]
    assert problems(assignees=["ada"]) == [("assignees.0", "'ada' is not the id of a user")]
    assert problems(assignees=["{{ trigger.new.owner_id }}"], notify=[{"email": "{{ trigger.new.email }}"}]) == []


@pytest.mark.parametrize(
    "config",
    [
        {"assignees": ["ada"]},
        {"notify": [{"email": "a@b\r\nBcc: all@example.com"}]},
        {"notify": [{"email": "a@example.com", "user_id": "x"}]},
        {"notify_conversation": "x"},
    ],
)
async def test_what_a_template_came_to_is_checked(config: Any) -> None:
    approvals = MemoryApprovals()
    outcome = await run_node(LogicApproval(), {"title": "ok?", **config}, approvals=approvals)
    assert isinstance(outcome, Fail)
    assert approvals.requests == []


@pytest.mark.parametrize("data", [{"disabled": True}, {"on_error": "continue"}])
@pytest.mark.parametrize(
    ("step", "handle", "other"),
    [
        (
            {"type": "logic-approval", "config": {"title": "ok?", "assignees": ["{{ trigger.input.who }}"]}},
            "rejected",
            "approved",
        ),
        (
            {"type": "ai-classify", "config": {"text": "", "labels": [{"name": "a"}, {"name": "b"}]}},
            "low_confidence",
            "a",
        ),
    ],
)
async def test_what_did_nothing_does_not_pass_as_a_yes(data: Any, step: Any, handle: str, other: str) -> None:
    nodes: Any = [
        {"id": "go", "type": "trigger-manual", "data": {}},
        {"id": "ask", "type": step["type"], "data": {"config": step["config"], **data}},
        {"id": "yes", "type": "logic-stop", "data": {"config": {"output": "yes"}}},
        {"id": "no", "type": "logic-stop", "data": {"config": {"output": "no"}}},
    ]
    edges: Any = [
        {"id": "a", "source": "go", "target": "ask"},
        {"id": "b", "source": "ask", "target": "yes", "sourceHandle": other},
        {"id": "c", "source": "ask", "target": "no", "sourceHandle": handle},
    ]
    run = await run_flow(nodes, edges, {"input": {"who": "nobody"}})
    assert (run.status, run.output) == ("completed", "no")

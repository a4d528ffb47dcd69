"""Approvals that steps ask for: the `Approvals` port over the operations of the step's transaction."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import asdict
from typing import Any

from automations.errors import StepError
from automations.flow.ports import ApprovalDecision, ApprovalRequest, Approvals

Write = Callable[[dict[str, Any]], Awaitable[Any]]


class BatchApprovals:
    """Of one attempt of one step; `write` is that of its records."""

    def __init__(self, step: str, attempt: int, write: Write) -> None:
        self._step = step
        self._attempt = attempt
        self._write = write

    async def request(self, request: ApprovalRequest) -> str:
        asked = asdict(request)
        if request.deadline is not None:
            asked["deadline"] = request.deadline.isoformat()
        return str(
            await self._write(
                {**asked, "operation": "request_approval", "step": self._step, "attempt": self._attempt},
            )
        )

    async def settle(self, approval_id: str, *, expire: bool) -> ApprovalDecision:
        found = await self._write({"operation": "settle_approval", "id": approval_id, "expire": expire})
        return ApprovalDecision(**found)


class NoApprovals:
    """The approvals of a step that said it needs no database."""

    async def request(self, request: ApprovalRequest) -> str:
        raise _not_declared()

    async def settle(self, approval_id: str, *, expire: bool) -> ApprovalDecision:
        raise _not_declared()


NO_APPROVALS: Approvals = NoApprovals()


def _not_declared() -> StepError:
    return StepError(
        "this node type asks for approvals without saying so",
        code="effect_not_declared",
        hint="Give the node type `effect = 'database'`.",
    )

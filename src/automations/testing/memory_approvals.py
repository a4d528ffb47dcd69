"""Approvals without people: the test says what is decided."""

from __future__ import annotations

from automations.flow.ports import ApprovalDecision, ApprovalRequest


class MemoryApprovals:
    """Every approval comes to `decision`; without one nobody decides, and it times out.

    `requests` lists what was asked. In `run_flow`, name the step in `signals` too: the decision is what wakes it.
    """

    def __init__(self, decision: ApprovalDecision | None = None) -> None:
        self._decision = decision
        self.requests: list[ApprovalRequest] = []

    async def request(self, request: ApprovalRequest) -> str:
        self.requests.append(request)
        return f"00000000-0000-4000-8000-{len(self.requests):012d}"

    async def settle(self, approval_id: str, *, expire: bool) -> ApprovalDecision:
        if self._decision is not None:
            return self._decision
        return ApprovalDecision("timed_out" if expire else "pending")

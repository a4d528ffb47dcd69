"""Find approvals, and decide them as a user, by a token, or as the operator."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from automations.db.approval_store import Approval, ApprovalStore, Decision
from automations.errors import NotFound, Unusable
from automations.flow.input_form import read_input
from automations.services.naming import id_range


async def find_approval(store: ApprovalStore, text: str, account: UUID | None = None) -> Approval:
    """By its id or a unique beginning of it. `NotFound`, or `Unusable` when several are meant."""
    ids = id_range(text)
    found = [] if ids is None else await store.find(account, every=True, ids=ids)
    if not found:
        raise NotFound(f"there is no approval {text!r}", hint="`automations approvals` lists those that are open.")
    if len(found) > 1:
        raise Unusable(f"{text!r} can mean {len(found)} approvals", hint="Give more of the id.")
    return found[0]


async def approval_of_token(store: ApprovalStore, token: str) -> Approval:
    """`NotFound` for a token that opens nothing."""
    approval_id = await store.of_token(token.strip())
    if approval_id is None:
        raise NotFound("this token opens nothing", hint="Copy it whole from the mail; the approval may be gone, too.")
    return await find_approval(store, str(approval_id))


async def decide(
    store: ApprovalStore,
    approval: Approval,
    decision: Decision,
    *,
    answer: dict[str, Any],
    comment: str | None,
    user: UUID | None = None,
    token: str | None = None,
) -> Approval:
    """The approval as it is then. `Unusable` for an answer that does not fit the form, `NotAllowed` for somebody who
    may not decide, `Conflict` where it is decided or over already.
    """
    filled: dict[str, Any] | None = None
    if decision == "approved" and approval.form is not None:
        filled = read_input(approval.form, answer)
    elif answer:
        raise Unusable(
            "a rejection has no form to fill in" if approval.form is not None else "this approval has no form",
            hint="Say it in a comment.",
        )
    if token is not None:
        await store.decide_by_token(token.strip(), decision, filled, comment)
    else:
        await store.decide(approval.id, decision, filled, comment, user=user)
    return await find_approval(store, str(approval.id))

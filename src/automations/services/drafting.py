"""Drafts as the editor and other programs write them: made, saved at the revision that was seen, deleted."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any
from uuid import UUID

from automations.db.automation_store import AutomationDetail, AutomationStore, Draft
from automations.errors import NotAllowed
from automations.services.publishing import get_automation, readable_flow, trigger_of

LONGEST_NAME = 200
COPY = " (copy)"


@dataclass(frozen=True, slots=True)
class NewDraft:
    """What a person draws and names; problems of the drawing keep it from being published, not from being saved."""

    name: str
    description: str | None
    icon: str | None
    color: str | None
    nodes: list[Any]
    edges: list[Any]


async def create_draft(store: AutomationStore, draft: NewDraft, *, agent_id: UUID) -> UUID:
    """In the account of the agent. `NotFound` for an agent that the caller has not, `NotAllowed` for a viewer."""
    return await store.create_for_agent(agent_id, _draft(UUID(int=0), draft))


async def save_draft(
    store: AutomationStore, automation_id: UUID, draft: NewDraft, *, expected_revision: int | None
) -> None:
    """`NotFound`, `NotAllowed` for a viewer, `Conflict` when the draft is at another revision than expected."""
    await _to_write(store, automation_id)
    await store.update_draft(_draft(automation_id, draft), expected_revision=expected_revision)


async def delete_automation(store: AutomationStore, automation_id: UUID) -> None:
    """With its runs and versions. `NotFound`, `NotAllowed` for a viewer."""
    await _to_write(store, automation_id)
    await store.delete(automation_id)


async def duplicate(store: AutomationStore, automation_id: UUID, name: str | None) -> UUID:
    """A draft with the drawing of another draft, for the same agent. `NotFound`, `NotAllowed` for a viewer."""
    automation = await _to_write(store, automation_id)
    copy = NewDraft(
        name or f"{automation.name[: LONGEST_NAME - len(COPY)]}{COPY}",
        automation.description,
        automation.icon,
        automation.color,
        readable_flow(automation),
        automation.edges,
    )
    created = await create_draft(store, copy, agent_id=automation.agent_id)
    if automation.viewport is not None:
        await store.set_viewport(created, automation.viewport)
    return created


async def set_viewport(store: AutomationStore, automation_id: UUID, viewport: dict[str, float]) -> None:
    """Where the canvas was left; no change of the draft. `NotFound`, `NotAllowed` for a viewer."""
    await _to_write(store, automation_id)
    await store.set_viewport(automation_id, viewport)


async def _to_write(store: AutomationStore, automation_id: UUID) -> AutomationDetail:
    automation = await get_automation(store, automation_id)
    await require_writer(store, automation.user_id)
    return automation


async def require_writer(store: AutomationStore, account: UUID) -> None:
    """`NotAllowed` for somebody who only reads in this account."""
    if not await store.may_write(account):
        raise NotAllowed(
            "your role in this account only allows reading",
            hint="Ask an owner or admin of the account for the role member or above.",
        )


def _draft(automation_id: UUID, draft: NewDraft) -> Draft:
    kind, config = trigger_of(draft.nodes) or ("manual", {})
    return Draft(
        automation_id,
        draft.name,
        draft.description,
        draft.icon,
        draft.color,
        kind,
        config,
        draft.nodes,
        draft.edges,
    )

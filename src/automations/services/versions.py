"""Versions of an automation: look at them, compare any two, roll back."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final, Literal
from uuid import UUID

from automations.db.automation_store import AutomationDetail, AutomationStore
from automations.db.json_text import Unreadable
from automations.db.version_store import VersionDetail, VersionStore
from automations.errors import Conflict, FlowInvalid, NotFound, Unusable
from automations.flow.diff import FlowDiff, diff_flows
from automations.flow.registry import NodeRegistry
from automations.services.needs import Installation
from automations.services.publishing import (
    Published,
    drawn_flow,
    get_automation,
    judge_with_surroundings,
    trigger_of,
)

# A version as people name it: its number, or one of the two.
Chosen = int | Literal["published", "draft"]
LARGEST_NUMBER: Final = 2_147_483_647


@dataclass(frozen=True, slots=True)
class Flow:
    """One side of a comparison. `number` None: the draft, at `revision`."""

    number: int | None
    revision: int | None
    nodes: list[Any]
    edges: list[Any]

    @property
    def name(self) -> str:
        return f"version {self.number}" if self.number is not None else f"draft (revision {self.revision})"


@dataclass(frozen=True, slots=True)
class Compared:
    before: Flow
    after: Flow
    diff: FlowDiff


def read_chosen(text: str) -> Chosen:
    """`3`, `published` or `draft`. `Unusable`."""
    word = text.strip().lower()
    match word:
        case "published" | "draft":
            return word
    digits = word.removeprefix("v")
    if digits.isascii() and digits.isdigit() and len(digits) <= 10 and 0 < int(digits) <= LARGEST_NUMBER:
        return int(digits)
    raise Unusable(f"{text!r} is no version", hint="Give a number, `published` or `draft`.")


async def get_version(versions: VersionStore, automation_id: UUID, number: int) -> VersionDetail:
    """`NotFound`."""
    found = await versions.by_number(automation_id, number)
    if found is None:
        raise NotFound(
            f"the automation has no version {number}", hint="`automations versions ID` lists those that there are."
        )
    return found


async def get_flow(automations: AutomationStore, versions: VersionStore, automation_id: UUID, chosen: Chosen) -> Flow:
    """`NotFound`; `Conflict` for `published` where nothing is."""
    automation = await get_automation(automations, automation_id)
    if chosen == "draft":
        return Flow(None, automation.draft_revision, drawn_flow(automation), list(_edges_of(automation)))
    number = automation.published_number if chosen == "published" else chosen
    if number is None:
        raise Conflict(
            f"{automation.name!r} was never published", hint="Publish it first, or name two versions to compare."
        )
    version = await get_version(versions, automation_id, number)
    return Flow(version.number, None, list(version.nodes), list(version.edges))


async def compare(
    automations: AutomationStore, versions: VersionStore, automation_id: UUID, before: Chosen, after: Chosen
) -> Compared:
    """`NotFound`; `Conflict` for `published` where nothing is; `Unusable` for a flow that cannot be read."""
    old = await get_flow(automations, versions, automation_id, before)
    new = await get_flow(automations, versions, automation_id, after)
    for flow in (old, new):
        if any(isinstance(part, Unreadable) for part in (flow.nodes, flow.edges, *flow.nodes, *flow.edges)):
            raise Unusable(
                f"the {flow.name} is nested too deeply to be compared", hint="Draw it again, or import it from a file."
            )
    return Compared(old, new, diff_flows(old.nodes, old.edges, new.nodes, new.edges))


async def roll_back(
    automations: AutomationStore,
    versions: VersionStore,
    registry: NodeRegistry,
    automation_id: UUID,
    number: int,
    *,
    installation: Installation,
    note: str | None = None,
    expected_revision: int | None = None,
    around: AutomationStore | None = None,
) -> Published:
    """The flow of an old version is published as a new one and becomes the draft; open runs keep what they run.

    `NotFound`; `FlowInvalid` where the node types of today refuse it; `Conflict` where that version is what runs and is
    drawn, or somebody changes the draft meanwhile (`expected_revision` None: since this call read it). `around` as for
    `publish`.
    """
    automation = await get_automation(automations, automation_id)
    version = await get_version(versions, automation_id, number)
    if version.is_published and automation.draft_is_published:
        raise Conflict(
            f"version {number} is what runs, and what is drawn", hint="`automations versions ID` lists the others."
        )
    judged = await judge_with_surroundings(
        around or automations, registry, installation, automation, version.nodes, version.edges
    )
    trigger = trigger_of(version.nodes)
    if judged.problems or trigger is None:
        raise FlowInvalid(judged.problems)
    said = f"rolled back to version {number}"
    published = await automations.publish(
        automation_id,
        nodes=version.nodes,
        edges=version.edges,
        trigger_type=trigger[0],
        trigger_config=trigger[1],
        note=f"{said}: {note}" if note else said,
        expected_revision=automation.draft_revision if expected_revision is None else expected_revision,
    )
    return Published(await get_automation(automations, automation_id), published)


def _edges_of(automation: AutomationDetail) -> list[Any]:
    edges: Any = automation.edges
    return [edges] if isinstance(edges, Unreadable) else edges

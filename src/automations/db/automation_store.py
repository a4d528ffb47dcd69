"""Automations, their drafts and versions: one method is one round trip; transactions are the caller's."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from automations.db.connection import Connection
from automations.db.named_queries import queries
from automations.db.sql_errors import translated
from automations.errors import Conflict, NotFound

SQL = queries("automations")


@dataclass(frozen=True, slots=True)
class AutomationRow:
    """The seed's list columns, and ours that tell draft from published."""

    id: UUID
    agent_id: UUID
    user_id: UUID
    name: str
    description: str | None
    icon: str | None
    color: str | None
    status: str
    enabled: bool
    trigger_type: str
    trigger_config: dict[str, Any]
    execution_count: int
    last_executed_at: datetime | None
    last_execution_status: str | None
    created_at: datetime
    updated_at: datetime
    published_version: UUID | None
    draft_revision: int


@dataclass(frozen=True, slots=True)
class AutomationDetail:
    """One automation with its draft; `draft_is_published` says that what is drawn is what runs."""

    id: UUID
    agent_id: UUID
    user_id: UUID
    name: str
    description: str | None
    icon: str | None
    color: str | None
    status: str
    enabled: bool
    trigger_type: str
    trigger_config: dict[str, Any]
    nodes: list[Any]
    edges: list[Any]
    viewport: dict[str, Any] | None
    execution_count: int
    last_executed_at: datetime | None
    last_execution_status: str | None
    created_at: datetime
    updated_at: datetime
    published_version: UUID | None
    draft_revision: int
    published_number: int | None
    draft_is_published: bool


@dataclass(frozen=True, slots=True)
class Named:
    """An id and what people call it."""

    id: UUID
    name: str


@dataclass(frozen=True, slots=True)
class Startable:
    """What a start by hand is judged by; the trigger is the published one."""

    account: UUID
    trigger_type: str
    trigger_config: dict[str, Any]


@dataclass(frozen=True, slots=True)
class Version:
    id: UUID
    number: int
    nodes: list[Any]
    edges: list[Any]
    trigger_type: str
    trigger_config: dict[str, Any]


@dataclass(frozen=True, slots=True)
class Tool:
    """An automation that AI agents call by a name; `live` ones can be called."""

    id: UUID
    user_id: UUID
    name: str
    status: str
    enabled: bool
    published: bool
    trigger_config: dict[str, Any]

    @property
    def live(self) -> bool:
        return self.published and self.status == "active" and self.enabled


@dataclass(frozen=True, slots=True)
class LiveTool:
    """A tool that can be called now. `ambiguous`: another one has its name. `step_types`: of what is published."""

    id: UUID
    user_id: UUID
    name: str
    trigger_config: dict[str, Any]
    created_at: datetime
    ambiguous: bool
    step_types: list[str]


@dataclass(frozen=True, slots=True)
class Calls:
    """An automation and the ids (texts, as they are written) of those that it starts."""

    id: UUID
    name: str
    targets: list[str]


@dataclass(frozen=True, slots=True)
class Draft:
    """What an import writes; `trigger_type` and `trigger_config` count only while nothing is published."""

    id: UUID
    name: str
    description: str | None
    icon: str | None
    color: str | None
    trigger_type: str
    trigger_config: dict[str, Any]
    nodes: list[Any]
    edges: list[Any]


class AutomationStore:
    """Every method raises the `AutomationsError` that `db.sql_errors` makes of what PostgreSQL refuses."""

    def __init__(self, connection: Connection) -> None:
        self.connection = connection

    async def all_of(self, account: UUID | None) -> list[AutomationRow]:
        with translated():
            return [AutomationRow(**row) for row in await self.connection.fetch(SQL["list"], account)]

    async def find(self, account: UUID | None, ids: tuple[UUID, UUID] | None, name: str) -> list[Named]:
        """Those whose id is in the range or whose name is exactly `name`, at most 20."""
        low, high = ids or (None, None)
        with translated():
            return [Named(**row) for row in await self.connection.fetch(SQL["find"], account, low, high, name)]

    async def get(self, automation_id: UUID) -> AutomationDetail | None:
        with translated():
            row = await self.connection.fetchrow(SQL["get"], automation_id)
        return None if row is None else AutomationDetail(**row)

    async def startable(self, automation_id: UUID) -> Startable | None:
        with translated():
            row = await self.connection.fetchrow(SQL["startable"], automation_id)
        return None if row is None else Startable(**row)

    async def create(self, draft: Draft, *, agent_id: UUID, account: UUID) -> None:
        """`Conflict` where the id is taken, by an automation that the caller may not even see."""
        with translated():
            created = await self.connection.fetchval(
                SQL["create"],
                draft.id,
                agent_id,
                account,
                draft.name,
                draft.description,
                draft.icon,
                draft.color,
                draft.trigger_type,
                draft.trigger_config,
                draft.nodes,
                draft.edges,
            )
        if created is None:
            raise Conflict(f"the id {draft.id} is taken", hint='Take the "id" out of the file to make a copy.')

    async def create_for_agent(self, agent_id: UUID, draft: Draft) -> UUID:
        """The id that it got; that of the draft does not count. `NotFound` where the caller has no such agent."""
        with translated():
            created: UUID | None = await self.connection.fetchval(
                SQL["create_for_agent"],
                agent_id,
                draft.name,
                draft.description,
                draft.icon,
                draft.color,
                draft.trigger_type,
                draft.trigger_config,
                draft.nodes,
                draft.edges,
            )
        if created is None:
            raise NotFound("there is no such agent", hint="Choose one of your account.")
        return created

    async def may_write(self, account: UUID) -> bool:
        with translated():
            allowed: bool = await self.connection.fetchval(SQL["may_write"], account)
        return allowed

    async def delete(self, automation_id: UUID) -> None:
        with translated():
            await self.connection.execute(SQL["delete"], automation_id)

    async def update_draft(self, draft: Draft, *, expected_revision: int | None = None) -> bool:
        """Whether anything differed. `Conflict` when it did and the draft is at another revision."""
        with translated():
            found = await self.connection.fetchrow(
                SQL["update_draft"],
                draft.id,
                draft.name,
                draft.description,
                draft.icon,
                draft.color,
                draft.trigger_type,
                draft.trigger_config,
                draft.nodes,
                draft.edges,
                expected_revision,
            )
        if found is not None and found["differs"] and not found["written"]:
            raise Conflict(
                f"somebody has changed the draft: it is at revision {found['draft_revision']}, not {expected_revision}",
                hint="Load the automation again, bring your changes into it, then save.",
            )
        return found is not None and found["written"]

    async def set_viewport(self, automation_id: UUID, viewport: dict[str, Any]) -> None:
        with translated():
            await self.connection.execute(SQL["set_viewport"], automation_id, viewport)

    async def set_enabled(self, automation_id: UUID, enabled: bool) -> bool:
        """Whether it was the other way before."""
        with translated():
            answer: str = await self.connection.execute(SQL["set_enabled"], automation_id, enabled)
        return answer != "UPDATE 0"

    async def publish(
        self,
        automation_id: UUID,
        *,
        nodes: list[Any],
        edges: list[Any],
        trigger_type: str,
        trigger_config: dict[str, Any],
        note: str | None,
        expected_revision: int | None,
    ) -> UUID:
        """The new version. `Conflict` when the draft is at another revision."""
        with translated():
            version: UUID = await self.connection.fetchval(
                SQL["publish"], automation_id, nodes, edges, trigger_type, trigger_config, note, expected_revision
            )
        return version

    async def pause(self, automation_id: UUID, reason: str | None) -> None:
        with translated():
            await self.connection.execute(SQL["pause"], automation_id, reason)

    async def resume(self, automation_id: UUID) -> None:
        with translated():
            await self.connection.execute(SQL["resume"], automation_id)

    async def version(self, version_id: UUID) -> Version | None:
        with translated():
            row = await self.connection.fetchrow(SQL["version"], version_id)
        return None if row is None else Version(**row)

    async def tools(self, account: UUID | None, tool_name: str) -> list[Tool]:
        """Oldest first, at most 50."""
        with translated():
            return [Tool(**row) for row in await self.connection.fetch(SQL["tools"], account, tool_name)]

    async def live_tools(
        self, account: UUID | None, *, limit: int, after: tuple[datetime, UUID] | None = None
    ) -> list[LiveTool]:
        """Oldest first; `after`: created_at and id of the last one of the page before."""
        with translated():
            rows = await self.connection.fetch(SQL["live_tools"], account, limit, *(after or (None, None)))
        return [LiveTool(**row) for row in rows]

    async def ids_of_tools(self, account: UUID | None, beginning: str) -> list[UUID]:
        """At most two of those whose id begins with these eight digits."""
        with translated():
            return [row["id"] for row in await self.connection.fetch(SQL["ids_of_tools"], account, beginning)]

    async def calls(self, account: UUID, step_type: str) -> list[Calls]:
        """Of every automation of the account: steps of `step_type` in what is published, and `on_failure`."""
        with translated():
            return [Calls(**row) for row in await self.connection.fetch(SQL["calls"], account, step_type)]

    async def accounts(self) -> list[UUID]:
        """Owners of agents, at most 50."""
        with translated():
            return [row["account_id"] for row in await self.connection.fetch(SQL["accounts"])]

    async def agent_account(self, agent_id: UUID) -> UUID | None:
        with translated():
            found: UUID | None = await self.connection.fetchval(SQL["agent_account"], agent_id)
        return found

    async def agents(self, account: UUID) -> list[Named]:
        with translated():
            return [Named(**row) for row in await self.connection.fetch(SQL["agents"], account)]

"""What the API shows, as PostgreSQL wrote it: JSON texts of pages and of single rows."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from automations.db.connection import Connection
from automations.db.named_queries import queries
from automations.db.sql_errors import translated

SQL = queries("requests")


@dataclass(frozen=True, slots=True)
class AutomationFilter:
    """What is None filters nothing. `search`: a part of the name, in any case."""

    account: UUID | None = None
    agent_id: UUID | None = None
    status: str | None = None
    trigger_type: str | None = None
    enabled: bool | None = None
    search: str | None = None


@dataclass(frozen=True, slots=True)
class ExecutionFilter:
    """What is None filters nothing. `since` is included, `until` is not."""

    account: UUID | None = None
    automation_id: UUID | None = None
    statuses: tuple[str, ...] | None = None
    lead_id: UUID | None = None
    conversation_id: UUID | None = None
    since: datetime | None = None
    until: datetime | None = None
    test_mode: bool | None = None


class ListingStore:
    """Rows that the role of the connection may see. Every method raises what `db.sql_errors` makes of refusals."""

    def __init__(self, connection: Connection) -> None:
        self.connection = connection

    async def automations(
        self, chosen: AutomationFilter, *, limit: int, after: tuple[datetime, UUID] | None = None
    ) -> str:
        """A list, the newest first; `after`: created_at and id of the last one of the page before."""
        created_at, last = after or (None, None)
        with translated():
            account, accounts = await self._accounts(chosen.account)
            found: str = await self.connection.fetchval(
                SQL["list_automations"],
                account,
                chosen.agent_id,
                chosen.status,
                chosen.trigger_type,
                chosen.enabled,
                chosen.search,
                limit,
                created_at,
                last,
                accounts,
            )
        return found

    async def automation(self, automation_id: UUID) -> str | None:
        with translated():
            found: str | None = await self.connection.fetchval(SQL["get_automation"], automation_id)
        return found

    async def executions(
        self, chosen: ExecutionFilter, *, limit: int, after: tuple[datetime, int] | None = None
    ) -> str:
        """A list, the newest first; `after`: started_at and seq of the last one of the page before."""
        started_at, seq = after or (None, None)
        with translated():
            account, accounts = await self._accounts(chosen.account)
            found: str = await self.connection.fetchval(
                SQL["list_executions"],
                account,
                chosen.automation_id,
                None if chosen.statuses is None else list(chosen.statuses),
                chosen.lead_id,
                chosen.conversation_id,
                chosen.since,
                chosen.until,
                limit,
                started_at,
                seq,
                accounts,
                chosen.test_mode,
            )
        return found

    async def _accounts(self, chosen: UUID | None) -> tuple[UUID | None, list[UUID] | None]:
        """The one account, or several, or neither for a server; what the policies say, said to the planner."""
        if chosen is not None:
            return chosen, None
        accounts: list[UUID] = await self.connection.fetchval(SQL["accounts"])
        return (accounts[0], None) if len(accounts) == 1 else (None, accounts or None)

    async def execution(self, execution_id: UUID) -> str | None:
        with translated():
            found: str | None = await self.connection.fetchval(SQL["get_execution"], execution_id)
        return found

"""Who belongs to an account: asked in by a link that is shown once and works once."""

from __future__ import annotations

import hashlib
import secrets
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

from automations.db.team_store import Membership, TeamRole, TeamStore
from automations.errors import Unusable
from automations.flow.mail_address import AddressError, read_address


async def invite(store: TeamStore, account: UUID, role: TeamRole, *, note: str | None, days: int) -> tuple[str, Any]:
    """The code of the link, which the database has only the hash of, and the row. `NotAllowed` for a role that the
    caller may not give."""
    code = secrets.token_urlsafe(32)
    ends = datetime.now(UTC) + timedelta(days=days)
    return code, await store.invite(account, role, _digest(code), note, ends)


async def accept_invitation(store: TeamStore, code: str) -> Membership:
    """The caller joins. `NotFound`; `Conflict` for one that is over, or for who is a member already."""
    return await store.accept(_digest(code.strip()))


async def set_profile(store: TeamStore, name: str | None, email: str | None) -> None:
    """Of the caller; None or blank: nothing is said. `Unusable` for what is no mail address."""
    written = (email or "").strip()
    try:
        address = read_address(written).spec if written else None
    except AddressError as error:
        raise Unusable(str(error), hint="Write it like ada@example.com.") from None
    await store.set_profile((name or "").strip() or None, address)


def join_link(base: str, code: str) -> str:
    # Behind the #: what stands there reaches no log of any server.
    return f"{base.rstrip('/')}/join#code={code}"


def _digest(code: str) -> bytes:
    return hashlib.sha256(code.encode()).digest()

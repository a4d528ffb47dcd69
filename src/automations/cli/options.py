"""Options that several commands share, and what people may write in them."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from typing import Annotated
from uuid import UUID

import typer

from automations.errors import Unusable

AsJson = Annotated[bool, typer.Option("--json", help="JSON instead of tables.")]
Account = Annotated[str | None, typer.Option("--account", metavar="UUID", help="Only of this account.")]
Automation = Annotated[str, typer.Argument(metavar="ID", help="Id, a unique beginning of it, or the exact name.")]
FilterAutomation = Annotated[
    str | None, typer.Option("--automation", "-a", metavar="ID", help="Runs of this automation (id or name).")
]
FilterStatus = Annotated[
    list[str] | None,
    typer.Option(
        "--status", "-s", metavar="STATUS", help="pending, running, waiting, completed, failed, cancelled; repeat."
    ),
]
FilterLead = Annotated[
    str | None, typer.Option("--lead", metavar="ID", help="Runs of this lead (id, e-mail address or name).")
]
FilterSince = Annotated[
    str | None, typer.Option("--since", metavar="TIME", help="Accepted since: 90s, 15m, 2h, 3d, or an ISO time.")
]
# Of versions and revisions: what the database counts with.
LARGEST_NUMBER = 2_147_483_647
ExpectRevision = Annotated[
    int | None,
    typer.Option(
        "--expect-revision",
        metavar="N",
        min=0,
        max=LARGEST_NUMBER,
        help="Only if the draft is still at this revision (`automations versions ID` says which).",
    ),
]
Yes = Annotated[bool, typer.Option("--yes", "-y", help="Do not ask.")]

# A waiting run is a running one that no worker has.
STATUSES = ("pending", "running", "waiting", "completed", "failed", "cancelled")
_SPAN = re.compile(r"(\d+(?:\.\d+)?)\s*([smhdw])")
_SECONDS = {"s": 1, "m": 60, "h": 3600, "d": 86_400, "w": 604_800}


def read_account(text: str | None) -> UUID | None:
    return _read_uuid(text, "an account", "An account is the id of its owner.")


def read_agent(text: str | None) -> UUID | None:
    return _read_uuid(text, "an agent", "`automations sql -c 'select id, name from agents'` shows them.")


def read_user(text: str | None) -> UUID | None:
    return _read_uuid(text, "a user", "`automations sql -c 'select * from team_members'` shows who belongs where.")


def _read_uuid(text: str | None, thing: str, hint: str) -> UUID | None:
    try:
        return None if text is None else UUID(text)
    except ValueError:
        raise Unusable(f"{text!r} is not the UUID of {thing}", hint=hint) from None


def read_statuses(given: list[str] | None) -> tuple[str, ...]:
    """`failed`, `failed,cancelled`, repeated or not."""
    found = tuple(part for text in given or [] for part in re.split(r"[,\s]+", text.lower()) if part)
    for status in found:
        if status not in STATUSES:
            raise Unusable(f"there is no status {status!r}", hint=f"Choose from {', '.join(STATUSES)}.")
    return found


def read_since(text: str | None) -> datetime | None:
    """A span before now, or a time; without a zone it is local."""
    if text is None:
        return None
    span = _SPAN.fullmatch(text.strip().lower())
    try:
        if span is not None:
            return datetime.now(UTC) - timedelta(seconds=float(span[1]) * _SECONDS[span[2]])
        return datetime.fromisoformat(text.strip()).astimezone()
    except (ValueError, OverflowError):
        raise Unusable(f"{text!r} is no time", hint="Write 90s, 15m, 2h, 3d, or 2026-11-23T09:00.") from None

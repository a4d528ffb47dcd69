"""What a person types for an automation, a run, a lead: a unique beginning of its id, or (not for runs) its name."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Literal
from uuid import UUID

from automations.db.api_key_store import ApiKeyStore
from automations.db.automation_store import AutomationStore, Named
from automations.db.execution_store import ExecutionStore
from automations.errors import NotFound, Unusable

_HEX = re.compile(r"[0-9a-f]{1,32}")


def id_range(text: str) -> tuple[UUID, UUID] | None:
    """The lowest and highest id that begin with `text`; None for what cannot begin an id."""
    digits = text.strip().lower().replace("-", "")
    if not _HEX.fullmatch(digits):
        return None
    return UUID(digits.ljust(32, "0")), UUID(digits.ljust(32, "f"))


async def find_automation(store: AutomationStore, text: str, account: UUID | None = None) -> UUID:
    """`NotFound`, or `Unusable` when several are meant."""
    found = await store.find(account, id_range(text), text)
    exact = [one for one in found if one.name == text]
    return _only(exact if len(exact) == 1 else found, text, "automation", "`automations list` shows all.")


async def find_run(store: ExecutionStore, text: str, account: UUID | None = None) -> UUID:
    """`NotFound`, or `Unusable` when several are meant."""
    ids = id_range(text)
    found = [] if ids is None else [Named(one, "") for one in await store.find(account, *ids)]
    return _only(found, text, "run", "`automations runs` shows the latest.")


async def find_api_key(store: ApiKeyStore, text: str, account: UUID | None = None) -> UUID:
    """`NotFound`, or `Unusable` when several are meant."""
    ids = id_range(text)
    found = [] if ids is None else await store.find(account, *ids)
    return _only(found, text, "API key", "`automations keys list` shows all.")


async def find_record(
    store: ExecutionStore, kind: Literal["lead", "conversation"], text: str, account: UUID | None = None
) -> UUID:
    """A lead is also found by its exact e-mail address or name. `NotFound`, or `Unusable` when several are meant."""
    found = await store.find_record(kind, account, id_range(text), text)
    hint = f"`automations sql -c 'select id, * from {kind}s limit 20'` shows some."  # noqa: S608
    return _only(found, text, kind, hint)


def _only(found: Sequence[Named], text: str, thing: str, hint: str) -> UUID:
    if not found:
        raise NotFound(f"there is no {thing} {text!r}", hint=hint)
    if len(found) > 1:
        listed = ", ".join(f"{one.id}{f' ({one.name})' if one.name else ''}" for one in found[:5])
        more = ", …" if len(found) > 5 else ""
        raise Unusable(f"{text!r} can mean {len(found)} {thing}s: {listed}{more}", hint="Give more of the id.")
    return found[0].id

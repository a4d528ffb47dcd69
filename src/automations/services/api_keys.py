"""Keys of the API: shown once, when they are made."""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Sequence
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from automations.db.api_key_store import ApiKeyStore
from automations.db.request_session import KeyScope

KEY_PREFIX: Final = "aut_"


def key_digest(text: str) -> bytes:
    """What the database has of a key. It is 32 random bytes long: nothing slower is needed."""
    return hashlib.sha256(text.encode()).digest()


async def create_api_key(
    store: ApiKeyStore, account: UUID, name: str, scopes: Sequence[KeyScope], expires_at: datetime | None
) -> tuple[str, dict[str, Any]]:
    """The key itself, which nobody gets a second time, and its row. `NotAllowed`, `NotFound`."""
    text = KEY_PREFIX + secrets.token_urlsafe(32)
    # In one order, so that keys with the same rights look the same.
    return text, await store.create(account, name, key_digest(text), text[-4:], sorted(set(scopes)), expires_at)

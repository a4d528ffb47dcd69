"""Set, list, delete and seal anew the secrets of an account."""

from __future__ import annotations

import re
from collections.abc import Collection, Sequence
from typing import Any, Protocol
from uuid import UUID, uuid4

from automations.db.json_text import LONE_SURROGATE
from automations.db.secret_store import SecretRow, SecretStore
from automations.errors import Conflict, NotFound, Problem, Unusable
from automations.flow.node import literal_fields, secret_fields
from automations.flow.registry import NodeRegistry
from automations.flow.templates import compile_value

NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]{0,63}")
# A shorter one would be masked in every second word of a record.
SHORTEST, LONGEST = 4, 65_536


class Box(Protocol):
    """Seals with one key, and opens with that and older ones; `integrations.secret_box`."""

    key_id: str

    def seal(self, value: str, row: UUID) -> tuple[str, bytes, bytes]: ...
    def open(self, key_id: str, nonce: bytes, sealed: bytes, row: UUID) -> str: ...


async def set_secret(store: SecretStore, box: Box, account: UUID, name: str, value: str) -> None:
    """`Unusable` for a name or a value that cannot be one."""
    if NAME.fullmatch(name) is None:
        raise Unusable(
            f"{name!r} cannot be the name of a secret",
            hint="Use a letter or `_`, then letters, digits or `_`; at most 64. For example CRM_TOKEN.",
        )
    size = len(value.encode("utf-8", "surrogatepass"))
    if not SHORTEST <= size <= LONGEST or "\0" in value or LONE_SURROGATE.search(value):
        raise Unusable(
            f"a secret has {SHORTEST} to {LONGEST:,} bytes of text, this one {size:,}",
            hint="Give it as it is, without quotes or the line's end.",
        )
    for _ in range(3):
        row_id = await store.row_id(account, name) or uuid4()
        if await store.put(SecretRow(row_id, name, *box.seal(value, row_id)), account):
            return
    raise Conflict(f"the secret {name} is being set by somebody else", hint="Try again.")


async def check_secrets(
    store: SecretStore, account: UUID, nodes: Sequence[Any], registry: NodeRegistry
) -> list[Problem]:
    """Problems `missing_secret` of a draft whose templates are known to be right."""
    used: dict[str, str] = {}
    for node in nodes:
        kind = registry.get(node["type"])
        literal = frozenset() if kind is None else literal_fields(kind.config_model) - secret_fields(kind.config_model)
        for name in compile_value(node.get("data", {}).get("config", {}), literal_fields=literal).secrets:
            used.setdefault(name, node["id"])
    known = {row.name for row in await store.sealed(account, used)} if used else set()
    return [
        Problem(
            "missing_secret",
            f"there is no secret {name} in this account",
            f"Set it first: `automations secrets set {name}`.",
            node_id,
        )
        for name, node_id in used.items()
        if name not in known
    ]


async def delete_secret(store: SecretStore, account: UUID, name: str) -> list[str]:
    """Names of automations that still use it. `NotFound`."""
    if not await store.delete(account, name):
        raise NotFound(f"there is no secret {name!r}", hint="Check its name against the list of secrets.")
    return await store.users(account, name)


async def open_secrets(store: SecretStore, box: Box, account: UUID, names: Collection[str]) -> dict[str, str]:
    """Those of `names` that there are. `ConfigurationError` where one does not open."""
    return {row.name: box.open(row.key_id, row.nonce, row.sealed, row.id) for row in await store.sealed(account, names)}


async def reseal_all(store: SecretStore, box: Box) -> int:
    """Everything that another key sealed is sealed with the first one of `box`; how many. Safe to break off."""
    done = 0
    while rows := await store.sealed_otherwise(box.key_id):
        for row in rows:
            value = box.open(row.key_id, row.nonce, row.sealed, row.id)
            await store.reseal(SecretRow(row.id, row.name, *box.seal(value, row.id)), row.nonce)
            done += 1
    return done

"""Secrets at rest: AES-256-GCM, with the id of the key beside each and the id of its row bound into it.

A sealed secret that is moved to another row (another account's, say) does not open there.
"""

from __future__ import annotations

import base64
import hashlib
import os
import re
from collections.abc import Sequence
from uuid import UUID

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from automations.errors import ConfigurationError

KEY_BYTES = 32
NONCE_BYTES = 12


class SecretBox:
    """The first key seals, each of them opens."""

    def __init__(self, keys: Sequence[bytes]) -> None:
        self._keys = {_id_of(key): AESGCM(key) for key in keys}
        self.key_id = _id_of(keys[0])

    def seal(self, value: str, row: UUID) -> tuple[str, bytes, bytes]:
        """The id of the key, the nonce, and the sealed text with its tag."""
        nonce = os.urandom(NONCE_BYTES)
        return self.key_id, nonce, self._keys[self.key_id].encrypt(nonce, value.encode(), row.bytes)

    def open(self, key_id: str, nonce: bytes, sealed: bytes, row: UUID) -> str:
        """`ConfigurationError` where the key is not here, or what is stored was changed."""
        key = self._keys.get(key_id)
        if key is None:
            raise ConfigurationError(
                f"a secret was sealed with the key {key_id}, which is not here",
                hint="Add that key to AUTOMATIONS_SECRET_KEY or its file, or set the secret again.",
            )
        try:
            return key.decrypt(nonce, sealed, row.bytes).decode()
        except InvalidTag:
            raise ConfigurationError(
                "a stored secret was changed, or is another one's", hint="Set the secret again."
            ) from None


def new_key() -> str:
    return base64.b64encode(os.urandom(KEY_BYTES)).decode()


def read_keys(text: str, origin: str) -> list[bytes]:
    """Keys in base64, one a line or separated by commas; lines with `#` are notes. `ConfigurationError` names none."""
    keys = []
    lines = [line.partition("#")[0] for line in text.splitlines()]
    for number, part in enumerate(re.split(r"[,\s]+", " ".join(lines).strip()), start=1):
        try:
            key = base64.b64decode(part, validate=True)
        except ValueError:
            key = b""
        if len(key) != KEY_BYTES:
            raise ConfigurationError(
                f"{origin}: key {number} is not {KEY_BYTES} bytes in base64",
                hint="`openssl rand -base64 32` makes one; `automations secrets rotate` adds one to the file.",
            )
        keys.append(key)
    return keys


def _id_of(key: bytes) -> str:
    return hashlib.sha256(b"automations key id" + key).hexdigest()[:8]

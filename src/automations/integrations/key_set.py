"""Fetches the keys with which tokens are signed, from an address that the operator chose."""

from __future__ import annotations

from typing import Any

import httpx2

SECONDS = 5.0
LARGEST = 262_144


async def fetch_key_set(url: str) -> dict[str, Any]:
    """A JSON Web Key Set. Raises `OSError` or `ValueError` where there is none."""
    async with httpx2.AsyncClient(timeout=SECONDS, trust_env=False, follow_redirects=False) as client:
        answer = await client.get(url)
    if answer.status_code != 200 or len(answer.content) > LARGEST:
        raise ValueError(f"the keys of tokens cannot be fetched: status {answer.status_code}")
    value = answer.json()
    if not isinstance(value, dict):
        raise ValueError("the keys of tokens are no JSON object")
    return value

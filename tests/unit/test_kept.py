"""What is kept for a moment is asked for once, also when it is a failure."""

from __future__ import annotations

import asyncio

import pytest

from automations.errors import DatabaseUnreachable
from automations.services.kept import Kept


async def test_many_who_ask_at_once_ask_once_and_later_again() -> None:
    now, asked = [100.0], 0

    async def load() -> int:
        nonlocal asked
        await asyncio.sleep(0)
        asked += 1
        return asked

    kept = Kept(load, 5, clock=lambda: now[0])
    assert await asyncio.gather(*(kept.get() for _ in range(10))) == [1] * 10
    now[0] += 4.9
    assert await kept.get() == 1
    now[0] += 0.1
    assert await kept.get() == 2


async def test_a_failure_is_kept_as_well() -> None:
    now, asked = [0.0], 0

    async def load() -> int:
        nonlocal asked
        asked += 1
        if asked == 1:
            raise DatabaseUnreachable("away")
        return asked

    kept = Kept(load, 1, clock=lambda: now[0])
    for _ in range(3):
        with pytest.raises(DatabaseUnreachable):
            await kept.get()
    now[0] = 1
    assert (await kept.get(), asked) == (2, 2)

"""Whose questions are slow does not keep others from theirs."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from tests.api.conftest import ApiServer
from tests.api.test_automations import other_account
from tests.engine.world import World, eventually

from automations.api.turns import MOST_OF_ONE

if TYPE_CHECKING:
    from tests.conftest import Factory

SLEEPING = "select count(*) from pg_stat_activity where datname = current_database() and wait_event = 'PgSleep'"


async def test_one_caller_does_not_take_all_connections(world: World, api: ApiServer, make: Factory) -> None:
    other = await other_account(make)
    await world.lead(name="Ada")
    await world.db.execute(
        "create policy slow on public.leads as restrictive for select to authenticated using "
        f"(user_id <> '{world.account}' or pg_sleep(60) is not null)"
    )
    slow = [asyncio.create_task(api.signed_in(world.account)("GET", "/leads")) for _ in range(30)]

    async def all_at_work() -> bool:
        return bool(await world.db.fetchval(SLEEPING) >= MOST_OF_ONE)

    await eventually(all_at_work)
    try:
        assert (await api.signed_in(other.account).ok("GET", "/leads"))["items"] == []
        assert not any(one.done() for one in slow)
        assert await world.db.fetchval(SLEEPING) == MOST_OF_ONE
    finally:
        assert {one.status_code for one in await asyncio.gather(*slow)} == {503}

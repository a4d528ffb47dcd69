"""The seed used as its authors would: its columns, its statements, nothing of ours."""

from __future__ import annotations

import asyncio
import uuid
from typing import TYPE_CHECKING, Any

import asyncpg
import orjson
import pytest

if TYPE_CHECKING:
    from tests.conftest import Acting, Connect


@pytest.fixture(params=[18, pytest.param(15, id="15")])
async def seed(request: pytest.FixtureRequest, versioned_url: str, connect: Connect) -> asyncpg.Connection:
    return await connect(versioned_url)


@pytest.fixture
def versioned_url(request: pytest.FixtureRequest) -> str:
    version = request.node.callspec.params["seed"]
    url: str = request.getfixturevalue("database_url" if version == 18 else "postgres15_url")
    return url


ROW = """
    insert into public.automations (agent_id, user_id, name, status, enabled, trigger_type, trigger_config)
    values ($1, $2, 'Qualify', 'active', true, 'event', $3) returning id
"""


async def test_a_row_with_the_seeds_columns_only_fires(seed: asyncpg.Connection, connect: Connect, acting: Acting,
                                                       versioned_url: str) -> None:  # fmt: skip
    account = uuid.uuid4()
    heard: asyncio.Queue[dict[str, Any]] = asyncio.Queue()
    listener = await connect(versioned_url)
    await listener.add_listener("automation_trigger", lambda *message: heard.put_nowait(orjson.loads(str(message[3]))))
    async with acting(seed, "authenticated", account) as user:
        agent = await user.fetchval("insert into agents (user_id) values ($1) returning id", account)
        automation = await user.fetchval(ROW, agent, account, {"event_source": "lead", "event_type": "INSERT"})
        lead = await user.fetchval("insert into leads (user_id, name) values ($1, 'Ada') returning id", account)
    version = await seed.fetchrow("select * from automations.versions")
    assert (version["automation_id"], version["number"], version["origin"]) == (automation, 1, "sql")
    assert version["nodes"][0]["type"] == "trigger-event"
    run = await seed.fetchrow("select * from automation_executions")
    assert (run["automation_id"], run["status"], run["lead_id"]) == (automation, "pending", lead)
    assert run["version_id"] == version["id"]
    message = await asyncio.wait_for(heard.get(), timeout=5)
    assert message["automation_id"] == str(automation)
    assert message["trigger_data"]["event"] == "INSERT"
    assert {"event", "table", "old", "new", "timestamp"} <= run["trigger_data"].keys()


async def test_an_edge_function_written_for_the_seed_runs_a_row_to_its_end(
    seed: asyncpg.Connection, acting: Acting
) -> None:
    account = uuid.uuid4()
    agent = await seed.fetchval("insert into agents (user_id) values ($1) returning id", account)
    automation = await seed.fetchval(ROW, agent, account, {"event_source": "lead", "event_type": "INSERT"})
    before = await seed.fetchval("select updated_at from automations")
    async with acting(seed, "service_role") as edge:
        run = await edge.fetchval(
            "insert into automation_executions (automation_id, trigger_type, trigger_data, status, triggered_by)"
            " values ($1, 'manual', '{}', 'running', $2) returning id",
            automation,
            account,
        )
    async with acting(seed, "service_role") as edge:
        await edge.execute(
            "update automation_executions set status = 'completed', nodes_executed = '[{\"id\": \"a\"}]',"
            " completed_at = now(), duration_ms = 12 where id = $1",
            run,
        )
    figures = await seed.fetchrow("select execution_count, last_execution_status, updated_at from automations")
    assert tuple(figures) == (1, "completed", before)
    async with acting(seed, "authenticated", account) as user:
        assert await user.fetchval("select nodes_executed from automation_executions where id = $1", run) == [
            {"id": "a"}
        ]
        assert await user.execute("delete from automation_executions") == "DELETE 1"
        assert await user.execute("update automations set status = 'paused', enabled = false") == "UPDATE 1"
        assert await user.execute("delete from automations") == "DELETE 1"


async def test_deleting_the_agent_or_the_lead_does_what_the_seed_says(seed: asyncpg.Connection) -> None:
    account = uuid.uuid4()
    agent = await seed.fetchval("insert into agents (user_id) values ($1) returning id", account)
    await seed.fetchval(ROW, agent, account, {"event_source": "lead", "event_type": "any"})
    lead = await seed.fetchval("insert into leads (user_id) values ($1) returning id", account)
    await seed.execute("delete from leads where id = $1", lead)
    runs = await seed.fetch("select lead_id, trigger_data ->> 'event' as event from automation_executions order by seq")
    assert [tuple(run) for run in runs] == [(None, "INSERT"), (None, "DELETE")]
    await seed.execute("delete from agents")
    assert await seed.fetchval("select count(*) from automation_executions") == 0

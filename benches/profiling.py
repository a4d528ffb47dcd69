"""Where the time of a bench goes: statements and functions in the database, functions in the worker, processes."""

from __future__ import annotations

import asyncio
import pstats
import time
from collections.abc import Awaitable, Callable
from pathlib import Path

import asyncpg

from automations.db.connection import Connection
from benches import trigger_cost
from benches.bare_loop import start_by_rows
from benches.flows import FIVE_EDGES, FIVE_NODES, NO_OP_EDGES, NO_OP_NODES
from benches.lab import Account, Lab, all_finished, connected, insert_leads, lab, new_account, new_automation, worker
from benches.processes import cpu_seconds, tree

SETTINGS = {"track_functions": "all", "pg_stat_statements.track": "all", "pg_stat_statements.track_planning": "on"}
TOP = 22

STATEMENTS = """
select s.calls, s.total_exec_time as ms, s.mean_exec_time * 1000 as us, s.total_plan_time as plan_ms,
  s.rows, s.toplevel, regexp_replace(left(s.query, 170), '\\s+', ' ', 'g') as query
from pg_stat_statements s
where s.dbid = (select oid from pg_database where datname = current_database())
order by s.total_exec_time + s.total_plan_time desc limit $1
"""
FUNCTIONS = """
select f.calls, f.total_time as ms, f.self_time as self_ms, f.self_time * 1000 / greatest(f.calls, 1) as self_us,
  f.schemaname || '.' || f.funcname as name
from pg_stat_user_functions f order by f.self_time desc limit $1
"""


async def many(connection: Connection, account: Account) -> int:
    for _ in range(3):
        await insert_leads(connection, account, 2000)
        await all_finished(connection)
    return 6000


async def one_by_one(connection: Connection, account: Account) -> int:
    for _ in range(300):
        await insert_leads(connection, account, 1)
        await all_finished(connection)
        await asyncio.sleep(0.01)
    return 300


async def one_a_commit(connection: Connection, account: Account) -> int:
    automation = await connection.fetchval("select id from automations where user_id = $1", account.id)
    await start_by_rows(connection, automation, 2000)
    return 2000


WORK: dict[str, Callable[[Connection, Account], Awaitable[int]]] = {"a": one_by_one, "b": many, "c": one_a_commit}


def profile(name: str) -> None:
    with lab(SETTINGS) as place:
        if name == "d":
            asyncio.run(_profile_trigger(place))
        elif name in WORK:
            asyncio.run(_profile_worker(place, name))
        else:
            raise SystemExit(f"there is no profile of {name!r}: choose a, b, c or d")


async def _profile_trigger(place: Lab) -> None:
    await trigger_cost.run(place, quick=True)
    async with connected(place.server.dsn_for("bench_d")) as connection:
        await _show_database(connection)


async def _profile_worker(place: Lab, name: str) -> None:
    dsn = await place.database("profile")
    output = place.directory / "profile"
    nodes, edges = (NO_OP_NODES, NO_OP_EDGES) if name == "c" else (FIVE_NODES, FIVE_EDGES)
    async with connected(dsn) as connection:
        account = await new_account(connection)
        await new_automation(connection, account, nodes, edges)
        # Once without cProfile, which slows the worker down: what the database does and who uses the processors.
        with worker(dsn) as process:
            await insert_leads(connection, account, 200)
            await all_finished(connection)
            await _reset(connection)
            server = tree(place.server.pid)
            before = {pid: cpu_seconds([pid]) for pid in [process.pid, *server]}
            begun = time.perf_counter()
            runs = await WORK[name](connection, account)
            elapsed = time.perf_counter() - begun
            print(f"\n== {runs} runs in {elapsed:.2f} s: {runs / elapsed:.0f} a second\n")
            print(f"{'process':<60}{'cpu s':>8}{'µs/run':>10}")
            titles = await _titles(connection)
            titles[process.pid] = "worker (Python)"
            for pid in [process.pid, *tree(place.server.pid)]:
                used = cpu_seconds([pid]) - before.get(pid, 0.0)
                if used > 0.005:
                    print(f"{titles.get(pid, '')[:58]:<60}{used:>8.2f}{used / runs * 1e6:>10.0f}")
        await asyncio.sleep(0.5)
        await _show_database(connection)
        with worker(dsn, "--profile", str(output)):
            await WORK[name](connection, account)
    _show_worker(output)


async def _titles(connection: Connection) -> dict[int, str]:
    rows = await connection.fetch("select pid, backend_type, application_name from pg_stat_activity")
    return {row["pid"]: f"{row['backend_type']} {row['application_name']}" for row in rows}


async def _reset(connection: Connection) -> None:
    await connection.execute("select pg_stat_reset()")
    try:
        await connection.execute("create extension if not exists pg_stat_statements")
        await connection.execute("select pg_stat_statements_reset()")
    except asyncpg.PostgresError as error:
        print(f"no pg_stat_statements: {error}")


async def _show_database(connection: Connection) -> None:
    try:
        rows = await connection.fetch(STATEMENTS, TOP)
    except asyncpg.PostgresError:
        rows = []
    heads = f"{'calls':>8}{'ms':>10}{'µs/call':>10}{'plan ms':>9}{'rows':>9}"
    print(f"\n{heads}  statement (* top level, the others inside of those)")
    for row in rows:
        mark = "*" if row["toplevel"] else " "
        figures = f"{row['calls']:>8}{row['ms']:>10.1f}{row['us']:>10.1f}{row['plan_ms']:>9.1f}{row['rows']:>9}"
        print(f"{figures} {mark}{row['query'][:110]}")
    print(f"\n{'calls':>8}{'ms':>10}{'self ms':>10}{'self µs':>10}  function")
    for row in await connection.fetch(FUNCTIONS, TOP):
        print(f"{row['calls']:>8}{row['ms']:>10.1f}{row['self_ms']:>10.1f}{row['self_us']:>10.1f}  {row['name']}")


def _show_worker(output: Path) -> None:
    print("\nThe worker under cProfile (which makes it about twice as slow):\n")
    stats = pstats.Stats(str(output))
    stats.sort_stats("tottime").print_stats(30)
    stats.sort_stats("cumulative").print_stats(r"automations", 40)

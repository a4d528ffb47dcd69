"""(d) What the trigger costs a writer: leads in one INSERT, rolled back, against the same with the trigger disabled.

Rolled back, so neither the flush of what was written nor the hand-over of notifications is in it.
"""

from __future__ import annotations

import time
from statistics import median

from automations.db.connection import Connection
from benches.flows import NO_OP_EDGES, NO_OP_NODES
from benches.lab import Account, Lab, connected, insert_leads, new_account, new_automation
from benches.processes import Quietness
from benches.report import Figure, spread

MATCHING = (0, 1, 10, 100)
NOT_MATCHING = {"event_source": "lead", "event_type": "DELETE"}


class _RollbackError(Exception):
    pass


async def run(lab: Lab, *, quick: bool) -> list[Figure]:
    dsn = await lab.database("bench_d")
    rounds = 3 if quick else 5
    figures: list[Figure] = []
    async with connected(dsn) as connection:
        quietness = Quietness((lab.server.pid,))
        stranger = await new_account(connection)
        plain = await _cost(
            connection, stranger, 2000, rounds, "alter table leads disable trigger trigger_lead_automations"
        )
        off = median(plain)
        figures.append(Figure("d trigger", "trigger disabled: the INSERT itself", off, "µs/lead", spread(plain, 1)))
        nothing = await _cost(connection, stranger, 2000, rounds)
        figures.append(Figure("d trigger", "account without automations: adds", median(nothing) - off, "µs/lead"))
        for matching in MATCHING:
            account = await new_account(connection)
            # Also the account without a match has an automation: it pays for the journal.
            for trigger in [NOT_MATCHING, *([None] * matching)]:
                await new_automation(connection, account, NO_OP_NODES, NO_OP_EDGES, trigger)
            await connection.execute("analyze automations")
            leads = (500 if quick else 2000) // max(1, matching // 5)
            for setting, words in (("on", "with journal"), ("off", "without")):
                taken = await _cost(connection, account, leads, rounds, f"set local automations.journal = '{setting}'")
                figures.append(
                    Figure("d trigger", f"{matching} matching, {words}: adds", median(taken) - off, "µs/lead",
                           spread([value - off for value in taken], 1))
                )  # fmt: skip
        others = quietness.others()
    first = figures[0]
    return [Figure(first.bench, first.what, first.value, first.unit, first.spread, others=others), *figures[1:]]


async def _cost(connection: Connection, account: Account, leads: int, rounds: int, prelude: str = "") -> list[float]:
    """Microseconds a lead; the first round warms up and does not count."""
    taken: list[float] = []
    for _ in range(rounds + 1):
        try:
            async with connection.transaction():
                if prelude:
                    await connection.execute(prelude)
                begun = time.perf_counter()
                await insert_leads(connection, account, leads)
                taken.append((time.perf_counter() - begun) / leads * 1_000_000)
                raise _RollbackError
        except _RollbackError:
            pass
    return taken[1:]

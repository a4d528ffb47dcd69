"""`worker_process.py` with AI steps that ask a real endpoint.

Beside its keys: model_url; die_before_record (SIGKILL to itself once an answer has come, before the run knows of it:
"settled" or "unsettled" with the budget).
"""

from __future__ import annotations

import json
import os
import signal
import sys
from pathlib import Path
from typing import Any
from uuid import UUID

import uvloop

sys.path.insert(0, str(Path(__file__).parents[2]))

from tests.chaos import worker_process
from tests.model_gateways import model_gateway, steps_with

from automations.flow.outside_ports import ModelAnswer, ModelCall
from automations.services.model_gateway import ModelGateway


def die_before_record(*, settled: bool) -> None:
    """`settled` False: before the budget knows of it, too."""

    async def ends(self: ModelGateway, *given: Any) -> None:
        os.kill(os.getpid(), signal.SIGKILL)

    if not settled:
        ModelGateway._settle = ends  # type: ignore[method-assign, assignment]
        return
    original = ModelGateway.complete

    async def complete(self: ModelGateway, account: UUID, call: ModelCall) -> ModelAnswer:
        answer = await original(self, account, call)
        os.kill(os.getpid(), signal.SIGKILL)
        return answer

    ModelGateway.complete = complete  # type: ignore[method-assign]


if __name__ == "__main__":
    given = json.loads(sys.argv[1])
    gateway = model_gateway(given["dsn"], given["model_url"])
    worker_process.step_runner = lambda *_: steps_with(gateway)  # type: ignore[attr-defined]
    if given.get("die_before_record"):
        die_before_record(settled=given["die_before_record"] == "settled")
    uvloop.run(worker_process.main(given))

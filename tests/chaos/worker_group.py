"""Worker processes of a test, each in a session of its own, ended by its own process group only."""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import signal
import sys
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

SCRIPT = Path(__file__).with_name("worker_process.py")


@dataclass
class WorkerProcess:
    process: asyncio.subprocess.Process
    log: Path

    @property
    def pid(self) -> int:
        return self.process.pid

    @property
    def is_gone(self) -> bool:
        return self.process.returncode is not None

    def send(self, number: signal.Signals) -> None:
        if not self.is_gone:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(self.pid, number)

    async def kill(self) -> None:
        """-9, and gone when this returns."""
        self.send(signal.SIGKILL)
        await self.process.wait()

    async def gone(self, within: float = 30) -> int:
        async with asyncio.timeout(within):
            return await self.process.wait()

    async def stopped(self) -> None:
        """Until the process stands still (it has sent SIGSTOP to itself)."""
        async with asyncio.timeout(30):
            while Path(f"/proc/{self.pid}/stat").read_text().rpartition(")")[2].split()[0] != "T":
                await asyncio.sleep(0.02)


@dataclass
class WorkerGroup:
    dsn: str
    directory: Path
    started: list[WorkerProcess] = field(default_factory=list)

    @property
    def sink(self) -> Path:
        return self.directory / "calls"

    def calls(self) -> list[tuple[str, str, int, Any, int]]:
        """Outside calls so far: idempotency key, step key, attempt, value, pid."""
        if not self.sink.exists():
            return []
        return [tuple(json.loads(text)) for text in self.sink.read_text().splitlines()]

    async def start(self, *, wait: bool = True, **given: Any) -> WorkerProcess:
        log = self.directory / f"worker{len(self.started)}.log"
        argument = json.dumps({"dsn": self.dsn, "sink": str(self.sink), **given})
        with log.open("wb") as output:
            process = await asyncio.create_subprocess_exec(
                sys.executable, str(SCRIPT), argument, stdout=output, stderr=output, start_new_session=True
            )
        worker = WorkerProcess(process, log)
        self.started.append(worker)
        if wait:
            async with asyncio.timeout(30):
                while "ready" not in log.read_text().split() and not worker.is_gone:
                    await asyncio.sleep(0.02)
        return worker

    async def close(self) -> None:
        for worker in self.started:
            worker.send(signal.SIGCONT)
            await worker.kill()

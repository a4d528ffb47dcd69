"""One `automations up`, and the accounts of people on it: each test has its own, or that of the demo."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any
from uuid import uuid4

from tests.e2e.conftest import Cli, end, make_cli, until
from tests.e2e.outside_world import OutsideWorld, outside_world


@dataclass(frozen=True)
class Server:
    """`sign_in`: the link that `up` printed. `demo`: the owner of the demo. `world`: where mail goes."""

    cli: Cli
    address: str
    sign_in: str
    demo: str
    world: OutsideWorld
    program: Program

    def is_killed(self) -> None:
        self.program.ends(signal.SIGKILL)

    def begins_again(self) -> None:
        assert self.program.begins()["http"] == self.address

    def account(self, user: str | None = None) -> Account:
        """Of a person who is new here, with an agent."""
        account = Account(self, user or str(uuid4()))
        account.post("/agents", {"name": "Agent"})
        return account

    @property
    def demo_account(self) -> Account:
        return Account(self, self.demo)

    def sql(self, statement: str) -> str:
        return self.cli.ok("sql", "-qAtc", statement).out.strip()


@dataclass(frozen=True)
class Account:
    """What a person's programs do: the same rights, without a browser."""

    server: Server
    user: str

    @cached_property
    def token(self) -> str:
        return self.server.cli.ok("token", "--user", self.user).out.strip()

    def link(self) -> str:
        """Signs in, once."""
        return self.server.cli.ok("sign-in", "--user", self.user).out.strip()

    def get(self, path: str) -> Any:
        return self._ask("GET", path)

    def post(self, path: str, body: Any = None) -> Any:
        return self._ask("POST", path, body)

    def patch(self, path: str, body: Any) -> Any:
        return self._ask("PATCH", path, body)

    def put(self, path: str, body: Any) -> Any:
        return self._ask("PUT", path, body)

    def lead(self, name: str, **columns: Any) -> str:
        return str(self.post("/leads", {"name": name, **columns})["id"])

    def agent(self) -> str:
        return str(self.get("/agents")["items"][0]["id"])

    def draft(self, name: str, nodes: list[Any], edges: list[Any]) -> str:
        """An automation that is not published."""
        made = self.post("/automations", {"agent_id": self.agent(), "name": name, "nodes": nodes, "edges": edges})
        return str(made["id"])

    def live(self, name: str, nodes: list[Any], edges: list[Any]) -> str:
        """Published and switched on."""
        made = self.draft(name, nodes, edges)
        self.post(f"/automations/{made}/publish", {})
        self.post(f"/automations/{made}/enable")
        return made

    def publishes(self, automation: str, nodes: list[Any], edges: list[Any]) -> None:
        """Another drawing of it."""
        now = self.get(f"/automations/{automation}")
        self.put(f"/automations/{automation}", {"name": now["name"], "nodes": nodes, "edges": edges})
        self.post(f"/automations/{automation}/publish", {})

    def colleague(self, role: str) -> Account:
        """Somebody who is new here, and in this team now."""
        code = self.post("/invitations", {"role": role})["code"]
        one = Account(self.server, str(uuid4()))
        one.post("/invitations/accept", {"code": code})
        return one

    def starts(self, automation: str, lead: str, **given: Any) -> str:
        """By hand. The run's id."""
        body = {"input": given, "lead_id": lead}
        return str(self.post(f"/automations/{automation}/executions", body)["id"])

    def runs(self, automation: str) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = self.get(f"/executions?automation_id={automation}")["items"]
        return found

    def ended(self, run: str) -> dict[str, Any]:
        """The run, once it has come to its end."""
        shown: dict[str, Any] = until(lambda: (one := self.get(f"/executions/{run}"))["completed_at"] and one)
        return shown

    def _ask(self, method: str, path: str, body: Any = None) -> Any:
        request = urllib.request.Request(
            f"{self.server.address}/api/v1{path}",
            data=None if body is None else json.dumps(body).encode(),
            headers={"Authorization": f"Bearer {self.token}", "Content-Type": "application/json"},
            method=method,
        )
        with urllib.request.urlopen(request, timeout=30) as answer:
            return json.loads(answer.read() or b"null")


@contextmanager
def running(directory: Path, *, always_at: int = 0) -> Iterator[Server]:
    """`always_at`: a port, for one that is killed and begins again; else any."""
    with outside_world() as world:
        cli = make_cli(directory, **world.settings, AUTOMATIONS_HTTP_PORT=str(always_at))
        program = Program(cli)
        try:
            facts = program.begins()
            yield Server(cli, facts["http"], facts["sign_in"], cli.ok("token", "--json").json["user"], world, program)
        finally:
            program.ends()


class Program:
    """`automations up`."""

    def __init__(self, cli: Cli) -> None:
        self._cli = cli
        self._process: subprocess.Popen[str] | None = None

    def begins(self) -> dict[str, Any]:
        self._process = self._cli.start("up", "--json")
        assert self._process.stdout is not None
        said = self._process.stdout.readline()
        assert said, "`automations up` ended"
        facts: dict[str, Any] = json.loads(said)
        return facts

    def ends(self, number: signal.Signals = signal.SIGTERM) -> None:
        if self._process is not None:
            end(self._process, number)


def free_port() -> int:
    """None of those that connections are given while nobody listens at it."""
    for port in range(20_000 + os.getpid() % 10_000, 32_000):
        with socket.socket() as tried, suppress(OSError):
            tried.bind(("127.0.0.1", port))
            return port
    raise AssertionError("no port is free")

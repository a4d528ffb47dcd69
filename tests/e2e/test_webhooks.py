"""A webhook on a laptop: `up`, a file, a secret, a signed call, its run."""

from __future__ import annotations

import json
import socket
import subprocess
import urllib.request
import uuid
from datetime import UTC, datetime
from typing import Any
from urllib.error import HTTPError

import pytest
from standardwebhooks import Webhook
from tests.e2e.conftest import Cli, end, make_cli

pytestmark = [pytest.mark.timeout(240), pytest.mark.usefixtures("up")]

SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"


def flow(name: str) -> str:
    config = {"auth": {"type": "signature", "secret": "{{ secrets.HOOK }}"}, "answer": "last_step"}
    nodes = [
        {"id": "hook", "type": "trigger-webhook", "data": {"config": config}},
        {
            "id": "say",
            "type": "transform-set-variable",
            "data": {"config": {"variables": {"told": "{{ trigger.body.name }}"}}},
        },
    ]
    edges = [{"id": "e", "source": "hook", "target": "say"}]
    return json.dumps({"id": str(uuid.uuid4()), "name": name, "nodes": nodes, "edges": edges})


def post(url: str, body: bytes, headers: dict[str, str]) -> tuple[int, Any]:
    request = urllib.request.Request(url, body, {"content-type": "application/json", **headers})
    try:
        with urllib.request.urlopen(request, timeout=60) as answer:
            return answer.status, json.loads(answer.read())
    except HTTPError as refused:
        with refused:
            return refused.code, json.loads(refused.read())


def signed(body: bytes, message_id: str) -> dict[str, str]:
    now = datetime.now(UTC)
    return {
        "webhook-id": message_id,
        "webhook-timestamp": str(int(now.timestamp())),
        "webhook-signature": Webhook(SECRET).sign(message_id, now, body.decode()),
    }


@pytest.fixture(scope="module")
def orders(cli: Cli, up: dict[str, Any]) -> str:
    """The address of a live webhook."""
    cli.ok("secrets", "set", "HOOK", given=SECRET)
    cli.ok("import", "-", given=flow("Orders"))
    cli.ok("publish", "Orders")
    cli.ok("enable", "Orders")
    shown = cli.ok("webhook", "Orders", "--json").json
    assert shown["url"] == f"{up['http']}/webhooks/{shown['id']}"
    return str(shown["url"])


def test_from_a_file_to_a_run(cli: Cli) -> None:
    name = "OTHER_HOOK"
    cli.ok("import", "-", given=flow("Orders come in").replace("secrets.HOOK", f"secrets.{name}"))
    refused = cli("publish", "Orders come in")
    assert (refused.code, f"there is no secret {name}" in refused.err) == (1, True)
    cli.ok("secrets", "set", name, given=SECRET)
    cli.ok("publish", "Orders come in")
    off = cli.ok("webhook", "Orders come in", "--json").json
    assert (off["live"], off["state"]) == (False, "switched off: callers hear 410 (`automations enable`)")
    cli.ok("enable", "Orders come in")
    shown = cli.ok("webhook", "Orders come in", "--json").json
    assert (shown["methods"], shown["live"], SECRET in json.dumps(shown)) == (["POST"], True, False)
    assert "signed as Standard Webhooks says" in cli.ok("webhook", "Orders come in").out
    assert "webhook POST" in cli.ok("list").out

    body = '{"name": "Zoë"}'.encode()
    assert post(shown["url"], body, signed(body, "m1")) == (200, {"told": "Zoë"})
    status, again = post(shown["url"], body, signed(body, "m1"))
    assert (status, again["status"]) == (200, "duplicate")
    assert post(shown["url"], body, {**signed(body, "m2"), "webhook-id": "m3"})[0] == 401

    (run,) = cli.ok("runs", "--automation", "Orders come in", "--json").json
    assert (run["id"], run["status"], run["trigger_type"]) == (again["execution_id"], "completed", "event")
    assert "webhook" in cli.ok("runs", "--automation", "Orders come in").out
    detail = cli.ok("show", run["id"], "--full")
    assert "started by   webhook" in detail.out
    assert SECRET not in cli.ok("show", run["id"], "--json").out
    tested = cli.ok("run", "Orders come in", "name=Ada", "--test", "--json").json
    assert tested["variables"] == {"told": "Ada"}


def test_what_is_no_webhook_has_no_address(cli: Cli) -> None:
    refused = cli("webhook", "Qualify new leads")
    assert (refused.code, "is not started by a webhook" in refused.err) == (1, True)


@pytest.mark.full
@pytest.mark.usefixtures("orders")
def test_a_change_says_that_a_webhook_is_started_otherwise(cli: Cli) -> None:
    cli.ok("sql", "-qc", "insert into leads (user_id, name) select user_id, 'Sofja Kowalewskaja' from agents limit 1")
    event, *_ = cli.ok("explain", "Sofja Kowalewskaja", "--json").json
    reasons = {verdict["automation"]: verdict["reason"] for verdict in event["verdicts"]}
    assert reasons["Orders"] == "it is started by a webhook, not by a change"


def test_a_server_beside_it_takes_in_the_same_webhooks(cli: Cli, orders: str) -> None:
    process = cli.start("serve", "--port", "0", "--json")
    assert process.stdout is not None
    facts = json.loads(process.stdout.readline())
    body = b'{"name": "Ada"}'
    assert post(f"{facts['http']}/webhooks/{orders.rpartition('/')[2]}", body, signed(body, "s1")) == (
        200,
        {"told": "Ada"},
    )
    assert end(process) == 0


@pytest.mark.full
def test_a_port_that_is_taken(cli: Cli, tmp_path: Any) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = str(taken.getsockname()[1])
        refused = cli("serve", "--port", port)
        assert refused.code == 1
        assert f"port {port} of 127.0.0.1 is taken" in refused.err
        assert "AUTOMATIONS_HTTP_PORT" in refused.err
        # `up` has more to do than that: it takes another one, and says so.
        other = make_cli(tmp_path, AUTOMATIONS_HTTP_PORT=port)
        process = other.start("up", "--no-demo")
        assert process.stdout is not None
        line = next(line for line in process.stdout if line.startswith("webhooks"))
        assert f"another port, because {port} is taken; set AUTOMATIONS_HTTP_PORT" in line
        assert end(process) == 0


def test_a_public_address_is_what_is_shown(cli: Cli, orders: str) -> None:
    public = Cli({**cli.environment, "AUTOMATIONS_PUBLIC_URL": "https://hooks.example.com/"}, cli.directory)
    shown = public.ok("webhook", "Orders", "--json").json
    assert shown["url"] == f"https://hooks.example.com/webhooks/{orders.rpartition('/')[2]}"


def test_nothing_that_serves_is_imported_for_help(cli: Cli) -> None:
    from tests.e2e.conftest import PROGRAM

    told = subprocess.run(
        [PROGRAM[0], "-X", "importtime", *PROGRAM[1:], "--help"],
        env=cli.environment,
        cwd=cli.directory,
        capture_output=True,
        text=True,
        check=True,
    )
    assert [name for name in ("uvicorn", "starlette", "asyncpg") if f" {name}\n" in told.stderr] == []


@pytest.mark.full
def test_what_keeps_a_webhook_from_checking_its_callers_is_said(cli: Cli, up: dict[str, Any]) -> None:
    cli.ok("secrets", "set", "HOOK_KEY", given="no webhook secret")
    config = {"auth": {"type": "signature", "secret": "{{ secrets.HOOK_KEY }}"}}
    nodes = [{"id": "hook", "type": "trigger-webhook", "data": {"config": config}}]
    file: dict[str, Any] = {"id": str(uuid.uuid4()), "name": f"Signed {uuid.uuid4()}", "nodes": nodes, "edges": []}
    cli.ok("import", "-", given=json.dumps(file))
    cli.ok("publish", file["id"])
    cli.ok("enable", file["id"])
    assert "the secret HOOK_KEY cannot sign" in cli.ok("webhook", file["id"]).out
    deleted = cli.ok("secrets", "delete", "HOOK_KEY").out
    assert f"still used by {file['name']}" in deleted
    assert "there is no secret HOOK_KEY" in cli.ok("webhook", file["id"]).out
    cli.ok("secrets", "set", "HOOK_KEY", given="whsec_MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3")
    assert "deliveries are taken" in cli.ok("webhook", file["id"]).out

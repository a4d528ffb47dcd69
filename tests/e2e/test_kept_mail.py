"""Mail on a laptop without a mail server: `up` keeps it as files, and a flow that writes mail can be published."""

from __future__ import annotations

import email
import email.policy
import json
import uuid
from pathlib import Path
from typing import Any

import pytest
from tests.e2e.conftest import Cli, end

from automations.cli.up.mail_catcher import beside_up
from automations.settings import Settings

pytestmark = pytest.mark.timeout(240)


def flow() -> str:
    config = {"to": "owner@acme.example", "subject": "Größe", "text": "{{ trigger.input.name }} has replied"}
    nodes = [
        {"id": "start", "type": "trigger-manual", "data": {"config": {}}},
        {"id": "mail", "type": "action-email", "data": {"config": config}},
    ]
    edges = [{"id": "e", "source": "start", "target": "mail"}]
    return json.dumps({"id": str(uuid.uuid4()), "name": "Tell the owner", "nodes": nodes, "edges": edges})


def test_a_flow_that_writes_mail_runs_without_a_mail_server(cli: Cli, up: dict[str, Any]) -> None:
    file = flow()
    automation = json.loads(file)["id"]
    cli.ok("import", "-", given=file)
    cli.ok("publish", automation)
    cli.ok("enable", automation)
    run = cli.ok("run", automation, "--input", '{"name": "Ada"}', "--json").json
    assert run["status"] == "completed"

    (kept,) = Path(up["mail_kept_in"]).iterdir()
    assert kept.parent == Path(cli.environment["AUTOMATIONS_DATA_DIR"]) / "mail"
    assert (kept.stat().st_mode & 0o777, kept.parent.stat().st_mode & 0o777) == (0o600, 0o700)
    mail = email.message_from_bytes(kept.read_bytes(), policy=email.policy.default)
    assert (mail["to"], mail["subject"]) == ("owner@acme.example", "Größe")
    body = mail.get_body(("plain",))
    assert body is not None
    assert body.get_content().strip() == "Ada has replied"


@pytest.mark.full
def test_with_a_mail_server_nothing_is_kept(cli: Cli) -> None:
    beside = Cli(
        {
            **cli.environment,
            "AUTOMATIONS_SMTP_URL": "smtp+plain://127.0.0.1:9",
            "AUTOMATIONS_DATA_DIR": str(cli.directory / "other"),
        },
        cli.directory,
    )
    process = beside.start("up", "--json", "--no-demo")
    assert process.stdout is not None
    said = json.loads(process.stdout.readline())
    assert said["mail_kept_in"] is None
    assert end(process) == 0


def test_programs_beside_it_send_where_it_says(tmp_path: Path) -> None:
    """Not on a database of others, and not where a server is named: those mails are meant."""
    alone = Settings(data_dir=tmp_path)
    assert beside_up(alone) is alone
    (tmp_path / "up.lock").write_text(json.dumps({"pid": 1, "mail": "smtp+plain://127.0.0.1:2525"}))
    server = beside_up(alone).mail_server
    assert server is not None
    assert (server.host, server.port, server.security) == ("127.0.0.1", 2525, "plain")
    assert beside_up(alone).mail_from == "Automations <automations@example.com>"
    assert beside_up(Settings(data_dir=tmp_path, mail_from="a@b.example")).mail_from == "a@b.example"
    named = Settings.model_validate({"data_dir": tmp_path, "smtp_url": "smtps://mail.example.com"})
    assert beside_up(named) is named
    elsewhere = Settings.model_validate({"data_dir": tmp_path, "database_url": "postgresql://db.example/x"})
    assert beside_up(elsewhere) is elsewhere

"""Mail as people set it up: `automations account`, a server in the settings, a flow, and what arrives."""

from __future__ import annotations

import asyncio
import contextlib
import json
import threading
import uuid
from collections.abc import Iterator
from typing import Any

import pytest
from tests.e2e.conftest import Cli, make_cli
from tests.unit.mail.smtp_server import PASSWORD, USER, Mailbox, smtp_server

pytestmark = pytest.mark.timeout(240)


@contextlib.contextmanager
def served(mailbox: Mailbox) -> Iterator[int]:
    """A mail server on a loop of its own, for tests that wait for programs."""
    loop = asyncio.new_event_loop()
    thread = threading.Thread(target=loop.run_forever)
    thread.start()
    server = smtp_server(mailbox, login=True)
    try:
        yield asyncio.run_coroutine_threadsafe(server.__aenter__(), loop).result(20)
        asyncio.run_coroutine_threadsafe(server.__aexit__(None, None, None), loop).result(20)
    finally:
        loop.call_soon_threadsafe(loop.stop)
        thread.join()
        loop.close()


@pytest.fixture(scope="module")
def mailbox() -> Mailbox:
    return Mailbox()


@pytest.fixture(scope="module")
def cli(tmp_path_factory: pytest.TempPathFactory, mailbox: Mailbox) -> Iterator[Cli]:
    with served(mailbox) as port:
        password = PASSWORD.replace("/", "%2F").replace("+", "%2B")
        url = f"smtp+plain://{USER}:{password}@127.0.0.1:{port}"
        yield make_cli(tmp_path_factory.mktemp("mail"), AUTOMATIONS_SMTP_URL=url)


def flow(to: str) -> str:
    config = {"to": to, "subject": "Größe", "html": "<p>{{ trigger.input.name }}</p>"}
    nodes = [
        {"id": "start", "type": "trigger-manual", "data": {"config": {}}},
        {"id": "mail", "type": "action-email", "data": {"config": config}},
    ]
    edges = [{"id": "e", "source": "start", "target": "mail"}]
    return json.dumps({"id": str(uuid.uuid4()), "name": f"Mail {uuid.uuid4()}", "nodes": nodes, "edges": edges})


@pytest.mark.full
def test_from_the_setting_to_the_mailbox(cli: Cli, up: dict[str, Any], mailbox: Mailbox) -> None:
    shown = {row["name"]: (row["value"], row["source"]) for row in cli.ok("account", "show", "--json").json}
    assert shown["mail-server"][1] == shown["mail-user"][1] == "installation"
    assert shown["mail-from"] == (None, "none")
    assert shown["mail-user"] == shown["mail-password-secret"] == (None, "installation")

    file = flow("ada@example.com")
    cli.ok("import", "-", given=file)
    automation = json.loads(file)["id"]
    refused = cli("publish", automation)
    assert (refused.code, "automations account set mail-from" in refused.err) == (1, True)
    said = cli.ok("account", "set", "mail-from", "Shop <hello@shop.example>", "mail-reply-to", "desk@shop.example").out
    assert "hello@shop.example" in said
    assert PASSWORD not in said + cli.ok("account").out
    cli.ok("publish", automation)
    cli.ok("enable", automation)

    run = cli.ok("run", automation, "--input", '{"name": "<b>Ada</b>"}', "--json").json
    assert run["status"] == "completed"
    (got,) = mailbox.received
    assert (got.sender, got.recipients, got.user) == ("hello@shop.example", ["ada@example.com"], USER)
    assert str(got.message["Subject"]) == "Größe"
    html = got.message.get_body(("html",))
    assert html is not None
    assert html.get_content().strip() == "<p>&lt;b&gt;Ada&lt;&#x2f;b&gt;</p>"

    # A test run sends nothing.
    tested = cli.ok("run", automation, "--test", "--input", '{"name": "Ada"}', "--json").json
    assert tested["status"] == "completed"
    assert len(mailbox.received) == 1


@pytest.mark.usefixtures("up")
@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("set", "mail-from"), "each name needs a value"),
        (("set", "mail-form", "a@b"), "Did you mean mail-from?"),
        (("set", "mail-from", "nobody"), "there is no @"),
        (("set", "mail-user", "ada"), "mail server of the account's own"),
        (("set", "mail-password-secret", "NONE", "mail-user", "a"), "automations secrets set NONE"),
        (("unset", "everything"), "there is no setting"),
        (("set", "mail-from", "a@b", "--account", str(uuid.UUID(int=7))), "there is no account"),
    ],
)
def test_what_makes_no_sense_is_answered_with_what_to_do(cli: Cli, arguments: tuple[str, ...], said: str) -> None:
    refused = cli("account", *arguments)
    assert (refused.code, said in refused.err, "Traceback" in refused.err) == (1, True, False), refused


@pytest.mark.parametrize("command", ["worker", "up"])
@pytest.mark.parametrize(
    "wrong",
    [
        {"AUTOMATIONS_SMTP_URL": "smtp://ada:hunter2@mail.example.com:no"},
        {"AUTOMATIONS_SMTP_URL": "mail.example.com/hunter2"},
        {"AUTOMATIONS_MAIL_FROM": "nobody"},
    ],
)
def test_a_setting_that_makes_no_sense_ends_the_start_in_words(
    tmp_path_factory: pytest.TempPathFactory, command: str, wrong: dict[str, str]
) -> None:
    answer = make_cli(tmp_path_factory.mktemp("wrong"), **wrong)(command)
    assert (answer.code, next(iter(wrong)) in answer.err) == (1, True)
    assert "hunter2" not in answer.out + answer.err
    assert "Traceback" not in answer.err

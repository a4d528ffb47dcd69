"""Mail through whole runs: real workers, a real database, real mail servers."""

from __future__ import annotations

import asyncio
import json
import uuid
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
from tests.conftest import Factory
from tests.engine import world as of_world
from tests.engine.drawing import Json, draw, edge, line, node, set_variables
from tests.engine.mailing import BOX, mailing
from tests.engine.probe_nodes import Probes
from tests.engine.world import NoHttp, Workers, World, step_runner
from tests.unit.mail.smtp_server import (
    PASSWORD,
    USER,
    Certificate,
    Mailbox,
    make_certificate,
    scripted_server,
    smtp_server,
)

from automations.db.account_settings_store import AccountSettings, AccountSettingsStore
from automations.db.secret_store import SecretStore
from automations.engine.flow_versions import load_flow
from automations.engine.outside import Outside
from automations.engine.test_run import TestStart, run_test
from automations.flow.mail_server import MailServer
from automations.services.account_settings import set_settings
from automations.services.mailing import Mailing
from automations.services.secrets import set_secret

RETRY = {"attempts": 3, "delay_seconds": 0.05, "backoff": "fixed", "jitter": False}
CONFIG: Json = {
    "to": ["{{ trigger.new.name }} <{{ trigger.new.email }}>"],
    "subject": "Welcome, {{ trigger.new.name }}",
    "html": "<p>Hello {{ trigger.new.name }}</p>",
}

Use = Callable[[Mailing], None]


@pytest.fixture(scope="session")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Certificate:
    return make_certificate(tmp_path_factory.mktemp("certificate"))


@pytest.fixture
def use(monkeypatch: pytest.MonkeyPatch) -> Use:
    """Workers that are started from now on send by this."""

    def put_in(mailer: Mailing) -> None:
        monkeypatch.setattr(of_world, "step_runner", lambda: step_runner(Outside(http=NoHttp(), mailer=mailer)))

    return put_in


def mail(config: Json = CONFIG, **data: Any) -> Json:
    return node("mail", "action-email", config, **{"retry": RETRY, **data})


async def ada(world: World, **columns: Any) -> Any:
    """The run about a lead with an address."""
    return await world.ended(await world.lead(**{"name": "Ada & Co", "email": "ada@example.com", **columns}))


async def put(world: World, account: uuid.UUID, **settings: Any) -> None:
    await AccountSettingsStore(world.db).put(AccountSettings(account, **settings))


async def test_a_mail_arrives_once_and_is_on_record(
    world: World, workers: Workers, use: Use, database_url: str
) -> None:
    mailbox = Mailbox()
    await put(world, world.account, mail_reply_to="desk@shop.example")
    await world.automation(line(mail()))
    async with smtp_server(mailbox) as port:
        use(mailing(database_url, port))
        await workers.start()
        run = await ada(world)
    assert run["status"] == "completed"
    (got,) = mailbox.received
    key = run["nodes_executed"][1]["output"]["message_id"]
    assert (got.sender, got.recipients) == ("all@installation.example", ["ada@example.com"])
    assert {name: str(got.message[name]) for name in ("From", "To", "Reply-To", "Subject", "Message-ID")} == {
        "From": "Everybody <all@installation.example>",
        "To": "Ada & Co <ada@example.com>",
        "Reply-To": "desk@shop.example",
        "Subject": "Welcome, Ada & Co",
        "Message-ID": f"<{key}>",
    }
    html = got.message.get_body(("html",))
    assert html is not None
    assert html.get_content().strip() == "<p>Hello Ada &amp; Co</p>"
    entry = run["nodes_executed"][1]
    assert entry["output"] == {"message_id": key, "accepted": ["ada@example.com"], "refused": {}}
    assert key.startswith(str(run["id"]))


async def test_a_refusal_for_now_is_tried_again_with_the_same_message_id(
    world: World, workers: Workers, use: Use, database_url: str
) -> None:
    mailbox = Mailbox(data=["451 4.3.0 later"])
    await world.automation(line(mail()))
    async with smtp_server(mailbox) as port:
        use(mailing(database_url, port))
        await workers.start()
        run = await ada(world)
    assert (run["status"], run["nodes_executed"][1]["attempt"]) == ("completed", 2)
    assert len({got.message["Message-ID"] for got in mailbox.received}) == 1
    assert len(mailbox.received) == 2


async def test_a_refusal_for_good_is_not_and_goes_through_the_error_handle(
    world: World, workers: Workers, use: Use, database_url: str
) -> None:
    mailbox = Mailbox(rcpt={"ada@example.com": "550 5.1.1 no such user"})
    await world.automation(
        draw(
            [mail(), set_variables("rescue", {"why": "{{ steps.mail.error }}"})],
            [edge("trigger", "mail"), edge("mail", "rescue", "error")],
        )
    )
    async with smtp_server(mailbox) as port:
        use(mailing(database_url, port))
        await workers.start()
        run = await ada(world)
    assert run["status"] == "completed"
    assert "550 5.1.1 no such user" in run["variables"]["why"]
    assert (mailbox.connections, run["nodes_executed"][1]["attempt"]) == (1, 1)


async def test_a_lead_without_an_address_and_one_with_a_line_break(
    world: World, workers: Workers, use: Use, database_url: str
) -> None:
    mailbox = Mailbox()
    await world.automation(line(mail({**CONFIG, "to": "{{ trigger.new.email }}"})))
    async with smtp_server(mailbox) as port:
        use(mailing(database_url, port))
        await workers.start()
        nobody = await ada(world, email=None)
        injected = await ada(world, name="Ada\r\nBcc: eve@evil.com")
    assert "`to` came out empty" in nobody["error"]
    assert "line break" in injected["error"]
    assert mailbox.received == []


async def test_the_server_and_sender_of_one_account_are_never_anothers(
    world: World, workers: Workers, use: Use, database_url: str, certificate: Certificate
) -> None:
    own, everybodys = Mailbox(), Mailbox()
    other = uuid.uuid4()
    other_agent = await world.make.agent(other)
    await world.automation(line(mail()))
    await world.automation(line(mail()), account=other, agent=other_agent)
    async with (
        smtp_server(own, security="starttls", certificate=certificate, login=True) as own_port,
        smtp_server(everybodys, login=True) as port,
    ):
        installation = MailServer("127.0.0.1", port, "plain", USER, PASSWORD)
        use(mailing(database_url, server=installation, allowed=[f"127.0.0.1:{own_port}"], tls=certificate.trusted))
        store, secrets = AccountSettingsStore(world.db), SecretStore(world.db)
        await set_secret(secrets, BOX, world.account, "SMTP_PASSWORD", PASSWORD)
        given = {
            "mail-from": "Shop <hello@shop.example>",
            "mail-server": f"smtp://127.0.0.1:{own_port}",
            "mail-user": USER,
            "mail-password-secret": "SMTP_PASSWORD",
        }
        await set_settings(store, secrets, world.account, given)
        await workers.start()
        first = await ada(world)
        second = await ada(world, account=other)
        # The secret is gone: not the installation's login instead, nor its server.
        await secrets.delete(world.account, "SMTP_PASSWORD")
        third = await ada(world)
    assert [run["status"] for run in (first, second, third)] == ["completed", "completed", "failed"]
    assert "there is no secret SMTP_PASSWORD" in third["error"]
    assert [(got.sender, got.user, got.encrypted) for got in own.received] == [("hello@shop.example", USER, True)]
    assert [(got.sender, got.user) for got in everybodys.received] == [("all@installation.example", USER)]
    assert str(own.received[0].message["From"]) == "Shop <hello@shop.example>"


async def test_an_accounts_server_inside_of_the_network_is_refused(
    world: World, workers: Workers, use: Use, database_url: str
) -> None:
    inside, everybodys = Mailbox(), Mailbox()
    await world.automation(line(mail()))
    async with smtp_server(inside) as inside_port, smtp_server(everybodys) as port:
        await put(world, world.account, mail_server=f"smtp+plain://127.0.0.1:{inside_port}", mail_from="a@shop.example")
        use(mailing(database_url, port))
        await workers.start()
        run = await ada(world)
    assert run["status"] == "failed"
    assert "not on the public internet" in run["error"]
    assert (inside.connections, everybodys.connections) == (0, 0)


async def test_without_a_server_or_a_sender_the_step_says_what_to_set(
    world: World, workers: Workers, use: Use, database_url: str
) -> None:
    await world.automation(line(mail()))
    without = mailing(database_url)
    use(without)
    await workers.start()
    assert "automations account set mail-server" in (await ada(world))["error"]
    await workers.stop_all()
    use(replace(mailing(database_url, 1), sender=None))
    await workers.start()
    assert "automations account set mail-from" in (await ada(world))["error"]


async def test_after_the_database_was_away_the_settings_are_read_again(
    world: World, workers: Workers, use: Use, database_url: str
) -> None:
    mailbox = Mailbox()
    await world.automation(line(mail()))
    async with smtp_server(mailbox) as port:
        use(mailing(database_url, port))
        await workers.start()
        await ada(world)
        cut = "select count(pg_terminate_backend(pid)) from pg_stat_activity where application_name = $1"
        assert await world.db.fetchval(cut, "automations test: settings") == 1
        run = await ada(world)
    assert (run["status"], len(mailbox.received)) == ("completed", 2)


SEARCH = """
create or replace function pg_temp.found(p_text text) returns setof text language plpgsql as $$
declare v_table text; v_count bigint;
begin
  for v_table in select format('%I.%I', schemaname, tablename) from pg_tables
    where schemaname not in ('pg_catalog', 'information_schema') loop
    execute format('select count(*) from %s t where position(%L in t::text) > 0', v_table, p_text) into v_count;
    if v_count > 0 then return next v_table; end if;
  end loop;
end $$;
"""


@pytest.mark.parametrize("whose", ["account", "installation"])
async def test_a_password_that_the_server_repeats_is_found_nowhere(
    world: World,
    workers: Workers,
    use: Use,
    database_url: str,
    certificate: Certificate,
    whose: str,
    capfd: pytest.CaptureFixture[str],
    caplog: pytest.LogCaptureFixture,
) -> None:
    heard: list[str] = []

    async def repeat(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"220 mail.test\r\n")
        while said := (await reader.readline()).decode().strip():
            heard.append(said)
            greeted = said.startswith("EHLO")
            answer = "250-mail.test\r\n250 AUTH PLAIN" if greeted else f"535 not {PASSWORD}, I heard {said} from you"
            writer.write(f"{answer}\r\n".encode())
            await writer.drain()

    await world.automation(line(mail()))
    async with scripted_server(repeat, certificate.serving) as port:
        installation = MailServer("127.0.0.1", port, "tls", USER, PASSWORD)
        if whose == "account":
            await set_secret(SecretStore(world.db), BOX, world.account, "SMTP_PASSWORD", PASSWORD)
            await put(
                world,
                world.account,
                mail_from="a@shop.example",
                mail_server=f"smtps://127.0.0.1:{port}",
                mail_user=USER,
                mail_password_secret="SMTP_PASSWORD",
            )
        use(
            mailing(
                database_url,
                server=None if whose == "account" else installation,
                allowed=[f"127.0.0.1:{port}"],
                tls=certificate.trusted,
            )
        )
        await workers.start()
        run = await ada(world)
        await workers.stop_all()
    (login,) = [said.split()[-1] for said in heard if said.startswith("AUTH PLAIN")]
    assert "refuses the login: 535 not •••, I heard AUTH PLAIN" in run["error"]
    assert PASSWORD not in json.dumps([dict(entry) for entry in run["nodes_executed"]])
    await world.db.execute(SEARCH)
    out, err = capfd.readouterr()
    for form in (PASSWORD, login, login[4:-4]):
        assert await world.db.fetch("select * from pg_temp.found($1)", form) == [], form
        assert form not in out + err + caplog.text


async def know(world: World, user: uuid.UUID, name: str | None, email: str | None) -> None:
    await world.db.execute(
        "insert into automations.profiles (user_id, name, email) values ($1, $2, $3)", user, name, email
    )


async def test_the_owner_of_a_lead_is_written_to_by_id(
    world: World, workers: Workers, use: Use, make: Factory, database_url: str
) -> None:
    owner, viewer = await make.team_member(world.account, "member"), await make.team_member(world.account, "viewer")
    await know(world, owner, 'Olivia, "the" <owner>', "olivia@shop.example")
    await know(world, viewer, None, "vic@shop.example")
    await know(world, world.account, "Boss", "boss@shop.example")
    config = {
        **CONFIG,
        "to": "{{ trigger.new.owner_id }}, {{ trigger.new.email }}",
        "cc": [str(viewer)],
        "reply_to": str(world.account),
    }
    mailbox = Mailbox()
    await world.automation(line(mail(config)))
    async with smtp_server(mailbox) as port:
        use(mailing(database_url, port))
        await workers.start()
        run = await ada(world, owner_id=owner)
    assert run["status"] == "completed", run["error"]
    (got,) = mailbox.received
    assert got.recipients == ["olivia@shop.example", "ada@example.com", "vic@shop.example"]
    assert {name: str(got.message[name]) for name in ("To", "Cc", "Reply-To")} == {
        "To": "Olivia the owner <olivia@shop.example>, ada@example.com",
        "Cc": "vic@shop.example",
        "Reply-To": "Boss <boss@shop.example>",
    }


@pytest.mark.parametrize("whose", ["nobody's", "a stranger's", "one of the team without an address"])
async def test_who_does_not_belong_to_the_account_is_not_written_to(
    world: World, workers: Workers, use: Use, make: Factory, database_url: str, whose: str
) -> None:
    person = uuid.uuid4()
    if whose == "a stranger's":
        await know(world, person, "Eve", "eve@elsewhere.example")
    elif whose == "one of the team without an address":
        person = await make.team_member(world.account, "member")
        await know(world, person, "Olivia", None)
    mailbox = Mailbox()
    await world.automation(line(mail({**CONFIG, "to": "{{ trigger.new.owner_id }}"})))
    async with smtp_server(mailbox) as port:
        use(mailing(database_url, port))
        await workers.start()
        run = await ada(world, owner_id=person)
    assert (run["status"], mailbox.received) == ("failed", [])
    assert f"there is no mail address of {person}" in run["error"]
    assert run["nodes_executed"][1]["attempt"] == 1


@pytest.mark.parametrize(
    ("config", "lead", "said"),
    [
        ({"to": "{{ trigger.new.owner_id }}"}, {"owner_id": None}, "there is nobody to send to"),
        ({"to": "{{ trigger.new.owner_id }}"}, {"owner_id": uuid.uuid4()}, "there is no mail address of"),
        ({"to": "{{ trigger.new.name }}"}, {}, "'Ada' is not a mail address"),
        ({"text": "{{ trigger.new.stage }}", "html": None}, {"stage": " "}, "the mail is empty"),
    ],
)
async def test_a_test_fails_where_the_step_would_and_sends_nothing(
    world: World, use: Use, database_url: str, config: Json, lead: dict[str, Any], said: str
) -> None:
    mailbox = Mailbox()
    async with smtp_server(mailbox) as port:
        run = await tried(world, database_url, mailing(database_url, port), {**CONFIG, **config}, lead)
    assert (run["status"], mailbox.received) == ("failed", [])
    assert said in run["error"]


async def test_a_test_says_who_would_get_the_mail_and_sends_nothing(world: World, use: Use, database_url: str) -> None:
    await know(world, world.account, "Boss", "boss@shop.example")
    config = {**CONFIG, "to": "{{ trigger.new.owner_id }}", "cc": ["{{ trigger.new.email }}"]}
    mailbox = Mailbox()
    for server in ("with a mail server", "without one"):
        async with smtp_server(mailbox) as port:
            mailer = mailing(database_url, port if server == "with a mail server" else None)
            run = await tried(world, database_url, mailer, config, {"owner_id": world.account})
        assert (run["status"], mailbox.received) == ("completed", []), run["error"]
        entry = run["nodes_executed"][1]
        assert entry["sample"] is True
        assert entry["input"]["to"] == str(world.account)
        assert entry["output"]["accepted"] == ["boss@shop.example", "ada@example.com"]


async def tried(world: World, dsn: str, mailer: Mailing, config: Json, lead: dict[str, Any]) -> Any:
    """The record of a test of one mail about a lead."""
    drawing = line(mail(config))
    automation = await world.automation(drawing)
    new = {"name": "Ada", "email": "ada@example.com", **{name: value and str(value) for name, value in lead.items()}}
    trigger: dict[str, Any] = {"event": "INSERT", "table": "leads", "old": None, "new": new}
    loaded = load_flow(None, drawing.nodes, drawing.edges, Probes().registry)
    steps = step_runner(Outside(http=NoHttp(), mailer=mailer))
    return await world.run(await run_test(dsn, loaded, TestStart(automation, world.account, "event", trigger), steps))

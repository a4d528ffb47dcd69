"""Each template as a person uses it: `new`, `publish`, its trigger, its run, and what arrived on the other side."""

from __future__ import annotations

import base64
import json
import uuid
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from standardwebhooks import Webhook
from tests.e2e.conftest import Cli, end, make_cli, until
from tests.e2e.outside_world import OutsideWorld, outside_world

pytestmark = pytest.mark.timeout(240)

ACCOUNT, AGENT = uuid.uuid4(), uuid.uuid4()
ADA, BOB = (str(uuid.UUID(int=n + 1)) for n in range(2))
SECRET = "whsec_" + base64.b64encode(b"known to both, 24 bytes.").decode()
TEMPLATES = [
    "ai-triage",
    "nurture-until-reply",
    "speed-to-lead",
    "stage-changed",
    "stale-lead-rescue",
    "sync-out",
    "unanswered-conversation",
    "weekly-digest",
]


@pytest.fixture(scope="module")
def world() -> Iterator[OutsideWorld]:
    with outside_world() as made:
        yield made


@pytest.fixture(scope="module")
def cli(tmp_path_factory: pytest.TempPathFactory, world: OutsideWorld) -> Iterator[Cli]:
    made = make_cli(tmp_path_factory.mktemp("templates"), **world.settings, AUTOMATIONS_HTTP_PORT="0")
    process = made.start("up", "--no-demo", "--json")
    assert process.stdout is not None
    assert process.stdout.readline()
    try:
        made.ok("sql", "-qc", f"insert into agents (id, user_id, name) values ('{AGENT}', '{ACCOUNT}', 'Main')")
        made.ok("secrets", "set", "CRM_WEBHOOK", given=SECRET)
        yield made
    finally:
        assert end(process) == 0


def sql(cli: Cli, statement: str) -> Any:
    """Rows as JSON."""
    wrapped = f"with r as ({statement}) select coalesce(json_agg(to_json(r)), '[]') from r"
    return json.loads(cli.ok("sql", "-qAtc", wrapped).out)


def made(cli: Cli, template: str, **parameters: str) -> str:
    """The id of an automation that is live."""
    given = [word for name, value in parameters.items() for word in ("--set", f"{name}={value}")]
    name = f"{template} {uuid.uuid4()}"
    new = cli.ok("new", "--template", template, "--name", name, *given, "--json").json
    assert new["problems"] == []
    cli.ok("validate", new["id"])
    cli.ok("publish", new["id"])
    cli.ok("enable", new["id"])
    return str(new["id"])


def new_lead(cli: Cli, **columns: str) -> str:
    names = ", ".join(("user_id", *columns))
    values = ", ".join(f"'{value}'" for value in (ACCOUNT, *columns.values()))
    return str(sql(cli, f"insert into leads ({names}) values ({values}) returning id")[0]["id"])


def lead(cli: Cli, lead_id: str) -> Any:
    return sql(cli, f"select * from leads where id = '{lead_id}'")[0]


def run_of(cli: Cli, automation: str, status: str = "completed") -> Any:
    """Its only run, once it has ended so."""

    def ended() -> Any:
        runs = cli.ok("runs", "--automation", automation, "--json").json
        return runs if len(runs) == 1 and runs[0]["status"] in ("completed", "failed", "cancelled") else None

    (run,) = until(ended)
    shown = cli.ok("show", run["id"], "--json").json
    assert (run["status"], shown["error"]) == (status, None)
    cli.ok("disable", automation)
    return shown


def steps_of(shown: Any) -> dict[str, str]:
    return {step["node_id"]: step["status"] for step in shown["steps"]}


def fire_in(cli: Cli, automation: str, seconds: float) -> None:
    """Its schedule is at one date, soon: who waits for Monday?"""
    due = (datetime.now(UTC) + timedelta(seconds=seconds)).isoformat()
    config = json.dumps({"kind": "dates", "dates": [due], "timezone": "UTC"})
    cli.ok("sql", "-qc", f"update automations set trigger_config = '{config}' where id = '{automation}'")


@pytest.mark.full
def test_the_list_and_what_one_needs(cli: Cli) -> None:
    assert [row["key"] for row in cli.ok("templates", "--json").json] == TEMPLATES
    shown = cli.ok("templates", "speed-to-lead").out
    assert "automations new --template speed-to-lead --set members=" in shown
    assert "A mail server" in shown
    for arguments, said in (
        (("--template", "sped-to-lead"), "'speed-to-lead' is one"),
        (("--template", "speed-to-lead"), "has to know: members"),
        (("--template", "weekly-digest", "--set", "emial=a@b.c"), "has no parameter emial"),
        (("--template", "weekly-digest", "--set", "email"), "is not NAME=VALUE"),
        (("--template", "nope.json"), "cannot be read"),
        (("--template", "speed-to-lead", "--set", "members=ada", "--set", "manager_email=a@b.example"), "user ids"),
    ):
        refused = cli("new", *arguments)
        assert (refused.code, said in refused.err, "Traceback" in refused.err) == (1, True, False), refused


def test_speed_to_lead(cli: Cli, world: OutsideWorld) -> None:
    automation = made(
        cli,
        "speed-to-lead",
        members=f"{ADA},{BOB}",
        manager_email="boss@acme.example",
        wait="2",
        unit="seconds",
    )
    silent = new_lead(cli, name="Grace", email="grace@example.com")
    shown = run_of(cli, automation)
    assert steps_of(shown)["escalate"] == "completed"
    assert lead(cli, silent)["owner_id"] == ADA
    (message,) = sql(cli, f"select body, status from messages where lead_id = '{silent}'")
    assert message == {"body": "Hello Grace, thank you for getting in touch. How can we help?", "status": "queued"}
    (mail,) = world.mails_to("boss@acme.example")
    assert mail["subject"] == "No answer yet: Grace"
    assert mail["from"] == "Acme <hello@acme.example>"


@pytest.mark.full
def test_stage_changed(cli: Cli, world: OutsideWorld) -> None:
    automation = made(cli, "stage-changed", email="sales@acme.example")
    changed = new_lead(cli, name="<b>Ada</b>", stage="new")
    cli.ok("sql", "-qc", f"update leads set score = 3 where id = '{changed}'")
    cli.ok("sql", "-qc", f"update leads set stage = 'qualified' where id = '{changed}'")
    run_of(cli, automation)
    assert lead(cli, changed)["tags"] == ["qualified"]
    (mail,) = world.mails_to("sales@acme.example")
    html = mail.get_body(("html",))
    assert html is not None
    assert "&lt;b&gt;Ada&lt;&#x2f;b&gt; went from new to <b>qualified</b>" in html.get_content()


@pytest.mark.full
def test_nurture_until_reply(cli: Cli) -> None:
    automation = made(cli, "nurture-until-reply", unit="seconds")
    answers = new_lead(cli, name="Ada", stage="new")
    cli.ok("sql", "-qc", f"update leads set stage = 'nurture' where id = '{answers}'")
    until(lambda: sql(cli, f"select 1 from messages where lead_id = '{answers}'"))
    cli.ok(
        "sql",
        "-qc",
        "insert into messages (conversation_id, lead_id, direction, body) "
        f"select id, lead_id, 'inbound', 'yes' from conversations where lead_id = '{answers}'",
    )
    shown = run_of(cli, automation)
    assert lead(cli, answers)["stage"] == "replied"
    assert shown["output"]["answered_after"] >= 1
    bodies = sql(cli, f"select body from messages where lead_id = '{answers}' and direction = 'outbound'")
    assert bodies[0]["body"] == "Hello Ada, shall we talk this week?"
    assert len(bodies) < 5


@pytest.mark.full
def test_nurture_until_the_end(cli: Cli) -> None:
    automation = made(cli, "nurture-until-reply", unit="seconds")
    silent = new_lead(cli, name="Grace", stage="new")
    cli.ok("sql", "-qc", f"update leads set stage = 'nurture' where id = '{silent}'")
    run_of(cli, automation)
    assert lead(cli, silent)["stage"] == "cold"
    assert len(sql(cli, f"select 1 from messages where lead_id = '{silent}'")) == 5


@pytest.mark.full
def test_stale_lead_rescue(cli: Cli, world: OutsideWorld) -> None:
    ages = {"fresh": 1, "week": 7.5, "reminded": 9, "old": 12}
    leads = {
        name: new_lead(
            cli, name=name, stage="contacted", updated_at=(datetime.now(UTC) - timedelta(days=days)).isoformat()
        )
        for name, days in ages.items()
    }
    automation = made(cli, "stale-lead-rescue", members=f"{ADA},{BOB}", email="stale@acme.example")
    fire_in(cli, automation, 2)
    print(run_of(cli, automation))
    assert [mail["subject"] for mail in world.mails_to("stale@acme.example")] == ["Nothing happened for a week: week"]
    rows = {name: lead(cli, one) for name, one in leads.items()}
    assert {name: (row["owner_id"], row["tags"]) for name, row in rows.items()} == {
        "fresh": (None, []),
        "week": (None, []),
        "reminded": (None, []),
        "old": (ADA, ["rescued"]),
    }


@pytest.mark.full
def test_unanswered_conversation(cli: Cli, world: OutsideWorld) -> None:
    automation = made(
        cli,
        "unanswered-conversation",
        members=f"{ADA},{BOB}",
        manager_email="sla@acme.example",
        first="1",
        second="1",
        unit="seconds",
    )
    waiting = new_lead(cli, name="Ada")
    cli.ok(
        "sql", "-qc", f"insert into conversations (agent_id, lead_id, channel) values ('{AGENT}', '{waiting}', 'chat')"
    )
    run_of(cli, automation)
    assert lead(cli, waiting)["owner_id"] == ADA
    assert [mail["subject"] for mail in world.mails_to("sla@acme.example")] == ["Nobody has answered a conversation"]


@pytest.mark.full
def test_ai_triage(cli: Cli, world: OutsideWorld) -> None:
    automation = made(cli, "ai-triage")
    leads = {}
    for name, body in (
        ("wants", "Please send me an offer for 20 seats."),
        ("broken", "The export fails."),
        ("unclear", "hmm"),
    ):
        leads[name] = new_lead(cli, name=name)
        cli.ok(
            "sql",
            "-qc",
            "with c as (insert into conversations (agent_id, lead_id, channel) "
            f"values ('{AGENT}', '{leads[name]}', 'chat') returning id) "
            f"insert into messages (conversation_id, direction, body) select id, 'inbound', '{body}' from c",
        )

    def all_done() -> bool:
        runs = cli.ok("runs", "--automation", automation, "--json").json
        return [run["status"] for run in runs] == ["completed"] * 3

    until(all_done)
    cli.ok("disable", automation)
    tags = {name: lead(cli, one)["tags"] for name, one in leads.items()}
    assert tags == {"wants": ["sales"], "broken": ["support"], "unclear": []}
    (row,) = sql(cli, f"select status from conversations where lead_id = '{leads['unclear']}'")
    assert row["status"] == "needs_person"
    assert {asked["model"] for asked in world.asked} == {"small"}
    assert "Please send me an offer for 20 seats." in json.dumps(world.asked)
    (usage,) = cli.ok("ai", "usage", "--json").json
    assert (usage["calls"], usage["input_tokens"], usage["output_tokens"]) == (3, 120, 27)


@pytest.mark.full
def test_weekly_digest(cli: Cli, world: OutsideWorld) -> None:
    new_lead(cli, name="of the week", stage="<qualified>", score="80")
    new_lead(cli, name="of last month", stage="forgotten", created_at="2026-01-01T00:00:00Z")
    automation = made(cli, "weekly-digest", email="team@acme.example, boss2@acme.example")
    fire_in(cli, automation, 2)
    run_of(cli, automation)
    (mail,) = world.mails_to("team@acme.example")
    assert "new leads in the week to" in str(mail["subject"])
    html = mail.get_body(("html",))
    assert html is not None
    table = html.get_content()
    assert "<td>&lt;qualified&gt;</td><td>1</td><td>80" in table
    assert "forgotten" not in table


@pytest.mark.full
def test_sync_out(cli: Cli, world: OutsideWorld) -> None:
    automation = made(cli, "sync-out", url=f"http://127.0.0.1:{world.http_port}/hooks/leads", email="ops@acme.example")
    # The receiver is away for a moment: the same delivery comes again.
    world.statuses[:] = [503]
    synced = new_lead(cli, name="Ada")

    def twice() -> bool:
        return len(world.webhooks) == 2

    until(twice)
    checked = [Webhook(SECRET).verify(body, headers) for headers, body in world.webhooks]
    assert [one["type"] for one in checked] == ["lead.insert"] * 2
    assert checked[0]["data"]["id"] == synced
    assert len({headers["webhook-id"] for headers, _ in world.webhooks}) == 1
    # For good: somebody is told.
    world.statuses[:] = [400]
    refused = new_lead(cli, name="Grace")
    until(lambda: world.mails_to("ops@acme.example"))
    cli.ok("disable", automation)
    (mail,) = world.mails_to("ops@acme.example")
    assert refused in str(mail.get_body(("plain",)) and mail.get_body(("plain",)).get_content())  # type: ignore[union-attr]

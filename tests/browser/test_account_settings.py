"""An account: its settings, changed by its owner and read by everybody else, and what its people are called."""

from __future__ import annotations

import re
from typing import Any

import pytest
from playwright.sync_api import expect
from tests.browser import axe
from tests.browser.conftest import Newcomers
from tests.browser.flows import edge, fails, node
from tests.browser.person import Person
from tests.browser.server import Server

pytestmark = pytest.mark.full


def test_an_owner_changes_settings_and_a_viewer_reads_them(
    running_server: Server, somebody: Newcomers, person: Person
) -> None:
    account = person.account
    made = account.live("Sort and tell", *sorts_and_tells("desk@shop.example"))
    person.follows("Settings")
    person.sees("The installation’s holds: Acme <hello@acme.example>")
    mail = person.page.get_by_role("region", name="Mail")
    # What cannot be is said at its field, and what was typed stays.
    person.fills("Sender", "shop")
    with person.expecting(422):
        person.clicks("Save", mail)
        expect(person.field("Sender")).to_have_accessible_description(re.compile("there is no @ in it"))
    expect(person.field("Sender")).to_have_value("shop")
    person.fills("Sender", "Shop <hello@shop.example>")
    person.clicks("Save", mail)
    person.sees("Saved")
    account.ended(account.post(f"/automations/{made}/executions", {})["id"])
    assert [one["from"] for one in person.server.world.mails_to("desk@shop.example")] == ["Shop <hello@shop.example>"]
    # What the run has used, against a limit that is smaller.
    person.page.reload()
    person.sees("49 of 1,000,000 tokens")
    person.sees("49 tokens in 1 call")
    model = person.page.get_by_role("region", name="Language model", exact=True)
    person.fills("Tokens a day", "1,000")
    person.clicks("Save", model)
    person.sees("49 of 1,000 tokens")
    person.fills("Tokens a day", "20")
    person.clicks("Save", model)
    person.sees("The day is used up")
    assert account.ended(account.post(f"/automations/{made}/executions", {})["id"])["status"] == "failed"
    assert axe.findings(person.page) == []

    viewer = somebody(running_server.account())
    viewer.account.post("/invitations/accept", {"code": account.post("/invitations", {"role": "viewer"})["code"]})
    viewer.signs_in()
    viewer.page.get_by_role("button", name="Switch account").click()
    viewer.page.get_by_role("menuitem", name="viewer").click()
    viewer.follows("Settings")
    viewer.sees("Owners and admins of this account change its settings")
    expect(viewer.field("Sender")).to_have_value("Shop <hello@shop.example>")
    expect(viewer.field("Sender")).not_to_be_editable()
    expect(viewer.button("Save", viewer.page.get_by_role("region", name="Mail"))).to_have_count(0)
    viewer.sees("49 of 20 tokens")


def test_people_are_called_by_name_where_the_database_knows_them(running_server: Server, person: Person) -> None:
    ada, bob = person.account, running_server.account()
    bob.post("/invitations/accept", {"code": ada.post("/invitations", {"role": "member"})["code"]})
    made = ada.live("Copy the score", *fails())
    lead = ada.lead("Grace Hopper")
    bob.patch(f"/leads/{lead}", {"score": 7})
    ada.ended(bob.post(f"/automations/{made}/executions", {"input": {}, "lead_id": lead})["id"])
    person.follows("Team")
    person.sees("Nobody here has said yet what they are called")
    person.sees(bob.user[:8])
    # What she says herself, and the beginning of a mistake.
    person.follows("Settings")
    you = person.page.get_by_role("region", name="You", exact=True)
    person.fills("Your name", "Ada", you)
    person.fills("Your mail address", "ada", you)
    with person.expecting(422):
        person.clicks("Save", you)
        person.sees("there is no @ in it")
    person.fills("Your mail address", "ada@home.example", you)
    person.clicks("Save", you)
    person.sees("Saved")
    person.follows("Team")
    team = person.page.get_by_role("main")
    expect(team.get_by_role("row", name="Ada ada@home.example You Owner")).to_be_visible()
    # As a database of Supabase has it.
    running_server.sql(
        "create table if not exists auth.users (id uuid primary key, email text, raw_user_meta_data jsonb);"
        f"insert into auth.users values ('{ada.user}', 'ada@acme.example', '{{\"full_name\": \"Ada Lovelace\"}}'),"
        f" ('{bob.user}', 'bob@acme.example', null)"
    )
    person.page.reload()
    expect(team.get_by_role("row", name="Ada Lovelace ada@acme.example You Owner")).to_be_visible()
    expect(team.get_by_role("combobox", name="Role of bob@acme.example")).to_have_value("Member")
    expect(person.page.get_by_role("button", name="Ada Lovelace Your account")).to_be_visible()
    assert axe.findings(person.page) == []
    person.goes_to("runs")
    expect(person.page.get_by_role("row", name="Copy the score")).to_contain_text("bob@acme.example")
    person.goes_to(f"leads/{lead}")
    expect(person.page.get_by_role("region", name="Timeline")).to_contain_text("bob@acme.example")


def sorts_and_tells(address: str) -> tuple[list[Any], list[Any]]:
    """By hand: asks the model, and sends a mail."""
    nodes = [
        node("start", "trigger-manual", "By hand"),
        node("sort", "ai-classify", "Sort", text="How much is it?", labels=[{"name": "sales"}, {"name": "support"}]),
        node("tell", "action-email", "Tell", to=address, subject="One for {{ steps.sort.label }}", text="Have a look."),
    ]
    return nodes, [edge("start", "sort"), edge("sort", "tell", "support")]

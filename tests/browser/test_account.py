"""The settings of an account: changed by its owner, with what comes of it; read by everybody else."""

from __future__ import annotations

import re
from typing import Any

import pytest
from playwright.sync_api import expect
from tests.browser import axe
from tests.browser.conftest import Newcomers
from tests.browser.flows import edge, node
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
    expect(viewer.button("Save")).to_have_count(0)
    viewer.sees("49 of 20 tokens")


def sorts_and_tells(address: str) -> tuple[list[Any], list[Any]]:
    """By hand: asks the model, and sends a mail."""
    nodes = [
        node("start", "trigger-manual", "By hand"),
        node("sort", "ai-classify", "Sort", text="How much is it?", labels=[{"name": "sales"}, {"name": "support"}]),
        node("tell", "action-email", "Tell", to=address, subject="One for {{ steps.sort.label }}", text="Have a look."),
    ]
    return nodes, [edge("start", "sort"), edge("sort", "tell", "support")]

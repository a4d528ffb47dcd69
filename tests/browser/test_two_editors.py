"""Two people at one draft: nobody overwrites anybody without having seen what they would overwrite."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

import pytest
from playwright.sync_api import expect
from tests.browser import axe
from tests.browser.conftest import Newcomers
from tests.browser.drawing import Canvas
from tests.browser.flows import greets
from tests.browser.person import Person
from tests.browser.server import Account, Server
from tests.e2e.conftest import until

pytestmark = [pytest.mark.full, pytest.mark.timeout(240)]

OURS = ["A lead comes", "Greeting", "Qualify"]
THEIRS_IS_HERE = "Somebody else has changed this automation: you see theirs now."


@dataclass(frozen=True)
class Draft:
    """As the API has it."""

    account: Account
    id: str

    def shown(self) -> dict[str, Any]:
        found: dict[str, Any] = self.account.get(f"/automations/{self.id}")
        return found

    def names(self) -> list[str]:
        return [node["data"]["label"] for node in self.shown()["nodes"]]

    def published(self) -> list[str]:
        number = self.shown()["published_number"]
        return [one["data"]["label"] for one in self.account.get(f"/automations/{self.id}/versions/{number}")["nodes"]]


@pytest.fixture
def draft(account: Account) -> Draft:
    return Draft(account, account.draft("Welcome", *greets()))


@pytest.fixture
def ada(somebody: Newcomers, draft: Draft) -> Person:
    """Whose account it is."""
    one = somebody(draft.account)
    one.signs_in()
    return at(draft, one)


@pytest.fixture
def bob(running_server: Server, somebody: Newcomers, draft: Draft) -> Person:
    """A member of it."""
    code = draft.account.post("/invitations", {"role": "member"})["code"]
    one = somebody(running_server.account())
    one.signs_in()
    one.goes_to(f"join#code={code}")
    one.clicks("Join the team")
    one.sees("Welcome")
    return at(draft, one)


def at(draft: Draft, one: Person) -> Person:
    one.goes_to(f"automations/{draft.id}")
    expect(Canvas(one).step("Greeting")).to_be_visible()
    return one


def test_the_second_to_save_is_told_compares_and_keeps_theirs_or_mine(draft: Draft, ada: Person, bob: Person) -> None:
    with bob.expecting(409):
        with bob.offline():
            Canvas(bob).renames("Greeting", "Bob's greeting")
            bob.sees("Not saved: no connection, trying again")
            Canvas(ada).renames("Qualify", "Ada's stage")
            Canvas(ada).is_saved()
        bob.sees("Not saved: changed by somebody else")
        bob.clicks("Compare")
    assert draft.names() == ["A lead comes", "Greeting", "Ada's stage"]
    dialog = bob.dialog("Changed by somebody else: compare")
    expect(dialog).to_contain_text("2 steps changed")
    expect(dialog.get_by_role("listitem")).to_have_text(
        [re.compile("“Greeting” → “Bob's greeting”"), re.compile("“Ada's stage” → “Qualify”")]
    )
    assert axe.findings(bob.page) == []
    bob.clicks("Keep mine", dialog)
    Canvas(bob).is_saved()
    assert draft.names() == ["A lead comes", "Bob's greeting", "Qualify"]
    ada.sees(THEIRS_IS_HERE)
    expect(Canvas(ada).step("Bob's greeting")).to_be_visible()
    expect(Canvas(ada).step("Qualify")).to_be_visible()


def test_who_takes_theirs_has_it_and_their_own_one_step_back(draft: Draft, ada: Person, bob: Person) -> None:
    with bob.expecting(409):
        with bob.offline():
            Canvas(bob).renames("Greeting", "Bob's greeting")
            Canvas(ada).renames("Qualify", "Ada's stage")
            Canvas(ada).adds_after("Ada's stage", "Delay")
            Canvas(ada).is_saved()
        bob.clicks("Compare")
    dialog = bob.dialog("Changed by somebody else: compare")
    expect(dialog).to_contain_text("2 steps changed, 1 step removed")
    bob.clicks("Take theirs", dialog)
    expect(Canvas(bob).step("Ada's stage")).to_be_visible()
    expect(Canvas(bob).step("Greeting")).to_be_visible()
    Canvas(bob).is_saved()
    revision = draft.shown()["draft_revision"]
    assert [node["id"] for node in draft.shown()["nodes"]] == ["trigger", "greeting", "qualify", "delay"]
    bob.clicks("Undo")
    Canvas(bob).is_saved()
    assert draft.names() == ["A lead comes", "Bob's greeting", "Qualify"]
    assert draft.shown()["draft_revision"] == revision + 1


def test_a_draft_that_is_published_meanwhile_stays_a_draft(draft: Draft, ada: Person, bob: Person) -> None:
    """A publication is no change of the draft: whoever draws on it goes on, and what they draw is not published."""
    with bob.offline():
        Canvas(bob).renames("Greeting", "Bob's greeting")
        publishes(ada, "As it was")
    Canvas(bob).is_saved()
    assert (draft.published(), draft.names()) == (OURS, ["A lead comes", "Bob's greeting", "Qualify"])
    assert draft.shown()["draft_is_published"] is False
    bob.page.get_by_role("tab", name="Versions").click()
    bob.sees("As it was")
    bob.follows("Draft")
    expect(bob.page.get_by_role("complementary", name="What differs")).to_contain_text("Bob's greeting")


def test_nobody_publishes_over_what_was_published_without_having_seen_it(
    draft: Draft, ada: Person, bob: Person
) -> None:
    with bob.expecting(409):
        with bob.offline():
            Canvas(bob).renames("Greeting", "Bob's greeting")
            Canvas(ada).renames("Qualify", "Ada's stage")
            publishes(ada, "Ada's")
        bob.sees("Not saved: changed by somebody else")
    bob.clicks("Publish")
    dialog = bob.dialog("Publish")
    bob.clicks("Publish", dialog)
    bob.sees("Compare the two first, and keep yours or take theirs.")
    bob.clicks("Cancel", dialog)
    assert draft.published() == ["A lead comes", "Greeting", "Ada's stage"]
    bob.clicks("Compare")
    bob.clicks("Keep mine", bob.dialog("Changed by somebody else: compare"))
    publishes(bob, "Bob's")
    assert draft.published() == ["A lead comes", "Bob's greeting", "Qualify"]
    numbers = draft.account.get(f"/automations/{draft.id}/versions")["items"]
    assert [(one["number"], one["note"]) for one in numbers] == [(2, "Bob's"), (1, "Ada's")]


def test_both_draw_at_once_and_see_what_the_other_did(draft: Draft, ada: Person, bob: Person) -> None:
    """In turns: each sees the other's steps before their own, without a word of a conflict."""
    Canvas(ada).renames("Greeting", "Good morning")
    Canvas(ada).is_saved()
    expect(Canvas(bob).step("Good morning")).to_be_visible()
    Canvas(bob).renames("Qualify", "Make it qualified")
    Canvas(bob).is_saved()
    expect(Canvas(ada).step("Make it qualified")).to_be_visible()
    until(lambda: draft.names() == ["A lead comes", "Good morning", "Make it qualified"])


def publishes(one: Person, note: str) -> None:
    one.clicks("Publish")
    dialog = one.dialog("Publish")
    one.fills("Note", note, dialog)
    one.clicks("Publish", dialog)
    one.sees("is published")

"""Drawing while nothing can be saved: the network is gone, an answer is lost, the server is killed."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Route, expect
from tests.browser import server
from tests.browser.conftest import Newcomers
from tests.browser.drawing import Canvas
from tests.browser.flows import greets
from tests.browser.person import Person
from tests.browser.server import Account, Server

pytestmark = [pytest.mark.full, pytest.mark.timeout(240)]

NOT_SAVED = "Not saved: no connection, trying again"
IS_BACK = "What you had drawn and not saved is here again."
# The longest pause between two tries, and a machine that is busy.
SOME_TRIES = 60_000


@pytest.fixture
def drawing(person: Person) -> str:
    made = person.account.draft("Welcome", *greets())
    opens(person, made)
    return made


def opens(one: Person, automation: str) -> None:
    one.goes_to(f"automations/{automation}")
    expect(Canvas(one).step("A lead comes")).to_be_visible()
    one.waits_for_parts("PublishDialog", "TestDialog", "CompareDialog", "SettingsTab", "RunsTab", "VersionsTab")


def draws(one: Person) -> None:
    """A step in between that no form was loaded for yet, and another name."""
    Canvas(one).inserts_between("A lead comes", "Greeting", "Delay")
    Canvas(one).renames("Qualify", "Make it qualified")
    one.sees(NOT_SAVED)


def names(shown: dict[str, Any]) -> list[str]:
    return [node["data"].get("label", node["type"]) for node in shown["nodes"]]


def lines(shown: dict[str, Any]) -> list[tuple[str, str]]:
    return sorted((edge["source"], edge["target"]) for edge in shown["edges"])


def has_what_was_drawn(shown: dict[str, Any]) -> bool:
    expected = ["A lead comes", "Greeting", "Make it qualified", "logic-delay"]
    return names(shown) == expected and lines(shown) == [
        ("delay", "greeting"),
        ("greeting", "qualify"),
        ("trigger", "delay"),
    ]


def test_what_is_drawn_without_a_network_is_saved_when_it_is_back(person: Person, drawing: str) -> None:
    before = person.account.get(f"/automations/{drawing}")
    with person.offline():
        draws(person)
        expect(person.page.get_by_role("region", name="Problems")).to_contain_text("Not checked: no connection")
        person.clicks("Publish")
        dialog = person.dialog("Publish")
        expect(dialog).to_contain_text("It is published for the first time.")
        person.clicks("Publish", dialog)
        expect(dialog.get_by_role("alert")).to_contain_text("What you drew is kept on this machine.")
        person.clicks("Cancel", dialog)
        # Other tabs show what they have.
        tabs = person.page.get_by_role("tablist", name="Parts of the automation")
        tabs.get_by_role("tab", name="Settings").click()
        person.fills("Starts per hour", "50")
        tabs.get_by_role("tab", name="Build").click()
        expect(Canvas(person).step("Make it qualified")).to_be_visible()
        assert person.account.get(f"/automations/{drawing}") == before
    Canvas(person).is_saved()
    after = person.account.get(f"/automations/{drawing}")
    assert has_what_was_drawn(after)
    assert "50" in str(after["nodes"][0]["data"]["config"])
    assert after["draft_revision"] == before["draft_revision"] + 1


def test_what_was_drawn_is_there_when_the_page_is_opened_again(person: Person, drawing: str) -> None:
    with person.offline():
        draws(person)
        person.page.goto("about:blank")
    assert names(person.account.get(f"/automations/{drawing}")) == ["A lead comes", "Greeting", "Qualify"]
    opens(person, drawing)
    person.sees(IS_BACK)
    Canvas(person).is_saved()
    after = person.account.get(f"/automations/{drawing}")
    assert has_what_was_drawn(after)
    # Once, and once only.
    person.page.reload()
    expect(Canvas(person).step("Make it qualified")).to_be_visible()
    person.waits_for_what_loads()
    person.sees_no(IS_BACK)
    assert person.account.get(f"/automations/{drawing}") == after


def test_a_tab_that_was_closed_is_compared_with_what_was_saved_elsewhere(person: Person, drawing: str) -> None:
    """The draft of the tab is on the machine; the next one signs in anew, because a sign-in ends with its tabs."""
    with person.offline():
        draws(person)
        person.closes_the_tab()
        nodes, edges = greets()
        nodes[2]["data"]["label"] = "From elsewhere"
        person.account.put(f"/automations/{drawing}", {"name": "Welcome", "nodes": nodes, "edges": edges})
    person.signs_in()
    opens(person, drawing)
    person.sees("Not saved: changed by somebody else")
    expect(Canvas(person).step("Make it qualified")).to_be_visible()
    person.clicks("Compare")
    dialog = person.dialog("Changed by somebody else: compare")
    expect(dialog).to_contain_text("1 new step, 1 step changed")
    assert names(person.account.get(f"/automations/{drawing}"))[2] == "From elsewhere"
    person.clicks("Keep mine", dialog)
    Canvas(person).is_saved()
    assert has_what_was_drawn(person.account.get(f"/automations/{drawing}"))


def test_a_save_whose_answer_was_lost_is_no_conflict_with_oneself(person: Person, drawing: str) -> None:
    before = person.account.get(f"/automations/{drawing}")["draft_revision"]
    lost: list[int] = []

    def loses_the_answer(route: Route) -> None:
        if route.request.method != "PUT" or lost:
            route.continue_()
            return
        lost.append(route.fetch().status)
        route.abort("connectionreset")

    # The next try knows no better than the first, and is turned down: what the server has is its own.
    with person.expecting(409), person.cut_off():
        person.page.route(f"**/api/v1/automations/{drawing}", loses_the_answer)
        Canvas(person).renames("Greeting", "Good morning")
        person.sees(NOT_SAVED)
        Canvas(person).renames("Qualify", "Make it qualified")
        Canvas(person).is_saved()
    assert lost == [200]
    after = person.account.get(f"/automations/{drawing}")
    assert names(after) == ["A lead comes", "Good morning", "Make it qualified"]
    assert after["draft_revision"] == before + 2
    person.sees_no("Changed by somebody else")


@pytest.fixture
def mortal(tmp_path: Path) -> Iterator[Server]:
    """A server of one's own, which may be killed."""
    with server.running(tmp_path, always_at=server.free_port()) as started:
        yield started


def test_the_server_is_killed_and_comes_back_while_somebody_draws(mortal: Server, somebody: Newcomers) -> None:
    account = mortal.account()
    made = account.draft("Welcome", *greets())
    one = somebody(account)
    one.signs_in()
    opens(one, made)
    with one.cut_off(), one.expecting(500, 502, 503):
        mortal.is_killed()
        draws(one)
        mortal.begins_again()
        expect(one.page.get_by_text("Saved", exact=True)).to_be_visible(timeout=SOME_TRIES)
    shown = account.get(f"/automations/{made}")
    assert has_what_was_drawn(shown)
    one.page.reload()
    expect(Canvas(one).step("Make it qualified")).to_be_visible()
    one.sees_no(IS_BACK)
    assert account.get(f"/automations/{made}") == shown


def test_what_one_person_has_not_saved_is_not_shown_to_the_next_one(person: Person, drawing: str) -> None:
    """Two people of a team at one machine."""
    code = person.account.post("/invitations", {"role": "member"})["code"]
    other: Account = person.server.account()
    with person.offline():
        draws(person)
        person.closes_the_tab()
    person.page.goto(other.link())
    person.sees_heading("Automations")
    person.goes_to(f"join#code={code}")
    person.clicks("Join the team")
    opens(person, drawing)
    expect(Canvas(person).step("Qualify")).to_be_visible()
    person.sees_no(IS_BACK)
    Canvas(person).is_saved()
    assert names(person.account.get(f"/automations/{drawing}")) == ["A lead comes", "Greeting", "Qualify"]

"""The list of automations: what is made, copied, switched, taken back, and goes out and in as a file."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest
from playwright.sync_api import expect
from tests.browser import axe
from tests.browser.flows import follows_up, greets
from tests.browser.person import Person
from tests.e2e.conftest import until

pytestmark = pytest.mark.full


def names(one: Person) -> list[str]:
    return one.page.get_by_role("table").get_by_role("link").all_inner_texts()


def test_a_new_one_is_made_from_a_template_and_from_nothing(person: Person) -> None:
    person.sees("Nothing runs by itself yet")
    person.clicks("Choose a template")
    dialog = person.dialog("New automation")
    expect(dialog).to_be_visible()
    assert axe.findings(person.page) == []
    dialog.get_by_role("button", name=re.compile("Stage changed", re.I)).first.click()
    assert axe.findings(person.page) == []
    person.page.keyboard.press("Escape")
    expect(person.page.get_by_role("dialog")).to_have_count(0)
    person.clicks("New automation")
    person.clicks(re.compile("^Empty canvas"))
    person.fills("Name", "My first one")
    assert axe.findings(person.page) == []
    person.clicks("Create draft")
    person.sees_heading("My first one")


def test_search_sort_copy_switch_and_delete_with_undo(person: Person) -> None:
    account = person.account
    for name in ("Welcome", "Zebra"):
        account.live(name, *greets())
    account.draft("Ask again", *greets())
    person.goes_to("automations")
    person.sees("3 in this account, 2 live")
    person.fills("Search by name", "zeb")
    expect(person.page.get_by_role("table").get_by_role("link")).to_have_text(["Zebra"])
    person.fills("Search by name", "nothing like it")
    person.sees("No automation matches")
    person.clicks("Clear filters")
    person.chooses("Sort", "Name")
    expect(person.page.get_by_role("table").get_by_role("link")).to_have_text(["Ask again", "Welcome", "Zebra"])
    person.page.get_by_role("switch", name="Switch “Zebra” off").click(force=True)
    expect(person.page.get_by_role("switch", name="Switch “Zebra” on")).to_be_visible()
    assert account.get("/automations?search=zebra")["items"][0]["enabled"] is False
    person.clicks("More about “Welcome”")
    person.page.get_by_role("menuitem", name="Duplicate").click()
    expect(person.page.get_by_role("table").get_by_role("link")).to_have_count(4)
    person.clicks("More about “Ask again”")
    person.page.get_by_role("menuitem", name="Delete").click()
    expect(person.page.get_by_role("table").get_by_role("link", name="Ask again")).to_have_count(0)
    person.sees("3 in this account, 1 live")
    person.clicks("Undo")
    expect(person.page.get_by_role("table").get_by_role("link", name="Ask again")).to_be_visible()
    assert len(account.get("/automations")["items"]) == 4


def test_a_file_goes_out_and_in(person: Person, tmp_path: Path) -> None:
    person.account.live("Welcome", *greets())
    person.goes_to("automations")
    person.clicks("More about “Welcome”")
    with person.page.expect_download() as download:
        person.page.get_by_role("menuitem", name="Export as file").click()
    file = tmp_path / download.value.suggested_filename
    download.value.save_as(file)
    assert file.name == "automation-welcome.json"
    exported = json.loads(file.read_text())
    assert (exported["name"], len(exported["nodes"])) == ("Welcome", 3)
    file.write_text(json.dumps({**exported, "id": "11111111-1111-4111-8111-111111111111", "name": "From a file"}))
    with person.page.expect_file_chooser() as chooser:
        person.clicks("Import")
    chooser.value.set_files(file)
    person.sees("“From a file” was imported as a draft")
    file.write_text("no JSON")
    with person.page.expect_file_chooser() as chooser:
        person.clicks("Import")
    chooser.value.set_files(file)
    person.sees("This file is no exported automation")


def test_the_menu_of_the_editor_exports_and_deletes(person: Person) -> None:
    made = person.account.draft("Welcome", *greets())
    person.goes_to(f"automations/{made}")
    person.clicks("More")
    with person.page.expect_download() as download:
        person.page.get_by_role("menuitem", name="Export as file").click()
    assert json.loads(download.value.path().read_text())["name"] == "Welcome"
    table = person.page.get_by_role("table")
    person.clicks("More")
    person.page.get_by_role("menuitem", name="Delete").click()
    person.sees_heading("Automations")
    expect(table.get_by_role("link", name="Welcome")).to_have_count(0)
    person.clicks("Undo")
    expect(table.get_by_role("link", name="Welcome")).to_be_visible()
    assert person.account.get(f"/automations/{made}")["name"] == "Welcome"


def test_what_is_live_is_deleted_only_after_saying_what_goes_with_it(person: Person) -> None:
    account = person.account
    made = account.live("Follow up", *follows_up())
    lead = account.lead("Ada", stage="new")
    account.patch(f"/leads/{lead}", {"stage": "qualified"})
    until(lambda: [run["waiting"] for run in account.runs(made)] == [True])
    person.goes_to("automations")
    person.clicks("More about “Follow up”")
    person.page.get_by_role("menuitem", name="Delete").click()
    dialog = person.dialog("Delete “Follow up”?")
    expect(dialog).to_contain_text("It is live: nothing starts it any more. Its 1 run goes with it")
    expect(dialog).to_contain_text("1 of them is waiting, and ends without finishing.")
    assert axe.findings(person.page) == []
    person.clicks("Cancel", dialog)
    expect(dialog).to_have_count(0)
    person.goes_to(f"automations/{made}")
    person.clicks("More")
    person.page.get_by_role("menuitem", name="Delete").click()
    assert len(account.runs(made)) == 1
    person.clicks("Delete it with its runs", dialog)
    person.sees("“Follow up” is deleted, with 1 run. 1 was under way and ended without finishing.")
    person.sees("Nothing runs by itself yet")
    assert account.get(f"/executions?lead_id={lead}")["items"] == []


def test_what_happens_elsewhere_appears_by_itself_also_after_being_away(person: Person) -> None:
    person.sees("Nothing runs by itself yet")
    live = person.page.get_by_role("status", name=re.compile("^Live"))
    expect(live).to_be_visible()
    person.account.live("Made elsewhere", *greets())
    person.sees("Made elsewhere")
    with person.offline():
        expect(live).to_have_count(0)
        person.account.live("Made while away", *greets())
        person.sees_no("Made while away")
    expect(live).to_be_visible()
    person.sees("Made while away")
    person.account.lead("Ada")
    person.sees("1 run")

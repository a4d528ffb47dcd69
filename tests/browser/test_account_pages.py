"""What belongs to an account: its secrets, its API keys, its team, and the tools that models call."""

from __future__ import annotations

import json
import re
import urllib.request
from typing import Any
from urllib.error import HTTPError

import pytest
from playwright.sync_api import Locator, expect
from tests.browser import axe
from tests.browser.conftest import Newcomers
from tests.browser.flows import edge, node
from tests.browser.person import Person
from tests.browser.server import Server

pytestmark = pytest.mark.full


def row(person: Person, words: str) -> Locator:
    return person.page.get_by_role("row").filter(has_text=words)


def in_the_clipboard(person: Person) -> str:
    return str(person.page.evaluate("navigator.clipboard.readText()"))


def calls(address: str, key: str, body: Any = None) -> tuple[int, str]:
    """As a program with a key: the status, and what came with it."""
    request = urllib.request.Request(
        address,
        data=None if body is None else json.dumps(body).encode(),
        headers={
            "Authorization": f"Bearer {key}",
            "Content-Type": "application/json",
            "Accept": "application/json, text/event-stream",
        },
    )
    try:
        with urllib.request.urlopen(request, timeout=30) as answer:
            return answer.status, answer.read().decode()
    except HTTPError as refused:
        return refused.code, refused.read().decode()


# Secrets


def test_a_secret_is_set_used_replaced_and_deleted_and_never_shown(running_server: Server, person: Person) -> None:
    account, world = person.account, running_server.world
    lead = account.lead("Ada Lovelace")
    person.follows("Secrets")
    person.sees("No secrets yet")
    person.clicks("New secret")
    dialog = person.dialog("New secret")
    person.fills("Name", "2 bad", dialog)
    expect(person.field("Name", dialog)).to_have_accessible_description(re.compile("Begin with a letter"))
    person.fills("Name", "CRM_TOKEN", dialog)
    person.fills("Value", "first-value", dialog)
    assert axe.findings(person.page) == []
    person.clicks("Save", dialog)
    person.sees("CRM_TOKEN is saved")
    expect(row(person, "CRM_TOKEN")).to_contain_text("No automation")
    # A step inserts it, and whoever is called gets it.
    nodes = [
        node("start", "trigger-manual", "By hand", record="lead"),
        node(
            *("tell", "action-http", "Tell the CRM"),
            method="POST",
            url=f"http://127.0.0.1:{world.http_port}/crm",
            auth={"type": "bearer", "token": "{{ secrets.CRM_TOKEN }}"},
        ),
    ]
    made = account.live("Tell the CRM", nodes, [edge("start", "tell")])
    assert account.ended(account.starts(made, lead))["status"] == "completed"
    assert world.webhooks[-1][0]["Authorization"] == "Bearer first-value"
    person.page.reload()
    expect(row(person, "CRM_TOKEN").get_by_role("link", name="Tell the CRM")).to_be_visible()
    person.clicks("Replace the value of CRM_TOKEN")
    dialog = person.dialog("Replace CRM_TOKEN")
    expect(person.field("Value", dialog)).to_have_value("")
    person.fills("Value", "second-value", dialog)
    person.clicks("Save", dialog)
    expect(dialog).to_have_count(0)
    run = account.ended(account.starts(made, lead))
    assert world.webhooks[-1][0]["Authorization"] == "Bearer second-value"
    # Nowhere: not on its page, not in the run.
    everywhere = [person.page.content(), json.dumps(account.get(f"/secrets?account={account.user}")), json.dumps(run)]
    assert [text for text in everywhere if "first-value" in text or "second-value" in text] == []
    person.clicks("Delete CRM_TOKEN")
    dialog = person.dialog("Delete CRM_TOKEN?")
    expect(dialog).to_contain_text("One automation uses it: steps that insert it fail until it is set again.")
    person.clicks("Cancel", dialog)
    expect(row(person, "CRM_TOKEN")).to_be_visible()
    person.clicks("Delete CRM_TOKEN")
    person.clicks("Delete", dialog)
    person.sees("No secrets yet")
    failed = account.ended(account.starts(made, lead))
    assert failed["status"] == "failed"
    assert "CRM_TOKEN" in failed["error"]


# API keys


def test_a_key_is_shown_once_works_as_far_as_its_scopes_go_and_ends(running_server: Server, person: Person) -> None:
    person.follows("API keys")
    person.sees("No keys yet")
    person.clicks("New key")
    dialog = person.dialog("New API key")
    expect(person.button("Make the key", dialog)).to_be_disabled()
    person.fills("Name", "CRM", dialog)
    dialog.get_by_role("checkbox", name="Run").check()
    person.chooses("How long it holds", "30 days", dialog)
    assert axe.findings(person.page) == []
    person.clicks("Make the key", dialog)
    # Esc loses it neither while it is made nor when it is there, and it is never shown again.
    person.presses("Escape")
    dialog = person.dialog("Copy the key now")
    expect(dialog).to_be_visible()
    person.presses("Escape")
    person.clicks("Copy: API key", dialog)
    key = in_the_clipboard(person)
    expect(dialog.get_by_role("group", name="API key")).to_have_text(key)
    assert axe.findings(person.page) == []
    person.clicks("I have copied it", dialog)
    expect(row(person, "CRM")).to_contain_text("Read")
    expect(row(person, "CRM")).to_contain_text("Run")
    expect(row(person, "CRM")).to_contain_text("Never")
    assert key not in person.page.content()
    api = f"{running_server.address}/api/v1"
    assert calls(f"{api}/automations", key)[0] == 200
    status, problem = calls(f"{api}/leads", key, {"name": "Ada"})
    assert (status, "write" in problem) == (403, True)
    person.page.reload()
    expect(row(person, "CRM")).not_to_contain_text("Never")
    person.clicks("Revoke CRM")
    dialog = person.dialog("Revoke CRM?")
    expect(dialog).to_contain_text("What uses it is refused from now on.")
    person.clicks("Revoke", dialog)
    expect(row(person, "CRM")).to_contain_text("Revoked")
    expect(person.button("Revoke CRM")).to_have_count(0)
    assert calls(f"{api}/automations", key)[0] == 401


# Team


def test_somebody_is_invited_joins_gets_another_role_and_is_removed(
    running_server: Server, person: Person, somebody: Newcomers
) -> None:
    owner = person.account
    owner.lead("Ada Lovelace")
    person.follows("Team")
    person.sees("Nobody else is here yet.")
    person.clicks("Invite somebody")
    dialog = person.dialog("Invite somebody")
    person.picks("Member", dialog)
    person.fills("Whom it is for", "Grace of sales", dialog)
    assert axe.findings(person.page) == []
    person.clicks("Make the link", dialog)
    dialog = person.dialog("Send this link")
    person.clicks("Copy: Invitation link", dialog)
    link = in_the_clipboard(person)
    person.clicks("I have copied it", dialog)
    expect(row(person, "Grace of sales")).to_contain_text("Open until")
    # In another browser, by somebody who has an account of their own.
    grace = somebody(running_server.account())
    grace.signs_in()
    grace.page.goto(link)
    grace.sees("Join a team")
    grace.clicks("Join the team")
    grace.sees("You have joined as member")
    grace.follows("Leads")
    grace.sees("Ada Lovelace")
    expect(grace.button("New lead")).to_be_visible()
    # Their own account is still theirs.
    grace.page.get_by_role("button", name="Switch account").click()
    grace.page.get_by_role("menuitem", name="Your account").click()
    grace.sees("No leads yet")
    grace.switches_to(owner)
    grace.sees("Ada Lovelace")
    # The link is used up.
    with grace.expecting(400, 404, 409, 410):
        grace.page.goto("about:blank")
        grace.page.goto(link)
        grace.clicks("Join the team")
        expect(grace.page.get_by_role("alert")).to_be_visible()
    who = grace.account.user[:8]
    person.page.reload()
    expect(row(person, "Grace of sales")).to_contain_text("Accepted")
    person.chooses(f"Role of {who}", "Viewer")
    person.sees(f"{who} is Viewer now")
    grace.goes_to("leads")
    grace.sees("Ada Lovelace")
    grace.sees("viewer")
    expect(grace.button("New lead")).to_have_count(0)
    person.clicks(f"Remove {who}")
    dialog = person.dialog(f"Remove {who}?")
    expect(dialog).to_contain_text("They reach this account no longer")
    person.clicks("Remove", dialog)
    person.sees(f"{who} is removed")
    person.sees("Nobody else is here yet.")
    grace.page.reload()
    grace.sees("Your account")
    grace.sees("No leads yet")
    grace.sees_no("Ada Lovelace")


# AI tools


def test_a_tool_is_connected_and_tried(running_server: Server, person: Person) -> None:
    account = person.account
    takes = {"type": "object", "properties": {"name": {"type": "string", "title": "Name"}}, "required": ["name"]}
    nodes = [
        node(
            *("call", "trigger-ai-tool", "A call"),
            tool_name="greet_lead",
            description="Greets somebody by name.",
            input_schema=takes,
        ),
        node("end", "logic-stop", "Answer", output={"text": "Good morning, {{ trigger.input.name }}"}),
    ]
    account.live("Greet", nodes, [edge("call", "end")])
    key = account.post("/api-keys", {"account_id": account.user, "name": "Model", "scopes": ["run"]})["key"]
    person.follows("AI tools")
    person.sees("Greets somebody by name.")
    # What is copied is what a client needs.
    person.clicks("Copy: MCP address")
    address = in_the_clipboard(person)
    status, answer = calls(address, key, {"jsonrpc": "2.0", "id": 1, "method": "tools/list", "params": {}})
    assert (status, '"name":"greet_lead"' in answer.replace(" ", "")) == (200, True)
    person.clicks("Copy: Command")
    assert in_the_clipboard(person) == (
        f'claude mcp add --transport http automations {address} --header "Authorization: Bearer aut_…"'
    )
    person.picks("Cursor and others")
    person.clicks("Copy: Settings file")
    assert json.loads(in_the_clipboard(person))["mcpServers"]["automations"]["url"] == address
    person.clicks("Try greet_lead")
    dialog = person.dialog("Try greet_lead")
    person.clicks("Call", dialog)
    expect(person.field("Name", dialog)).to_have_accessible_description("Fill this in.")
    person.fills("Name", "Ada", dialog)
    person.clicks("Call", dialog)
    result = dialog.get_by_role("status", name="Result")
    expect(result).to_contain_text("Completed")
    expect(result).to_contain_text("Good morning, Ada")
    assert axe.findings(person.page) == []
    result.get_by_role("link", name="See it among the runs").click()
    expect(row(person, "Greet")).to_contain_text("Completed")

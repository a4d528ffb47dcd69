"""A viewer of somebody's account sees all of it and changes none of it."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import expect
from tests.browser.conftest import Newcomers
from tests.browser.flows import greets
from tests.browser.server import Server

pytestmark = pytest.mark.full

CHANGES = re.compile(
    r"^(new|create|add|import|save|delete|remove|publish|invite|revoke|approve|reject|cancel run|run again|"
    r"roll back|start with|rename|switch)\b",
    re.IGNORECASE,
)


def test_a_viewer_joins_by_a_link_sees_everything_and_changes_nothing(
    running_server: Server, somebody: Newcomers
) -> None:
    owner = running_server.account()
    made = owner.live("Welcome", *greets())
    owner.lead("Ada Lovelace")
    code = owner.post("/invitations", {"role": "viewer"})["code"]
    # Somebody who has nothing of their own.
    viewer = somebody(running_server.account())
    viewer.signs_in()
    viewer.goes_to(f"join#code={code}")
    viewer.clicks("Join the team")
    viewer.sees("Welcome")
    viewer.sees("viewer")
    expect(viewer.page.get_by_role("switch")).to_be_disabled()
    for path in ("automations", f"automations/{made}", "runs"):
        viewer.goes_to(path)
        viewer.sees("Welcome")
        viewer.waits_for_what_loads()
        offered = [
            name
            # A step is a button, too, called what its author called it.
            for button in viewer.page.get_by_role("button").and_(viewer.page.locator(":not([data-step])")).all()
            if button.is_enabled() and CHANGES.search(name := button.inner_text().strip())
        ]
        assert offered == [], path

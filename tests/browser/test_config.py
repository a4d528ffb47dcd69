"""The panel of a step: every type of step has one that everybody can use, and variables are put in by choosing them."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect
from tests.browser import axe
from tests.browser.conftest import Newcomers
from tests.browser.flows import edge, node
from tests.browser.server import Account

pytestmark = [pytest.mark.full, pytest.mark.timeout(240)]

PANEL = "What the step does"


def test_the_panel_of_every_type_of_step_is_fit_for_everybody(somebody: Newcomers, account: Account) -> None:
    types = [one["type"] for one in account.get("/node-types")["items"]]
    assert len(types) > 20
    one = somebody(account, reduced_motion="reduce")
    one.signs_in()
    found = []
    for kind in types:
        first = node("start", kind if kind.startswith("trigger") else "trigger-manual", "Start")
        second = [] if kind.startswith("trigger") else [node("step", kind, "Step")]
        made = account.draft(kind, [first, *second], [edge("start", "step")] if second else [])
        one.goes_to(f"automations/{made}")
        one.page.locator(".react-flow__node").filter(has_text="Step" if second else "Start").click()
        panel = one.page.get_by_role("complementary", name=PANEL)
        for tab in ("Setup", "Settings", "Output"):
            section = panel.get_by_role("tab", name=tab)
            if section.count():
                section.click()
                one.waits_for_what_loads()
                found += [f"{kind}, {tab}: {line}" for line in axe.findings(one.page)]
    one.prefers("dark")
    found += [f"dark: {line}" for line in axe.findings(one.page)]
    assert not found, "\n".join(found)
    expect(one.page.get_by_role("complementary", name=PANEL)).to_be_visible()

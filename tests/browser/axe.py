"""What axe finds on a page that would keep people from using it."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Any

from playwright.sync_api import Page

SCRIPT = Path(__file__).parents[2] / "web/node_modules/axe-core/axe.min.js"
KEEPS_PEOPLE_OUT = ("serious", "critical")
# Half-faded words have no contrast, and are not what anybody reads.
STILL = """() => document.getAnimations().every((one) =>
  one.playState !== "running" || one.effect.getTiming().iterations === Infinity)"""
FIND = """async () => {
  const { violations } = await axe.run(document, { resultTypes: ["violations"] });
  const shown = ({ html, any }) => `${html.slice(0, 300)}  ${any.map((check) => check.message).join("; ")}`;
  return violations.map(({ id, impact, help, nodes }) => ({ id, impact, help, nodes: nodes.map(shown) }));
}"""


def findings(page: Page) -> list[str]:
    """One line for each rule; empty where nothing is serious or critical."""
    page.wait_for_function(STILL)
    # By the debugger, which the page's own policy does not bind.
    if not page.evaluate("'axe' in window"):
        page.evaluate(_script())
    found: list[dict[str, Any]] = page.evaluate(FIND)
    return [
        f"{one['impact']}, {one['id']}: {one['help']}, {len(one['nodes'])} times, first {one['nodes'][0]}"
        for one in found
        if one["impact"] in KEEPS_PEOPLE_OUT
    ]


@cache
def _script() -> str:
    return SCRIPT.read_text("utf-8")

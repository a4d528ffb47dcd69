"""A flow of 300 steps is saved as it is drawn: after an edit, after undo, and with what a person has moved."""

from __future__ import annotations

from typing import Any

import pytest
from playwright.sync_api import expect
from tests.browser.drawing import Canvas
from tests.browser.flows import chain
from tests.browser.person import Person

pytestmark = [pytest.mark.full, pytest.mark.timeout(240)]

MANY = 300
# Where the cards stand that are in sight.
PLACES = """() => Object.fromEntries([...document.querySelectorAll(".react-flow__node-card")].map((card) => {
  const { m41: x, m42: y } = new DOMMatrix(getComputedStyle(card).transform);
  return [card.dataset.id, { x, y }];
}))"""


@pytest.fixture
def made(person: Person) -> str:
    automation = person.account.draft("Three hundred", *chain(MANY))
    person.goes_to(f"automations/{automation}")
    expect(Canvas(person).step("Step 2")).to_be_visible()
    return automation


def stored(person: Person, made: str) -> dict[str, Any]:
    """What the server has, once all is saved. The list has all steps; the canvas draws those in sight."""
    canvas = Canvas(person)
    canvas.is_saved()
    shown: dict[str, Any] = person.account.get(f"/automations/{made}")
    flow = {name: shown[name] for name in ("nodes", "edges")}
    with canvas.as_a_list() as listed:
        assert listed == walked(flow)
    return flow


def walked(flow: dict[str, Any]) -> list[str]:
    """From the trigger along the lines."""
    names = {one["id"]: one["data"].get("label", "Delay") for one in flow["nodes"]}
    after = {one["source"]: one["target"] for one in flow["edges"]}
    order = ["step_1"]
    while (following := after.get(order[-1])) is not None:
        order.append(following)
    assert len(order) == len(names) == len(flow["edges"]) + 1
    return [names[one] for one in order]


def stands_where_it_is_stored(person: Person, flow: dict[str, Any]) -> bool:
    stored = {one["id"]: one["position"] for one in flow["nodes"]}
    seen: dict[str, Any] = person.page.evaluate(PLACES)
    assert len(seen) > 3
    return {name: stored[name] for name in seen} == seen


def test_what_is_drawn_on_it_and_taken_back_is_what_the_server_has(person: Person, made: str) -> None:
    canvas = Canvas(person)
    first = stored(person, made)
    canvas.inserts_between("Step 2", "Step 3", "Delay")
    canvas.renames("Step 3", "The third")
    drawn = stored(person, made)
    assert walked(drawn)[:5] == ["Step 1", "Step 2", "Delay", "The third", "Step 4"]
    assert len(drawn["nodes"]) == MANY + 1
    assert stands_where_it_is_stored(person, drawn)
    person.clicks("Undo")
    person.clicks("Undo")
    expect(canvas.step("Delay")).to_have_count(0)
    assert stored(person, made) == first
    person.clicks("Redo")
    person.clicks("Redo")
    expect(canvas.step("The third")).to_be_visible()
    assert stored(person, made) == drawn


def test_what_a_person_has_moved_is_there_again_after_a_reload(person: Person, made: str) -> None:
    canvas = Canvas(person)
    canvas.drags("Step 3", right=160, down=20)
    moved = stored(person, made)
    assert [one["id"] for one in moved["nodes"] if one["data"].get("moved")] == ["step_3"]
    assert stands_where_it_is_stored(person, moved)
    person.page.reload()
    expect(canvas.step("Step 3")).to_be_visible()
    assert stands_where_it_is_stored(person, moved)
    canvas.opens("Step 3")
    person.presses("Escape", "Control+a", "Control+d")
    expect(canvas.flow.get_by_role("button", name="Step 2 ")).not_to_have_count(1)
    person.clicks("Undo")
    canvas.is_saved()
    assert stored(person, made) == moved

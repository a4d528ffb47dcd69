"""What a person does on the canvas, in the words that stand there."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from playwright.sync_api import Locator, expect
from tests.browser.person import Person


@dataclass(frozen=True)
class Canvas:
    person: Person

    @property
    def flow(self) -> Locator:
        return self.person.page.get_by_role("application")

    @property
    def panel(self) -> Locator:
        return self.person.page.get_by_role("complementary", name="What the step does")

    @property
    def palette(self) -> Locator:
        return self.person.page.get_by_role("region", name="Steps to add")

    def begins_with(self, trigger: str) -> None:
        """On an empty canvas, which asks for it; the palette beside it has the same choices."""
        main = self.person.page.get_by_role("region", name="Build")
        main.get_by_role("button", name=re.compile(f"^{trigger}")).last.click()
        expect(self.step(trigger)).to_be_visible()

    def adds_after(self, step: str, kind: str, way: str | None = None) -> None:
        end = f"Add a step after {step}" if way is None else f"Add a step after {step}, {way}"
        self.person.clicks(end, self.flow)
        self._chooses(kind)

    def inserts_between(self, before: str, after: str, kind: str) -> None:
        self.person.clicks(f"Insert a step between {before} and {after}", self.flow)
        self._chooses(kind)

    def step(self, title: str) -> Locator:
        """Its card, as what is pressed; its name begins with its title."""
        return self.flow.get_by_role("button", name=spoken(title))

    def card(self, title: str) -> Locator:
        """With what is said of it there."""
        return self.flow.locator(".react-flow__node").filter(
            has=self.person.page.get_by_role("button", name=spoken(title))
        )

    def opens(self, title: str) -> Locator:
        self.step(title).click()
        expect(self.panel).to_be_visible()
        return self.panel

    def renames(self, title: str, name: str) -> None:
        self.person.fills("Name", name, self.opens(title))
        expect(self.step(name)).to_be_visible()

    def drags(self, title: str, *, right: int, down: int) -> None:
        box = self.card(title).bounding_box()
        assert box is not None
        mouse = self.person.page.mouse
        x, y = box["x"] + 20, box["y"] + box["height"] / 2
        mouse.move(x, y)
        mouse.down()
        mouse.move(x + right, y + down, steps=8)
        mouse.up()

    @contextmanager
    def as_a_list(self) -> Iterator[list[str]]:
        """The titles of all steps, as they are read to whoever does not see the canvas."""
        self.person.picks("As a list")
        steps = self.person.page.get_by_role("region", name="Build").get_by_role("listitem")
        expect(steps).not_to_have_count(0)
        yield [lines.splitlines()[0] for lines in steps.all_inner_texts()]
        self.person.picks("Canvas")
        expect(self.flow).to_be_visible()

    def is_saved(self) -> None:
        """The server has all of it. What has just been changed is said not to be saved in the same moment."""
        expect(self.person.page.get_by_role("status").get_by_text("Saved", exact=True)).to_be_visible()

    def _chooses(self, kind: str) -> None:
        picker = self.person.page.get_by_role("dialog", name="Choose a step")
        picker.get_by_role("searchbox", name="Search steps").fill(kind)
        picker.get_by_role("button", name=re.compile(f"^{kind}")).first.click()
        expect(picker).to_have_count(0)
        expect(self.panel).to_be_visible()


def spoken(title: str) -> re.Pattern[str]:
    return re.compile(f"^{re.escape(title)}.*, step [0-9]+")

"""Somebody at the browser. What the page has to answer for is noticed meanwhile: errors, refusals, calls elsewhere."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

from playwright.sync_api import (
    BrowserContext,
    ConsoleMessage,
    Dialog,
    Locator,
    Page,
    Request,
    Response,
    expect,
)
from tests.browser.server import Account, Server

Name = str | re.Pattern[str]
Scheme = Literal["light", "dark"]

# What a page gives up itself: a stream when it is left, a question whose answer nobody waits for any more.
GIVEN_UP = "net::ERR_ABORTED"
# Chromium's own line about an answer, which is judged by its status.
OF_AN_ANSWER = "Failed to load resource"
LOADED = """(names) => names.every((name) =>
  performance.getEntriesByType("resource").some((one) => one.name.includes(`/${name}-`) && one.responseEnd > 0))"""


@dataclass
class Person:
    page: Page
    account: Account
    pictures: Path
    complaints: list[str] = field(default_factory=list)
    _expected: set[int] = field(default_factory=set)
    _is_cut_off: bool = False

    def __post_init__(self) -> None:
        self._watches()

    def _watches(self) -> None:
        self.page.on("console", self._heard)
        self.page.on("pageerror", lambda error: self.complaints.append(f"uncaught: {error}"))
        self.page.on("requestfailed", self._failed)
        self.page.on("response", self._answered)
        self.page.on("dialog", self._asked)

    # Going somewhere

    @property
    def server(self) -> Server:
        return self.account.server

    def signs_in(self) -> None:
        self.page.goto(self.account.link())
        expect(self.page.get_by_role("heading", name="Automations", level=1)).to_be_visible()

    def goes_to(self, path: str) -> None:
        """By address, as by a bookmark; a token is in the session, so nobody is signed out by it."""
        self.page.goto(f"{self.server.address}/{path}")

    def closes_the_tab(self) -> None:
        """And has an empty one, of the same browser."""
        left = self.page
        self.page = self.context.new_page()
        self._watches()
        left.close()

    def follows(self, link: Name) -> None:
        self.page.get_by_role("link", name=link).first.click()

    # Looking

    def sees(self, words: Name) -> None:
        expect(self.page.get_by_text(words).first).to_be_visible()

    def sees_heading(self, name: Name) -> None:
        expect(self.page.get_by_role("heading", name=name).first).to_be_visible()

    def sees_no(self, words: Name) -> None:
        expect(self.page.get_by_text(words)).to_have_count(0)

    def waits_for_what_loads(self) -> None:
        expect(self.page.locator("[aria-label^=Loading], .mantine-Skeleton-root")).to_have_count(0)

    def waits_for_parts(self, *names: str) -> None:
        """Which the page loads ahead, in case that the network goes."""
        self.page.wait_for_function(LOADED, arg=names)

    def button(self, name: Name, within: Locator | None = None) -> Locator:
        return (within or self.page).get_by_role("button", name=name, exact=True)

    def field(self, label: Name, within: Locator | None = None) -> Locator:
        place = within or self.page
        return place.get_by_role("textbox", name=label, exact=True).or_(
            place.get_by_role("searchbox", name=label, exact=True)
        )

    def dialog(self, name: Name) -> Locator:
        return self.page.get_by_role("dialog", name=name)

    # Doing

    def clicks(self, name: Name, within: Locator | None = None) -> None:
        self.button(name, within).click()

    def fills(self, label: Name, text: str, within: Locator | None = None) -> None:
        self.field(label, within).fill(text)

    def presses(self, *keys: str) -> None:
        for key in keys:
            self.page.keyboard.press(key)

    def tabs_to(self, wanted: Locator, key: str = "Tab") -> None:
        """As somebody without a mouse gets there."""
        for _ in range(80):
            if wanted.count() and wanted.first.evaluate("(it) => it === document.activeElement"):
                return
            self.presses(key)
        raise AssertionError(f"{key} does not come to {wanted}")

    def types(self, text: str) -> None:
        """Where the focus is."""
        self.page.keyboard.type(text)

    def adds(self, tag: str, label: Name, within: Locator | None = None) -> None:
        """To a list of words."""
        (within or self.page).get_by_role("combobox", name=label).or_(self.field(label, within)).fill(tag)
        self.presses("Enter")

    def switches_to(self, account: Account) -> None:
        self.page.get_by_role("button", name="Switch account").click()
        self.page.get_by_role("menuitem", name=account.user[:8]).click()

    def chooses(self, label: Name, option: Name, within: Locator | None = None) -> None:
        """In a list that opens below its field."""
        (within or self.page).get_by_role("combobox", name=label).click()
        self.page.get_by_role("option", name=option).click()

    def picks(self, choice: Name, within: Locator | None = None) -> None:
        """One of several that are all to be seen; a hand finds the label, not the input that it hides."""
        radio = (within or self.page).get_by_role("radio", name=choice)
        self.page.locator(f'label[for="{radio.get_attribute("id")}"]').click()

    # What is meant to be

    @contextmanager
    def expecting(self, *statuses: int) -> Iterator[None]:
        """Answers that would be complaints otherwise."""
        before = set(self._expected)
        self._expected |= set(statuses)
        yield
        self._expected = before

    @contextmanager
    def offline(self) -> Iterator[None]:
        with self.cut_off():
            self.context.set_offline(True)
            yield
            self.context.set_offline(False)

    @contextmanager
    def cut_off(self) -> Iterator[None]:
        """The server does not answer, or what it answers does not arrive."""
        self._is_cut_off = True
        yield
        self._is_cut_off = False

    @property
    def context(self) -> BrowserContext:
        return self.page.context

    def prefers(self, scheme: Scheme) -> None:
        """Where the colours are as the system has them."""
        self.page.emulate_media(color_scheme=scheme)
        expect(self.page.locator("html")).to_have_attribute("data-mantine-color-scheme", scheme)

    def takes_a_picture(self, name: str) -> None:
        self.page.screenshot(path=self.pictures / f"{name}.png", animations="disabled")

    # Noticing

    def _heard(self, message: ConsoleMessage) -> None:
        if message.type in ("error", "warning") and not message.text.startswith(OF_AN_ANSWER):
            self.complaints.append(f"console, {message.type}: {message.text}")

    def _failed(self, request: Request) -> None:
        if request.failure != GIVEN_UP and not self._is_cut_off:
            self.complaints.append(f"{request.method} {request.url}: {request.failure}")

    def _answered(self, response: Response) -> None:
        if response.status >= 400 and response.status not in self._expected:
            self.complaints.append(f"{response.request.method} {response.url}: {response.status}")
        if not response.url.startswith((self.server.address, "data:", "blob:")):
            self.complaints.append(f"elsewhere: {response.url}")

    def _asked(self, dialog: Dialog) -> None:
        """A question of the browser's own, such as whether the page may be left."""
        if dialog.type == "beforeunload":
            dialog.accept()
        else:
            self.complaints.append(f"a box of the browser: {dialog.message}")
            dialog.dismiss()

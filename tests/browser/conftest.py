"""The editor as people use it: a real Chromium at a real `automations up`.

One server for all tests of a process; one browser a module, because Playwright keeps an event loop that the tests of
other rooms must not meet; one context for each person. TEST_SCREENSHOTS names the directory where pictures are kept.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Protocol

import pytest
from playwright.sync_api import Browser, expect
from tests.browser import chromium, server
from tests.browser.person import Person
from tests.browser.server import Account, Server

# A machine that is busy with other tests is no error of a page.
PATIENCE = 20_000
SIZE = {"width": 1440, "height": 900}

_failed = pytest.StashKey[bool]()
expect.set_options(timeout=PATIENCE)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item) -> Any:
    report = yield
    item.stash[_failed] = item.stash.get(_failed, False) or report.failed
    return report


@pytest.fixture(scope="session")
def running_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    chromium.program()
    with server.running(tmp_path_factory.mktemp("browser")) as started:
        yield started


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with chromium.running() as started:
        yield started


@pytest.fixture
def account(running_server: Server) -> Account:
    """Empty but for an agent."""
    return running_server.account()


@pytest.fixture
def pictures(tmp_path: Path) -> Path:
    kept = os.environ.get("TEST_SCREENSHOTS")
    directory = Path(kept) if kept else tmp_path / "pictures"
    directory.mkdir(parents=True, exist_ok=True)
    return directory


class Newcomers(Protocol):
    def __call__(self, account: Account, **options: Any) -> Person: ...


@pytest.fixture
def somebody(browser: Browser, pictures: Path, tmp_path: Path, request: pytest.FixtureRequest) -> Iterator[Newcomers]:
    """`somebody(account)`: one more person with a browser of their own, not signed in yet. None may meet an error."""
    people: list[Person] = []

    def comes(account: Account, **options: Any) -> Person:
        context = browser.new_context(**{"viewport": SIZE, "locale": "en-GB", "timezone_id": "UTC", **options})
        context.set_default_timeout(PATIENCE)
        context.grant_permissions(["clipboard-read", "clipboard-write"])
        context.tracing.start(snapshots=True)
        person = Person(context.new_page(), account, pictures)
        people.append(person)
        return person

    yield comes
    has_failed = request.node.stash.get(_failed, False)
    complaints = [complaint for person in people for complaint in person.complaints]
    for number, person in enumerate(people, 1):
        kept = tmp_path / f"person-{number}"
        if has_failed or complaints:
            person.page.screenshot(path=f"{kept}.png")
            person.context.tracing.stop(path=f"{kept}.zip")
            print(f"seen by person {number}: {kept}.png; trace: {kept}.zip (playwright show-trace)")
        person.context.close()
    if has_failed:
        print("complaints:", *complaints, sep="\n  ")
    else:
        assert complaints == []


@pytest.fixture
def person(somebody: Newcomers, account: Account) -> Person:
    """Signed in, with an account of their own, at the list of automations."""
    one = somebody(account)
    one.signs_in()
    return one

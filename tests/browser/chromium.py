"""Debian's Chromium, driven by Playwright. Nothing is downloaded."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from typing import NoReturn

import pytest
from playwright.sync_api import Browser, sync_playwright

from automations.api.editor import built_editor

NAMES = ("chromium", "chromium-browser", "google-chrome")
# Root has no sandbox, and nothing but the page under test may go to the network.
FLAGS = ["--no-sandbox", "--disable-gpu", "--disable-background-networking"]


def program() -> str:
    """Skipped by name without it, except in CI."""
    found = next((path for path in map(shutil.which, NAMES) if path is not None), None)
    if found is None:
        not_run("there is no Chromium on this machine; install chromium")
    if built_editor() is None:
        not_run("the editor was not built; run `make editor`")
    return found


@contextmanager
def running() -> Iterator[Browser]:
    path = program()
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, headless=True, args=FLAGS)
        try:
            yield browser
        finally:
            browser.close()


def not_run(reason: str) -> NoReturn:
    if os.environ.get("CI"):
        pytest.fail(reason)
    pytest.skip(f"not run: {reason}")

"""The web editor in a real browser, from the link that `up` prints to the list of automations."""

from __future__ import annotations

import html
import re
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest

from automations.api.editor import built_editor

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")


def shown(url: str, profile: Path) -> str:
    """The words of the page, once its scripts have nothing to do any more."""
    assert CHROMIUM is not None
    settings = ["--no-sandbox", "--disable-gpu", f"--user-data-dir={profile}", "--virtual-time-budget=8000"]
    told = subprocess.run(
        [CHROMIUM, "--headless", *settings, "--dump-dom", url],
        capture_output=True,
        text=True,
        check=True,
        timeout=60,
    ).stdout
    body = re.sub(r"<(script|style)\b.*?</\1>", " ", told, flags=re.DOTALL)
    return " ".join(html.unescape(re.sub(r"<[^>]+>", " ", body)).split())


@pytest.mark.skipif(CHROMIUM is None, reason="there is no Chromium")
@pytest.mark.skipif(built_editor() is None, reason="the editor was not built: make editor")
def test_the_link_of_up_leads_to_the_automations(up: dict[str, Any], tmp_path: Path) -> None:
    seen = shown(up["sign_in"], tmp_path / "first")
    for words in ("Your account", "4 in this account, 4 live", "Qualify new leads", "When a lead is created"):
        assert words in seen, seen
    # It signs in once; and nobody else is let in by it.
    again = shown(up["sign_in"], tmp_path / "second")
    assert "This link does not sign in" in again
    assert "Qualify new leads" not in again
    assert "With a token" in shown(f"{up['http']}/runs", tmp_path / "third")

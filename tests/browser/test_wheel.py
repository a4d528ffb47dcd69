"""What `pip install` brings to a machine without Node: the editor, served by `automations up`."""

from __future__ import annotations

import os
import subprocess
import sys
import sysconfig
import venv
from pathlib import Path
from shutil import copytree, ignore_patterns

import pytest
from playwright.sync_api import expect
from tests.browser import chromium, server
from tests.browser.conftest import Newcomers

ROOT = Path(__file__).parents[2]
PARTS = ("src", "web", "docs", "README.md", "LICENSE", "pyproject.toml", "hatch_build.py")
# What is there is used: nothing is fetched.
OFFLINE = ["--quiet", "--no-deps", "--no-index", "--disable-pip-version-check"]

pytestmark = [pytest.mark.full, pytest.mark.timeout(240)]


def pip(*arguments: str | Path) -> None:
    subprocess.run([sys.executable, "-m", "pip", *arguments], check=True, capture_output=True, text=True)


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Built from a copy, with the editor as `make` has built it."""
    chromium.program()
    copy, made = tmp_path_factory.mktemp("checkout"), tmp_path_factory.mktemp("wheel")
    for name in PARTS:
        if (ROOT / name).is_dir():
            copytree(ROOT / name, copy / name, ignore=ignore_patterns("node_modules", "dist", "__pycache__"))
        else:
            (copy / name).write_bytes((ROOT / name).read_bytes())
    pip("wheel", *OFFLINE, "--no-build-isolation", "--wheel-dir", made, copy)
    (built,) = made.glob("automations-*.whl")
    return built


def test_an_empty_environment_serves_the_editor_without_node(
    wheel: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, somebody: Newcomers
) -> None:
    own = tmp_path / "environment"
    venv.create(own, symlinks=True)
    bin_dir = own / "bin"
    pip("--python", bin_dir / "python", "install", *OFFLINE, wheel)
    # Its dependencies are those of this environment, which `.pth` files of that one do not come with.
    packages = next((own / "lib").glob("python*/site-packages"))
    (packages / "dependencies.pth").write_text(sysconfig.get_path("purelib"))
    found = subprocess.run(
        [bin_dir / "python", "-c", "import automations; print(automations.__file__)"],
        check=True,
        capture_output=True,
        text=True,
        cwd=tmp_path,
    ).stdout
    assert Path(found.strip()).is_relative_to(own)
    monkeypatch.setattr("tests.e2e.conftest.PROGRAM", [str(bin_dir / "automations")])
    monkeypatch.setenv("PATH", os.fspath(bin_dir))
    (tmp_path / "up").mkdir()
    with server.running(tmp_path / "up") as served:
        one = somebody(served.demo_account)
        one.signs_in()
        one.sees("Qualify new leads")
        one.follows("Qualify new leads")
        expect(one.page.get_by_role("heading", name="Qualify new leads")).to_be_visible()

"""What must hold of every file in the repository, and of what we publish."""

from __future__ import annotations

import re
import shutil
import subprocess
import tomllib
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).parents[2]
# Put together here, so that this file does not hold what it looks for.
REGISTRIES = ["pypi" + ".org", "pythonhosted" + ".org", "npmjs" + ".org", "registry." + "npmjs", "crates" + ".io"]
PLACES = ["/" + "/".join(path) for path in (["work", "main"], ["root", ".pyenv"], ["home", ""])]
BUILT = {
    *(".git", ".venv", "node_modules", "dist", "__pycache__", ".automations"),
    *(".mypy_cache", ".ruff_cache", ".pytest_cache", ".hypothesis", ".import_linter_cache"),
}


def files() -> Iterator[Path]:
    """What is tracked or could be; in a tree without git, whatever is not built."""
    command = ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
    listed = subprocess.run(command, cwd=ROOT, capture_output=True, check=False) if shutil.which("git") else None
    if listed is not None and listed.returncode == 0:
        paths = [ROOT / name for name in listed.stdout.decode().split("\0") if name]
    else:
        paths = [path for path in ROOT.rglob("*") if not BUILT.intersection(path.relative_to(ROOT).parts)]
    return (path for path in paths if path.is_file())


def test_no_file_names_a_registry_or_a_place_on_one_machine() -> None:
    wanted = re.compile("|".join(map(re.escape, [*REGISTRIES, *PLACES])))
    found = [
        f"{path.relative_to(ROOT)}: {match.group()}"
        for path in files()
        for match in wanted.finditer(path.read_bytes().decode("utf-8", "replace"))
    ]
    assert found == []


def test_every_locked_requirement_has_hashes() -> None:
    for name in ("requirements.lock", "requirements-dev.lock"):
        text = (ROOT / name).read_text()
        blocks = re.findall(r"^[A-Za-z0-9].*?(?=^[A-Za-z0-9]|\Z)", text, re.MULTILINE | re.DOTALL)
        assert len(blocks) > 10
        assert [block.split()[0] for block in blocks if "--hash=sha256:" not in block] == []


def pins(name: str) -> dict[str, str]:
    return dict(re.findall(r"^([a-z0-9-]+)==([^ ;\\]+)", (ROOT / name).read_text(), re.MULTILINE))


def test_the_locks_agree_and_hold_all_that_is_asked_for() -> None:
    run, dev = pins("requirements.lock"), pins("requirements-dev.lock")
    assert {name: version for name, version in run.items() if dev.get(name) != version} == {}
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())

    def missing(requirements: list[str], locked: dict[str, str]) -> list[str]:
        names = (re.match(r"[A-Za-z0-9-]+", requirement) for requirement in requirements)
        return [match.group() for match in names if match and match.group() not in locked]

    groups = project["dependency-groups"]
    assert missing([*project["project"]["dependencies"], *groups["build"]], run) == [], "run `make lock`"
    assert missing(groups["dev"], dev) == [], "run `make lock`"


def test_the_version_is_the_same_everywhere() -> None:
    from automations import __version__

    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    assert project["version"] == __version__
    assert f"## {__version__}" in (ROOT / "CHANGELOG.md").read_text(encoding="utf-8")


def test_readme_begins_with_the_two_commands() -> None:
    screen = (ROOT / "README.md").read_text(encoding="utf-8").splitlines()[:30]
    assert [line for line in screen if line.startswith("$ make")] == ["$ make up", "$ make test"]


def test_make_lists_every_target_that_is_for_people() -> None:
    listed = subprocess.run(
        ["make", "--no-print-directory"], cwd=ROOT, capture_output=True, text=True, check=True
    ).stdout
    targets = re.findall(r"^  make ([a-z-]+)", listed, re.MULTILINE)
    people = {
        "help",
        "up",
        "dev",
        "test",
        "test-all",
        "check",
        "bench",
        "soak",
        "pictures",
        "fmt",
        "docs",
        "lock",
        "clean",
    }
    assert people == set(targets)

"""Puts the web editor into what is built, where there is a Node to build it with."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface

OLDEST_NODE = (20, 19)


class EditorHook(BuildHookInterface[Any]):
    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        # A checkout that is installed as links to its sources has the editor from `make`.
        if version == "editable":
            return
        web, packed = Path(self.root) / "web", Path(self.root) / "src/automations/web_dist"
        # An unpacked sdist has it already, as old as its sources.
        if not (web / "package-lock.json").is_file() or _is_new(packed / "index.html", web):
            return
        npm = shutil.which("npm")
        if npm is None or _node() < OLDEST_NODE:
            self.app.display_warning("no Node of 20.19 or newer: what is built comes without the web editor")
            return
        subprocess.run([npm, "ci", "--silent"], cwd=web, check=True)
        subprocess.run([npm, "run", "--silent", "build"], cwd=web, check=True)
        shutil.rmtree(packed, ignore_errors=True)
        shutil.copytree(web / "dist", packed)


def _is_new(built: Path, web: Path) -> bool:
    if not built.is_file():
        return False
    sources = [*web.glob("*.*"), *(path for room in ("src", "public", "build") for path in (web / room).rglob("*"))]
    return max(path.stat().st_mtime for path in sources if path.is_file()) <= built.stat().st_mtime


def _node() -> tuple[int, ...]:
    try:
        told = subprocess.run(["node", "--version"], capture_output=True, text=True, check=True).stdout
        return tuple(int(part) for part in told.strip().lstrip("v").split(".")[:2])
    except (OSError, ValueError, subprocess.CalledProcessError):
        return (0,)

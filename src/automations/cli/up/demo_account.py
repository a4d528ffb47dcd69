"""The demo's files, and the run that shows them off."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from functools import cache
from importlib.resources import files
from typing import Any

from automations.services.demo import DemoContent

ACCOUNT_FILE = "account.json"


@dataclass(frozen=True, slots=True)
class FirstRun:
    automation_id: str
    lead_id: str
    given: dict[str, Any] = field(default_factory=dict)


RUN_AT_THE_END = FirstRun(
    automation_id="a3de3000-0000-4000-8000-000000000001", lead_id="1ead0001-0000-4000-8000-000000000001"
)


@cache
def read_content() -> DemoContent:
    directory = files("automations.cli").joinpath("demo")
    texts = {
        entry.name: entry.read_text(encoding="utf-8") for entry in directory.iterdir() if entry.name.endswith(".json")
    }
    return DemoContent(json.loads(texts.pop(ACCOUNT_FILE)), dict(sorted(texts.items())))

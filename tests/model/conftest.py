"""Tests that ask a real language model: deselected unless AUTOMATIONS_TEST_MODEL_URL names its endpoint."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import pytest

if (_CHECKOUT := str(Path(__file__).parents[2])) not in sys.path:
    sys.path.insert(0, _CHECKOUT)


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    if os.environ.get("AUTOMATIONS_TEST_MODEL_URL"):
        return
    asking = [item for item in items if item.get_closest_marker("model")]
    if asking:
        items[:] = [item for item in items if item not in asking]
        config.hook.pytest_deselected(items=asking)

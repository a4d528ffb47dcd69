"""Lengths of time that no run would wait for, in a drawing that is to be published.

Apart from `validate`: what was published with one goes on, and ends it at the limit.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from pydantic import ValidationError

from automations.errors import Problem
from automations.flow.check_config import FIX_FIELD
from automations.flow.duration import Duration
from automations.flow.node import Node, duration_fields
from automations.flow.outcomes import Json, JsonObject
from automations.flow.template_check import below, entries_of
from automations.flow.validate import Examined


def check_lengths(found: Examined) -> list[Problem]:
    problems = []
    for node_id, node in found.types.items():
        config = found.drawing.nodes[node_id].config
        for pattern in sorted(duration_fields(node.config_model)):
            for field, value in _values_at(config, pattern.split("."), ""):
                duration = _read(value)
                if duration is not None and duration.most is not None:
                    amount = below(field, "amount")
                    said = f"{duration.amount:,.10g} {duration.unit} are more than five years"
                    message = f"{node.title}: {amount!r}: {said}"
                    hint = f"Use at most {duration.most:,} {duration.unit}."
                    problems.append(Problem("too_long", message, hint, node_id, field=amount))
        for field, said in _of_type(node, config):
            problems.append(Problem("bad_config", f"{node.title}: {said}", FIX_FIELD, node_id, field=field))
    return problems


def _of_type(node: Node[Any], config: JsonObject) -> list[tuple[str, str]]:
    try:
        return node.check_draft(node.config_model.model_validate(config))
    except Exception:  # anybody's code; what its model or its `check` cannot read is told by the validation
        return []


def _values_at(value: Json, pattern: list[str], field: str) -> Iterator[tuple[str, Json]]:
    if not pattern:
        yield field, value
        return
    if isinstance(value, dict | list):
        for key, child in entries_of(value):
            if pattern[0] in ("*", key):
                yield from _values_at(child, pattern[1:], below(field, key))


def _read(value: Json) -> Duration | None:
    """None for what cannot be read at all, which its model has told already."""
    try:
        return Duration.model_validate(value)
    except ValidationError:
        return None

"""The node types that are installed, each with all that one has to know to draw it: for forms, programs and agents."""

from __future__ import annotations

import inspect
from functools import lru_cache
from typing import Any

from automations.errors import NotFound
from automations.flow.condition_operators import CHANGED, OPERATORS
from automations.flow.config_fields import config_fields
from automations.flow.node import Node, secret_fields
from automations.flow.registry import NodeRegistry
from automations.flow.template_scope import offer


@lru_cache(maxsize=4)
def catalogue(registry: NodeRegistry) -> tuple[dict[str, Any], ...]:
    """By type. It does not change while the program runs; read it, do not change it."""
    return tuple(map(_described, registry))


def node_type(registry: NodeRegistry, name: str) -> dict[str, Any]:
    """`NotFound` offers what is near."""
    found = next((one for one in catalogue(registry) if one["type"] == name), None)
    if found is None:
        raise NotFound(
            f"there is no node type {name!r}", hint=offer(name, [one["type"] for one in catalogue(registry)])
        )
    return found


def _described(node: Node[Any]) -> dict[str, Any]:
    kind = type(node)
    described = kind.describe()
    secrets = secret_fields(kind.config_model)
    return {
        **described,
        "documentation": inspect.cleandoc(kind.__doc__ or ""),
        "handles_note": kind.handles_note,
        "error_handle": not kind.is_trigger,
        "fields": [
            {
                "name": one.name,
                "kind": one.kind.replace("`", ""),
                "required": one.default is None,
                "default": one.default,
                "meaning": one.meaning,
                # Nothing of a trigger is a template: its config is read before there is a run.
                "templates": one.templates and not kind.is_trigger,
                "secrets": _holds_secrets(one.name, secrets),
            }
            for one in config_fields(described["config_schema"])
        ],
        "sample_output": node.sample_output({} if kind.is_trigger else {"table": "leads"}),
        # Of a type that misbehaves, that is the first question.
        "package": kind.__module__.partition(".")[0],
    }


def _holds_secrets(name: str, secrets: frozenset[str]) -> bool:
    """Whether the field, or one that it is in, may hold them."""
    parts = name.replace("[]", ".*").split(".")
    return any(".".join(parts[:length]) in secrets for length in range(1, len(parts) + 1))


def condition_operators() -> list[dict[str, str]]:
    """What a condition may say of a field, and what it takes as its value."""
    return [
        *({"name": name, "value": one.needs, "meaning": one.phrase.format("it")} for name, one in OPERATORS.items()),
        {"name": CHANGED, "value": "nothing", "meaning": "another than before the change"},
    ]

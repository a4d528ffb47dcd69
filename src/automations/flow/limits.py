"""How large a drawn flow may be, checked before anything else looks at it.

The input may be hostile: nothing here recurses, and the work is bounded by the limits, not by the input.
"""

from __future__ import annotations

from itertools import chain

import orjson

from automations.errors import Problem
from automations.flow.text_pattern import MOST_PATTERNS

MAX_NODES = 1_000
MAX_EDGES = 5_000
MAX_BYTES = 1_000_000
MAX_DEPTH = 50

_PLAIN = orjson.OPT_PASSTHROUGH_DATACLASS | orjson.OPT_PASSTHROUGH_DATETIME | orjson.OPT_PASSTHROUGH_SUBCLASS


def check_limits(nodes: object, edges: object) -> list[Problem]:
    """Problems with type, count, depth and serialised size; without any, the input is plain JSON and safe to walk."""
    problems: list[Problem] = []
    for name, value, limit in (("nodes", nodes, MAX_NODES), ("edges", edges, MAX_EDGES)):
        if not isinstance(value, list):
            found = type(value).__name__
            problems.append(
                Problem(
                    "not_a_list", f"`{name}` is not a list but {found}", f"Send `{name}` as a JSON array of objects."
                )
            )
        elif len(value) > limit:
            problems.append(
                Problem(
                    f"too_many_{name}",
                    f"the flow has {len(value):,} {name}; at most {limit:,} are allowed",
                    "Split the flow into several automations.",
                )
            )
    return problems or _check_json(nodes, edges)


def _check_json(nodes: object, edges: object) -> list[Problem]:
    # Every value takes at least one byte and a separator, so the walk can give up as soon as the limit cannot be met.
    least_size = patterns = 0
    level: list[object] = [nodes, edges]
    for _ in range(MAX_DEPTH + 1):
        containers: list[list[object] | dict[object, object]] = [v for v in level if isinstance(v, list | dict)]
        if not containers:
            break
        least_size += sum(2 * len(container) for container in containers)
        if least_size > MAX_BYTES:
            return [_too_large(None)]
        patterns += sum(isinstance(c, dict) and isinstance(c.get("pattern"), str) for c in containers)
        if patterns > MOST_PATTERNS:
            return [
                Problem(
                    "too_many_patterns",
                    f"the schemas of the flow have more than {MOST_PATTERNS} patterns together",
                    "Leave some out, or split the flow into several automations.",
                )
            ]
        level = list(chain.from_iterable(c if isinstance(c, list) else c.values() for c in containers))
    else:
        return [
            Problem(
                "too_deep",
                f"the flow is nested more than {MAX_DEPTH} levels deep",
                "Flatten the configuration of its nodes.",
            )
        ]
    try:
        size = len(orjson.dumps(nodes, option=_PLAIN)) + len(orjson.dumps(edges, option=_PLAIN))
    except (TypeError, ValueError) as error:
        return [
            Problem(
                "not_json",
                f"the flow is not valid JSON: {error}",
                "Use text, finite numbers below 2^63, true, false, null, arrays and objects only.",
            )
        ]
    return [_too_large(size)] if size > MAX_BYTES else []


def _too_large(size: int | None) -> Problem:
    measured = "more than that" if size is None else f"{size:,}"
    return Problem(
        "too_large",
        f"the flow is larger than {MAX_BYTES:,} bytes of JSON ({measured})",
        "Keep large texts and data outside of the flow, or split it into several automations.",
    )

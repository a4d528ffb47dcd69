"""What a run leaves for people: one entry per node run, masked, in the order of the flow."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime
from functools import lru_cache
from typing import Any

from automations.db.json_text import JsonText, encode_json
from automations.flow.commands import TOP_SCOPE, opening_key, step_key
from automations.flow.graph import CompiledFlow
from automations.flow.state import RunState

MAX_ENTRIES = 1_000
MAX_BYTES = 1_048_576
MAX_VALUE_BYTES = 16_384

MASK = "•••"
SENSITIVE = ("authorization", "password", "secret", "token", "api_key", "apikey", "api-key", "cookie", "x-api-key")

# AI steps count in these; a number under one is no secret.
COUNTS = frozenset({"input_tokens", "output_tokens", "max_output_tokens"})


def masked(value: Any, names: frozenset[str] = frozenset()) -> Any:
    """The value with everything under a telling name hidden, and under `names` (in lower case, whole names); the value
    itself where there is nothing to hide."""
    match value:
        case dict():
            changed = {}
            for key, item in value.items():
                telling = is_sensitive(key) and not (key in COUNTS and isinstance(item, int))
                if item is not None and (telling or (names and key.lower() in names)):
                    changed[key] = MASK
                elif isinstance(item, dict | list):
                    hidden = masked(item, names)
                    if hidden is not item:
                        changed[key] = hidden
            return {**value, **changed} if changed else value
        case list():
            hidden_items = [masked(item, names) if isinstance(item, dict | list) else item for item in value]
            same = all(hidden is item for hidden, item in zip(hidden_items, value, strict=True))
            return value if same else hidden_items
        case _:
            return value


@lru_cache(maxsize=4_096)
def is_sensitive(key: str) -> bool:
    """Whether what stands under this name is shown to nobody."""
    name = key.lower()
    return any(word in name for word in SENSITIVE)


def entry(
    *,
    node_id: str,
    node_type: str,
    label: str,
    status: str,
    started_at: datetime | None,
    duration_ms: float | None,
    attempt: int,
    input_: Any = None,
    output: Any = None,
    error: str | None = None,
    handle: str | None = None,
) -> dict[str, Any]:
    return {
        "node_id": node_id,
        "type": node_type,
        "label": label,
        "status": status,
        "started_at": started_at,
        "duration_ms": duration_ms,
        "attempt": attempt,
        "input": input_,
        "output": output,
        "error": error,
        "handle": handle,
    }


def nodes_executed(flow: CompiledFlow, state: RunState, entries: Mapping[str, dict[str, Any]]) -> JsonText:
    """The text of `nodes_executed`: every node that was decided, in topological order; capped, and it says so.

    What the iterations of loops did is in `automations.steps`; only a test run has it here, behind the loop.
    """
    collected: list[dict[str, Any]] = []
    repeated: dict[str, list[dict[str, Any]]] = {}
    for key, known in entries.items():
        if key[0] != "/" and key[-1] != "/":
            repeated.setdefault(key.partition(":")[0], []).append(known)
    for node_id in flow.order:
        key = step_key(TOP_SCOPE, node_id)
        step = state.steps.get(key)
        if step is None:
            continue
        begun = entries.get(key) or entries.get(opening_key(key))
        if begun is not None:
            # A step whose retry was awaited when the run ended has its last failure on record; and only the machine
            # knows whether a failure was handled.
            same = begun["status"] == step.status and begun["handle"] == step.handle
            collected.append(begun if same else {**begun, "status": step.status, "handle": step.handle})
            collected += repeated.get(node_id, [])
            continue
        node = flow.nodes[node_id]
        collected.append(
            entry(
                node_id=node_id,
                node_type=node.type,
                label=node.label,
                status=step.status,
                started_at=None,
                duration_ms=None,
                attempt=step.attempt,
                output=step.output,
                error=step.error,
                handle=step.handle,
            )
        )
    return _capped(collected)


def _capped(collected: list[dict[str, Any]]) -> JsonText:
    text = encode_json(collected)
    if len(collected) <= MAX_ENTRIES and len(text) <= MAX_BYTES:
        return JsonText(text)
    kept = [
        {**item, "input": _shortened(item["input"]), "output": _shortened(item["output"])}
        for item in collected[:MAX_ENTRIES]
    ]
    text = encode_json([*kept, *_truncation(collected[MAX_ENTRIES:])])
    while len(text) > MAX_BYTES and kept:
        kept = kept[: len(kept) // 2]
        text = encode_json([*kept, *_truncation(collected[len(kept) :])])
    return JsonText(text)


def _shortened(value: Any) -> Any:
    text = encode_json(value)
    return value if len(text) <= MAX_VALUE_BYTES else {"truncated": True, "bytes": len(text), "start": text[:1_000]}


def _truncation(left_out: Iterable[dict[str, Any]]) -> list[dict[str, Any]]:
    count = sum(1 for _ in left_out)
    return [{"truncated": True, "left_out": count}] if count else []

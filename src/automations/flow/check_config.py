"""The configuration of one node against its type: its model, its own checks, its templates."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice
from typing import Any

from pydantic import ValidationError

from automations.errors import Problem
from automations.flow.node import JoinMode, Node, literal_fields, secret_fields
from automations.flow.outcomes import ERROR_HANDLE, JsonObject
from automations.flow.parse import DrawnNode
from automations.flow.template_check import Visible, is_literal, literal_patterns
from automations.flow.template_syntax import is_template
from automations.flow.templates import check_templates
from automations.flow.wording import in_words, shorten

MAX_PROBLEMS_PER_NODE = 20
MAX_MESSAGE_LENGTH = 500
MAX_ERRORS_READ = 2_000  # pydantic hands out all or none, at 10 µs each

_FILL_IN = "Fill it in; the documentation of the node type describes it."
FIX_FIELD = "Change this field; the documentation of the node type describes it."


@dataclass(frozen=True, slots=True)
class Handles:
    """Output handles of a node without `error`, and whether `error` may be used. `names` None: not known."""

    names: tuple[str, ...] | None
    error: bool

    def resolve(self, handle: str | None) -> str | None:
        """The handle that an edge means; None when the node has no such handle. Not for unknown `names`."""
        names = self.names or ()
        if handle is None:
            return names[0] if len(names) == 1 else next((name for name in names if name == "out"), None)
        return handle if handle in names or (self.error and handle == ERROR_HANDLE) else None


def read_handles(drawn: DrawnNode, node: Node[Any] | None) -> Handles:
    """What edges may leave from. A type that is unknown, or chokes on this config, is not judged."""
    if node is None:
        return Handles(None, error=True)
    try:
        names = tuple(dict.fromkeys(name for name in node.handles(drawn.config) if name != ERROR_HANDLE))
    except Exception:  # anybody's code; what is wrong with the config is reported by its model
        names = None
    return Handles(names, error=not node.is_trigger)


def read_join(drawn: DrawnNode, node: Node[Any]) -> JoinMode | None:
    """None where the type, which is anybody's code, gives no answer that can be used."""
    try:
        mode: object = node.join(drawn.config)
    except Exception:
        return None
    return "any" if mode == "any" else "all" if mode == "all" else None


def check_config(drawn: DrawnNode, node: Node[Any], handles: Handles, seen: Visible) -> list[Problem]:
    """At most 20 problems of one node; `seen` is what its templates may use."""
    problems = dict.fromkeys(
        Problem("missing_field", _cut(message), _FILL_IN, drawn.id, field=path)
        if is_missing
        else Problem("bad_config", _cut(message), FIX_FIELD, drawn.id, field=path)
        for path, message, is_missing in islice(_model_problems(drawn.config, node), MAX_PROBLEMS_PER_NODE)
    )
    if handles.names is None and not problems:
        message = f"{node.title}: the node type cannot tell which handles this configuration has"
        problems[Problem("bad_config", message, FIX_FIELD, drawn.id)] = None
    if read_join(drawn, node) is None and not problems:
        message = f"{node.title}: the node type cannot tell how this configuration joins branches"
        problems[Problem("bad_config", message, FIX_FIELD, drawn.id)] = None
    for path, message, hint in check_templates(
        drawn.config,
        seen,
        literal_fields=literal_fields(node.config_model),
        secret_fields=secret_fields(node.config_model),
    ):
        problems[Problem("bad_template", _cut(message), _cut(hint), drawn.id, field=path)] = None
    return list(problems)[:MAX_PROBLEMS_PER_NODE]


def _cut(text: str) -> str:
    return text if len(text) <= MAX_MESSAGE_LENGTH else f"{text[: MAX_MESSAGE_LENGTH - 1]}…"


def _model_problems(config: JsonObject, node: Node[Any]) -> Iterator[tuple[str | None, str, bool]]:
    """Where, what, and whether nothing is there at all: which is no mistake yet to whoever is still drawing."""
    name = node.title
    literal = literal_patterns(literal_fields(node.config_model))
    try:
        parsed = node.config_model.model_validate(config)
    except ValidationError as invalid:
        if invalid.error_count() > MAX_ERRORS_READ:
            yield None, f"{name}: {invalid.error_count():,} values of this configuration are wrong", False
            return
        for error in invalid.errors(include_url=False, include_input=False, include_context=False):
            path, value = _locate(config, error["loc"], missing=error["type"] == "missing")
            rendered_later = isinstance(value, str) and is_template(value) and error["type"] != "extra_forbidden"
            if rendered_later and not is_literal(".".join(path), literal):
                continue
            sentence = _sentence(path, error["type"], error["msg"])
            yield ".".join(path) or None, f"{name}: {sentence}", error["type"] == "missing"
        return
    except Exception as broken:  # a validator of anybody's node type
        yield None, f"{name}: the node type cannot read this configuration ({shorten(str(broken))})", False
        return
    try:
        found = node.check(parsed)
    except Exception as broken:  # anybody's code
        found = [("", f"the node type cannot check this configuration ({shorten(str(broken))})")]
    for dotted, message in found:
        yield dotted or None, f"{name}: {message}", message.startswith("is required")


def _sentence(path: list[str], kind: str, message: str) -> str:
    field = shorten(".".join(path)) if path else "the configuration"
    match kind:
        case "missing":
            return f"{field} is required"
        case "extra_forbidden":
            return f"{field} is not a field of this node"
        case _:
            return f"{field}: {in_words(kind, message)}"


def _locate(config: Any, location: tuple[int | str, ...], *, missing: bool) -> tuple[list[str], Any]:
    """The path inside the raw config, without pydantic's names of union branches, and the value that is there.

    Of a `missing` field the place is named too, and its value is None.
    """
    path: list[str] = []
    value = config
    for position, part in enumerate(location):
        in_object = isinstance(value, dict) and part in value
        in_list = isinstance(value, list) and isinstance(part, int) and part < len(value)
        if in_object or in_list:
            value = value[part]
        elif missing and position == len(location) - 1:
            value = None
        else:
            continue
        path.append(str(part))
    return path, value

"""Whether what templates insert of earlier steps can be there: what their types declare, by the way they are left.

Apart from `validate`: what is published stays as it is, also where it inserts what never comes.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from automations.errors import Problem
from automations.flow.check_config import read_join
from automations.flow.graph import iter_bits
from automations.flow.node import Node, literal_fields
from automations.flow.outcomes import DONE_HANDLE, EACH_HANDLE, ERROR_HANDLE, JsonObject
from automations.flow.parse import DrawnNode
from automations.flow.record_tables import ColumnUse
from automations.flow.template_check import walk_texts
from automations.flow.template_scope import offer
from automations.flow.template_syntax import Code, Path, TemplateSyntaxError, Text, names_used, parse_text
from automations.flow.validate import Examined
from automations.flow.ways import Ways, ways_to

MOST_FOUND: Final = 200
# Whoever writes one of these has thought of its not being there.
_GUARDS: Final = re.compile(r"\bdefault\b|\bdefined\b|\bif\b|\bor\b|\band\b|\{%", re.ASCII)
# What a step that failed, and whose failure was handled, has beside its own names.
_FAILED: Final = frozenset({"error", "output"})

Known = Mapping[str, frozenset[str] | None]
"""By handle: every name that the output has where the step leaves by it. None: not known before it ran."""


@dataclass(frozen=True, slots=True)
class OutputFindings:
    """`problems`: what is inserted is never there. `warnings`: on some ways it is not, and the run would fail there; or
    a way is drawn that no run takes.
    `columns`: those that are inserted of rows whose table is known, by step."""

    problems: tuple[Problem, ...] = ()
    warnings: tuple[Problem, ...] = ()
    columns: tuple[tuple[str, ColumnUse], ...] = ()


@dataclass(frozen=True, slots=True)
class _Named:
    """A name of a step's output that a template inserts. `bare`: it fails where that is not there."""

    field: str
    source: str
    path: tuple[str, ...]
    bare: bool


def check_outputs(found: Examined) -> OutputFindings:
    """Of a drawing whose order is known; nothing where steps run in a circle."""
    drawing, order = found.drawing, found.order
    if len(order) != len(drawing.nodes) or len(found.ancestors) != len(order):
        return OutputFindings()
    handles = handles_of(found)
    ways = ways_of(found)
    known = {
        node_id: known_names(drawing.nodes[node_id], node, handles[node_id]) for node_id, node in found.types.items()
    }
    rows = {node_id: _rows(drawing.nodes[node_id], node) for node_id, node in found.types.items()}
    problems: list[Problem] = []
    warnings: list[Problem] = []
    columns: list[tuple[str, ColumnUse]] = []
    for i, node_id in enumerate(order):
        node = found.types.get(node_id)
        if node is None or node.is_trigger or drawing.nodes[node_id].disabled:
            continue
        before = {order[j] for j in iter_bits(found.ancestors[i])}
        judge = _Judge(found, node_id, ways[node_id], known)
        for named in _named(drawing.nodes[node_id].config, node):
            step, names = _step_of(named.path, found.triggers)
            if step not in before or not names or drawing.nodes[step].disabled:
                continue
            if step not in found.triggers:
                problem, warning = judge.of(step, names[0], named)
                problems += [problem] if problem else []
                warnings += [warning] if warning else []
            table = rows.get(step, {}).get(names[0])
            if table is not None and len(names) > 1 and named.bare:
                columns.append((node_id, ColumnUse(table, names[1], named.field)))
    warnings += _idle_ways(found)
    return OutputFindings(tuple(problems[:MOST_FOUND]), tuple(warnings[:MOST_FOUND]), tuple(columns))


def _idle_ways(found: Examined) -> list[Problem]:
    """Lines that no run will ever take."""
    idle = {node_id: node.idle_ways(found.drawing.nodes[node_id].config) for node_id, node in found.types.items()}
    drawn = dict.fromkeys((edge.source, edge.handle) for edge in found.edges)
    return [
        Problem(
            "idle_way",
            f"{idle[node_id][handle][1]}, so what is drawn for that never runs",
            "Set one, or take that way out.",
            node_id=node_id,
            field=idle[node_id][handle][0],
        )
        for node_id, handle in drawn
        if handle in idle.get(node_id, {}) and not found.drawing.nodes[node_id].disabled
    ]


def ways_of(found: Examined) -> dict[str, Ways]:
    """What is certain whenever a step runs, of a drawing whose order is known."""
    handles = handles_of(found)
    joins = {
        node_id: mode
        for node_id, node in found.types.items()
        if (mode := read_join(found.drawing.nodes[node_id], node)) is not None
    }
    # A loop whose failure is handled may leave by that instead.
    always = {
        node_id: DONE_HANDLE
        for node_id, names in handles.items()
        if {EACH_HANDLE, DONE_HANDLE} <= set(names) and ERROR_HANDLE not in names
    }
    return ways_to(found.order, found.edges, handles, joins, always, found.ancestors)


def known_names(drawn: DrawnNode, node: Node[Any], handles: Sequence[str]) -> Known:
    """What is there where the step leaves by each of its handles."""
    if not node.output_is_known:
        return dict.fromkeys(handles)
    samples = samples_of(drawn.config, node, handles)
    # Behind `error` stands whatever the failure had on it.
    return {
        handle: None if handle == ERROR_HANDLE or handle not in samples else frozenset(samples[handle])
        for handle in handles
    }


def samples(found: Examined) -> dict[str, dict[str, JsonObject]]:
    """By step and way out."""
    return {
        node_id: shown
        for node_id, node in found.types.items()
        if (shown := samples_of(found.drawing.nodes[node_id].config, node, found.handles[node_id].names or ()))
    }


def samples_of(config: JsonObject, node: Node[Any], handles: Sequence[str]) -> dict[str, JsonObject]:
    """An example of what the step comes to, by each way on which it does; nothing of a type that chokes on it."""
    try:
        first, others = node.sample_output(config), node.sample_outputs(config)
        return {handle: dict(others.get(handle, first)) for handle in handles if handle != ERROR_HANDLE}
    except Exception:  # anybody's code; what is wrong with the config is reported by its model
        return {}


def _rows(drawn: DrawnNode, node: Node[Any]) -> Mapping[str, str]:
    try:
        return dict(node.output_rows(drawn.config))
    except Exception:  # anybody's code, too
        return {}


def handles_of(found: Examined) -> dict[str, list[str]]:
    """The ways out that can come about: `error` where an edge leaves from it."""
    with_error_edge = {edge.source for edge in found.edges if edge.handle == ERROR_HANDLE}
    ways: dict[str, list[str]] = {}
    for node_id, drawn in found.drawing.nodes.items():
        names = list(found.handles[node_id].names or ())
        if drawn.disabled:
            node = found.types.get(node_id)
            passing = None if node is None else node.passing_handle
            ways[node_id] = [passing or names[0]] if names else []
        else:
            ways[node_id] = [*names, ERROR_HANDLE] if node_id in with_error_edge else names
    return ways


@dataclass(frozen=True, slots=True)
class _Judge:
    """Of what one step inserts."""

    found: Examined
    node_id: str
    ways: Ways
    known: Mapping[str, Known]

    def of(self, step: str, name: str, named: _Named) -> tuple[Problem | None, Problem | None]:
        known = self.known.get(step)
        if not known:
            return None, None
        possible = [handle for handle in known if handle in self.ways.left.get(step, known)]
        if not possible:
            return None, None
        extra = _FAILED if self.found.drawing.nodes[step].settings.on_error == "continue" else frozenset[str]()
        having = [handle for handle in possible if self._has(known[handle], name, extra)]
        if having:
            certain = len(having) == len(possible) and self._ran(step)
            return None, None if certain or not named.bare else self._maybe(step, name, named, having, possible)
        elsewhere = [handle for handle, names in known.items() if self._has(names, name, extra)]
        if elsewhere or name in _FAILED:
            # Asked for with care it is only never there.
            return self._wrong_way(
                step, name, named, elsewhere or [ERROR_HANDLE], possible
            ) if named.bare else None, None
        available = sorted(set().union(*(known[handle] or () for handle in possible)))
        message = f"there is no `{name}` in what `{step}` comes to"
        return self._problem("no_such_output", named, message, offer(name, available)), None

    def _has(self, names: frozenset[str] | None, name: str, extra: frozenset[str]) -> bool:
        return names is None or name in names or name in extra

    def _ran(self, step: str) -> bool:
        return bool(self.ways.ran >> self.found.order.index(step) & 1)

    def _wrong_way(
        self, step: str, name: str, named: _Named, elsewhere: Sequence[str], possible: Sequence[str]
    ) -> Problem:
        message = (
            f"there is a `{name}` only where `{step}` leaves by {_or(elsewhere)}, and this comes after {_or(possible)}"
        )
        available = sorted(set().union(*(self.known[step].get(handle) or () for handle in possible)))
        hint = f"Available here: {', '.join(available)}." if available else "Nothing of it is there on this way."
        return self._problem("no_such_output", named, message, f"{hint} What started the run is in `trigger`.")

    def _maybe(self, step: str, name: str, named: _Named, having: Sequence[str], possible: Sequence[str]) -> Problem:
        lacking = [handle for handle in possible if handle not in having]
        if lacking:
            why = f"where `{step}` leaves by {_or(lacking)}, there is no `{name}`"
            alone, asked = f"behind {_or(having)} alone", f"steps.{step}.{name}"
        else:
            why = f"a way leads here on which `{step}` does not run"
            alone, asked = "where it always runs before", f"steps.{step}"
        hint = f"Put this step {alone}, or ask for it: {{% if {asked} is defined %}} … {{% endif %}}."
        return self._problem("output_may_lack", named, f"{why}: the run would fail here", hint)

    def _problem(self, code: str, named: _Named, message: str, hint: str) -> Problem:
        return Problem(code, f"{named.field}: {named.source}: {message}", hint, self.node_id, field=named.field)


def _or(handles: Sequence[str]) -> str:
    return " or ".join(f"`{handle}`" for handle in handles)


def _step_of(path: tuple[str, ...], triggers: Sequence[str]) -> tuple[str, tuple[str, ...]]:
    match path:
        case ("steps", step, *names):
            return step, tuple(names)
        case ("trigger", *names) if triggers:
            return triggers[0], tuple(names)
        case _:
            return "", ()


def _named(config: JsonObject, node: Node[Any]) -> Iterator[_Named]:
    """Each name once for each field: what is wrong with a template itself is found elsewhere."""
    for field, text in walk_texts(config, literal_fields(node.config_model)):
        try:
            parts = parse_text(text)
            for part in parts:
                match part:
                    case Text():
                        continue
                    case Path(source, segments):
                        yield _Named(field, f"{{{{ {source} }}}}", tuple(map(str, segments)), bare=True)
                    case Code(source):
                        bare = part.is_expression and not _GUARDS.search(source)
                        shown = source if len(source) <= 80 else f"{source[:79]}…"
                        for name in sorted(names_used(source)):
                            yield _Named(field, shown, name, bare)
        except TemplateSyntaxError:
            continue

"""The settings of one node against what its type can do, and against the edges that leave it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from automations.errors import Problem
from automations.flow.check_config import Handles
from automations.flow.node import Node
from automations.flow.outcomes import ERROR_HANDLE
from automations.flow.parse import DrawnNode
from automations.flow.wording import shorten


def check_settings(
    drawn: DrawnNode, node: Node[Any] | None, handles: Handles, *, error_edge: bool
) -> Iterator[Problem]:
    """A type that is not known is not judged."""
    if node is None:
        return
    settings = drawn.settings
    if settings.on_error == "continue":
        yield from _check_continue(drawn, handles, error_edge)
    if settings.pinned is not None:
        yield from _check_pinned(drawn, node, handles, error_edge)
    if settings.mask and node.is_trigger:
        message = f"{drawn.id!r} is a trigger: what started the run is on record as its trigger data"
        hint = "Remove `mask` here, and set it on the steps that use the values."
        yield Problem("bad_mask", message, hint, drawn.id, field="data.mask")


def _check_continue(drawn: DrawnNode, handles: Handles, error_edge: bool) -> Iterator[Problem]:
    field = "data.on_error"
    if error_edge:
        message = f"a failure of {drawn.id!r} cannot both `continue` and take the edge from its handle `error`"
        hint = "Remove the edge, or set `on_error` to `stop`: with the edge, a failure goes there."
        yield Problem("bad_on_error", message, hint, drawn.id, field=field)
    elif handles.names == ():
        message = f"{drawn.id!r} has no way out through which it could `continue`"
        yield Problem("bad_on_error", message, "Remove `on_error` here.", drawn.id, field=field)


def _check_pinned(drawn: DrawnNode, node: Node[Any], handles: Handles, error_edge: bool) -> Iterator[Problem]:
    pinned = drawn.settings.pinned
    assert pinned is not None
    if node.is_trigger:
        message = f"{drawn.id!r} is a trigger: a test says by itself what it starts with"
        yield Problem("bad_pinned", message, "Remove `pinned` here.", drawn.id, field="data.pinned")
        return
    if handles.names is None:
        return
    known = (*handles.names, ERROR_HANDLE) if error_edge else handles.names
    if not known:
        message = f"{drawn.id!r} has no way out through which a pinned output could go"
        yield Problem("bad_pinned", message, "Remove `pinned` here.", drawn.id, field="data.pinned")
    elif pinned.handle is not None and pinned.handle not in known:
        message = f"{drawn.id!r} has no handle {shorten(pinned.handle)} for its pinned output"
        hint = f"Use one of its handles: {', '.join(known[:10])}."
        yield Problem("bad_pinned", message, hint, drawn.id, field="data.pinned.handle")

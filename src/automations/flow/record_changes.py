"""Changes of a record that depend on what is there: tags added and removed, an owner assigned."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass

from automations.flow.outcomes import Json, JsonObject


@dataclass(frozen=True, slots=True)
class TagChange:
    """Of a column that is a list of texts. What is in both is added."""

    column: str
    add: tuple[str, ...] = ()
    remove: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Assignment:
    """An owner out of `among`. `turns_of`: the id of the step whose turns decide which; None: the first one.

    `another`: where that is the present owner already, the next of them who is somebody else.
    """

    column: str
    among: tuple[Json, ...]
    turns_of: str | None = None
    only_if_unassigned: bool = False
    another: bool = False


@dataclass(frozen=True, slots=True)
class RecordChange:
    values: JsonObject
    tags: TagChange | None = None
    assign: Assignment | None = None


@dataclass(frozen=True, slots=True)
class Changed:
    """The row after the change; `assigned` False: it had an owner, or none was to be assigned."""

    row: JsonObject
    assigned: bool


def without_repeats(tags: Iterable[str]) -> list[str]:
    """Each once, in the order in which they first appear."""
    return list(dict.fromkeys(tags))


def changed_tags(before: Json, add: Collection[str], remove: Collection[str]) -> list[str]:
    """The tags after the change: those that stay keep their order, new ones follow, none is there twice."""
    there = [tag for tag in before if isinstance(tag, str)] if isinstance(before, list) else []
    return without_repeats(tag for tag in (*there, *add) if tag not in remove or tag in add)

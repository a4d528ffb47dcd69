"""Tables that a draft names are watched, or it cannot be published."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from automations.db.watched_table_store import WatchedColumns, WatchedTableStore
from automations.errors import NotFound, Problem
from automations.flow.record_tables import ColumnUse, TableUse
from automations.flow.registry import NodeRegistry
from automations.flow.template_scope import offer

MOST_UNKNOWN = 100


async def check_tables(
    store: WatchedTableStore,
    nodes: Sequence[Any],
    registry: NodeRegistry,
    inserted: Sequence[tuple[str, ColumnUse]] = (),
) -> list[Problem]:
    """Problems `unwatched_table`, `protected_column`, `unknown_column` of a draft whose nodes are known to be right.

    `inserted`: columns that templates insert, by step."""
    uses = [(node["id"], use) for node in nodes for use in _uses(node, registry)]
    watched = await store.columns() if uses else {}
    return [
        *(problem for node_id, use in uses for problem in _problems(node_id, use, watched)),
        *await _unknown_columns(store, nodes, registry, inserted),
    ]


async def _unknown_columns(
    store: WatchedTableStore,
    nodes: Sequence[Any],
    registry: NodeRegistry,
    inserted: Sequence[tuple[str, ColumnUse]],
) -> list[Problem]:
    uses = [
        (node["id"], use)
        for node in nodes
        if (kind := registry.get(node["type"])) is not None and not node.get("data", {}).get("disabled")
        for use in kind.columns(node.get("data", {}).get("config", {}))
    ] + list(inserted)
    if not uses:
        return []
    known = await store.names_of_columns(sorted({use.table for _, use in uses}))
    return [
        Problem(
            "unknown_column",
            f"{use.table} has no column `{use.column[:100]}`",
            offer(use.column, known[use.table]),
            node_id,
            field=use.field,
        )
        for node_id, use in uses
        if use.table in known and use.column not in known[use.table]
    ][:MOST_UNKNOWN]


async def unwatch(store: WatchedTableStore, table: str) -> str:
    """The source that is watched no more; `NotFound`."""
    source = await store.unwatch(table)
    if source is None:
        raise NotFound(f"the table {table} is not watched", hint="`automations watch` lists those that are.")
    return source


def _uses(node: Any, registry: NodeRegistry) -> tuple[TableUse, ...]:
    kind = registry.get(node["type"])
    data = node.get("data", {})
    return () if kind is None or data.get("disabled") else kind.tables(data.get("config", {}))


def _problems(node_id: str, use: TableUse, watched: Mapping[str, WatchedColumns]) -> Iterator[Problem]:
    columns = watched.get(use.table)
    if columns is None:
        command = f"`automations watch {use.table} --account <column> --id <column>`"
        others = f" Watched are: {', '.join(sorted(watched))}." if watched else ""
        yield Problem(
            "unwatched_table",
            f"nothing watches the table {use.table}",
            f"Whoever runs this installation does: {command}.{others}",
            node_id,
            field=use.field,
        )
        return
    protected = {columns.account} if use.creates else {columns.account, columns.id}
    for column in sorted(protected & use.written):
        yield Problem(
            "protected_column",
            f"{column} of {use.table} says whose or which row it is, and cannot be written",
            "Take it out of the step.",
            node_id,
            field=use.field,
        )

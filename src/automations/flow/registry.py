"""Node types by name. Filled from the entry-point group by whoever wires the program; the engine only looks up."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from automations.flow.node import Node


class NodeRegistry:
    def __init__(self, nodes: Iterable[Node[Any]]) -> None:
        self._by_type: dict[str, Node[Any]] = {}
        for node in nodes:
            if node.type in self._by_type:
                first, second = type(self._by_type[node.type]), type(node)
                raise ValueError(
                    f"node type {node.type!r} is registered twice: by {first.__module__} and by {second.__module__}; "
                    "uninstall one of the two packages"
                )
            self._by_type[node.type] = node

    def get(self, node_type: str) -> Node[Any] | None:
        return self._by_type.get(node_type)

    def __iter__(self) -> Iterator[Node[Any]]:
        return iter(sorted(self._by_type.values(), key=lambda node: node.type))

"""Queries by name. A file of `queries/` holds blocks of `-- name: x`, a comment that says why, and the statement."""

from __future__ import annotations

from functools import cache
from importlib.resources import files


@cache
def queries(subject: str) -> dict[str, str]:
    """`{name: SQL text}` of `queries/<subject>.sql`."""
    found: dict[str, list[str]] = {}
    name = None
    for line in files("automations.db").joinpath("queries", f"{subject}.sql").read_text("utf-8").splitlines():
        if line.startswith("-- name: "):
            name = line.removeprefix("-- name: ").strip()
            if name in found:
                raise ValueError(f"query {name!r} stands twice in {subject}.sql")
            found[name] = []
        elif name is not None:
            found[name].append(line)
    return {name: "\n".join(lines).strip() for name, lines in found.items()}

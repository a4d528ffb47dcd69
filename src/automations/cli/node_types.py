"""`nodes`: the node types that are installed, and what one of them takes."""

from __future__ import annotations

from typing import Annotated, Any

import typer

from automations.cli.options import AsJson


def register(app: typer.Typer) -> None:
    app.command()(nodes)


def nodes(
    type_: Annotated[str | None, typer.Argument(metavar="[TYPE]", help="Only this one, with its fields.")] = None,
    as_json: AsJson = False,
) -> None:
    """List the node types that are installed, or show one with its fields. With --json, their JSON Schemas, too."""
    from automations.cli.compose import load_registry
    from automations.cli.output import plain, print_json, print_table
    from automations.services.catalogue import catalogue, node_type

    registry = load_registry()
    if type_ is not None:
        described = node_type(registry, type_)
        if as_json:
            print_json(described)
        else:
            _show(described)
        return
    if as_json:
        print_json(catalogue(registry))
        return
    print_table(
        ("TYPE", "TITLE", "GROUP", "EFFECT", "WAYS OUT", "PACKAGE", "DESCRIPTION"),
        [
            (
                plain(one["type"]),
                plain(one["title"]),
                plain(one["group"]),
                plain(one["effect"]),
                plain(", ".join(one["handles"])),
                plain(one["package"]),
                plain(one["description"]),
            )
            for one in catalogue(registry)
        ],
        shrink="DESCRIPTION",
    )


def _show(described: dict[str, Any]) -> None:
    from automations.cli.output import print_table, say

    say(f"{described['title']} ({described['type']})")
    for line in described["documentation"].splitlines():
        say(line)
    print()
    say(f"Group: {described['group']}. Effect: {described['effect']}. Package: {described['package']}.")
    say(f"Ways out: {', '.join(described['handles']) or 'none'}.")
    print()
    if not described["fields"]:
        say("It has no fields.")
        return
    print_table(
        ("FIELD", "TYPE", "DEFAULT", "TEMPLATES", "MEANING"),
        [
            (
                *map(_plain, (one["name"], one["kind"], "required" if one["required"] else one["default"])),
                "yes" if one["templates"] else "no",
                _plain(one["meaning"]),
            )
            for one in described["fields"]
        ],
        shrink="MEANING",
    )


def _plain(text: str) -> Any:
    from automations.cli.output import plain

    return plain(text)

"""`nodes`: the node types that are installed, and what one of them takes."""

from __future__ import annotations

import inspect
from typing import TYPE_CHECKING, Annotated, Any

import typer

from automations.cli.options import AsJson

if TYPE_CHECKING:
    from automations.flow.node import Node
    from automations.flow.registry import NodeRegistry


def register(app: typer.Typer) -> None:
    app.command()(nodes)


def nodes(
    type_: Annotated[str | None, typer.Argument(metavar="[TYPE]", help="Only this one, with its fields.")] = None,
    as_json: AsJson = False,
) -> None:
    """List the node types that are installed, or show one with its fields. With --json, their JSON Schemas, too."""
    from automations.cli.compose import load_registry
    from automations.cli.output import plain, print_json, print_table

    registry = load_registry()
    if type_ is not None:
        node = _find(registry, type_)
        if as_json:
            print_json(_described(node))
        else:
            _show(node)
        return
    described = [_described(node) for node in registry]
    if as_json:
        print_json(described)
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
            for one in described
        ],
        shrink="DESCRIPTION",
    )


def _described(node: Node[Any]) -> dict[str, Any]:
    """With the package that brings it: of a type that misbehaves, that is the first question."""
    return {**type(node).describe(), "package": type(node).__module__.partition(".")[0]}


def _find(registry: NodeRegistry, type_: str) -> Node[Any]:
    from automations.errors import NotFound
    from automations.flow.template_scope import offer

    node = registry.get(type_)
    if node is None:
        hint = offer(type_, sorted(one.type for one in registry))
        raise NotFound(f"there is no node type {type_!r}", hint=hint)
    return node


def _show(node: Node[Any]) -> None:
    from automations.cli.output import print_table, say
    from automations.flow.config_fields import config_fields

    described = _described(node)
    say(f"{described['title']} ({described['type']})")
    for line in inspect.cleandoc(type(node).__doc__ or "").splitlines():
        say(line)
    print()
    say(f"Group: {described['group']}. Effect: {described['effect']}. Package: {described['package']}.")
    say(f"Ways out: {', '.join(described['handles']) or 'none'}.")
    print()
    fields = config_fields(described["config_schema"])
    if not fields:
        say("It has no fields.")
        return
    print_table(
        ("FIELD", "TYPE", "DEFAULT", "TEMPLATES", "MEANING"),
        [
            (
                *map(_plain, (one.name, one.kind.replace("`", ""), "required" if one.default is None else one.default)),
                # Nothing of a trigger is a template: its config is read before there is a run.
                "yes" if one.templates and not node.is_trigger else "no",
                _plain(one.meaning),
            )
            for one in fields
        ],
        shrink="MEANING",
    )


def _plain(text: str) -> Any:
    from automations.cli.output import plain

    return plain(text)

"""`templates` and `new`: automations from flows that are drawn already."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from automations.cli.options import Account, AsJson, read_account, read_agent

if TYPE_CHECKING:
    from automations.services.flow_templates import Template
    from automations.services.transfer import Imported


def register(app: typer.Typer) -> None:
    app.command()(templates)
    app.command()(new)


def templates(
    template: Annotated[str | None, typer.Argument(metavar="[NAME]", help="Show one: what it needs and asks.")] = None,
    as_json: AsJson = False,
) -> None:
    """List the templates from which `automations new` makes automations, or show one."""
    from automations.cli.output import console, plain, print_json, print_table
    from automations.services.flow_templates import shipped_templates

    if template is not None:
        chosen = find_template(template)
        if as_json:
            print_json(chosen)
        else:
            _show(chosen)
        return
    known = list(shipped_templates().values())
    if as_json:
        print_json([{"key": one.key, "name": one.name, "description": one.description} for one in known])
        return
    print_table(("TEMPLATE", "WHAT IT DOES"), [(one.key, one.description) for one in known])
    console().print()
    console().print(
        plain("`automations templates NAME` tells what one needs; `automations new --template NAME` makes it.")
    )


def new(
    template: Annotated[
        str, typer.Option("--template", "-t", metavar="NAME|FILE", help="`automations templates` lists all.")
    ],
    given: Annotated[
        list[str] | None, typer.Option("--set", "-s", metavar="NAME=VALUE", help="A parameter of the template; repeat.")
    ] = None,
    name: Annotated[str | None, typer.Option("--name", help="Of the automation. Default: the template's.")] = None,
    agent: Annotated[
        str | None, typer.Option("--agent", metavar="UUID", help="Agent of the automation. Default: the only one.")
    ] = None,
    account: Account = None,
    as_json: AsJson = False,
) -> None:
    """Make an automation from a template: a draft, to look at, change and publish."""
    from automations.cli.output import print_json, say

    chosen = find_template(template)
    made = asyncio.run(_make(chosen, _pairs(given or []), name, agent, account))
    if as_json:
        print_json({"id": made.automation.id, "name": made.automation.name, "problems": made.problems})
        return
    say(f"{made.automation.id}  {made.automation.name}: a draft of {len(made.automation.nodes)} steps")
    for need in chosen.needs:
        say(f"  needs  {need}")
    short = str(made.automation.id)[:8]
    say(f"Next: `automations validate {short}`, then `automations publish {short}` and `automations enable {short}`.")


async def _make(
    template: Template, given: dict[str, str], name: str | None, agent: str | None, account: str | None
) -> Imported:
    from automations.cli.compose import load_registry, open_session
    from automations.services.flow_templates import make_from_template

    agent_id = read_agent(agent)
    async with open_session(read_account(account)) as session:
        return await make_from_template(
            session.automations,
            load_registry(),
            template,
            given,
            name=name,
            account=session.account,
            agent_id=agent_id,
        )


def find_template(text: str) -> Template:
    """By its name, or a file. `NotFound`."""
    from automations.errors import Unusable
    from automations.services.flow_templates import read_template, shipped_template, shipped_templates

    if text.endswith(".json") and text not in shipped_templates():
        try:
            return read_template(Path(text).read_bytes(), text)
        except OSError as error:
            raise Unusable(f"{text} cannot be read: {error.strerror}", hint="Check the path.") from None
    return shipped_template(text)


def _pairs(given: list[str]) -> dict[str, str]:
    from automations.errors import Unusable

    pairs: dict[str, str] = {}
    for word in given:
        name, equals, text = word.partition("=")
        if not equals or not name:
            raise Unusable(f"--set {word!r} is not NAME=VALUE", hint="For example --set email=boss@example.com.")
        pairs[name] = text
    return pairs


def _show(template: Template) -> None:
    from automations.cli.output import console, plain, print_table

    out = console()
    out.print(plain(template.name, "bold"))
    out.print(plain(template.description))
    for need in template.needs:
        out.print(plain(f"  needs  {need}"))
    if template.parameters:
        out.print()
        print_table(
            ("PARAMETER", "WHAT", "DEFAULT"),
            [
                (
                    one.name,
                    f"{one.description} (such as {one.example})",
                    "" if one.is_required else _as_given(one.default),
                )
                for one in template.parameters
            ],
        )
    asked = "".join(f" --set {one.name}={one.example}" for one in template.parameters if one.is_required)
    out.print()
    out.print(plain(f"automations new --template {template.key}{asked}"))


def _as_given(value: Any) -> str:
    """As `--set` takes it."""
    return ",".join(map(str, value)) if isinstance(value, list) else str(value)

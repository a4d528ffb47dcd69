"""`call`: an automation as the tool that AI agents see."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Annotated, Any

import typer

from automations.cli.options import Account, AsJson, read_account

if TYPE_CHECKING:
    from automations.services.calling import ToolAnswer


def register(app: typer.Typer) -> None:
    app.command()(call)


def call(
    tool: Annotated[str, typer.Argument(metavar="TOOL", help="Tool name, or id of the automation.")],
    given: Annotated[
        list[str] | None,
        typer.Option("--input", "-i", metavar="NAME=VALUE|JSON|@FILE", help="An argument, or several as JSON; repeat."),
    ] = None,
    key: Annotated[
        str | None, typer.Option("--key", metavar="TEXT", help="Idempotency key: the same key is the same run.")
    ] = None,
    timeout: Annotated[
        float, typer.Option("--timeout", metavar="SECONDS", min=0, help="Wait that long for the answer.")
    ] = 30.0,
    account: Account = None,
    as_json: AsJson = False,
) -> None:
    """Call an automation as a tool and print its output. Exit code 1 when there is none (yet)."""
    answer = asyncio.run(_call(tool, given or [], key, timeout, account))
    _print(answer, as_json=as_json)
    if answer.status != "completed":
        raise typer.Exit(1)


async def _call(tool: str, given: list[str], key: str | None, timeout: float, account: str | None) -> ToolAnswer:
    from automations.cli.compose import open_session
    from automations.services.calling import call_tool, find_tool

    async with open_session(read_account(account)) as session:
        chosen = await find_tool(session.automations, tool, session.account)
        return await call_tool(
            session.automations,
            session.executions,
            str(chosen.id),
            read_arguments(chosen.trigger_config.get("input_schema"), given),
            account=session.account,
            key=key,
            timeout=timeout,
        )


def read_arguments(schema: Any, given: list[str]) -> dict[str, Any]:
    """`name=value`, JSON objects and @files together; the later wins. `Unusable`."""
    from automations.cli.running import read_fields, read_input_option
    from automations.flow.input_form import read_words

    arguments: dict[str, Any] = {}
    for text in given:
        if text.startswith(("{", "@")):
            arguments |= read_input_option(text)
        else:
            arguments |= read_words(schema if isinstance(schema, dict) else {}, read_fields([text]))
    return arguments


def _print(answer: ToolAnswer, *, as_json: bool) -> None:
    from automations.cli.output import console, one_line, plain, print_json, say, status_text, visible

    if as_json:
        from dataclasses import asdict

        print_json(asdict(answer))
        return
    if answer.status == "completed":
        print(one_line(answer.output))
        return
    if answer.status == "running":
        say(answer.message or "")
        return
    line = plain("")
    line.append_text(status_text(answer.status)).append(f"  run {answer.run_id}")
    line.append(f": {visible(' '.join((answer.error or '').split()))}", style="red")
    console().print(line, soft_wrap=True)

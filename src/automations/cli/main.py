"""`automations`, the command line. One command family a file; a command imports what is heavy when it runs."""

from __future__ import annotations

import sys
from typing import Annotated, Any, NoReturn

import typer

from automations import __version__
from automations.cli import (
    account_commands,
    acting,
    actions,
    ai_commands,
    approval_commands,
    breaking,
    calling,
    doctoring,
    drafts,
    explaining,
    key_commands,
    listing,
    mcp_command,
    migrating,
    node_types,
    running,
    scheduling,
    secret_commands,
    serving,
    showing,
    sign_in_command,
    signalling,
    sql,
    team_commands,
    template_commands,
    token_command,
    versions,
    watch_commands,
    webhook_command,
    working,
)
from automations.cli.up import command as up

# Plain help: quick, the same in a pipe, and without a wall of boxes.
app = typer.Typer(
    name="automations",
    help="Postgres-native automations: a row changes, and a flow that you drew runs. Durably, once, on record.",
    add_completion=True,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)


def _version(wanted: bool) -> None:
    if wanted:
        print(f"automations {__version__}")
        raise typer.Exit


@app.callback()
def _options(
    debug: Annotated[bool, typer.Option("--debug", help="Show the traceback of an error. May stand anywhere.")] = False,
    version: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Print the version and exit.")
    ] = False,
) -> None:
    """Options of all commands."""


up.register(app)
for family in (
    working,
    serving,
    migrating,
    doctoring,
    listing,
    scheduling,
    node_types,
    template_commands,
    drafts,
    actions,
    versions,
    running,
    calling,
    mcp_command,
    webhook_command,
    showing,
    acting,
    breaking,
    signalling,
    approval_commands,
    sign_in_command,
    token_command,
    key_commands,
    team_commands,
    secret_commands,
    account_commands,
    ai_commands,
    watch_commands,
    explaining,
    sql,
):
    family.register(app)


def main() -> NoReturn:
    """Exit codes: 0 done, 1 it did not work (one line what, one line what to do), 2 the command line makes no sense."""
    arguments = sys.argv[1:]
    end = arguments.index("--") if "--" in arguments else len(arguments)
    debug = "--debug" in arguments[:end]
    if debug:
        arguments = [argument for argument in arguments[:end] if argument != "--debug"] + arguments[end:]
    sys.exit(run(arguments, debug=debug))


def run(arguments: list[str], *, debug: bool) -> int:
    """The exit code of one command line."""
    from automations.cli.failures import report

    try:
        answer: Any = app(arguments or ["--help"], standalone_mode=False)
    except KeyboardInterrupt:
        return 130
    except BrokenPipeError:
        return _quiet_end()
    except Exception as error:
        if debug and not hasattr(error, "exit_code"):
            raise
        return report(error, as_json="--json" in arguments)
    return answer if isinstance(answer, int) else 0


def _quiet_end() -> int:
    # Whoever read our output has gone (`| head`): the interpreter must not complain when it flushes at its end.
    import os

    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    return 0


if __name__ == "__main__":
    main()

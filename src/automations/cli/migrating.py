"""`migrate`: bring the schema up to date, print it, or say where it stands."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Annotated

import typer

from automations.cli.options import AsJson


def register(app: typer.Typer) -> None:
    app.command()(migrate)


def migrate(
    print_sql: Annotated[bool, typer.Option("--print", help="Print the SQL for psql or another tool.")] = False,
    status: Annotated[
        bool, typer.Option("--status", help="Say what is applied; exit code 1 if not everything is.")
    ] = False,
    to: Annotated[
        Path | None, typer.Option("--export", metavar="DIR", help="Write what is new as files for the Supabase CLI.")
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Bring the database up to date. Safe at every start, beside running workers and other migrators."""
    if print_sql:
        from automations.db.schema_files import render

        print(render(), end="")
    elif to is not None:
        _export(to, as_json)
    elif status:
        _status(as_json)
    else:
        _migrate(as_json)


def _migrate(as_json: bool) -> None:
    from automations.cli.compose import find_dsn
    from automations.cli.output import print_json
    from automations.db.migrate import migrate as apply
    from automations.settings import load_settings

    report = asyncio.run(apply(find_dsn(load_settings())))
    if as_json:
        print_json(report)
        return
    for name in report.applied:
        print(f"applied {name}")
    print(f"The schema is at {report.version}" + ("." if report.applied else "; there was nothing to do."))


def _status(as_json: bool) -> None:
    from automations.cli.compose import find_dsn
    from automations.cli.output import COLOURS, plain, print_json, print_table
    from automations.db.migrate import status
    from automations.settings import load_settings

    files = asyncio.run(status(find_dsn(load_settings())))
    if as_json:
        print_json(files)
    else:
        styles = {"applied": "ok", "pending": "warning", "changed": "broken", "unknown": "broken"}
        print_table(
            ("FILE", "STATE"), [(plain(file.name), plain(file.state, COLOURS[styles[file.state]])) for file in files]
        )
    if any(file.state != "applied" for file in files):
        raise typer.Exit(1)


def _export(directory: Path, as_json: bool) -> None:
    from datetime import UTC, datetime

    from automations.cli.output import print_json
    from automations.db.schema_files import export
    from automations.errors import Unusable

    try:
        written = export(directory, now=datetime.now(UTC))
    except OSError as error:
        raise Unusable(f"{directory} cannot be written: {error.strerror}", hint="Choose another --export.") from None
    if as_json:
        print_json([str(path) for path in written])
        return
    for path in written:
        print(path)
    if not written:
        print(f"{directory} has everything already.")

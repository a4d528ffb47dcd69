"""`doctor`: what is configured, reachable, migrated, at work, lagging and risky, each with what to do."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Annotated
from urllib.parse import urlsplit

import typer

from automations.cli.options import AsJson

if TYPE_CHECKING:
    from automations.services.diagnosis import Finding
    from automations.settings import Settings


def register(app: typer.Typer) -> None:
    app.command()(doctor)


def doctor(
    settings_only: Annotated[bool, typer.Option("--settings", help="List all settings and their values.")] = False,
    as_json: AsJson = False,
) -> None:
    """Look for what is wrong or risky, and say what to do. Exit code 1 when something is broken."""
    if settings_only:
        _list_settings(as_json)
        return
    from automations.cli.output import COLOURS, console, plain, print_json, visible

    found = asyncio.run(_examine())
    if as_json:
        print_json(found)
    else:
        marks = {"ok": "✓", "warning": "!", "broken": "✗"}
        out = console()
        for finding in found:
            line = plain(f"{marks[finding.level]} ", COLOURS[finding.level])
            line.append(f"{finding.area:<12} ", style="bold").append(visible(finding.what))
            if finding.do:
                line.append(f"\n               do: {visible(finding.do)}", style="bright_black")
            out.print(line, soft_wrap=True)
    if any(finding.level == "broken" for finding in found):
        raise typer.Exit(1)


async def _examine() -> list[Finding]:
    from automations.cli.compose import find_dsn, load_registry
    from automations.db.connection import connected
    from automations.db.doctor_store import DoctorStore
    from automations.db.migrate import status
    from automations.errors import AutomationsError, ConfigurationError
    from automations.services.diagnosis import Finding, examine_database
    from automations.settings import load_settings

    try:
        settings = load_settings()
    except ConfigurationError as error:
        return [Finding("broken", "settings", error.message, error.hint)]
    found = _judge_configuration(settings)
    try:
        found.append(Finding("ok", "nodes", f"{len(list(load_registry()))} node types"))
    except ConfigurationError as error:
        found.append(Finding("broken", "nodes", error.message, error.hint))
    try:
        dsn = find_dsn(settings)
        async with connected(dsn) as connection:
            files = await status(dsn)
            found += await examine_database(DoctorStore(connection), files, embedded=settings.dsn is None)
    except AutomationsError as error:
        found.append(Finding("broken", "server", error.message, error.hint))
    return found


def _judge_configuration(settings: Settings) -> list[Finding]:
    from automations.services.diagnosis import Finding
    from automations.settings import unknown_variables

    if settings.dsn is None:
        where = f"the bundled PostgreSQL in {settings.postgres_dir}"
    else:
        where = f"the server at {shown_dsn(settings.dsn)}"
    found = [Finding("ok", "settings", where)]
    for name, meant in unknown_variables().items():
        found.append(
            Finding(
                "warning",
                "settings",
                f"{name} is set, but there is no such setting",
                f"Did you mean {meant}?" if meant else "Unset it; `automations doctor --settings` lists all.",
            )
        )
    if settings.http_allow:
        found.append(
            Finding(
                "warning",
                "http",
                f"HTTP steps of everybody who draws flows may reach {', '.join(settings.http_allow)}",
                "Keep AUTOMATIONS_HTTP_ALLOW to what they may be trusted with.",
            )
        )
    return found


def shown_dsn(dsn: str) -> str:
    """Without its password."""
    parts = urlsplit(dsn)
    if parts.password is None and "password=" not in parts.query:
        return dsn
    host = parts.netloc.rpartition("@")[2]
    query = "&".join("password=•••" if item.startswith("password=") else item for item in parts.query.split("&"))
    netloc = f"{parts.username or ''}:•••@{host}" if parts.password is not None else parts.netloc
    return parts._replace(netloc=netloc, query=query).geturl()


def _list_settings(as_json: bool) -> None:
    from automations.cli.output import plain, print_json, print_table
    from automations.settings import PREFIX, load_settings

    settings = load_settings()
    rows = []
    for name, field in type(settings).model_fields.items():
        value = getattr(settings, name)
        if name == "database_url":
            value = None if settings.dsn is None else shown_dsn(settings.dsn)
        elif isinstance(value, tuple):
            value = ", ".join(value) or None
        rows.append((f"{PREFIX}{name.upper()}", value, name in settings.model_fields_set, field.description or ""))
    if as_json:
        print_json([dict(zip(("name", "value", "set", "description"), row, strict=True)) for row in rows])
        return
    print_table(
        ("SETTING", "VALUE", "SET", "MEANING"),
        [
            (name, plain("" if value is None else str(value)), "yes" if is_set else "", plain(text))
            for name, value, is_set, text in rows
        ],
        shrink="MEANING",
    )

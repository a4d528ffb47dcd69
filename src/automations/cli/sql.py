"""`sql`: psql on the database."""

from __future__ import annotations

import contextlib
import os
import shutil
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import typer

if TYPE_CHECKING:
    from automations.settings import Settings


def register(app: typer.Typer) -> None:
    app.command(
        context_settings={
            "ignore_unknown_options": True,
            "allow_extra_args": True,
            "allow_interspersed_args": False,
            "help_option_names": ["--help"],
        }
    )(sql)


def sql(context: typer.Context) -> None:
    """Run psql on the database. All arguments go to psql: `automations sql -c "select count(*) from leads"`.

    For one command's result as JSON write --json before -c.
    """
    from automations.cli.compose import find_dsn
    from automations.settings import load_settings

    settings = load_settings()
    dsn = find_dsn(settings)
    arguments = list(context.args)
    as_json = "--json" in arguments
    if as_json:
        arguments.remove("--json")
        arguments = _as_json(arguments)
    program = find_psql(settings)
    # Not in the arguments, where every user of the machine could read a password.
    environment = {**_inherited(), **_connection_of(dsn)}
    sys.stdout.flush()
    os.execve(program, [str(program), *arguments], environment)  # noqa: S606


def find_psql(settings: Settings) -> Path:
    """Beside the server's binaries, else on PATH. `ConfigurationError`."""
    from automations.db.embedded import find_binaries
    from automations.errors import ConfigurationError, EmbeddedPostgresError

    name = "psql.exe" if sys.platform == "win32" else "psql"
    candidates = []
    if settings.postgres_bin_dir is not None:
        candidates.append(settings.postgres_bin_dir / name)
    with contextlib.suppress(EmbeddedPostgresError):
        candidates.append(find_binaries(settings.postgres_bin_dir).bin_dir / name)
    on_path = shutil.which("psql")
    if on_path:
        candidates.append(Path(on_path))
    for candidate in candidates:
        if candidate.is_file() and os.access(candidate, os.X_OK):
            return candidate
    raise ConfigurationError(
        "there is no psql on this machine",
        hint="Install PostgreSQL's client, or name its directory in AUTOMATIONS_POSTGRES_BIN_DIR.",
    )


def _inherited() -> dict[str, str]:
    from automations.settings import environment_for_programs

    return environment_for_programs()


def _connection_of(dsn: str) -> dict[str, str]:
    """libpq's variables for the parts of a DSN; what has no variable stays out of nobody's sight and is refused."""
    from urllib.parse import parse_qsl, unquote, urlsplit

    from automations.errors import ConfigurationError

    parts = urlsplit(dsn)
    known = {
        "host": "PGHOST",
        "hostaddr": "PGHOSTADDR",
        "port": "PGPORT",
        "user": "PGUSER",
        "password": "PGPASSWORD",
        "dbname": "PGDATABASE",
        "sslmode": "PGSSLMODE",
        "sslrootcert": "PGSSLROOTCERT",
        "sslcert": "PGSSLCERT",
        "sslkey": "PGSSLKEY",
        "channel_binding": "PGCHANNELBINDING",
        "connect_timeout": "PGCONNECT_TIMEOUT",
        "application_name": "PGAPPNAME",
        "options": "PGOPTIONS",
        "target_session_attrs": "PGTARGETSESSIONATTRS",
        "gssencmode": "PGGSSENCMODE",
    }
    found = {"PGAPPNAME": "automations sql"}
    userinfo, _, hosts = parts.netloc.rpartition("@")
    user, _, password = userinfo.partition(":")
    given = {
        "user": unquote(user),
        "password": unquote(password),
        "dbname": unquote(parts.path.removeprefix("/")),
        "host": ",".join(unquote(_host(one)) for one in hosts.split(",")) if hosts else "",
        "port": ",".join(_port(one) for one in hosts.split(",")) if ":" in hosts.rpartition("]")[2] else "",
        **dict(parse_qsl(parts.query)),
    }
    for name, value in given.items():
        if name not in known:
            raise ConfigurationError(
                f"`automations sql` does not know the DSN's parameter {name!r}", hint="Call psql with the DSN yourself."
            )
        if value:
            found[known[name]] = value
    return found


def _host(text: str) -> str:
    if text.startswith("["):
        return text[1:].partition("]")[0]
    return text.partition(":")[0]


def _port(text: str) -> str:
    return text.rpartition("]")[2].partition(":")[2]


def _as_json(arguments: list[str]) -> list[str]:
    """`-c QUERY` wrapped so that psql prints one JSON array. `Unusable` without exactly one plain query."""
    from automations.errors import Unusable

    if len(arguments) == 2 and arguments[0] in ("-c", "--command"):
        query = arguments[1].strip().rstrip(";")
        wrapped = f"select coalesce(json_agg(q), '[]') from ({query}\n) q"  # noqa: S608 - it is the caller's own
        return ["-XAtq", "-v", "ON_ERROR_STOP=1", "-c", wrapped]
    raise Unusable("--json needs exactly one query", hint='Write: automations sql --json -c "select …".')

"""The SQL files of the schema: which there are, in what order they apply, and as text for other people's tools.

Three kinds: numbered `migrations/` (applied once, never edited after a release), then `functions/` and `policies/`,
which only hold what can be re-created and are applied again when their text changes. Within a kind the order is that of
the names. That is safe because function bodies are not looked into when they are created (`check_function_bodies =
off`) and whatever else a file needs (tables, the function behind its trigger) is in a migration, in the same file or in
an earlier kind. A trigger is created once, where it is missing; to change one takes a numbered migration.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cache
from pathlib import Path

from automations import __version__

KINDS = ("migrations", "functions", "policies")
# Shorter than deadlock_timeout (1 s): where a migrator and a writer want each other's tables, it is the migrator that
# gives way, and nobody queues behind it for longer than this.
LOCK_TIMEOUT = "500ms"
# The path, so that what a file creates means the same whatever its reader has set.
_SETTINGS = (f"lock_timeout = '{LOCK_TIMEOUT}'", "check_function_bodies = off", "search_path = pg_catalog, pg_temp")
# Revokes what nobody may call; has to see every function, so it follows every change of one.
_FOLLOWS_EVERY_CHANGE = "policies/functions.sql"


@dataclass(frozen=True, slots=True)
class SchemaFile:
    """`name` is the path below db/, such as "functions/claim.sql"; `checksum` the sha256 of the text."""

    name: str
    text: str
    checksum: str

    @property
    def numbered(self) -> bool:
        return self.name.startswith("migrations/")

    @property
    def follows_every_change(self) -> bool:
        return self.name == _FOLLOWS_EVERY_CHANGE

    def script(self, *, set_command: str = "set local") -> str:
        """The file and its own record, for one transaction."""
        settings = "".join(f"{set_command} {setting};\n" for setting in _SETTINGS)
        record = (
            "insert into automations.migrations (name, checksum, release)\n"
            f"values ('{self.name}', '{self.checksum}', '{__version__}')\n"
            "on conflict (name) do update\n"
            "set checksum = excluded.checksum, release = excluded.release, applied_at = pg_catalog.now();\n"
        )
        return f"{settings}\n{self.text.rstrip()}\n\n{record}"


@cache
def schema_files() -> tuple[SchemaFile, ...]:
    """All files, in the order in which they apply."""
    root = Path(__file__).parent
    return tuple(
        SchemaFile(f"{kind}/{path.name}", text, hashlib.sha256(text.encode()).hexdigest())
        for kind in KINDS
        for path in sorted((root / kind).glob("*.sql"))
        for text in [path.read_text(encoding="utf-8")]
    )


def latest_version() -> str:
    """The 14 digits of the newest numbered migration."""
    return version_of([file.name for file in schema_files()]) or ""


def version_of(names: Iterable[str]) -> str | None:
    """The 14 digits of the newest numbered migration among recorded names; None when there is none."""
    numbers = [name.removeprefix("migrations/").split("_")[0] for name in names if name.startswith("migrations/")]
    return max(numbers, default=None)


def fingerprint() -> str:
    """Changes when any file does."""
    return hashlib.sha256("".join(f"{file.name}:{file.checksum};" for file in schema_files()).encode()).hexdigest()


def render(files: Iterable[SchemaFile] | None = None) -> str:
    """All files (or those given) as plain SQL for psql or any other client: one transaction a file, no psql commands.

    Running it over a schema that is there already fails inside the transactions of the numbered migrations and changes
    nothing there; the rest is applied again.
    """
    chosen = schema_files() if files is None else files
    quiet = "set client_min_messages = warning;\n\n"
    return quiet + "\n".join(f"-- {file.name}\nbegin;\n{file.script()}commit;\n" for file in chosen)


def export(directory: Path, *, now: datetime) -> list[Path]:
    """Write what is new as files for the Supabase CLI (or dbmate, …): `<14 digits>_automations_<subject>.sql`.

    Such tools apply every file once, in the order of the numbers, so a file is numbered by the time of its export, and
    one that was exported before is not written again: each numbered migration is a file of its own; functions and
    policies, which change with releases, are one file `…_automations_code.sql` that is written anew when they differ
    from the newest one there. Returns the paths written. No file begins or commits a transaction; the tool does. Their
    settings are the session's: the Supabase CLI sends the statements of a file as one pipeline, where `set local` may
    find no transaction yet, and it resets all settings before each file.
    """
    directory.mkdir(parents=True, exist_ok=True)
    contents: list[tuple[str, str]] = []
    for file in schema_files():
        if file.numbered:
            subject = Path(file.name).stem
            if not list(directory.glob(f"*_automations_{subject}.sql")):
                contents.append((subject, file.script(set_command="set")))
    code = "\n".join(file.script(set_command="set") for file in schema_files() if not file.numbered)
    earlier = sorted(directory.glob("*_automations_code.sql"))
    if contents or not earlier or earlier[-1].read_text(encoding="utf-8") != code:
        contents.append(("code", code))
    written: list[Path] = []
    for index, (subject, text) in enumerate(contents):
        stamp = (now + timedelta(seconds=index)).strftime("%Y%m%d%H%M%S")
        path = directory / f"{stamp}_automations_{subject}.sql"
        path.write_text(text, encoding="utf-8")
        written.append(path)
    return written

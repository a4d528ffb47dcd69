"""What `up` says once it is ready: where things are, and what to try."""

from __future__ import annotations

import shutil
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

SIGN_IN_AS_ONE_OF_MANY = (
    "sign in   {command} sign-in --account <id>",
    "          for one of: {command} sql -c 'select distinct user_id from agents'",
)
TRY = """In a second terminal:

  {command} sql -c "insert into leads (user_id, name, score)
    select user_id, 'Hedy Lamarr', 80 from agents limit 1"
  {command} runs
  {command} show $({command} runs --limit 1 --quiet)
"""


def own_command() -> str:
    """How this program is called from a terminal: by its name where that is enough, else by the path that was used."""
    own = Path(sys.argv[0])
    if own.name != "automations":
        return "automations"
    found = shutil.which("automations")
    return "automations" if found is not None and Path(found).resolve() == own.resolve() else str(own)


def _why_another_port(taken: int | None) -> str:
    if taken is None:
        return "/webhooks/<id of an automation>"
    return f": another port, because {taken} is taken; set AUTOMATIONS_HTTP_PORT to one that stays"


def _how_to_sign_in(facts: Mapping[str, Any]) -> list[str]:
    if facts["sign_in"] is not None:
        return [f"sign in   {facts['sign_in']}", "          once, within 10 minutes"]
    if not facts["signs_in_here"]:
        return []
    # Nobody has an agent yet, or several have.
    return [line.format(command=own_command()) for line in SIGN_IN_AS_ONE_OF_MANY]


def greeting(facts: Mapping[str, Any]) -> str:
    lines = []
    if facts["data_dir"] is not None:
        verb = "started" if facts["started_database"] else "attached to"
        lines.append(f"database  {verb} PostgreSQL {facts['postgres']} in {facts['data_dir']}")
        lines.append(f"          {facts['database']}")
    else:
        lines.append("database  as AUTOMATIONS_DATABASE_URL says")
    done = f"{len(facts['migrated'])} files applied" if facts["migrated"] else "up to date"
    lines += [
        f"schema    {facts['schema']}, {done}",
        "worker    ready",
        f"echo      {facts['echo']} answers with what it is sent",
        *([] if facts["mail_kept_in"] is None else [f"mail      kept in {facts['mail_kept_in']}, sent to nobody"]),
        f"API       {facts['http']}/api/v1, shown at /api/docs; MCP at /mcp",
        f"webhooks  {facts['http']}{_why_another_port(facts['http_port_taken'])}",
        *_how_to_sign_in(facts),
        "",
        f"Ready after {facts['seconds']} s. Ctrl-C ends everything.",
        "",
        TRY.format(command=own_command()),
    ]
    return "\n".join(lines)

"""What `up` says once it is ready: where things are, and what to try."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

TRY = """In a second terminal:

  automations sql -c "insert into leads (user_id, name, score)
    select user_id, 'Hedy Lamarr', 80 from agents limit 1"
  automations runs
  automations show \\$(automations runs --limit 1 --quiet)
"""


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
        "",
        f"Ready after {facts['seconds']} s. Ctrl-C ends everything.",
        "",
        TRY.replace("\\$", "$"),
    ]
    return "\n".join(lines)

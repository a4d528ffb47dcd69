"""What the services say is for the command line, too: for callers of the API, commands and options become its own."""

from __future__ import annotations

import re
from typing import Final

# By the words of the command; the others are for whoever runs the installation, and stay commands.
_ROUTES: Final = {
    "account": "PATCH /account/settings",
    "account set": "PATCH /account/settings",
    "account unset": "PATCH /account/settings",
    "approvals": "GET /approvals",
    "breakers": "GET /breakers",
    "enable": "POST /automations/{id}/enable",
    "explain": "GET /explain",
    "export": "GET /automations/{id}/export",
    "import": "POST /automations/import",
    "keys list": "GET /api-keys",
    "lift": "POST /automations/{id}/breakers/lift",
    "list": "GET /automations",
    "publish": "POST /automations/{id}/publish",
    "resume": "POST /automations/{id}/resume",
    "run": "POST /automations/{id}/executions",
    "runs": "GET /executions",
    "schedule": "POST /schedule-preview",
    "schedules": "GET /automations?trigger_type=schedule",
    "secrets list": "GET /secrets",
    "secrets set": "PUT /secrets/{name}",
    "show": "GET /executions/{id}",
    "signal": "POST /signals",
    "sql": "GET /agents, /leads or /conversations",
    "templates": "GET /templates",
    "validate": "POST /automations/{id}/validate",
    "versions": "GET /automations/{id}/versions",
    "webhook": "GET /automations/{id}/webhook",
}
_FIELDS: Final = {
    "--account": "`account`",
    "--agent": "`agent_id`",
    "--conversation": "`conversation_id`",
    "--input": "`input`",
    "--lead": "`lead_id`",
    "--name": "`name`",
    "--set": "`parameters`",
    "--version": "`version`",
}
# A command goes first, with its options: one that stays a command keeps them.
_SAID: Final = re.compile(
    r"`automations (?P<command>(?:(?:account|keys|secrets) )?[a-z]+)(?P<rest>[^`]*)`|(?<![\w`-])--[a-z]+(?![\w-])"
)


def in_words_of_the_api(text: str) -> str:
    return _SAID.sub(_told, text)


def _told(found: re.Match[str]) -> str:
    if found["command"] is None:
        return _FIELDS.get(found[0], found[0])
    route = _ROUTES.get(found["command"])
    if route is None:
        return found[0]
    name = found["rest"].strip()
    return f"`{route.replace('{name}', name) if name else route}`"

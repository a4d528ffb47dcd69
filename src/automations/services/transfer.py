"""Automations as files: one JSON file each, made for diffs, without anything of the installation but the id."""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal
from uuid import UUID, uuid4

from automations.db.automation_store import AutomationDetail, AutomationStore, Draft
from automations.db.json_text import DEEPEST_SHOWN, is_deeper
from automations.errors import Conflict, NotFound, Problem, Unusable
from automations.flow.registry import NodeRegistry
from automations.services.publishing import check_draft, completed, readable_flow, trigger_node, trigger_of

FORMAT = "automations/1"
LARGEST_FILE = 10_485_760
# Columns of the seed's table that mean something in another installation only: a dumped row can be imported, too.
_IGNORED = {"agent_id", "user_id", "status", "enabled", "viewport", "execution_count", "last_executed_at"} | {
    *("last_execution_status", "created_at", "updated_at", "published_version", "draft_revision")
}
_KNOWN = {"format", "id", "name", "description", "icon", "color", "trigger_type", "trigger_config", "nodes", "edges"}


@dataclass(frozen=True, slots=True)
class FlowFile:
    """What a file says. `id` None: it is found again by its name."""

    id: UUID | None
    name: str
    description: str | None
    icon: str | None
    color: str | None
    nodes: list[Any]
    edges: list[Any]


@dataclass(frozen=True, slots=True)
class Imported:
    """`problems` keep the draft from being published, not from being imported."""

    automation: AutomationDetail
    change: Literal["created", "updated", "unchanged"]
    problems: list[Problem]


def read_file(text: str | bytes, origin: str) -> FlowFile:
    """`Unusable` names `origin` and what is wrong there."""
    hint = "Start from a file that `automations export ID` wrote."
    if len(text) > LARGEST_FILE:
        raise Unusable(f"{origin} has {len(text):,} bytes, more than {LARGEST_FILE:,}", hint=hint)
    try:
        value = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise Unusable(f"{origin} is not JSON: {error}", hint=hint) from None
    return read_value(value, origin)


def read_value(value: Any, origin: str) -> FlowFile:
    """What a file holds, already read as JSON. `Unusable`."""
    hint = "Start from a file that `automations export ID` wrote."
    if is_deeper(value, DEEPEST_SHOWN):
        raise Unusable(f"{origin} is nested deeper than {DEEPEST_SHOWN} levels", hint=hint)
    if not isinstance(value, dict):
        raise Unusable(f"{origin} holds no JSON object", hint=hint)
    if value.get("format", FORMAT) != FORMAT:
        raise Unusable(
            f"{origin} has the format {value['format']!r}; this program reads {FORMAT!r}",
            hint="Install the release of automations that wrote it, or export it again.",
        )
    unknown = sorted(set(value) - _KNOWN - _IGNORED)
    if unknown:
        raise Unusable(f"{origin} has keys that mean nothing here: {', '.join(unknown)}", hint=hint)
    name = value.get("name")
    if not isinstance(name, str) or not name.strip():
        raise Unusable(f"{origin} has no name", hint='Give it one: "name": "…".')
    texts = {key: _text(value.get(key), key, origin) for key in ("description", "icon", "color")}
    nodes, edges = (_list(value.get(key, []), key, origin) for key in ("nodes", "edges"))
    if not nodes:
        trigger, config = value.get("trigger_type"), value.get("trigger_config", {})
        if not isinstance(trigger, str) or not isinstance(config, dict):
            raise Unusable(f"{origin} has neither nodes nor a trigger_type with its trigger_config", hint=hint)
        nodes = [trigger_node(trigger, config)]
    return FlowFile(
        _id(value.get("id"), origin), name, texts["description"], texts["icon"], texts["color"], nodes, edges
    )


def write_file(automation: AutomationDetail, *, with_revision: bool = False) -> str:
    """The draft as the text of a file: keys sorted, lists in their order, one line a value, a line break at the end.

    `with_revision`: and with the draft's revision, which an import can be made to expect. `Unusable` for a draft that
    cannot be read.
    """
    nodes = readable_flow(automation)
    value: dict[str, Any] = {
        "format": FORMAT,
        "id": str(automation.id),
        "name": automation.name,
        "description": automation.description,
        "icon": automation.icon,
        "color": automation.color,
        "nodes": nodes,
        "edges": automation.edges,
    }
    if with_revision:
        value["draft_revision"] = automation.draft_revision
    return json.dumps(value, indent=2, sort_keys=True, ensure_ascii=False) + "\n"


def file_name(automation: AutomationDetail, taken: Sequence[str] = ()) -> str:
    """`<name>.json`, with the beginning of the id where that name is taken."""
    slug = re.sub(r"[^a-z0-9]+", "-", automation.name.lower()).strip("-")[:60] or "automation"
    name = f"{slug}.json"
    return name if name not in taken else f"{slug}-{str(automation.id)[:8]}.json"


async def import_file(
    store: AutomationStore,
    registry: NodeRegistry,
    file: FlowFile,
    *,
    account: UUID,
    agent_id: UUID | None = None,
    expected_revision: int | None = None,
) -> Imported:
    """A new draft, or the draft of the automation with that id (or, without an id, that name) in the account.

    What is published goes on as it is. `Conflict` when the id is another account's, or when the file would change a
    draft that is not at `expected_revision` (None: whatever it is).
    """
    existing = await _existing(store, file, account)
    if existing is None and expected_revision is not None:
        raise Conflict(
            f"{file.name} is not there yet, so its draft is not at revision {expected_revision}",
            hint="Import it without expecting a revision, or correct its id or name.",
        )
    nodes = completed(file.nodes)
    trigger = trigger_of(nodes) or ("manual", {})
    draft = Draft(
        id=existing.id if existing else file.id or uuid4(),
        name=file.name,
        description=file.description,
        icon=file.icon,
        color=file.color,
        trigger_type=trigger[0],
        trigger_config=trigger[1],
        nodes=nodes,
        edges=file.edges,
    )
    change: Literal["created", "updated", "unchanged"] = "created"
    if existing is not None:
        change = "updated" if await store.update_draft(draft, expected_revision=expected_revision) else "unchanged"
    else:
        await store.create(draft, agent_id=agent_id or await only_agent(store, account), account=account)
    automation = await store.get(draft.id)
    if automation is None:
        raise Conflict(f"{file.name} was deleted while it was imported", hint="Import it again.")
    return Imported(automation, change, check_draft(file.nodes, file.edges, registry))


async def account_of_agent(store: AutomationStore, agent_id: UUID, wanted: UUID | None) -> UUID:
    """Whose agent it is. `NotFound`; `Unusable` where that is not the `wanted` account."""
    owner = await store.agent_account(agent_id)
    if owner is None:
        raise NotFound(
            f"there is no agent {agent_id}",
            hint="`automations sql -c 'select id, name, user_id from agents'` shows them.",
        )
    if wanted is not None and wanted != owner:
        raise Unusable(
            f"the agent {agent_id} belongs to the account {owner}", hint="Leave out --account, or correct it."
        )
    return owner


async def owner_of_files(
    store: AutomationStore, files: Sequence[FlowFile], *, account: UUID | None, agent_id: UUID | None
) -> UUID:
    """Where they belong: the agent's account; the named one; that of the first file that is there; the only one.

    `NotFound`, `Unusable`.
    """
    if agent_id is not None:
        return await account_of_agent(store, agent_id, account)
    if account is not None:
        return await known_account(store, account)
    for file in files:
        found = await store.get(file.id) if file.id is not None else None
        if found is not None:
            return found.user_id
    return await only_account(store)


async def only_account(store: AutomationStore) -> UUID:
    """The account of the installation when there is one; `Unusable` lists them when there are several."""
    accounts = await store.accounts()
    if not accounts:
        raise NotFound(
            "there is no account: nobody has an agent yet",
            hint="Insert a row into public.agents (user_id, name); the user_id is the account.",
        )
    if len(accounts) > 1:
        listed = ", ".join(str(account) for account in accounts[:5])
        raise Unusable(
            f"there are several accounts: {listed}{', …' if len(accounts) > 5 else ''}", hint="Add --account."
        )
    return accounts[0]


async def known_account(store: AutomationStore, account: UUID | None) -> UUID:
    """The account, or the only one where none is named. `NotFound` for one without any agent, which is nobody's."""
    if account is None:
        return await only_account(store)
    if not await store.agents(account):
        raise NotFound(
            f"there is no account {account}", hint="`automations sql -c 'select user_id from agents'` lists them."
        )
    return account


async def only_agent(store: AutomationStore, account: UUID) -> UUID:
    """The account's agent when there is one; `Unusable` lists them when there are several."""
    agents = await store.agents(account)
    if not agents:
        raise NotFound(
            f"the account {account} has no agent, which every automation needs",
            hint="Insert one: insert into public.agents (user_id, name) values ('<account>', 'Main').",
        )
    if len(agents) > 1:
        listed = ", ".join(f"{agent.id} ({agent.name})" for agent in agents[:5])
        raise Unusable(f"the account has several agents: {listed}", hint="Add --agent.")
    return agents[0].id


async def _existing(store: AutomationStore, file: FlowFile, account: UUID) -> AutomationDetail | None:
    if file.id is None:
        named = [one for one in await store.find(account, None, file.name) if one.name == file.name]
        if len(named) > 1:
            raise Unusable(f"{len(named)} automations are called {file.name!r}", hint='Put the "id" into the file.')
        return await store.get(named[0].id) if named else None
    found = await store.get(file.id)
    if found is not None and found.user_id != account:
        raise Conflict(
            f"the automation {file.id} belongs to another account",
            hint='Import it with that --account, or take the "id" out of the file to make a copy.',
        )
    return found


def _id(value: object, origin: str) -> UUID | None:
    if value is None:
        return None
    try:
        return UUID(str(value))
    except ValueError:
        raise Unusable(f"the id in {origin} is no UUID", hint="Correct it, or take it out.") from None


def _text(value: object, key: str, origin: str) -> str | None:
    if value is None or isinstance(value, str):
        return value
    raise Unusable(f"{key!r} in {origin} is not text", hint="Correct it, or take it out.")


def _list(value: object, key: str, origin: str) -> list[Any]:
    if isinstance(value, list):
        return value
    raise Unusable(f"{key!r} in {origin} is not a list", hint="Use the form of React Flow: nodes and edges are lists.")

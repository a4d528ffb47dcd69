"""The demo account: what an empty database starts with, so that there is something to try."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from automations.db.automation_store import AutomationDetail, AutomationStore
from automations.db.demo_store import DemoStore
from automations.errors import Conflict
from automations.flow.registry import NodeRegistry
from automations.services.needs import Installation
from automations.services.publishing import publish
from automations.services.transfer import import_file, read_file

ECHO_PLACE = "$ECHO_URL"


@dataclass(frozen=True, slots=True)
class DemoContent:
    """`account` is the JSON of account.json; `flows` are the texts of export files by file name."""

    account: Mapping[str, Any]
    flows: Mapping[str, str]

    @property
    def account_id(self) -> UUID:
        return UUID(self.account["account_id"])

    @property
    def agent_id(self) -> UUID:
        return UUID(self.account["agent"]["id"])


async def load_demo(
    demo: DemoStore, automations: AutomationStore, registry: NodeRegistry, content: DemoContent, echo_url: str
) -> bool:
    """Whether it was loaded: only into a database without agents, leads and automations. All of it or nothing."""
    async with demo.connection.transaction():
        if not await demo.begin():
            return False
        account, agent = content.account_id, content.agent_id
        await demo.agent(agent, account, content.account["agent"]["name"])
        await demo.person(account, content.account["person"]["name"], content.account["person"]["email"])
        await demo.leads(content.account["leads"], account, agent)
        await demo.conversations(content.account["conversations"], agent)
        await demo.messages(content.account["messages"])
        for name, text in content.flows.items():
            file = read_file(text.replace(ECHO_PLACE, echo_url), name)
            imported = await import_file(automations, registry, file, account=account, agent_id=agent)
            await publish(automations, registry, imported.automation.id, installation=Installation(), note="demo")
            await automations.set_enabled(imported.automation.id, True)
        # Automations listen now: what is in the journal is what a person tries a first flow of their own on.
        await demo.changes(content.account["changes"])
    return True


async def point_at_echo(
    automations: AutomationStore, registry: NodeRegistry, content: DemoContent, echo_url: str
) -> list[AutomationDetail]:
    """Demo flows whose echo endpoint was elsewhere when they were made are published anew with where it is now.

    Those with a draft that is not published are left alone: somebody works on them.
    """
    moved = []
    for name, text in content.flows.items():
        if ECHO_PLACE not in text:
            continue
        file = read_file(text.replace(ECHO_PLACE, echo_url), name)
        automation = await automations.get(file.id) if file.id is not None else None
        if automation is None or not automation.draft_is_published or automation.user_id != content.account_id:
            continue
        if not _differs_in_address_only(automation.nodes, file.nodes) or automation.status != "active":
            continue
        try:
            seen = automation.draft_revision
            await import_file(automations, registry, file, account=content.account_id, expected_revision=seen)
        except Conflict:
            # Somebody began to work on it since we looked.
            continue
        published = await publish(
            automations, registry, automation.id, installation=Installation(), note="echo endpoint moved"
        )
        moved.append(published.automation)
    return moved


def _differs_in_address_only(mine: Sequence[Any], fresh: Sequence[Any]) -> bool:
    def without_address(nodes: Sequence[Any]) -> list[Any]:
        stripped = []
        for node in nodes:
            config = node.get("data", {}).get("config", {})
            url = config.get("url")
            if isinstance(url, str) and url.startswith("http://127.0.0.1:"):
                config = {**config, "url": url.partition("http://127.0.0.1:")[2].partition("/")[2]}
            stripped.append({**node, "data": {**node.get("data", {}), "config": config}})
        return stripped

    return list(mine) != list(fresh) and without_address(mine) == without_address(fresh)

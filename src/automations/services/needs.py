"""What steps need of the installation or the account before they can work, asked for at publish."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, assert_never
from uuid import UUID

from automations.db.account_settings_store import AccountSettings, AccountSettingsStore
from automations.errors import Problem
from automations.flow.outside_ports import Need
from automations.flow.registry import NodeRegistry


@dataclass(frozen=True, slots=True)
class Installation:
    """What the settings give to every account. `ai_client`, `sandbox`: the packages that speak to models and run code
    are installed. `public_url`: where others reach this installation, if the settings say so."""

    mail_server: bool = False
    mail_from: bool = False
    model: bool = False
    ai_client: bool = False
    code: bool = False
    sandbox: bool = False
    public_url: str | None = None


async def check_needs(
    store: AccountSettingsStore, installation: Installation, account: UUID, nodes: Sequence[Any], registry: NodeRegistry
) -> list[Problem]:
    """Problems `no_mail_server`, `no_model` and `code_off` of a draft whose nodes are known to be right."""
    wanted: dict[Need, str] = {}
    for node in nodes:
        kind = registry.get(node["type"])
        data = node.get("data", {})
        if kind is None or data.get("disabled"):
            continue
        for need in kind.needs(data.get("config", {})):
            wanted.setdefault(need, node["id"])
    if not wanted:
        return []
    settings = await store.get(account)
    found = [(node_id, _lack(need, settings, installation)) for need, node_id in wanted.items()]
    return [Problem(lack[0], lack[1], lack[2], node_id) for node_id, lack in found if lack is not None]


def _lack(need: Need, own: AccountSettings, installation: Installation) -> tuple[str, str, str] | None:
    match need:
        case "mail":
            if own.mail_server is None and not installation.mail_server:
                return (
                    "no_mail_server",
                    "there is no mail server to send by",
                    "Set AUTOMATIONS_SMTP_URL, or one for this account: `automations account set mail-server`.",
                )
            if own.mail_from is None and not installation.mail_from:
                return (
                    "no_mail_sender",
                    "nobody said who the account's mail is from",
                    "Set it: `automations account set mail-from`.",
                )
        case "model":
            if not installation.ai_client:
                return (
                    "no_model",
                    "the package that speaks to language models is not installed",
                    "Install it: `pip install 'automations[ai]'`.",
                )
            if own.ai_base_url is None and not installation.model:
                return (
                    "no_model",
                    "there is no language model to ask",
                    "Set AUTOMATIONS_AI_BASE_URL and AUTOMATIONS_AI_MODEL, or those of this account: "
                    "`automations account set ai-base-url`.",
                )
        case "code":
            if not installation.code:
                return (
                    "code_off",
                    "code steps are switched off here",
                    "Whoever runs this installation may allow them with AUTOMATIONS_CODE_STEPS=on.",
                )
            if not installation.sandbox:
                return (
                    "code_off",
                    "the sandbox of code steps is not installed",
                    "Install it: `pip install 'automations[code]'`.",
                )
        case _:
            assert_never(need)
    return None

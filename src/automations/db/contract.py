"""The seed's select lists and query keys, once, as data: the API selects by them, and the editor gets the same text.

Lists leave out what is large (nodes, edges, nodes_executed, variables); details have it.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

_AUTOMATION_HEAD = (
    "id",
    "agent_id",
    "user_id",
    "name",
    "description",
    "icon",
    "color",
    "status",
    "enabled",
    "trigger_type",
    "trigger_config",
)
_AUTOMATION_TAIL = (
    "execution_count",
    "last_executed_at",
    "last_execution_status",
    "created_at",
    "updated_at",
)
_EXECUTION_HEAD = ("id", "automation_id", "trigger_type", "trigger_data", "status")
_EXECUTION_TAIL = (
    "error",
    "error_node_id",
    "started_at",
    "completed_at",
    "duration_ms",
    "test_mode",
    "triggered_by",
    "lead_id",
    "conversation_id",
)

AUTOMATION_LIST_COLUMNS: Final = (*_AUTOMATION_HEAD, *_AUTOMATION_TAIL)
AUTOMATION_DETAIL_COLUMNS: Final = (*_AUTOMATION_HEAD, "nodes", "edges", "viewport", *_AUTOMATION_TAIL)
AUTOMATION_EXECUTION_LIST_COLUMNS: Final = (*_EXECUTION_HEAD, *_EXECUTION_TAIL)
AUTOMATION_EXECUTION_DETAIL_COLUMNS: Final = (*_EXECUTION_HEAD, "nodes_executed", "variables", *_EXECUTION_TAIL)

SELECT_LISTS: Final[Mapping[str, tuple[str, ...]]] = MappingProxyType(
    {
        "AUTOMATION_LIST_COLUMNS": AUTOMATION_LIST_COLUMNS,
        "AUTOMATION_DETAIL_COLUMNS": AUTOMATION_DETAIL_COLUMNS,
        "AUTOMATION_EXECUTION_LIST_COLUMNS": AUTOMATION_EXECUTION_LIST_COLUMNS,
        "AUTOMATION_EXECUTION_DETAIL_COLUMNS": AUTOMATION_EXECUTION_DETAIL_COLUMNS,
    }
)
"""By the names that the seed gives them in `src/lib/db-selects.ts`."""

QUERY_KEYS: Final[Mapping[str, tuple[str, ...]]] = MappingProxyType(
    {
        "automations.all": ("automations",),
        "automations.lists": ("automations", "list"),
        "automations.list": ("automations", "list", "{agentId}"),
        "automations.details": ("automations", "detail"),
        "automations.detail": ("automations", "detail", "{id}"),
        "automations.executions.all": ("automations", "detail", "{automationId}", "executions"),
        "automations.executions.list": ("automations", "detail", "{automationId}", "executions", "{filters}"),
        "automations.executions.detail": ("automations", "execution", "{executionId}"),
    }
)
"""TanStack Query keys by the seed's path in `queryKeys`; `{name}` is a parameter, `filters` `{ status?: string }`."""


def select_list(columns: tuple[str, ...]) -> str:
    """`columns` as the text between `select` and `from`."""
    return ", ".join(columns)

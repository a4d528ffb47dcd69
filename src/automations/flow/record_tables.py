"""The tables that steps reach, as far as forms and checks know them. Which others are watched the database knows."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Annotated

from pydantic import AfterValidator, BeforeValidator, Field, StringConstraints

from automations.flow.outcomes import JsonObject
from automations.flow.ports import RecordTable
from automations.flow.template_syntax import is_template

# Identity, owner and times belong to the database: a flow that could write them could move a row to another account.
# Of a watched table these are its id and account columns, which only the database knows.
PROTECTED = frozenset({"id", "user_id", "created_at", "updated_at"})

# Where a new row says whose it is; the other tables belong to an account through their agent or conversation.
ACCOUNT_COLUMN: Mapping[RecordTable, str] = {"leads": "user_id"}

COLUMN_PATTERN = r"^[A-Za-z_][A-Za-z0-9_$]{0,62}$"
TABLE_PATTERN = r"^[A-Za-z_][A-Za-z0-9_$]{0,62}(\.[A-Za-z_][A-Za-z0-9_$]{0,62})?$"

RECORD_SOURCES = ("lead", "conversation")
# Each would silently never fire: messages start nothing, and a webhook has a trigger of its own.
_NO_SOURCES = {
    "leads": "call it lead",
    "conversations": "call it conversation",
    "message": "messages start nothing; wait for one with logic-wait",
    "messages": "messages start nothing; wait for one with logic-wait",
    "webhook": "it is no table",
}


def _no_other_source(source: str) -> str:
    if source in _NO_SOURCES:
        raise ValueError(f"{source} cannot be the source of an event: {_NO_SOURCES[source]}")
    return source


def _as_text(value: object) -> object:
    """Ids of users' tables are often numbers."""
    return str(value) if isinstance(value, int) and not isinstance(value, bool) else value


TableName = Annotated[
    RecordTable,
    StringConstraints(pattern=TABLE_PATTERN),
    Field(json_schema_extra={"widget": "table", "examples": ["leads", "conversations", "messages", "orders"]}),
]
EventSource = Annotated[str, StringConstraints(pattern=TABLE_PATTERN), AfterValidator(_no_other_source)]
RecordId = Annotated[str, BeforeValidator(_as_text)]


@dataclass(frozen=True, slots=True)
class TableUse:
    """A table beside our own that a config names: in which field, and which columns of it are written.

    `creates`: a new row, which may have an id of its own choice.
    """

    table: str
    field: str = "table"
    written: frozenset[str] = frozenset()
    creates: bool = False


@dataclass(frozen=True, slots=True)
class ColumnUse:
    """A column that a config names, and in which field. Whether the table has it the database knows."""

    table: str
    column: str
    field: str


def columns_of_condition(table: str, tree: object, prefix: str, roots: tuple[str, ...] = ()) -> Iterator[ColumnUse]:
    """Of a raw condition tree: the first part of each field, behind one of `roots` where there are such."""
    pending = [(tree, prefix)]
    while pending:
        node, path = pending.pop()
        if isinstance(node, list):
            pending += [(child, f"{path}.{place}") for place, child in enumerate(node)]
        elif isinstance(node, dict):
            pending += [(node[kind], f"{path}.{kind}") for kind in ("all", "any", "not") if kind in node]
            name = node.get("field")
            parts = name.split(".") if isinstance(name, str) else []
            if roots:
                parts = parts[1:] if parts[:1] and parts[0] in roots else []
            if parts and not is_template(parts[0]):
                yield ColumnUse(table, parts[0], f"{path}.field")


_EXAMPLES: Mapping[RecordTable, JsonObject] = {
    "leads": {
        "id": "6f1d3a52-8c1e-4a57-9c1a-0f4f2f0f6a11",
        "user_id": "a3b0c442-98fc-4c14-9afb-f4c8996fb924",
        "agent_id": None,
        "name": "Ada Lovelace",
        "email": "ada@example.com",
        "phone": None,
        "status": "new",
        "stage": "qualified",
        "score": 82,
        "owner_id": None,
        "tags": ["vip"],
        "data": {},
        "created_at": "2026-01-05T09:00:00+00:00",
        "updated_at": "2026-01-05T09:00:00+00:00",
    },
    "conversations": {
        "id": "0b8f8f5e-6d2b-4f0e-8b1c-3f8a3f6f5c22",
        "agent_id": "d2719f0a-58f1-4d0d-9b46-5c1e6f1b7a33",
        "lead_id": "6f1d3a52-8c1e-4a57-9c1a-0f4f2f0f6a11",
        "channel": "chat",
        "status": "open",
        "created_at": "2026-01-05T09:00:00+00:00",
        "updated_at": "2026-01-05T09:00:00+00:00",
    },
    "messages": {
        "id": "c56a4180-65aa-42ec-a945-5fd21dec0538",
        "conversation_id": "0b8f8f5e-6d2b-4f0e-8b1c-3f8a3f6f5c22",
        "lead_id": "6f1d3a52-8c1e-4a57-9c1a-0f4f2f0f6a11",
        "direction": "outbound",
        "sender_type": "automation",
        "channel": "chat",
        "body": "Hello Ada",
        "status": "queued",
        "execution_id": "9e107d9d-372b-4b68-a3c5-2f9d5b3c1e44",
        "created_at": "2026-01-05T09:00:00+00:00",
    },
}


def example_row(table: object) -> JsonObject:
    """A row of `table` as a step returns it; `{}` for a table we do not know (a config that is still being written)."""
    for known, row in _EXAMPLES.items():
        if table == known:
            return dict(row)
    return {}


def rows_of(table: object, *names: str) -> dict[str, str]:
    """For `Node.output_rows`: these names of an output hold a row of `table`, if that says already which it is."""
    return dict.fromkeys(names, table) if isinstance(table, str) else {}


def protected_columns(table: object, names: Iterable[str]) -> list[str]:
    """Those of `names` that no step may write, sorted."""
    return sorted(PROTECTED.intersection(names)) if is_known(table) else []


def is_known(table: object) -> bool:
    """Whether it is leads, conversations or messages."""
    return table in _EXAMPLES


def table_use(config: JsonObject, written: Iterable[str] = (), *, creates: bool = False) -> tuple[TableUse, ...]:
    """What a raw config with a field `table` reaches beside our own tables."""
    table = config.get("table")
    if not isinstance(table, str) or is_known(table):
        return ()
    return (TableUse(table, written=frozenset(written), creates=creates),)

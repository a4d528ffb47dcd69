from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Annotated

from pydantic import Field, JsonValue, StringConstraints

from automations.flow.conditions import check_condition
from automations.flow.node import Config, Node
from automations.flow.outcomes import Continue, Json, JsonObject, Outcome
from automations.flow.ports import Context
from automations.flow.record_tables import (
    COLUMN_PATTERN,
    ColumnUse,
    TableName,
    TableUse,
    columns_of_condition,
    example_row,
    rows_of,
    table_use,
)


class ActionFindRecordsConfig(Config):
    table: TableName = Field(
        title="Table",
        description="Where to look: leads, conversations, messages, or a watched table.",
        json_schema_extra={"template": False},
    )
    conditions: dict[str, JsonValue] | None = Field(
        default=None,
        title="Conditions",
        description="Which records to find. Fields are columns of the table. Empty: all records of the account.",
        json_schema_extra={"widget": "condition"},
    )
    order_by: Annotated[str, StringConstraints(pattern=COLUMN_PATTERN)] | None = Field(
        default=None,
        title="Sort by",
        description="Column that decides which records come first.",
        json_schema_extra={"widget": "column", "template": False},
    )
    descending: bool = Field(
        default=False,
        title="Descending",
        description="Largest or newest first.",
        json_schema_extra={"template": False},
    )
    limit: int = Field(
        default=50,
        ge=1,
        le=200,
        title="At most",
        description="How many records to return, 1 to 200.",
        json_schema_extra={"template": False},
    )


class ActionFindRecords(Node[ActionFindRecordsConfig]):
    """Finds leads, conversations, messages or rows of a watched table, of the account.

    Output: `{"records": [row, …], "count": <how many of them>, "first": <row or null>}`. `count` never exceeds the
    limit; finding nothing is not a failure.
    """

    type = "action-find-records"
    title = "Find records"
    group = "action"
    icon = "Search"
    output_is_known = True
    effect = "database"
    impact = "nothing"

    def check(self, config: ActionFindRecordsConfig) -> list[tuple[str, str]]:
        found = [] if config.conditions is None else check_condition(config.conditions, "conditions")
        return [(path, f"{message}; {hint}") for path, message, hint in found]

    def tables(self, config: JsonObject) -> tuple[TableUse, ...]:
        return table_use(config)

    def columns(self, config: JsonObject) -> Iterator[ColumnUse]:
        table, order = config.get("table"), config.get("order_by")
        if not isinstance(table, str):
            return
        if isinstance(order, str):
            yield ColumnUse(table, order, "order_by")
        yield from columns_of_condition(table, config.get("conditions"), "conditions")

    def sample_output(self, config: JsonObject) -> JsonObject:
        row = example_row(config.get("table"))
        return {"records": [row], "count": 1, "first": row}

    def output_rows(self, config: JsonObject) -> Mapping[str, str]:
        return rows_of(config.get("table"), "first")

    async def run(self, config: ActionFindRecordsConfig, ctx: Context) -> Outcome:
        rows = await ctx.records.find(
            config.table,
            condition=None if config.conditions is None else dict(config.conditions),
            order_by=config.order_by,
            descending=config.descending,
            limit=config.limit,
        )
        records: list[Json] = list(rows)
        return Continue(output={"records": records, "count": len(records), "first": records[0] if records else None})

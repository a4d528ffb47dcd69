from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Annotated

from pydantic import Field, JsonValue, StringConstraints

from automations.errors import StepError
from automations.flow.node import Config, Node
from automations.flow.outcomes import Continue, JsonObject, Outcome
from automations.flow.ports import Context
from automations.flow.record_tables import (
    ACCOUNT_COLUMN,
    COLUMN_PATTERN,
    ColumnUse,
    TableName,
    TableUse,
    example_row,
    protected_columns,
    rows_of,
    table_use,
)


class ActionCreateRecordConfig(Config):
    table: TableName = Field(
        title="Table",
        description="Where the new record goes: leads, conversations, messages, or a watched table.",
        json_schema_extra={"template": False},
    )
    values: dict[Annotated[str, StringConstraints(pattern=COLUMN_PATTERN)], JsonValue] = Field(
        min_length=1,
        max_length=200,
        title="Values",
        description="Column and value of each field. id, user_id, created_at and updated_at are filled in; of a "
        "watched table its account column is.",
        json_schema_extra={"widget": "columns_values"},
    )


class ActionCreateRecord(Node[ActionCreateRecordConfig]):
    """Creates a lead, conversation, message or row of a watched table in the account of the automation.

    Output: `{"record": <the new row>}`. The row and the record of this step are committed together, so a crash never
    makes it twice. Fails where the database refuses the values: unknown column, wrong type, a rule of the table.
    """

    type = "action-create-record"
    title = "Create record"
    group = "action"
    icon = "FilePlus"
    output_is_known = True
    effect = "database"
    impact = "additions"

    def check(self, config: ActionCreateRecordConfig) -> list[tuple[str, str]]:
        return [
            (f"values.{column}", "is set by the database and cannot be written")
            for column in protected_columns(config.table, config.values)
        ]

    def tables(self, config: JsonObject) -> tuple[TableUse, ...]:
        values = config.get("values")
        return table_use(config, values if isinstance(values, dict) else (), creates=True)

    def columns(self, config: JsonObject) -> Iterator[ColumnUse]:
        table, values = config.get("table"), config.get("values")
        if isinstance(table, str) and isinstance(values, dict):
            yield from (ColumnUse(table, column, f"values.{column}") for column in values)

    def sample_output(self, config: JsonObject) -> JsonObject:
        return {"record": example_row(config.get("table"))}

    def output_rows(self, config: JsonObject) -> Mapping[str, str]:
        return rows_of(config.get("table"), "record")

    async def run(self, config: ActionCreateRecordConfig, ctx: Context) -> Outcome:
        refused = protected_columns(config.table, config.values)
        if refused:
            raise StepError(f"{', '.join(refused)} cannot be written", hint="Take it out of the step's values.")
        values: JsonObject = dict(config.values)
        account_column = ACCOUNT_COLUMN.get(config.table)
        if account_column is not None:
            values[account_column] = ctx.account_id
        return Continue(output={"record": await ctx.records.create(config.table, values)})

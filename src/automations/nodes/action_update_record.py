from __future__ import annotations

from typing import Annotated

from pydantic import Field, JsonValue, StringConstraints

from automations.errors import StepError
from automations.flow.node import Config, Node
from automations.flow.outcomes import Continue, JsonObject, Outcome
from automations.flow.ports import Context, RecordTable
from automations.flow.record_tables import COLUMN_PATTERN, example_row, protected_columns


class ActionUpdateRecordConfig(Config):
    table: RecordTable = Field(title="Table", description="Where the record is.", json_schema_extra={"template": False})
    # Text, never null: a template that comes out empty must fail the step, not fall back to the run's own record.
    record_id: str = Field(
        default="",
        title="Record",
        description="Id of the record to change. Left out: the lead or conversation that the run is about.",
        examples=["{{ steps.find.first.id }}"],
    )
    values: dict[Annotated[str, StringConstraints(pattern=COLUMN_PATTERN)], JsonValue] = Field(
        min_length=1,
        max_length=200,
        title="Values",
        description="New value of each column; others stay as they are. id, user_id, created_at and updated_at "
        "cannot be written.",
        json_schema_extra={"widget": "columns_values"},
    )


class ActionUpdateRecord(Node[ActionUpdateRecordConfig]):
    """Changes a lead, conversation or message.

    Output: `{"record": <the row after the change>}`. The change and the record of this step are committed together.
    Fails with `record_not_found` if the account has no such record (any more).
    """

    type = "action-update-record"
    title = "Update record"
    group = "action"
    icon = "FilePen"
    effect = "database"

    def check(self, config: ActionUpdateRecordConfig) -> list[tuple[str, str]]:
        problems = [
            (f"values.{column}", "is set by the database and cannot be written")
            for column in protected_columns(config.values)
        ]
        if config.table == "messages" and not config.record_id:
            problems.append(("record_id", "is needed: a run is about a lead or a conversation, never about a message"))
        return problems

    def sample_output(self, config: JsonObject) -> JsonObject:
        return {"record": example_row(config.get("table"))}

    async def run(self, config: ActionUpdateRecordConfig, ctx: Context) -> Outcome:
        refused = protected_columns(config.values)
        if refused:
            raise StepError(f"{', '.join(refused)} cannot be written", hint="Take it out of the step's values.")
        own = {"leads": ctx.lead_id, "conversations": ctx.conversation_id}
        record_id = config.record_id or own.get(config.table)
        if not record_id:
            raise StepError(
                f"this run is about none of the {config.table}, so there is no record to change",
                code="no_record",
                hint="Name the record's id in the step.",
            )
        row = await ctx.records.update(config.table, record_id, dict(config.values))
        return Continue(output={"record": row})

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal

from pydantic import Field, JsonValue

from automations.flow.node import Node
from automations.flow.outcomes import Continue, JsonObject, Outcome
from automations.flow.ports import Context
from automations.flow.record_tables import RECORD_SOURCES, example_row, rows_of
from automations.flow.trigger_config import LITERAL, StartLimits, input_schema_problems, limit_problems


class TriggerManualConfig(StartLimits):
    input_schema: dict[str, JsonValue] | None = Field(
        default=None,
        title="Input form",
        description="The form that is filled in at the start. Empty: nothing is asked.",
        examples=[{"type": "object", "properties": {"note": {"type": "string"}}, "required": ["note"]}],
        json_schema_extra={"widget": "input_schema", **LITERAL},
    )
    record: Literal["none", "lead", "conversation"] = Field(
        default="none",
        title="Runs on",
        description="The kind of record that has to be chosen at the start.",
        json_schema_extra=LITERAL,
    )


class TriggerManual(Node[TriggerManualConfig]):
    """Starts a run when a person presses the button, with an input form where one is drawn.

    `{{ trigger.input }}` holds what was filled in, `{{ trigger.new }}` the chosen record.
    `input_schema` is the form as a JSON Schema: an object with properties.
    """

    type = "trigger-manual"
    title = "Manual"
    group = "trigger"
    icon = "MousePointerClick"
    is_trigger = True

    def check(self, config: TriggerManualConfig) -> list[tuple[str, str]]:
        return input_schema_problems(config.input_schema, "input_schema") + limit_problems(
            config, ("input", "new"), has_record=config.record != "none"
        )

    def sample_output(self, config: JsonObject) -> JsonObject:
        """An example of `trigger`, which is the output of this step, too."""
        record = config.get("record")
        if record not in ("lead", "conversation"):
            return {"input": {}}
        return {"input": {}, "table": f"{record}s", "new": example_row(f"{record}s")}

    def output_rows(self, config: JsonObject) -> Mapping[str, str]:
        record = config.get("record")
        return rows_of(f"{record}s", "new") if record in RECORD_SOURCES else {}

    async def run(self, config: TriggerManualConfig, ctx: Context) -> Outcome:
        return Continue(output=ctx.trigger)

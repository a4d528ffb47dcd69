from __future__ import annotations

from pydantic import Field, JsonValue

from automations.flow.node import Node
from automations.flow.outcomes import Continue, JsonObject, Outcome
from automations.flow.ports import Context
from automations.flow.trigger_config import LITERAL, StartLimits, input_schema_problems, limit_problems


class TriggerAiToolConfig(StartLimits):
    tool_name: str = Field(
        pattern=r"^[A-Za-z][A-Za-z0-9_-]{0,63}$",
        title="Tool name",
        description="How a language model calls it: a letter, then letters, digits, `_` or `-`, at most 64.",
        examples=["book_meeting"],
        json_schema_extra=LITERAL,
    )
    description: str = Field(
        min_length=1,
        max_length=1024,
        title="Description",
        description="Tells the language model what the tool does and when to call it.",
        json_schema_extra={"widget": "textarea", **LITERAL},
    )
    input_schema: dict[str, JsonValue] | None = Field(
        default=None,
        title="Input",
        description="What the model has to pass, as a form. Empty: nothing.",
        json_schema_extra={"widget": "input_schema", **LITERAL},
    )


class TriggerAiTool(Node[TriggerAiToolConfig]):
    """Starts a run when an AI agent calls this automation as a tool, and answers with the run's output.

    `{{ trigger.input }}` holds the arguments of the call, which fit the JSON Schema `input_schema`: an object with
    properties.
    """

    type = "trigger-ai-tool"
    title = "AI tool"
    group = "trigger"
    icon = "Bot"
    is_trigger = True

    def check(self, config: TriggerAiToolConfig) -> list[tuple[str, str]]:
        # The model waits for each answer: none of its calls may be swallowed by a later one.
        return input_schema_problems(config.input_schema, "input_schema") + limit_problems(
            config, ("input", "new"), has_record=False, debounces=False
        )

    def sample_output(self, config: JsonObject) -> JsonObject:
        """An example of `trigger`, which is the output of this step, too."""
        return {"input": {}}

    async def run(self, config: TriggerAiToolConfig, ctx: Context) -> Outcome:
        return Continue(output=ctx.trigger)

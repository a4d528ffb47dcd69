from __future__ import annotations

from collections.abc import Mapping
from functools import cached_property

from pydantic import Field, JsonValue

from automations.flow.conditions import Holds, check_condition, compile_condition
from automations.flow.node import Config, Node
from automations.flow.outcomes import Continue, JsonObject, Outcome
from automations.flow.ports import Context


class LogicConditionConfig(Config):
    condition: dict[str, JsonValue] = Field(
        title="Condition",
        description="What has to hold for the way `true`. Fields are paths such as trigger.new.score, vars.tier or "
        "steps.find.count.",
        json_schema_extra={"widget": "condition"},
    )

    # Once per config, not once per run: without templates in it, all runs share one.
    @cached_property
    def holds(self) -> Holds:
        return compile_condition(self.condition).holds


class LogicCondition(Node[LogicConditionConfig]):
    """Goes one way if a condition holds, and another if it does not.

    Output: `{"result": true | false}`. A field that is missing or of another type does not match; it is not an error.
    """

    type = "logic-condition"
    title = "If / else"
    group = "logic"
    icon = "GitBranch"
    output_is_known = True

    def handles(self, config: JsonObject) -> tuple[str, ...]:
        return ("true", "false")

    def check(self, config: LogicConditionConfig) -> list[tuple[str, str]]:
        found = check_condition(config.condition, "condition")
        return [(path, f"{message}; {hint}") for path, message, hint in found]

    def sample_output(self, config: JsonObject) -> JsonObject:
        return {"result": True}

    def sample_outputs(self, config: JsonObject) -> Mapping[str, JsonObject]:
        return {"false": {"result": False}}

    async def run(self, config: LogicConditionConfig, ctx: Context) -> Outcome:
        result = config.holds(ctx.scope)
        return Continue(output={"result": result}, handle="true" if result else "false")

from __future__ import annotations

from typing import Literal

from pydantic import Field

from automations.flow.node import Config, JoinMode, Node
from automations.flow.outcomes import Continue, JsonObject, Outcome
from automations.flow.ports import Context


class LogicJoinConfig(Config):
    mode: Literal["all", "any"] = Field(
        default="all",
        title="Wait for",
        description="all: every branch that lives; any: the first that arrives, and only that one.",
        json_schema_extra={"template": False},
    )


class LogicJoin(Node[LogicJoinConfig]):
    """Brings parallel branches together: when all of them have arrived, or when the first has.

    Output: `{"mode": "all" | "any"}`. With `any`, what follows runs once; the other branches go on to their own ends,
    and that they arrive here, too, is ignored. `all` is what any other step with several edges into it does.
    """

    type = "logic-join"
    title = "Join"
    group = "logic"
    icon = "Merge"
    output_is_known = True

    def join(self, config: JsonObject) -> JoinMode:
        return "any" if config.get("mode") == "any" else "all"

    def sample_output(self, config: JsonObject) -> JsonObject:
        return {"mode": self.join(config)}

    async def run(self, config: LogicJoinConfig, ctx: Context) -> Outcome:
        return Continue(output={"mode": config.mode})

from __future__ import annotations

from typing import Literal

from pydantic import Field, JsonValue

from automations.flow.node import Config, Node
from automations.flow.outcomes import JsonObject, Outcome, Stop
from automations.flow.ports import Context


class LogicStopConfig(Config):
    status: Literal["completed", "failed", "cancelled"] = Field(
        default="completed",
        title="End as",
        description="How the run is counted: completed, failed or cancelled.",
        json_schema_extra={"template": False},
    )
    message: str | None = Field(
        default=None, max_length=2000, title="Message", description="Why the run ends here, shown in the run history."
    )
    output: JsonValue = Field(
        default=None, title="Output", description="The result of the run: what whoever started it gets as the answer."
    )


class LogicStop(Node[LogicStopConfig]):
    """Ends the whole run here, as completed, failed or cancelled.

    Nothing new starts; steps of parallel branches that are already running finish and are recorded. It has no way out.
    """

    type = "logic-stop"
    title = "Stop"
    group = "logic"
    icon = "OctagonX"

    def handles(self, config: JsonObject) -> tuple[str, ...]:
        return ()

    async def run(self, config: LogicStopConfig, ctx: Context) -> Outcome:
        return Stop(status=config.status, output=config.output, message=config.message)

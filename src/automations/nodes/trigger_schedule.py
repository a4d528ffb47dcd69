from __future__ import annotations

from datetime import UTC, datetime
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from cronsim import CronSim, CronSimError
from pydantic import Field

from automations.flow.node import Node
from automations.flow.outcomes import Continue, JsonObject, Outcome
from automations.flow.ports import Context
from automations.flow.trigger_config import LITERAL, StartLimits, limit_problems


class TriggerScheduleConfig(StartLimits):
    cron: str = Field(
        min_length=9,
        max_length=200,
        title="When",
        description="Five fields: minute, hour, day of month, month, weekday. `0 9 * * 1` is every Monday at 09:00.",
        examples=["0 9 * * 1", "*/15 * * * *"],
        json_schema_extra=LITERAL,
    )
    timezone: str = Field(
        default="UTC",
        max_length=64,
        title="Time zone",
        description="IANA name of the zone in which the times are meant, such as Europe/Berlin.",
        json_schema_extra={"widget": "timezone", **LITERAL},
    )


class TriggerSchedule(Node[TriggerScheduleConfig]):
    """Starts a run at the times of a cron expression.

    `{{ trigger.due_at }}` is the time at which the run was due, in UTC.
    """

    type = "trigger-schedule"
    title = "Schedule"
    group = "trigger"
    icon = "Clock"
    is_trigger = True

    def check(self, config: TriggerScheduleConfig) -> list[tuple[str, str]]:
        problems: list[tuple[str, str]] = []
        cron = cron_problem(config.cron)
        if cron is not None:
            problems.append(("cron", cron))
        try:
            ZoneInfo(config.timezone)
        except (ZoneInfoNotFoundError, ValueError, OSError):
            problems.append(
                ("timezone", f"{config.timezone!r} is not a known time zone; use an IANA name such as Europe/Berlin")
            )
        return problems + limit_problems(config, (), has_record=False, debounces=False)

    def sample_output(self, config: JsonObject) -> JsonObject:
        """An example of `trigger`, which is the output of this step, too."""
        return {"due_at": "2026-01-05T09:00:00+00:00"}

    async def run(self, config: TriggerScheduleConfig, ctx: Context) -> Outcome:
        return Continue(output=ctx.trigger)


def cron_problem(expression: str) -> str | None:
    """Why `expression` cannot be a schedule, in words; None if it can."""
    if len(expression.split()) != 5:
        return "needs five fields: minute, hour, day of month, month, weekday"
    try:
        next(CronSim(expression, datetime(2026, 1, 1, tzinfo=UTC)))
    except CronSimError as error:
        return f"is not a cron expression: {str(error).lower()}"
    except StopIteration:
        return "never comes: no date matches all of its fields"
    return None

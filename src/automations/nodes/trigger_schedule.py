from __future__ import annotations

from automations.flow.node import Node
from automations.flow.outcomes import Continue, JsonObject, Outcome
from automations.flow.ports import Context
from automations.flow.recurrence import ScheduleInvalid, compile_schedule
from automations.flow.schedule_config import ScheduleConfig
from automations.flow.trigger_config import limit_problems


class TriggerScheduleConfig(ScheduleConfig):
    pass


class TriggerSchedule(Node[TriggerScheduleConfig]):
    """Starts runs at times: by a cron expression, at an interval, daily, weekly, monthly, or at given dates.

    Times are local times of the zone. One that a clock change skips comes at the first instant after the change; one
    that comes twice, the first time. What repeats by the minute or the hour follows elapsed time instead. Due times
    from before the automation was published and enabled never start anything.

    `{{ trigger.due_at }}` is the time at which the run was due, in UTC; `{{ trigger.due_local }}` the same in the zone;
    `{{ trigger.missed }}` says that it was made up for. Preview: `automations schedule ID`.
    """

    type = "trigger-schedule"
    title = "Schedule"
    group = "trigger"
    icon = "Clock"
    is_trigger = True

    def check(self, config: TriggerScheduleConfig) -> list[tuple[str, str]]:
        problems = limit_problems(config, (), has_record=False, debounces=False)
        try:
            compile_schedule(config)
        except ScheduleInvalid as invalid:
            return invalid.problems + problems
        return problems

    def sample_output(self, config: JsonObject) -> JsonObject:
        """An example of `trigger`, which is the output of this step, too."""
        return {
            "event": "schedule",
            "table": None,
            "old": None,
            "new": None,
            "due_at": "2026-01-05T09:00:00+00:00",
            "due_local": "2026-01-05T09:00:00+00:00",
            "missed": False,
            "timestamp": "2026-01-05T09:00:00+00:00",
        }

    async def run(self, config: TriggerScheduleConfig, ctx: Context) -> Outcome:
        return Continue(output=ctx.trigger)

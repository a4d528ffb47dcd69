from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Literal, assert_never
from uuid import UUID

from pydantic import Field, JsonValue, StringConstraints
from pydantic.config import JsonDict

from automations.errors import StepError
from automations.flow.conditions import check_condition, compile_condition
from automations.flow.duration import Duration
from automations.flow.node import Config, Node
from automations.flow.outcomes import Continue, JsonObject, Outcome, Wait
from automations.flow.ports import Context
from automations.flow.record_tables import COLUMN_PATTERN, example_row

MET, TIMED_OUT = "met", "timed_out"
LITERAL: JsonDict = {"template": False}
SIGNAL_NAME = r"^[A-Za-z0-9_.-]{1,64}$"

Mode = Literal["reply", "condition", "change", "automation", "signal"]

# What the message of a lead has otherwise than the one of a step.
REPLY: JsonObject = {
    "direction": "inbound",
    "sender_type": "contact",
    "body": "Yes, Tuesday is fine",
    "status": "received",
    "execution_id": None,
}

# What a condition over an event can ask for, as `trigger_data` has it.
EVENT_ROOTS = ("new", "old", "previous", "changed", "event", "table", "timestamp")


class LogicWaitConfig(Config):
    wait_for: Mode = Field(
        title="Wait for",
        description="A reply is an inbound message. A condition is something that holds of the record, a change one "
        "of its columns. Another automation counts when it ends for the record, a signal when somebody sends it.",
        json_schema_extra=LITERAL,
    )
    record: Literal["lead", "conversation"] = Field(
        default="lead",
        title="Record",
        description="Whose reply, change or automation is waited for.",
        json_schema_extra=LITERAL,
    )
    record_id: str | None = Field(
        default=None,
        title="Record id",
        description="Id of another lead or conversation than the run's own.",
    )
    condition: dict[str, JsonValue] | None = Field(
        default=None,
        title="Condition",
        description="What has to be true before it goes on, such as: stage is qualified. For a reply, which messages "
        "count; for a change, which changes, also by what a column was before. There it may stay empty: all count.",
        json_schema_extra={"widget": "condition"},
    )
    columns: tuple[Annotated[str, StringConstraints(pattern=COLUMN_PATTERN)], ...] = Field(
        default=(),
        max_length=100,
        title="Columns",
        description="Only a change of one of these counts. Empty: any change.",
        json_schema_extra={"widget": "columns", **LITERAL},
    )
    automation_id: str | None = Field(
        default=None, title="Automation", description="Whose end is waited for, whatever it ends as."
    )
    run_id: str | None = Field(
        default=None, title="Run", description="One run, for example of an earlier step, instead of any."
    )
    signal: str | None = Field(
        default=None,
        pattern=SIGNAL_NAME,
        title="Signal",
        description="Its name, as whoever sends it calls it: `automations signal NAME`.",
        json_schema_extra=LITERAL,
    )
    correlate: str | None = Field(
        default=None,
        max_length=500,
        title="Correlate by",
        description="A value, such as an order number, by which whoever sends the signal can name this wait. Empty: "
        "it is sent to the run.",
    )
    max_wait: Duration | None = Field(
        default=None, title="At most", description="After that the flow goes on by its other way. Empty: no limit."
    )
    count_from: Literal["run", "step"] = Field(
        default="run",
        title="Counts since",
        description="Since the run started, what happened before this step counts, too; since the step, only what "
        "happens from then on.",
        json_schema_extra=LITERAL,
    )


def misplaced_fields(condition: JsonObject) -> list[tuple[str, str]]:
    """Fields that are nowhere in an event: a wait for one would never end, and nobody would know why."""
    return [
        ("condition", f"{'.'.join(path)!r} is not in an event; write new.{'.'.join(path)} for a column of the record")
        for path in sorted(compile_condition(condition).paths())
        if path[0] not in EVENT_ROOTS
    ]


class LogicWait(Node[LogicWaitConfig]):
    """Waits until something happens, at most for a given time.

    Goes on through `met` or `timed_out`. What happened before the step was reached counts (since the start of the run,
    or since this step), and a condition that holds already does not wait. Output: `{"met": true, "wait_for", "record":
    <the row>, "changed", …}`; of a signal `payload`, of an automation `run_id`, `status` and `error`; `{"met": false}`
    when the time is up.
    """

    type = "logic-wait"
    title = "Wait until"
    group = "logic"
    icon = "Hourglass"
    output_is_known = True

    def handles(self, config: JsonObject) -> tuple[str, ...]:
        return (MET, TIMED_OUT)

    def idle_ways(self, config: JsonObject) -> Mapping[str, tuple[str, str]]:
        return {} if config.get("max_wait") else {TIMED_OUT: ("max_wait", "without a limit the time is never up")}

    def check(self, config: LogicWaitConfig) -> list[tuple[str, str]]:
        problems: list[tuple[str, str]] = []
        if config.wait_for == "condition" and config.condition is None:
            problems.append(("condition", "is required: what has to hold of the record"))
        if config.wait_for == "automation" and config.automation_id is None and config.run_id is None:
            problems.append(("automation_id", "is required: an automation, or a run of it"))
        if config.wait_for == "automation" and config.automation_id is not None and config.run_id is not None:
            problems.append(("run_id", "is named beside an automation; keep one of the two"))
        if config.wait_for == "signal" and config.signal is None:
            problems.append(("signal", "is required: the name of the signal"))
        for field, modes in (
            ("condition", ("condition", "reply", "change")),
            ("columns", ("change",)),
            ("automation_id", ("automation",)),
            ("run_id", ("automation",)),
            ("signal", ("signal",)),
            ("correlate", ("signal",)),
        ):
            if getattr(config, field) and config.wait_for not in modes:
                problems.append((field, f"has no effect on {config.wait_for!r}; remove it"))
        if config.condition is not None:
            found = check_condition(config.condition, "condition")
            problems += [(path, f"{message}; {hint}") for path, message, hint in found]
            if not found:
                problems += misplaced_fields(config.condition)
        return problems

    def sample_output(self, config: JsonObject) -> JsonObject:
        match config.get("wait_for"):
            case "signal":
                return {"met": True, "wait_for": "signal", "payload": {}}
            case "automation":
                return {"met": True, "wait_for": "automation", "run_id": "", "status": "completed", "error": None}
            case "reply":
                reply = {**example_row("messages"), **REPLY}
                return {"met": True, "wait_for": "reply", "record": reply, "changed": None}
            case "condition" | "change" as mode:
                row = example_row(f"{_record_kind(config)}s")
                return {"met": True, "wait_for": mode, "record": row, "changed": ["status"]}
            case _:
                # What it will be a record of is not chosen yet.
                return {"met": True}

    def sample_outputs(self, config: JsonObject) -> Mapping[str, JsonObject]:
        mode = self.sample_output(config).get("wait_for")
        return {TIMED_OUT: {"met": False} if mode is None else {"met": False, "wait_for": mode}}

    def output_rows(self, config: JsonObject) -> Mapping[str, str]:
        match config.get("wait_for"):
            case "reply":
                return {"record": "messages"}
            case "condition" | "change":
                return {"record": f"{_record_kind(config)}s"}
            case _:
                return {}

    async def run(self, config: LogicWaitConfig, ctx: Context) -> Outcome:
        if ctx.resumed is None:
            return Wait(
                until=None if config.max_wait is None else ctx.now + config.max_wait.length,
                signal=self._topic(config, ctx),
                condition=_condition(config),
                since=ctx.now if config.count_from == "step" else None,
            )
        if ctx.resumed.by == "timer":
            return Continue({"met": False, "wait_for": config.wait_for}, handle=TIMED_OUT)
        if ctx.test_mode:
            # Nothing came: the steps that follow see what would have.
            return Continue(self.sample_output(config.model_dump(mode="json")), handle=MET)
        payload = ctx.resumed.payload
        told = payload if isinstance(payload, dict) else {"payload": payload}
        return Continue({**told, "met": True, "wait_for": config.wait_for}, handle=MET)

    def _topic(self, config: LogicWaitConfig, ctx: Context) -> str:
        match config.wait_for:
            case "condition":
                return f"{config.record}:{self._record(config, ctx)}"
            case "change":
                return f"change:{config.record}:{self._record(config, ctx)}"
            case "reply":
                return f"reply:{config.record}:{self._record(config, ctx)}"
            case "automation":
                if config.run_id is not None:
                    return f"run:{_uuid(config.run_id, 'run')}"
                return f"ended:{_uuid(config.automation_id or '', 'automation')}:{self._record(config, ctx)}"
            case "signal":
                if config.correlate is None:
                    return f"signal:{config.signal}@{ctx.execution_id}"
                if not config.correlate:
                    raise StepError(
                        "the value to correlate the signal by is empty",
                        code="no_correlation",
                        hint="Check what its template came out as.",
                    )
                return f"signal:{config.signal}:{config.correlate}"
            case _:
                assert_never(config.wait_for)

    def _record(self, config: LogicWaitConfig, ctx: Context) -> str:
        own = ctx.lead_id if config.record == "lead" else ctx.conversation_id
        record_id = own if config.record_id is None else config.record_id
        if record_id is None:
            raise StepError(
                f"this run is about no {config.record}, so there is nothing to wait for",
                code="no_record",
                hint="Name a record id in the step.",
            )
        return _uuid(record_id, config.record)


def _record_kind(config: JsonObject) -> str:
    return "conversation" if config.get("record") == "conversation" else "lead"


def _condition(config: LogicWaitConfig) -> JsonObject | None:
    """What the event has to meet: the author's condition, and for a change one of the columns."""
    condition: JsonObject | None = None if config.condition is None else dict(config.condition)
    if not config.columns:
        return condition
    changed: JsonObject = {
        "any": [{"field": "changed", "operator": "contains", "value": column} for column in config.columns]
    }
    return changed if condition is None else {"all": [changed, condition]}


def _uuid(text: str, what: str) -> str:
    try:
        return str(UUID(text.strip()))
    except ValueError:
        article = "an" if what[0] in "aeiou" else "a"
        raise StepError(f"{text[:80]!r} is not the id of {article} {what}", code="wrong_type") from None

from __future__ import annotations

import json
from datetime import datetime
from typing import Annotated, Any
from uuid import UUID

from pydantic import Field, JsonValue, StringConstraints

from automations.errors import StepError, Unusable
from automations.flow.commands import Resumed
from automations.flow.condition_tree import path_of
from automations.flow.condition_values import MISSING
from automations.flow.conditions import finder
from automations.flow.duration import Duration
from automations.flow.input_form import form_of, read_input
from automations.flow.node import Config, Node
from automations.flow.outcomes import MAX_OUTPUT_BYTES, Continue, Fail, Json, JsonObject, Outcome, Wait
from automations.flow.ports import Context, RunResult
from automations.flow.template_syntax import is_template

NO_RECORD = "none"


class ActionRunAutomationConfig(Config):
    automation: str = Field(
        min_length=1,
        title="Automation",
        description="Id of the automation to run; it has to be of the same account, published, active and enabled.",
        examples=["3f0c6a52-8c1e-4a57-9c1a-0f4f2f0f6a11"],
        json_schema_extra={"widget": "automation"},
    )
    input: dict[str, JsonValue] = Field(
        default_factory=dict,
        max_length=200,
        title="Input",
        description="What its input form asks for, by name. It finds them as `{{ trigger.input }}`.",
        examples=[{"note": "{{ trigger.new.name }}"}],
        json_schema_extra={"widget": "columns_values"},
    )
    lead_id: str = Field(
        default="",
        title="Lead",
        description="Id of the lead that it runs on. Left out: the lead of this run. `none`: without one.",
    )
    conversation_id: str = Field(
        default="",
        title="Conversation",
        description="Id of the conversation that it runs on. Left out: that of this run. `none`: without one.",
    )
    wait: bool = Field(
        default=True,
        title="Wait for its end",
        description="Go on when it has completed, with its output. Off: go on at once.",
        json_schema_extra={"template": False},
    )
    max_wait: Duration | None = Field(
        default=None,
        title="Longest wait",
        description="Fail this step when the run has not ended by then; the run goes on. Empty: as long as it takes.",
    )
    output: dict[Annotated[str, StringConstraints(min_length=1, max_length=200)], str] | None = Field(
        default=None,
        max_length=200,
        title="Output",
        description="Names for parts of its output, as dotted paths into it. Empty: its whole output.",
        examples=[{"score": "result.score"}],
        json_schema_extra={"template": False},
    )


class ActionRunAutomation(Node[ActionRunAutomationConfig]):
    """Runs another automation of the account, and goes on with its output.

    Output: `{"run_id", "status", "output"}`; without waiting `{"run_id", "status": "started"}`. The run is started in
    the transaction that records this step, so a crash never starts it twice. Fails with `child_failed` or
    `child_cancelled` where the run ends so (`{"run_id", "error"}` is the step's output), with `timed_out` after the
    longest wait, with `unknown_automation`, `not_startable`, `bad_input`, or `loop` where that automation led to this
    run.
    """

    type = "action-run-automation"
    title = "Run automation"
    group = "action"
    icon = "Workflow"
    output_is_known = True
    effect = "database"

    def check(self, config: ActionRunAutomationConfig) -> list[tuple[str, str]]:
        problems = []
        if not is_template(config.automation) and not _is_uuid(config.automation):
            problems.append(("automation", "is not the id of an automation, which is a UUID"))
        for field in ("lead_id", "conversation_id"):
            value = getattr(config, field)
            if value not in ("", NO_RECORD) and not is_template(value) and not _is_uuid(value):
                problems.append((field, f"is neither an id, which is a UUID, nor {NO_RECORD!r}"))
        if not config.wait:
            problems += [
                (field, "means nothing while the step does not wait for the end of the run")
                for field in ("max_wait", "output")
                if getattr(config, field) is not None
            ]
        return problems

    def sample_output(self, config: JsonObject) -> JsonObject:
        run_id = "9e107d9d-372b-4b68-a3c5-2f9d5b3c1e44"
        if config.get("wait") is False:
            return {"run_id": run_id, "status": "started"}
        named = config.get("output")
        return {
            "run_id": run_id,
            "status": "completed",
            "output": dict.fromkeys(named) if isinstance(named, dict) else {},
        }

    async def run(self, config: ActionRunAutomationConfig, ctx: Context) -> Outcome:
        if ctx.resumed is not None:
            return await self._resumed(config, ctx, ctx.resumed)
        run_id = await self._start(config, ctx)
        if not config.wait:
            return Continue(output={"run_id": run_id, "status": "started"})
        until = None if config.max_wait is None else ctx.now + config.max_wait.length
        return _wait_for(run_id, until)

    async def _start(self, config: ActionRunAutomationConfig, ctx: Context) -> str:
        lead_id = _record(config.lead_id, ctx.lead_id, "lead")
        conversation_id = _record(config.conversation_id, ctx.conversation_id, "conversation")
        called = await ctx.runs.describe(config.automation)
        form = form_of(called.trigger_type, called.trigger_config)
        try:
            form.require_record(lead_id=lead_id, conversation_id=conversation_id)
            given: JsonObject = read_input(form.schema, dict(config.input))
        except Unusable as error:
            raise StepError(
                f"{called.name}: {error.message}", code="bad_input", hint="Correct what this step hands to it."
            ) from None
        if len(json.dumps(given, default=str)) > MAX_OUTPUT_BYTES:
            raise StepError(
                f"the input for {called.name} has more than {MAX_OUTPUT_BYTES:,} bytes",
                code="bad_input",
                hint="Hand over ids, and let it find the rest.",
            )
        return await ctx.runs.start(config.automation, given, lead_id=lead_id, conversation_id=conversation_id)

    async def _resumed(self, config: ActionRunAutomationConfig, ctx: Context, resumed: Resumed) -> Outcome:
        """The run has ended, or the time is up; whatever woke this step, what the run says is what counts."""
        noted: dict[str, Any] = resumed.note if isinstance(resumed.note, dict) else {}
        run_id = str(noted.get("run_id"))
        result = await ctx.runs.result(run_id)
        match None if result is None else result.status:
            case "completed":
                return Continue(
                    output={"run_id": run_id, "status": "completed", "output": _mapped(config, result, ctx)}
                )
            case "failed" | "cancelled" | None as status:
                ended = status or "deleted"
                error = result.error if result is not None else None
                return Fail(
                    f"the run {run_id} that this step waited for {_ENDS[ended]}{f': {error}' if error else ''}",
                    code=f"child_{ended}",
                    output={"run_id": run_id, "status": ended, "error": error},
                )
        until = datetime.fromisoformat(noted["until"]) if noted.get("until") else None
        # A wake that came for something else is waited out; a timer is the database's word that the time is up.
        if resumed.by == "signal":
            return _wait_for(run_id, until)
        return Fail(
            f"the run {run_id} has not ended in time; it goes on by itself",
            code="timed_out",
            output={"run_id": run_id, "status": "running", "error": None},
        )


_ENDS = {"failed": "failed", "cancelled": "was cancelled", "deleted": "was deleted"}


def _wait_for(run_id: str, until: datetime | None) -> Wait:
    note: JsonObject = {"run_id": run_id, "until": None if until is None else until.isoformat()}
    return Wait(until=until, signal=f"run:{run_id}", note=note)


def _record(given: str, own: str | None, what: str) -> str | None:
    if given == NO_RECORD:
        return None
    if not given:
        return own
    if not _is_uuid(given):
        raise StepError(f"{given!r} is not the id of a {what}", code="wrong_type", hint=f"Name a {what}, or none.")
    return given


def _mapped(config: ActionRunAutomationConfig, result: RunResult | None, ctx: Context) -> Json:
    output = None if result is None else result.output
    if config.output is None:
        return output
    if output is None and ctx.test_mode:
        # There was no run yet to take an example from.
        return dict.fromkeys(config.output)
    found: JsonObject = {}
    for name, path in config.output.items():
        value = finder(path_of(path))(output)
        if value is MISSING:
            raise StepError(
                f"the output of the run has no {path!r}, which this step calls {name!r}",
                code="no_output",
                hint="Look at what the automation ends with, and correct the path.",
            )
        found[name] = value
    return found


def _is_uuid(text: str) -> bool:
    try:
        UUID(text)
    except ValueError:
        return False
    return True

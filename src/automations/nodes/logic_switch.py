from __future__ import annotations

import re
from collections.abc import Mapping
from functools import cached_property

from pydantic import BaseModel, ConfigDict, Field, JsonValue

from automations.flow.conditions import Holds, check_condition, compile_condition
from automations.flow.node import Config, Node
from automations.flow.outcomes import ERROR_HANDLE, Continue, JsonObject, Outcome
from automations.flow.ports import Context

DEFAULT_CASE = "default"
DEFAULT_LABEL = "Default"
CASE_ID = r"^[A-Za-z0-9_-]{1,64}$"
RESERVED = (DEFAULT_CASE, ERROR_HANDLE)


class SwitchCase(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")

    id: str = Field(
        pattern=CASE_ID,
        title="Id",
        description="Name of this way out, used by the lines drawn from it: letters, digits, `_` or `-`.",
        json_schema_extra={"template": False},
    )
    label: str = Field(default="", max_length=200, title="Label", description="What people read at this way out.")
    condition: dict[str, JsonValue] = Field(
        title="Condition",
        description="This way is taken if the condition holds and none of the cases above did.",
        json_schema_extra={"widget": "condition"},
    )

    # Once per config, not once per run: without templates in it, all runs share one.
    @cached_property
    def holds(self) -> Holds:
        return compile_condition(self.condition).holds


class LogicSwitchConfig(Config):
    cases: tuple[SwitchCase, ...] = Field(
        min_length=1,
        max_length=50,
        title="Cases",
        description="Tried from top to bottom; the first that holds is taken, `default` if none does.",
    )


class LogicSwitch(Node[LogicSwitchConfig]):
    """Takes the first of several ways whose condition holds, or the default.

    Output: `{"case": <id>, "label": <label>}`; for the default, `{"case": "default", "label": "Default"}`.
    """

    type = "logic-switch"
    title = "Branch"
    group = "logic"
    icon = "Split"
    output_is_known = True
    handles_note = "one for each case (its `id`), then `default`"

    def handles(self, config: JsonObject) -> tuple[str, ...]:
        cases = config.get("cases")
        found: dict[str, None] = {}
        for case in cases if isinstance(cases, list) else []:
            name = case.get("id") if isinstance(case, dict) else None
            if isinstance(name, str) and name not in RESERVED and re.fullmatch(CASE_ID, name):
                found[name] = None
        return (*found, DEFAULT_CASE)

    def check(self, config: LogicSwitchConfig) -> list[tuple[str, str]]:
        problems: list[tuple[str, str]] = []
        seen: set[str] = set()
        for position, case in enumerate(config.cases):
            if case.id in RESERVED:
                problems.append((f"cases.{position}.id", f"{case.id!r} is taken; choose another id"))
            if case.id in seen:
                problems.append(
                    (f"cases.{position}.id", f"{case.id!r} is used twice; every case needs an id of its own")
                )
            seen.add(case.id)
            found = check_condition(case.condition, f"cases.{position}.condition")
            problems += [(path, f"{message}; {hint}") for path, message, hint in found]
        return problems

    def sample_output(self, config: JsonObject) -> JsonObject:
        return dict(self.sample_outputs(config)[self.handles(config)[0]])

    def sample_outputs(self, config: JsonObject) -> Mapping[str, JsonObject]:
        return {case: {"case": case, "label": self._label(config, case)} for case in self.handles(config)}

    def _label(self, config: JsonObject, case: str) -> str:
        cases = config.get("cases")
        for one in cases if isinstance(cases, list) else []:
            if isinstance(one, dict) and one.get("id") == case:
                return str(one.get("label") or "")
        return DEFAULT_LABEL if case == DEFAULT_CASE else ""

    async def run(self, config: LogicSwitchConfig, ctx: Context) -> Outcome:
        for case in config.cases:
            if case.holds(ctx.scope):
                return Continue(output={"case": case.id, "label": case.label}, handle=case.id)
        return Continue(output={"case": DEFAULT_CASE, "label": DEFAULT_LABEL}, handle=DEFAULT_CASE)

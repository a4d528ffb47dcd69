from __future__ import annotations

import ast

from pydantic import Field, JsonValue

from automations.flow.node import Config, Node
from automations.flow.outcomes import Continue, JsonObject, Outcome
from automations.flow.outside_ports import Need, Program
from automations.flow.ports import Context


class TransformCodeConfig(Config):
    code: str = Field(
        min_length=1,
        max_length=50_000,
        title="Code",
        description="Python. It sees `inputs`; what its last line comes to, or what it returns, is the result. "
        "Templates are not filled in here: hand values over as inputs.",
        examples=["total = sum(line['price'] * line['count'] for line in inputs['lines'])\n{'total': total}"],
        json_schema_extra={"widget": "code", "template": False},
    )
    inputs: dict[str, JsonValue] = Field(
        default_factory=dict,
        max_length=100,
        title="Inputs",
        description="What the program sees as `inputs`.",
        examples=[{"lines": "{{ trigger.new.data.lines }}"}],
        json_schema_extra={"widget": "key_value"},
    )
    seconds: float = Field(
        default=2,
        gt=0,
        le=30,
        title="Time limit",
        description="Seconds of computing; memory is limited to 64 MB.",
        json_schema_extra={"template": False},
    )


class TransformCode(Node[TransformCodeConfig]):
    """Runs a Python program in a sandbox.

    Output: `{"result": …, "printed": "…"}`. The program has no files, no network and no environment; its clock stands
    at the time of the step. Most of the language is there, of the standard library a little: `json`, `re`, `math`,
    `datetime`, `random`. Fails with `code_error` (with the line) or `code_limit`; where code steps are switched off, it
    cannot be published.
    """

    type = "transform-code"
    title = "Code"
    group = "transform"
    icon = "Braces"
    output_is_known = True
    effect = "external"
    impact = "nothing"
    runs_in_tests = True

    def needs(self, config: JsonObject) -> tuple[Need, ...]:
        return ("code",)

    def check(self, config: TransformCodeConfig) -> list[tuple[str, str]]:
        try:
            # The sandbox allows `return` at the end of a program, which Python does not: judged as a function's body.
            ast.parse("async def step():\n" + "".join(f" {line}\n" for line in config.code.splitlines()) + " pass\n")
        except SyntaxError as error:
            if "f-string" in (error.msg or ""):
                # The sandbox reads newer ones than the Python that we may be running on.
                return []
            line = (error.lineno or 1) - 1
            return [("code", f"cannot be read as Python: {error.msg}, line {max(line, 1)}")]
        except (ValueError, RecursionError, MemoryError):
            return [("code", "cannot be read as Python")]
        return []

    def sample_output(self, config: JsonObject) -> JsonObject:
        return {"result": {}, "printed": ""}

    async def run(self, config: TransformCodeConfig, ctx: Context) -> Outcome:
        done = await ctx.sandbox.run(
            Program(config.code, dict(config.inputs), ctx.now, ctx.idempotency_key, config.seconds)
        )
        return Continue({"result": done.value, "printed": done.printed})

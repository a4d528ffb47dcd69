from __future__ import annotations

from pydantic import Field, JsonValue

from automations.errors import StepError
from automations.flow.json_schema import misfits, schema_problem
from automations.flow.model_answers import apart, as_text, read_reply, repair, usage_of
from automations.flow.node import Config, Node, Retry
from automations.flow.outcomes import Continue, JsonObject, Outcome
from automations.flow.outside_ports import ModelCall, Need
from automations.flow.ports import Context


class AiGenerateConfig(Config):
    prompt: str = Field(
        min_length=1,
        max_length=200_000,
        title="Prompt",
        description="What the model is asked to do.",
        examples=["Write a friendly reply of at most three sentences to {{ trigger.new.name }}."],
        json_schema_extra={"widget": "textarea"},
    )
    data: JsonValue = Field(
        default=None,
        title="Text of others",
        description="What others wrote and the model shall work on, such as a lead's message. It is put apart from the "
        "prompt and declared to be no instruction.",
        examples=["{{ trigger.new.body }}"],
    )
    system: str | None = Field(
        default=None,
        max_length=100_000,
        title="Role",
        description="Who the model is and what it holds to, whatever it is asked.",
        json_schema_extra={"widget": "textarea"},
    )
    model: str | None = Field(
        default=None,
        min_length=1,
        max_length=200,
        title="Model",
        description="Another one than the account's or the installation's.",
    )
    temperature: float | None = Field(
        default=None,
        ge=0,
        le=2,
        title="Temperature",
        description="0: the likeliest words; higher: more varied ones. Empty: as the model has it.",
        json_schema_extra={"template": False},
    )
    max_output_tokens: int = Field(
        default=1024,
        ge=1,
        le=100_000,
        title="Longest answer",
        description="In tokens; a longer answer is cut off there. So many are set aside of the account's budget.",
        json_schema_extra={"template": False},
    )
    output_schema: dict[str, JsonValue] | None = Field(
        default=None,
        title="Shape of the answer",
        description="The values that the answer has to have, as a form. Set: it has them, or the step fails.",
        json_schema_extra={"widget": "json", "template": False},
    )
    timeout_seconds: float = Field(
        default=60,
        ge=1,
        le=600,
        title="Time-out",
        description="Seconds for one answer.",
        json_schema_extra={"template": False},
    )


class AiGenerate(Node[AiGenerateConfig]):
    """Has a language model write a text, or fill in an object of a given shape.

    Output: `{"text": <the answer>, "usage": {"input_tokens": …, "output_tokens": …}, "model": …, "complete": true}`;
    `complete` is false where the answer was cut off at `max_output_tokens`. With a shape of the answer
    (`output_schema`, the JSON Schema of an object), `json` is the object, and `complete` always true.

    An answer that does not fit its shape is asked for a second time, with what is wrong; then the step fails
    (`bad_json`, or `cut_off`). An endpoint that is busy, down or too slow is asked again later; one that refuses the
    key or the model fails the step at once (`model_refused`), as does an account whose tokens of the day are used up
    (`budget`).
    """

    type = "ai-generate"
    title = "Generate with AI"
    group = "action"
    icon = "Sparkles"
    output_is_known = True
    effect = "external"
    impact = "nothing"
    default_retry = Retry(attempts=3, delay_seconds=2.0, backoff="exponential")

    def needs(self, config: JsonObject) -> tuple[Need, ...]:
        return ("model",)

    def check(self, config: AiGenerateConfig) -> list[tuple[str, str]]:
        if config.output_schema is None:
            return []
        problem = schema_problem(config.output_schema)
        if problem is None and config.output_schema.get("type") != "object":
            problem = "the schema is not that of an object; give it the type object and name properties"
        return [("output_schema", problem)] if problem else []

    def sample_output(self, config: JsonObject) -> JsonObject:
        output: JsonObject = {
            "text": "…",
            "usage": {"input_tokens": 120, "output_tokens": 40},
            "model": "…",
            "complete": True,
        }
        schema = config.get("output_schema")
        if isinstance(schema, dict):
            properties = schema.get("properties")
            output["json"] = dict.fromkeys(properties, None) if isinstance(properties, dict) else {}
        return output

    async def run(self, config: AiGenerateConfig, ctx: Context) -> Outcome:
        if not config.prompt.strip():
            raise StepError("the prompt is empty", hint="Check what its templates came out as.", code="no_text")
        data = as_text(config.data)
        call = ModelCall(
            prompt=f"{config.prompt}\n\n{apart(data)}" if data else config.prompt,
            system=config.system,
            model=config.model,
            max_output_tokens=config.max_output_tokens,
            temperature=config.temperature,
            schema=config.output_schema,
            timeout_seconds=config.timeout_seconds,
            idempotency_key=ctx.idempotency_key,
        )
        answer = await ctx.models.complete(call)
        schema = config.output_schema
        if schema is None:
            return Continue(
                output={
                    "text": answer.text,
                    "usage": usage_of(answer),
                    "model": answer.model,
                    "complete": answer.complete,
                }
            )
        reply = read_reply(answer, lambda value: misfits(schema, value))
        if reply.needs_repair:
            second = await ctx.models.complete(repair(call, reply))
            reply = read_reply(second, lambda value: misfits(schema, value), answer)
        if reply.problem is not None:
            return reply.failure()
        return Continue(output={"text": reply.text, "json": reply.value, **reply.facts(), "complete": True})

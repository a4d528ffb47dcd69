from __future__ import annotations

from typing import Any, Final

from pydantic import BaseModel, ConfigDict, Field, JsonValue

from automations.errors import StepError
from automations.flow.extracted_values import KINDS, FieldKind, read_value
from automations.flow.model_answers import JsonReply, apart, as_text, object_schema, read_reply, repair
from automations.flow.node import Config, Node, Retry
from automations.flow.outcomes import Continue, Fail, Json, JsonObject, Outcome
from automations.flow.outside_ports import ModelCall, Need
from automations.flow.ports import Context

FIELD_NAME: Final = r"^[A-Za-z_][A-Za-z0-9_]{0,63}$"
ROLE: Final = (
    "You read facts out of texts. Take only what the text says; where it does not say a thing, the field is null. "
    "Never guess, never fill in. Dates are written as YYYY-MM-DD."
)


class ExtractedField(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")

    name: str = Field(
        pattern=FIELD_NAME,
        title="Name",
        description="Under which later steps find it: a letter or `_`, then letters, digits or `_`.",
        json_schema_extra={"template": False},
    )
    type: FieldKind = Field(
        default="text",
        title="Type",
        description="text, number, integer, boolean, date (YYYY-MM-DD), enum (one of the options), list (of texts).",
        json_schema_extra={"template": False},
    )
    description: str = Field(
        default="", max_length=2_000, title="Description", description="What it is, and in what form."
    )
    required: bool = Field(
        default=False,
        title="Required",
        description="On: the step fails where the text does not say it.",
        json_schema_extra={"template": False},
    )
    options: tuple[str, ...] = Field(
        default=(),
        max_length=100,
        title="Options",
        description="What an enum may be.",
        json_schema_extra={"template": False},
    )


class AiExtractConfig(Config):
    text: JsonValue = Field(
        title="Text",
        description="Where the values are looked for. It is put apart from the instructions and declared to be none.",
        examples=["{{ trigger.new.body }}"],
    )
    fields: tuple[ExtractedField, ...] = Field(
        min_length=1, max_length=50, title="Fields", description="What is looked for."
    )
    instructions: str = Field(
        default="",
        max_length=50_000,
        title="Instructions",
        description="What to go by.",
        json_schema_extra={"widget": "textarea"},
    )
    model: str | None = Field(
        default=None,
        min_length=1,
        max_length=200,
        title="Model",
        description="Another one than the account's or the installation's.",
    )
    max_output_tokens: int = Field(
        default=2_000,
        ge=50,
        le=100_000,
        title="Longest answer",
        description="In tokens. More for many fields, and for models that think before they answer.",
        json_schema_extra={"template": False},
    )
    timeout_seconds: float = Field(
        default=60,
        ge=1,
        le=600,
        title="Time-out",
        description="Seconds for one answer.",
        json_schema_extra={"template": False},
    )


class AiExtract(Node[AiExtractConfig]):
    """Has a language model read values of given types out of a text.

    Output: `{"fields": {<name>: <value or null>}, "missing": [<names without a value>], "usage": {"input_tokens": …,
    "output_tokens": …}, "model": …}`. Every value is of its type: a date is `YYYY-MM-DD`, an enum one of its options.
    What is not, is asked for a second time, and then counts as missing.

    Without a value for a required field the step fails (`missing_field`); what was found is in its output. Other
    failures are those of `ai-generate`.
    """

    type = "ai-extract"
    title = "Extract with AI"
    group = "action"
    icon = "TextSearch"
    output_is_known = True
    effect = "external"
    impact = "nothing"
    default_retry = Retry(attempts=3, delay_seconds=2.0, backoff="exponential")

    def needs(self, config: JsonObject) -> tuple[Need, ...]:
        return ("model",)

    def check(self, config: AiExtractConfig) -> list[tuple[str, str]]:
        problems: list[tuple[str, str]] = []
        seen: set[str] = set()
        for position, field in enumerate(config.fields):
            if field.name in seen:
                problems.append((f"fields.{position}.name", f"{field.name!r} is used twice"))
            seen.add(field.name)
            if field.type == "enum" and len(set(field.options)) < 2:
                problems.append((f"fields.{position}.options", "an enum has at least two options"))
            if field.type != "enum" and field.options:
                problems.append((f"fields.{position}.options", f"only an enum has options, this is {field.type}"))
        return problems

    def sample_output(self, config: JsonObject) -> JsonObject:
        fields = config.get("fields")
        named: dict[str, Json] = {
            str(field.get("name")): None
            for field in (fields if isinstance(fields, list) else [])
            if isinstance(field, dict)
        }
        return {
            "fields": named,
            "missing": [],
            "usage": {"input_tokens": 120, "output_tokens": 40},
            "model": "…",
        }

    async def run(self, config: AiExtractConfig, ctx: Context) -> Outcome:
        text = as_text(config.text)
        if not text.strip():
            raise StepError("there is no text to read", hint="Check what its templates came out as.", code="no_text")
        call = ModelCall(
            prompt=f"{_asked(config)}\n\n{apart(text)}",
            system=ROLE,
            model=config.model,
            max_output_tokens=config.max_output_tokens,
            temperature=0.0,
            schema=_schema(config),
            timeout_seconds=config.timeout_seconds,
            idempotency_key=ctx.idempotency_key,
        )

        def judge(value: Json) -> list[str]:
            return _read(config, value)[1]

        answer = await ctx.models.complete(call)
        reply = read_reply(answer, judge)
        if reply.needs_repair:
            reply = read_reply(await ctx.models.complete(repair(call, reply)), judge, answer)
        return _outcome(config, reply)


def _outcome(config: AiExtractConfig, reply: JsonReply) -> Outcome:
    if not isinstance(reply.value, dict):
        return reply.failure()
    values, _ = _read(config, reply.value)
    missing: list[Json] = [name for name, value in values.items() if value is None]
    output: JsonObject = {"fields": values, "missing": missing, **reply.facts()}
    lacking = [field.name for field in config.fields if field.required and values[field.name] is None]
    if lacking:
        return Fail(f"the text does not say {', '.join(lacking)}", code="missing_field", output=output)
    return Continue(output=output)


def _read(config: AiExtractConfig, value: Json) -> tuple[dict[str, Json], list[str]]:
    """The value of every field, null where there is none or one of another type; and what is of another type."""
    if not isinstance(value, dict):
        return {}, ["it is not an object"]
    found: dict[str, Json] = {}
    problems: list[str] = []
    for field in config.fields:
        try:
            found[field.name] = read_value(field.type, value.get(field.name), field.options)
        except ValueError as error:
            found[field.name] = None
            problems.append(f"{field.name} {error}")
    return found, problems


def _asked(config: AiExtractConfig) -> str:
    lines = [
        f"- {field.name} ({field.type}{': one of ' + ', '.join(field.options) if field.options else ''})"
        f"{': ' + field.description if field.description else ''}"
        for field in config.fields
    ]
    instructions = f"{config.instructions.strip()}\n\n" if config.instructions.strip() else ""
    return f"{instructions}The fields:\n" + "\n".join(lines)


def _schema(config: AiExtractConfig) -> JsonObject:
    properties: dict[str, Any] = {}
    for field in config.fields:
        if field.type == "enum":
            properties[field.name] = {"anyOf": [{"type": "string", "enum": list(field.options)}, {"type": "null"}]}
        elif field.type == "list":
            properties[field.name] = {"anyOf": [{"type": "array", "items": {"type": "string"}}, {"type": "null"}]}
        else:
            properties[field.name] = {"type": [KINDS[field.type], "null"]}
    return object_schema(properties)

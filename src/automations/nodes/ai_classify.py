from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Final

from pydantic import BaseModel, ConfigDict, Field, JsonValue

from automations.errors import StepError
from automations.flow.json_schema import misfits
from automations.flow.model_answers import JsonReply, apart, as_text, object_schema, read_reply, repair
from automations.flow.node import Config, Node, Retry
from automations.flow.outcomes import ERROR_HANDLE, Continue, Json, JsonObject, Outcome
from automations.flow.outside_ports import ModelCall, Need
from automations.flow.ports import Context

LOW_CONFIDENCE: Final = "low_confidence"
LABEL_NAME: Final = r"^[A-Za-z0-9_-]{1,64}$"
RESERVED: Final = (LOW_CONFIDENCE, ERROR_HANDLE)
ROLE: Final = (
    "You sort texts. Choose the one label that fits best, say how sure you are from 0 (a guess) to 1 (certain), and "
    "give the reason in one sentence. Be unsure where no label fits."
)


class Label(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")

    name: str = Field(
        pattern=LABEL_NAME,
        title="Name",
        description="Of the label and of the way out that belongs to it: letters, digits, `_` or `-`.",
        json_schema_extra={"template": False},
    )
    description: str = Field(
        default="", max_length=2_000, title="Description", description="What belongs here, and what does not."
    )


class AiClassifyConfig(Config):
    text: JsonValue = Field(
        title="Text",
        description="What is to be judged. It is put apart from the instructions and declared to be none.",
        examples=["{{ trigger.new.body }}"],
    )
    labels: tuple[Label, ...] = Field(
        min_length=2, max_length=50, title="Labels", description="What it may be; each is a way out of the step."
    )
    instructions: str = Field(
        default="",
        max_length=50_000,
        title="Instructions",
        description="What to go by.",
        json_schema_extra={"widget": "textarea"},
    )
    confidence_floor: float = Field(
        default=0.6,
        ge=0,
        le=1,
        title="Confidence floor",
        description="A model that is less sure than this leaves by `low_confidence`.",
        json_schema_extra={"template": False},
    )
    model: str | None = Field(
        default=None,
        min_length=1,
        max_length=200,
        title="Model",
        description="Another one than the account's or the installation's.",
    )
    max_output_tokens: int = Field(
        default=500,
        ge=50,
        le=100_000,
        title="Longest answer",
        description="In tokens. More for models that think before they answer.",
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


class AiClassify(Node[AiClassifyConfig]):
    """Has a language model sort a text into one of several labels, and goes the way of that label.

    Output: `{"label": <name>, "confidence": 0.93, "reason": …, "usage": {"input_tokens": …, "output_tokens": …},
    "model": …}`. A model that is less sure than `confidence_floor` leaves by `low_confidence`, with the label that it
    leans to. So does an answer that is none of the labels, after it was asked for a second time: `label` is then null,
    `confidence` 0, and `text` what came.

    Failures are those of `ai-generate`, but for `bad_json`.
    """

    type = "ai-classify"
    title = "Classify with AI"
    group = "action"
    icon = "Tags"
    output_is_known = True
    handles_note = "one for each label (its `name`), then `low_confidence`"
    effect = "external"
    impact = "nothing"
    passing_handle = LOW_CONFIDENCE
    default_retry = Retry(attempts=3, delay_seconds=2.0, backoff="exponential")

    def needs(self, config: JsonObject) -> tuple[Need, ...]:
        return ("model",)

    def handles(self, config: JsonObject) -> tuple[str, ...]:
        labels = config.get("labels")
        found: dict[str, None] = {}
        for label in labels if isinstance(labels, list) else []:
            name = label.get("name") if isinstance(label, dict) else None
            if isinstance(name, str) and name not in RESERVED and re.fullmatch(LABEL_NAME, name):
                found[name] = None
        return (*found, LOW_CONFIDENCE)

    def check(self, config: AiClassifyConfig) -> list[tuple[str, str]]:
        problems: list[tuple[str, str]] = []
        seen: set[str] = set()
        for position, label in enumerate(config.labels):
            if label.name in RESERVED:
                problems.append((f"labels.{position}.name", f"{label.name!r} is taken; choose another name"))
            if label.name.lower() in seen:
                problems.append(
                    (f"labels.{position}.name", f"{label.name!r} is used twice; every label needs a name of its own")
                )
            seen.add(label.name.lower())
        return problems

    def sample_output(self, config: JsonObject) -> JsonObject:
        return {
            "label": self.handles(config)[0],
            "confidence": 0.9,
            "reason": "…",
            "usage": {"input_tokens": 120, "output_tokens": 40},
            "model": "…",
        }

    def sample_outputs(self, config: JsonObject) -> Mapping[str, JsonObject]:
        sample = self.sample_output(config)
        labels = self.handles(config)[:-1]
        unsure: JsonObject = {**sample, "label": labels[0] if labels else None, "confidence": 0.4, "text": "…"}
        return {**{label: {**sample, "label": label} for label in labels}, LOW_CONFIDENCE: unsure}

    async def run(self, config: AiClassifyConfig, ctx: Context) -> Outcome:
        text = as_text(config.text)
        if not text.strip():
            raise StepError("there is no text to judge", hint="Check what its templates came out as.", code="no_text")
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
            return misfits(_schema(config), _spelt(config, value))

        answer = await ctx.models.complete(call)
        reply = read_reply(answer, judge)
        if reply.needs_repair:
            reply = read_reply(await ctx.models.complete(repair(call, reply)), judge, answer)
        return self._decided(config, reply)

    def _decided(self, config: AiClassifyConfig, reply: JsonReply) -> Outcome:
        value = _spelt(config, reply.value)
        if reply.problem is not None or not isinstance(value, dict):
            unusable: JsonObject = {
                "label": None,
                "confidence": 0,
                "reason": f"the model's answer is none of the labels: {reply.problem}",
                "text": reply.text,
                **reply.facts(),
            }
            return Continue(output=unusable, handle=LOW_CONFIDENCE)
        label, confidence = str(value["label"]), value["confidence"]
        sure = isinstance(confidence, int | float) and confidence >= config.confidence_floor
        output: JsonObject = {
            "label": label,
            "confidence": confidence,
            "reason": value["reason"],
            **reply.facts(),
        }
        return Continue(output=output, handle=label if sure else LOW_CONFIDENCE)


def _asked(config: AiClassifyConfig) -> str:
    labels = "\n".join(
        f"- {label.name}{f': {label.description}' if label.description else ''}" for label in config.labels
    )
    instructions = f"{config.instructions.strip()}\n\n" if config.instructions.strip() else ""
    return f"{instructions}The labels:\n{labels}"


def _schema(config: AiClassifyConfig) -> JsonObject:
    return object_schema(
        {
            "label": {"type": "string", "enum": [label.name for label in config.labels]},
            "confidence": {"type": "number", "minimum": 0, "maximum": 1},
            "reason": {"type": "string"},
        }
    )


def _spelt(config: AiClassifyConfig, value: Json) -> Json:
    """The label as it is written in the step: models change capitals."""
    if not isinstance(value, dict):
        return value
    said, reason = value.get("label"), value.get("reason")
    names = {label.name.lower(): label.name for label in config.labels}
    return {
        "label": names.get(said.strip().lower(), said) if isinstance(said, str) else said,
        "confidence": value.get("confidence"),
        # Nobody needs the reason so much that a label should be lost for it.
        "reason": reason if isinstance(reason, str) else "",
    }

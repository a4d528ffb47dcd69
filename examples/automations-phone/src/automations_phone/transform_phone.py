from __future__ import annotations

import re

from pydantic import Field

from automations.errors import StepError
from automations.flow.node import Config, Node
from automations.flow.outcomes import Continue, JsonObject, Outcome
from automations.flow.ports import Context

LONGEST = 15
"""Digits of the longest number that E.164 allows, country included."""


class TransformPhoneConfig(Config):
    number: str = Field(
        max_length=100,
        title="Number",
        description="The phone number as somebody wrote it.",
        examples=["{{ trigger.new.phone }}"],
    )
    country: str = Field(
        default="",
        pattern=r"^([1-9][0-9]{0,2})?$",
        title="Country",
        description="Calling code, such as 44, for numbers that are written without one. Empty: those fail.",
        json_schema_extra={"template": False},
    )


class TransformPhone(Node[TransformPhoneConfig]):
    """Writes a phone number the international way, so that the same number always looks the same.

    `(020) 7946-0123` with country 44 becomes `+442079460123`. Output: `{"phone": <text>}`. What is no phone number
    fails with code `not_a_phone_number`.
    """

    type = "transform-phone"
    title = "Phone number"
    group = "transform"
    icon = "Phone"

    def sample_output(self, config: JsonObject) -> JsonObject:
        return {"phone": "+442079460123"}

    async def run(self, config: TransformPhoneConfig, ctx: Context) -> Outcome:
        text = config.number.strip()
        digits = re.sub(r"[\s().\-/]", "", text)
        if digits.startswith("00"):
            digits = f"+{digits[2:]}"
        if not digits.startswith("+"):
            if not config.country:
                raise StepError(
                    f"{text!r} has no calling code",
                    code="not_a_phone_number",
                    hint="Set the country of numbers that are written without one.",
                )
            digits = f"+{config.country}{digits.removeprefix('0')}"
        if not re.fullmatch(rf"\+[1-9][0-9]{{6,{LONGEST - 1}}}", digits, re.ASCII):
            raise StepError(
                f"{text!r} is no phone number",
                code="not_a_phone_number",
                hint="Check the field that it comes from, or connect the handle `error`.",
            )
        return Continue(output={"phone": digits})

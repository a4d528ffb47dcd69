from __future__ import annotations

import base64
import binascii
import json
from typing import Literal, assert_never

from pydantic import Field, JsonValue

from automations.errors import StepError
from automations.flow.mail_address import AddressError, one_line, read_addresses, read_person, split_addresses
from automations.flow.node import Config, Node, Retry
from automations.flow.outcomes import Continue, Json, JsonObject, Outcome
from automations.flow.outside_ports import MailAttachment, MailMessage, MailReceipt, Need
from automations.flow.ports import Context
from automations.flow.template_scope import text_of
from automations.flow.template_syntax import is_template

# Null, because the address of a lead may be; it is said in words when the step runs.
Recipients = str | list[str | None] | None

USUAL_TYPES = {
    "text": "text/plain; charset=utf-8",
    "json": "application/json",
    "base64": "application/octet-stream",
}


class EmailAttachment(Config):
    name: str = Field(
        min_length=1,
        max_length=200,
        title="Name",
        description="Name of the file.",
        examples=["leads.csv"],
    )
    content: JsonValue = Field(
        title="Content",
        description="What is in it: a text, or for json any value.",
        examples=["{{ steps.find.records }}"],
    )
    encoding: Literal["text", "base64", "json"] = Field(
        default="text",
        title="Encoding",
        description="text: as it is; base64: bytes that are written so; json: the value as a JSON file.",
        json_schema_extra={"template": False},
    )
    content_type: str | None = Field(
        default=None,
        max_length=200,
        title="Content type",
        description="Such as text/csv or application/pdf. Left out: text/plain, application/octet-stream or "
        "application/json, as the encoding says.",
    )


class ActionEmailConfig(Config):
    to: Recipients = Field(
        title="To",
        description="Mail addresses, with commas between them. Or people of the account by their id, such as a lead's "
        "owner: it goes to the address in their profile. What comes out empty is left out.",
        examples=[["{{ trigger.new.email }}"], "{{ trigger.new.owner_id }}", "Sales <sales@example.com>"],
    )
    cc: Recipients = Field(default=None, title="Cc", description="Addresses that get a copy, seen by all.")
    bcc: Recipients = Field(default=None, title="Bcc", description="Addresses that get a copy, seen by nobody.")
    subject: str = Field(
        min_length=1,
        max_length=500,
        title="Subject",
        description="On one line.",
        examples=["Your offer, {{ trigger.new.name }}"],
    )
    text: str | None = Field(
        default=None,
        max_length=1_000_000,
        title="Text",
        description="The mail as plain text. Beside HTML: for those who see none; left out, it is made from the HTML.",
        json_schema_extra={"widget": "textarea"},
    )
    html: str | None = Field(
        default=None,
        max_length=1_000_000,
        title="HTML",
        description="The mail with formatting. Variables come in as plain text; write `| safe` behind one that holds "
        "HTML itself.",
        examples=["<p>Hello {{ trigger.new.name }},</p>{{ vars.offer | safe }}"],
        json_schema_extra={"widget": "textarea", "escape": "html"},
    )
    reply_to: str | None = Field(
        default=None,
        max_length=10_000,
        title="Reply to",
        description="Where answers go. Left out: as the account has it, else to the sender.",
    )
    from_name: str | None = Field(
        default=None,
        max_length=200,
        title="Name of the sender",
        description="Shown in front of the account's address. Left out: as the account has it.",
    )
    attachments: list[EmailAttachment] = Field(
        default_factory=list, max_length=50, title="Attachments", description="Files made from data of the run."
    )
    timeout_seconds: float = Field(
        default=30,
        ge=1,
        le=300,
        title="Time-out",
        description="Seconds until the mail server has taken it, waiting for a turn included.",
        json_schema_extra={"template": False},
    )


class ActionEmail(Node[ActionEmailConfig]):
    """Sends a mail.

    From the account's address, by its own mail server or the installation's (`automations account`). Output:
    `{"message_id": <text>, "accepted": [<address>, …], "refused": {<address>: <what the server said>}}`: addresses that
    the server took, and those that it did not while it took others.

    Every attempt has the same `Message-ID`, by which servers know a repetition. What may pass is tried again: refusals
    that the server calls temporary (`mail_deferred`), failures to connect, time-outs, a connection that broke before
    the server said whether it took the mail (`mail_unknown`). A refusal for good (`mail_refused`) fails at once, as do
    a login that is refused (`mail_login`), encryption that fails (`tls`), what is no address (`bad_address`), and a
    person whose address nobody knows (`unknown_person`).
    """

    type = "action-email"
    title = "Send email"
    group = "action"
    icon = "Mail"
    output_is_known = True
    effect = "external"
    impact = "additions"
    default_retry = Retry(attempts=5, delay_seconds=30.0, backoff="exponential")

    def check(self, config: ActionEmailConfig) -> list[tuple[str, str]]:
        problems: list[tuple[str, str]] = []
        if config.text is None and config.html is None:
            problems.append(("text", "is required: a text, or HTML, or both"))
        if not _written(config.to):
            problems.append(("to", "is required: at least one address"))
        for field, given in (("to", config.to), ("cc", config.cc), ("bcc", config.bcc), ("reply_to", config.reply_to)):
            # Those with templates are read when it runs.
            fixed = [text for text in _written(given) if not is_template(text)]
            problems += [(field, problem) for problem in _bad_addresses(fixed)]
        for field, text in (("subject", config.subject), ("from_name", config.from_name)):
            try:
                one_line(text or "", "it")
            except AddressError as error:
                problems.append((field, str(error)))
        return problems

    def needs(self, config: JsonObject) -> tuple[Need, ...]:
        return ("mail",)

    def sample_output(self, config: JsonObject) -> JsonObject:
        return {"message_id": "0b9f-1@example.com", "accepted": ["ada@example.com"], "refused": {}}

    async def rehearse(self, config: ActionEmailConfig, ctx: Context, sample: JsonObject) -> Json:
        return _output(await ctx.mail.rehearse(_message(config, ctx)))

    async def run(self, config: ActionEmailConfig, ctx: Context) -> Outcome:
        return Continue(output=_output(await ctx.mail.send(_message(config, ctx))))


def _message(config: ActionEmailConfig, ctx: Context) -> MailMessage:
    to = _written(config.to)
    if not to:
        raise StepError(
            "there is nobody to send to: `to` came out empty",
            code="no_recipient",
            hint="Let a condition before this step ask whether there is an address.",
        )
    if not (config.text or "").strip() and not (config.html or "").strip():
        raise StepError(
            "the mail is empty",
            code="no_content",
            hint="Check what the templates of `text` and `html` came out as.",
        )
    return MailMessage(
        to=to,
        cc=_written(config.cc),
        bcc=_written(config.bcc),
        subject=config.subject,
        text=config.text,
        html=config.html,
        reply_to=config.reply_to or None,
        from_name=config.from_name or None,
        attachments=tuple(attachment(one) for one in config.attachments),
        message_id=ctx.idempotency_key,
        date=ctx.now,
        timeout_seconds=config.timeout_seconds,
    )


def _output(receipt: MailReceipt) -> JsonObject:
    accepted: list[Json] = [*receipt.accepted]
    return {"message_id": receipt.message_id, "accepted": accepted, "refused": dict(receipt.refused)}


def attachment(given: EmailAttachment) -> MailAttachment:
    """The bytes of a file. `StepError` `bad_attachment` where its content does not fit its encoding."""
    return MailAttachment(given.name, _content(given), given.content_type or USUAL_TYPES[given.encoding])


def _content(given: EmailAttachment) -> bytes:
    match given.encoding:
        case "json":
            return json.dumps(given.content, ensure_ascii=False, indent=2).encode("utf-8", "replace")
        case "text":
            return text_of(given.content).encode("utf-8", "replace")
        case "base64":
            try:
                if isinstance(given.content, str):
                    return base64.b64decode("".join(given.content.split()), validate=True)
            except (binascii.Error, ValueError):
                pass
            raise StepError(f"the content of the attachment {given.name!r} is no base64", code="bad_attachment")
        case _:
            assert_never(given.encoding)


def _written(given: Recipients) -> list[str]:
    texts = split_addresses(given) if isinstance(given, str) else given or []
    return [text.strip() for text in texts if text is not None and text.strip()]


def _bad_addresses(texts: list[str]) -> list[str]:
    problems = []
    for text in texts:
        try:
            if read_person(text) is None:
                read_addresses([text])
        except AddressError as error:
            problems.append(str(error))
    return problems

"""What a node may ask of mail servers, language models and the code sandbox; HTTP is in `ports`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal, Protocol

from automations.flow.outcomes import Json, JsonObject


@dataclass(frozen=True, slots=True)
class MailAttachment:
    name: str
    content: bytes
    content_type: str = "application/octet-stream"


@dataclass(frozen=True, slots=True)
class MailMessage:
    """Addresses as `a@b` or `Name <a@b>`, or ids of people of the account. `message_id`: what stands before the @ of
    the sender's domain, the same for every attempt; empty: a new one. `date` None: the moment of sending.

    Who it is from belongs to the account; a step may only choose the name that is shown.
    """

    to: Sequence[str]
    subject: str
    text: str | None = field(default=None, repr=False)
    html: str | None = field(default=None, repr=False)
    cc: Sequence[str] = ()
    bcc: Sequence[str] = ()
    reply_to: str | None = None
    from_name: str | None = None
    attachments: Sequence[MailAttachment] = ()
    message_id: str = ""
    date: datetime | None = None
    timeout_seconds: float = 30.0


@dataclass(frozen=True, slots=True)
class MailReceipt:
    """`message_id` is whole, without angle brackets. `refused`: what the server said to each address that it did not
    take, while it took others."""

    message_id: str
    accepted: tuple[str, ...]
    refused: Mapping[str, str] = field(default_factory=dict)


class Mail(Protocol):
    """Mail of the account."""

    async def send(self, message: MailMessage) -> MailReceipt:
        """Raises `StepError`: `no_mail_server`, `no_mail_sender`, `unknown_person`, `bad_address`, `bad_header`,
        `bad_attachment`, `mail_too_large`, `mail_refused` (for good), `mail_login`, `tls`, `blocked_address`; and,
        retryable, `mail_deferred`, `connect`, `timeout`, `mail_unknown` (the connection broke before the server said
        whether it took it)."""
        ...

    async def rehearse(self, message: MailMessage) -> MailReceipt:
        """All of `send` but the sending: what is wrong with the message is raised, and all addresses took it. Needs no
        server: whether there is one is asked at publish."""
        ...


@dataclass(frozen=True, slots=True)
class ModelCall:
    """`schema`: the answer has to be JSON of this JSON Schema. `model` None: the account's, else the installation's.

    `idempotency_key`: that of the step; a request of the same text carries the same one.
    """

    prompt: str
    system: str | None = None
    model: str | None = None
    max_output_tokens: int = 1024
    temperature: float | None = None
    schema: JsonObject | None = None
    timeout_seconds: float = 60.0
    idempotency_key: str = ""


@dataclass(frozen=True, slots=True)
class ModelAnswer:
    """`complete` False: cut off at `max_output_tokens`. Tokens as the endpoint counted them, else estimated."""

    text: str
    model: str
    input_tokens: int
    output_tokens: int
    complete: bool = True


class Models(Protocol):
    """Language models, on the account's budget."""

    async def complete(self, call: ModelCall) -> ModelAnswer:
        """Raises `StepError`: `no_model`, `budget` (not retryable today), `rate_limited` and `model_unavailable`
        (retryable, with `retry_after` where it was named), `model_refused`, `timeout`, `connect`;
        `model_garbage` (retryable) for what is no answer, `model_declined` where the model will not answer."""
        ...


@dataclass(frozen=True, slots=True)
class Program:
    """Python that sees `inputs`. Its clock stands at `now`, its random numbers follow from `seed`."""

    source: str
    inputs: JsonObject
    now: datetime
    seed: str
    seconds: float


@dataclass(frozen=True, slots=True)
class ProgramResult:
    """`printed`: the beginning of what it printed."""

    value: Json
    printed: str = ""


class Sandbox(Protocol):
    """Runs small programs: no files, no network, nothing of this process."""

    async def run(self, program: Program) -> ProgramResult:
        """Raises `StepError`: `code_off`, `code_error` (its own fault, with the line), `code_limit` (time or memory),
        `code_crashed` (retryable)."""
        ...


# What a step needs of the installation or the account before it can work; asked for at publish.
Need = Literal["mail", "model", "code"]

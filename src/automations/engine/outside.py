"""The world outside as the engine hands it to steps: each port bound to the account of the run."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import Protocol
from uuid import UUID

from automations.errors import StepError
from automations.flow.outside_ports import (
    MailMessage,
    MailReceipt,
    ModelAnswer,
    ModelCall,
    Program,
    ProgramResult,
)
from automations.flow.ports import Http, HttpRequest, HttpResponse


class Mailer(Protocol):
    """Mail of every account; `Mail` of `flow.outside_ports` says what it raises."""

    async def send(self, account: UUID, message: MailMessage) -> MailReceipt: ...

    async def rehearse(self, account: UUID, message: MailMessage) -> MailReceipt: ...


class ModelGateway(Protocol):
    """Language models for every account; `Models` of `flow.outside_ports` says what it raises."""

    async def complete(self, account: UUID, call: ModelCall) -> ModelAnswer: ...


class CodeRunner(Protocol):
    """Programs of every account; `Sandbox` of `flow.outside_ports` says what it raises."""

    async def run(self, account: UUID, program: Program) -> ProgramResult: ...


class NoMailer:
    async def send(self, account: UUID, message: MailMessage) -> MailReceipt:
        raise StepError("there is no mail server here", code="no_mail_server")

    async def rehearse(self, account: UUID, message: MailMessage) -> MailReceipt:
        return await self.send(account, message)


class NoModels:
    async def complete(self, account: UUID, call: ModelCall) -> ModelAnswer:
        raise StepError("there is no language model here", code="no_model")


class NoSandbox:
    async def run(self, account: UUID, program: Program) -> ProgramResult:
        raise StepError("code steps are switched off here", code="code_off")


@dataclass(frozen=True, slots=True)
class Outside:
    http: Http
    mailer: Mailer = field(default_factory=NoMailer)
    models: ModelGateway = field(default_factory=NoModels)
    sandbox: CodeRunner = field(default_factory=NoSandbox)


@dataclass(frozen=True, slots=True)
class StepHttp:
    """`hidden`: the secrets of the step, which go to no other server."""

    http: Http
    hidden: tuple[str, ...] = field(repr=False)

    async def send(self, request: HttpRequest) -> HttpResponse:
        return await self.http.send(replace(request, hidden=(*request.hidden, *self.hidden)))

    def rehearse(self, request: HttpRequest) -> None:
        self.http.rehearse(request)


@dataclass(frozen=True, slots=True)
class AccountMail:
    mailer: Mailer
    account: UUID

    async def send(self, message: MailMessage) -> MailReceipt:
        return await self.mailer.send(self.account, message)

    async def rehearse(self, message: MailMessage) -> MailReceipt:
        return await self.mailer.rehearse(self.account, message)


@dataclass(frozen=True, slots=True)
class AccountModels:
    models: ModelGateway
    account: UUID

    async def complete(self, call: ModelCall) -> ModelAnswer:
        return await self.models.complete(self.account, call)


@dataclass(frozen=True, slots=True)
class AccountSandbox:
    sandbox: CodeRunner
    account: UUID

    async def run(self, program: Program) -> ProgramResult:
        return await self.sandbox.run(self.account, program)

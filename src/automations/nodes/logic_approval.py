from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Literal, assert_never
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field, JsonValue
from pydantic.config import JsonDict

from automations.errors import StepError, Unusable
from automations.flow.duration import Duration
from automations.flow.input_form import read_input
from automations.flow.mail_address import AddressError, read_address
from automations.flow.node import Config, Node
from automations.flow.outcomes import Continue, JsonObject, Outcome, Wait
from automations.flow.outside_ports import Need
from automations.flow.ports import ApprovalDecision, ApprovalRequest, Context, Recipient
from automations.flow.trigger_config import input_schema_problems

APPROVED, REJECTED, TIMED_OUT = "approved", "rejected", "timed_out"
LITERAL: JsonDict = {"template": False}


class NotifiedPerson(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")

    email: str = Field(max_length=320, title="E-mail", description="Where the mail with the token goes.")
    user_id: str | None = Field(
        default=None,
        title="User",
        description="Who that is in the account: held to self-approval, and named as who decided.",
    )


class LogicApprovalConfig(Config):
    title: str = Field(
        min_length=1,
        max_length=500,
        title="Title",
        description="What is asked, in one line.",
        examples=["Give {{ trigger.new.name }} 30 % off?"],
    )
    message: str | None = Field(
        default=None, max_length=20_000, title="Message", description="What one has to know to decide."
    )
    assignees: tuple[str, ...] = Field(
        default=(),
        max_length=100,
        title="Assignees",
        description="Ids of users of the account who may decide.",
        json_schema_extra={"widget": "users"},
    )
    role: Literal["owner", "admin", "member"] | None = Field(
        default=None,
        title="Role",
        description="Whoever has this role in the account, or a higher one, may decide, too. Empty: only the "
        "assignees; without assignees, members and above.",
        json_schema_extra=LITERAL,
    )
    form: dict[str, JsonValue] | None = Field(
        default=None,
        title="Form",
        description="What is filled in to approve. Empty: yes or no is all.",
        json_schema_extra={"widget": "input_schema", **LITERAL},
    )
    deadline: Duration | None = Field(
        default=None,
        title="At most",
        description="After that the flow goes on by its way for no answer in time. Empty: no limit.",
    )
    self_approval: bool = Field(
        default=False,
        title="Self-approval",
        description="Whoever made the run start may decide, too.",
        json_schema_extra=LITERAL,
    )
    notify: tuple[NotifiedPerson, ...] = Field(
        default=(),
        max_length=50,
        title="Tell by mail",
        description="Each gets a mail with a token of his own, by which one can decide without signing in.",
    )
    notify_conversation: str | None = Field(
        default=None,
        title="Tell in a conversation",
        description="Id of a conversation into which the question is written as a message, for example the team's.",
    )


class LogicApproval(Node[LogicApprovalConfig]):
    """Asks people of the account, and waits for their yes or no.

    Goes on through `approved`, `rejected` or `timed_out`. Output: `{"approval_id", "status", "decided_by": <user id>,
    "decided_via": "user"|"token"|"operator", "decided_as": <address of the token>, "decided_at", "comment", "answer":
    <the filled-in form>}`. `form` is a JSON Schema: an object with properties.

    It is decided once; whatever comes later is refused.
    """

    type = "logic-approval"
    title = "Approval"
    group = "logic"
    icon = "UserCheck"
    output_is_known = True
    effect = "database"
    impact = "additions"
    # What nobody was asked is not approved.
    passing_handle = REJECTED

    def handles(self, config: JsonObject) -> tuple[str, ...]:
        return (APPROVED, REJECTED, TIMED_OUT)

    def idle_ways(self, config: JsonObject) -> Mapping[str, tuple[str, str]]:
        return {} if config.get("deadline") else {TIMED_OUT: ("deadline", "without a limit the time is never up")}

    def needs(self, config: JsonObject) -> tuple[Need, ...]:
        return ("mail",) if config.get("notify") else ()

    def check(self, config: LogicApprovalConfig) -> list[tuple[str, str]]:
        problems = input_schema_problems(config.form, "form")
        for position, person in enumerate(config.notify):
            wrong = None if "{{" in person.email else _address_problem(person.email)
            if wrong is not None:
                problems.append((f"notify.{position}.email", wrong))
        for position, user in enumerate(config.assignees):
            if "{{" not in user and not _is_uuid(user):
                problems.append((f"assignees.{position}", f"{user!r} is not the id of a user"))
        return problems

    def sample_output(self, config: JsonObject) -> JsonObject:
        form = config.get("form")
        names = form.get("properties") if isinstance(form, dict) else None
        return {
            "approval_id": "3c9d1f6e-52b7-4d0e-9a55-0e9a7a3f6b10",
            "status": APPROVED,
            "decided_by": "a3b0c442-98fc-4c14-9afb-f4c8996fb924",
            "decided_via": "user",
            "decided_as": None,
            "decided_at": "2026-01-05T10:00:00+00:00",
            "comment": None,
            "answer": dict.fromkeys(names) if isinstance(names, dict) else None,
        }

    def sample_outputs(self, config: JsonObject) -> Mapping[str, JsonObject]:
        approved = self.sample_output(config)
        rejected: JsonObject = {**approved, "status": REJECTED, "answer": None}
        nobody = dict.fromkeys(("decided_by", "decided_via", "decided_at"))
        return {REJECTED: rejected, TIMED_OUT: {**rejected, **nobody, "status": TIMED_OUT}}

    async def run(self, config: LogicApprovalConfig, ctx: Context) -> Outcome:
        if ctx.resumed is None:
            until = None if config.deadline is None else ctx.now + config.deadline.length
            return _wait_for(await ctx.approvals.request(_request(config, until)), until)
        if ctx.test_mode:
            # Nobody is asked in a test: the steps that follow see an approval.
            return Continue(self.sample_output(config.model_dump(mode="json")), handle=APPROVED)
        noted: dict[str, Any] = ctx.resumed.note if isinstance(ctx.resumed.note, dict) else {}
        approval_id = str(noted.get("approval_id"))
        found = await ctx.approvals.settle(approval_id, expire=ctx.resumed.by == "timer")
        match found.status:
            case "pending":
                until = datetime.fromisoformat(noted["until"]) if noted.get("until") else None
                return _wait_for(approval_id, until)
            case "approved":
                return Continue(_output(approval_id, found, config.form), handle=APPROVED)
            case "rejected":
                return Continue(_output(approval_id, found, None), handle=REJECTED)
            case "timed_out":
                return Continue(_output(approval_id, found, None), handle=TIMED_OUT)
            case _:
                assert_never(found.status)


def _request(config: LogicApprovalConfig, until: datetime | None) -> ApprovalRequest:
    for user in config.assignees:
        if not _is_uuid(user):
            raise StepError(f"{user[:80]!r} is not the id of a user", code="wrong_type", hint="Check the assignees.")
    for person in config.notify:
        wrong = _address_problem(person.email)
        if wrong is not None:
            raise StepError(wrong, code="bad_address", hint="Check whom the step tells.")
        if person.user_id is not None and not _is_uuid(person.user_id):
            raise StepError(f"{person.user_id[:80]!r} is not the id of a user", code="wrong_type")
    if config.notify_conversation is not None and not _is_uuid(config.notify_conversation):
        raise StepError(f"{config.notify_conversation[:80]!r} is not the id of a conversation", code="wrong_type")
    return ApprovalRequest(
        title=config.title,
        message=config.message,
        form=config.form,
        assignees=config.assignees,
        role=config.role or (None if config.assignees else "member"),
        self_approval=config.self_approval,
        deadline=until,
        notify=[Recipient(person.email, person.user_id) for person in config.notify],
        conversation=config.notify_conversation,
    )


def _wait_for(approval_id: str, until: datetime | None) -> Wait:
    note: JsonObject = {"approval_id": approval_id, "until": None if until is None else until.isoformat()}
    return Wait(until=until, signal=f"approval:{approval_id}", note=note)


def _output(approval_id: str, found: ApprovalDecision, form: JsonObject | None) -> JsonObject:
    answer = found.answer
    if form is not None:
        try:
            # Whoever decides by plain SQL has had no form in front of him.
            answer = read_input(dict(form), answer or {})
        except Unusable as error:
            raise StepError(
                f"the answer does not fit the form: {error.message}", code="bad_answer", hint=error.hint
            ) from None
    return {
        "approval_id": approval_id,
        "status": found.status,
        "decided_by": found.decided_by,
        "decided_via": found.decided_via,
        "decided_as": found.decided_as,
        "decided_at": found.decided_at,
        "comment": found.comment,
        "answer": answer,
    }


def _address_problem(text: str) -> str | None:
    try:
        read_address(text)
    except AddressError as error:
        return str(error)
    return None


def _is_uuid(text: str) -> bool:
    try:
        UUID(text)
    except ValueError:
        return False
    return True

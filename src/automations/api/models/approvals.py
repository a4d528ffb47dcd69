"""Approvals as the API shows them, and what decides one."""

from __future__ import annotations

from datetime import datetime
from typing import Any, Literal
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field

from automations.api.models.automations import Body

ApprovalStatus = Literal["pending", "approved", "rejected", "timed_out", "void"]
Answer = dict[str, Any]
Token = Field(min_length=1, max_length=200, description="The one of the mail: `/approve#<token>`.")


class Approve(Body):
    model_config = ConfigDict(json_schema_extra={"examples": [{"answer": {"amount": 500}, "comment": "As agreed."}]})

    answer: Answer = Field(default_factory=dict, description="Fields of the form, where there is one.")
    comment: str | None = Field(default=None, max_length=4_000)


class Reject(Body):
    model_config = ConfigDict(json_schema_extra={"examples": [{"comment": "Too expensive."}]})

    comment: str | None = Field(default=None, max_length=4_000)


class DecideByToken(Body):
    model_config = ConfigDict(
        json_schema_extra={"examples": [{"token": "the one of the mail", "decision": "approved", "answer": {}}]}
    )

    token: str = Token
    decision: Literal["approved", "rejected"]
    answer: Answer = Field(default_factory=dict, description="Fields of the form; only to approve.")
    comment: str | None = Field(default=None, max_length=4_000)


class ApprovalListItem(BaseModel):
    id: UUID
    account_id: UUID
    automation_id: UUID
    automation: str = Field(description="Its name.")
    execution_id: UUID = Field(description="The run that waits.")
    title: str
    assignees: list[UUID]
    role: str | None = Field(description="Who may decide beside the assignees: this role of the account or above.")
    self_approval: bool = Field(description="Whether whoever started the run may decide, too.")
    requested_by: UUID | None
    deadline: datetime | None
    created_at: datetime
    decided_via: Literal["user", "token", "operator"] | None
    decided_by: UUID | None
    decided_as: str | None = Field(description="Of a token: the address that it was sent to.")
    decided_at: datetime | None
    status: ApprovalStatus = Field(description="`void`: its run has ended without it.")
    may_decide: bool = Field(description="Whether it is for whoever is signed in to decide.")


class Approval(ApprovalListItem):
    message: str | None
    form: dict[str, Any] | None = Field(description="JSON Schema of the answer; null: yes or no is all.")
    comment: str | None
    answer: dict[str, Any] | None


class ApprovalPage(BaseModel):
    items: list[ApprovalListItem]
    next: str | None = Field(description="`cursor` of the next page; null: this was the last one.")


class ApprovalOfToken(BaseModel):
    """What somebody has to know who only has the mail."""

    title: str
    message: str | None
    form: dict[str, Any] | None
    automation: str
    deadline: datetime | None
    status: ApprovalStatus
    decided_at: datetime | None

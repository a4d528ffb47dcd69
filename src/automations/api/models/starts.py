"""Tests of drafts, and what is done to many records or runs at once."""

from __future__ import annotations

from typing import Annotated, Any, Self
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field, model_validator

from automations.api.models.automations import Body
from automations.api.models.executions import ON_VERSION, RunFilterStatus
from automations.api.models.values import A_NUMBER, ExactMoment, Whole

LARGEST_BIGINT = 9_223_372_036_854_775_807
MOST_STARTS = 500
MOST_RUNS = 200


class Pinned(Body):
    output: Any
    handle: str | None = Field(default=None, max_length=200, description="Default: the first one of the step.")


class Test(Body):
    """What the draft is tried with. `event_id` and `execution_id` are starts of their own, with nothing else."""

    __test__ = False
    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {"input": {"name": "Ada"}, "pinned": {"ask": {"output": {"status": 200, "body": {"valid": True}}}}}
            ]
        }
    )

    input: dict[str, Any] = Field(default_factory=dict, description="Fields of the input form, or a webhook's body.")
    lead_id: UUID | None = None
    conversation_id: UUID | None = None
    row_id: str | None = Field(default=None, max_length=500, description="Of the watched table that it listens to.")
    event_id: Annotated[int, Field(ge=1, le=LARGEST_BIGINT), A_NUMBER] | None = Field(
        default=None, description="A change of `GET /events`."
    )
    execution_id: UUID | None = Field(default=None, description="A run of it: the same trigger data again.")
    pinned: dict[str, Pinned] = Field(
        default_factory=dict, max_length=500, description="By step: what it answers instead of running."
    )

    @model_validator(mode="after")
    def _one_start(self) -> Self:
        own = (self.input or None, self.lead_id, self.conversation_id, self.row_id)
        given = [self.event_id is not None, self.execution_id is not None, any(one is not None for one in own)]
        if sum(given) > 1:
            raise ValueError("a test starts with an event, with a past run, or with what is given: one of them")
        return self


class Refusal(BaseModel):
    code: str
    detail: str
    hint: str


class BulkStart(Body):
    """Records of one kind: `lead_ids`, `conversation_ids`, or the leads that meet a condition."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [{"leads_where": {"field": "stage", "operator": "equals", "value": "new"}, "limit": 200}]
        }
    )

    lead_ids: list[UUID] | None = Field(default=None, min_length=1, max_length=MOST_STARTS)
    conversation_ids: list[UUID] | None = Field(default=None, min_length=1, max_length=MOST_STARTS)
    leads_where: dict[str, Any] | None = Field(default=None, description="A condition over the columns of leads.")
    input: dict[str, Any] = Field(default_factory=dict, description="Fields of the input form, for every run.")
    key: str | None = Field(
        default=None,
        min_length=1,
        max_length=200,
        description="The same key for the same record is the same run: what was interrupted can be sent again.",
    )
    limit: Whole = Field(
        default=MOST_STARTS, ge=1, le=MOST_STARTS, description="Of a condition, how many leads at most."
    )
    after: UUID | None = Field(default=None, description="Of a condition: `next` of the answer before.")

    @model_validator(mode="after")
    def _one_kind(self) -> Self:
        if sum(one is not None for one in (self.lead_ids, self.conversation_ids, self.leads_where)) != 1:
            raise ValueError("give lead_ids, conversation_ids or leads_where: one of them")
        return self


class StartedOne(BaseModel):
    record_id: UUID
    execution_id: UUID | None
    error: Refusal | None = Field(description="Why this record has no run; null: it has.")


class BulkStarted(BaseModel):
    items: list[StartedOne]
    next: UUID | None = Field(description="`after` for the leads that are left; null: there are none.")


class RunsWhere(Body):
    """What is left out does not matter; runs that came after the first request are left alone."""

    account: UUID | None = None
    automation_id: UUID | None = None
    status: Annotated[list[RunFilterStatus], Field(max_length=6)] = Field(
        default_factory=list, description="Default: those that it can be done to, of a retry the failed ones."
    )
    lead_id: UUID | None = None
    since: ExactMoment | None = None


class _Chosen(Body):
    ids: list[UUID] | None = Field(default=None, min_length=1, max_length=MOST_RUNS)
    filter: RunsWhere | None = None
    limit: Whole = Field(default=100, ge=1, le=MOST_RUNS, description="Of a filter, how many runs at most.")
    cursor: str | None = Field(default=None, max_length=500, description="Of a filter: `next` of the answer before.")

    @model_validator(mode="after")
    def _one_choice(self) -> Self:
        if (self.ids is None) == (self.filter is None):
            raise ValueError("give ids or a filter: one of them")
        return self


class CancelMany(_Chosen):
    model_config = ConfigDict(
        json_schema_extra={"examples": [{"filter": {"status": ["pending"]}, "reason": "wrong list"}]}
    )

    reason: str | None = Field(default=None, max_length=2_000)


class RetryMany(_Chosen):
    """Of a filter only those that have no retry yet, and no test runs."""

    model_config = ConfigDict(
        json_schema_extra={"examples": [{"filter": {"since": "2026-11-26T09:00:00Z"}, "start_from": "failed"}]}
    )

    start_from: str = Field(default="start", max_length=200, description="start, failed, or the id of a step.")
    version: Annotated[int, Field(ge=1, le=2_147_483_647), A_NUMBER] | None = Field(
        default=None, description=ON_VERSION
    )


class Cancelled(BaseModel):
    id: UUID
    status: str | None = Field(description="`cancelled`, or what it had ended as before.")
    error: Refusal | None


class CancelledMany(BaseModel):
    items: list[Cancelled]
    next: str | None = Field(description="`cursor` for those that are left; null: that were all.")


class Retried(BaseModel):
    id: UUID
    execution_id: UUID | None = Field(description="The new run.")
    error: Refusal | None


class RetriedMany(BaseModel):
    items: list[Retried]
    next: str | None = Field(description="`cursor` for those that are left; null: that were all.")

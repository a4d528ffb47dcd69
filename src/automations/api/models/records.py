"""Agents, leads, conversations and messages as the API takes and shows them.

The fields are the columns of the tables as we make them; a database with tables of its own shows and takes its own.
"""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any, Literal
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field

from automations.api.models.values import A_NUMBER

_AGENT = "6f1f1c1e-54a5-4b0c-9a37-2f7e0d1f9c11"
_LEAD = "0b9d1f62-9a3b-4f43-8c11-3f6a5e1a7d20"
_CONVERSATION = "a3f0f0a5-31a7-4b61-9d2e-5f0f4a7f6c02"

Text = Annotated[str, Field(max_length=10_000)]
Body = Annotated[str, Field(max_length=1_000_000)]


def _like(**example: Any) -> ConfigDict:
    return ConfigDict(extra="allow", json_schema_extra={"examples": [example]})


class AgentColumns(BaseModel):
    """Only the name can be changed: an agent stays in its account."""

    model_config = _like(name="Support")

    user_id: UUID | None = Field(default=None, description="The account; left out in a new one: the caller's own.")
    name: Text | None = None


class LeadColumns(BaseModel):
    """What is left out of a change stays as it is."""

    model_config = _like(name="Ada Lovelace", email="ada@example.com", stage="new", score=40, tags=["webinar"])

    user_id: UUID | None = Field(default=None, description="The account; left out in a new one: the caller's own.")
    agent_id: UUID | None = None
    name: Text | None = None
    email: Text | None = None
    phone: Text | None = None
    status: Text | None = None
    stage: Text | None = None
    score: Annotated[int, Field(ge=-(2**31), lt=2**31), A_NUMBER] | None = None
    owner_id: UUID | None = None
    tags: list[Text] | None = Field(default=None, max_length=1_000)
    data: Any = None


class ConversationColumns(BaseModel):
    """What is left out of a change stays as it is."""

    model_config = _like(agent_id=_AGENT, lead_id=_LEAD, channel="email")

    agent_id: UUID | None = Field(default=None, description="Whose account it belongs to; a new one needs it.")
    lead_id: UUID | None = None
    channel: Text | None = None
    status: Text | None = None


class MessageColumns(BaseModel):
    """What is left out of a change stays as it is."""

    model_config = _like(conversation_id=_CONVERSATION, lead_id=_LEAD, direction="inbound", body="Call me.")

    conversation_id: UUID | None = Field(default=None, description="A new one needs it.")
    lead_id: UUID | None = None
    direction: Literal["inbound", "outbound"] | None = None
    sender_type: Text | None = None
    channel: Text | None = None
    body: Body | None = None
    status: Text | None = None
    execution_id: UUID | None = None


class Agent(BaseModel):
    model_config = ConfigDict(extra="allow")

    id: UUID
    user_id: UUID = Field(description="The account.")
    name: str | None = None
    created_at: datetime | None = None
    updated_at: datetime | None = None


class Lead(BaseModel):
    model_config = ConfigDict(extra="allow")

    id: UUID
    user_id: UUID = Field(description="The account.")
    agent_id: UUID | None = None
    name: str | None = None
    email: str | None = None
    phone: str | None = None
    status: str | None = None
    stage: str | None = None
    score: int | None = None
    owner_id: UUID | None = None
    tags: list[str] | None = None
    data: Any = None
    created_at: datetime | None = None
    updated_at: datetime | None = None


class Conversation(BaseModel):
    model_config = ConfigDict(extra="allow")

    id: UUID
    agent_id: UUID
    lead_id: UUID | None = None
    channel: str | None = None
    status: str | None = None
    created_at: datetime | None = None
    updated_at: datetime | None = None


class Message(BaseModel):
    model_config = ConfigDict(extra="allow")

    id: Any = Field(description="A UUID, unless the table is the database's own.")
    conversation_id: UUID | None = None
    lead_id: UUID | None = None
    direction: str | None = None
    sender_type: str | None = None
    channel: str | None = None
    body: str | None = None
    status: str | None = None
    execution_id: UUID | None = Field(default=None, description="The run that sent it.")
    created_at: datetime | None = None


class AgentPage(BaseModel):
    items: list[Agent]
    next: str | None = Field(description="`cursor` of the next page; null: this was the last one.")


class LeadPage(BaseModel):
    items: list[Lead]
    next: str | None = Field(description="`cursor` of the next page; null: this was the last one.")


class ConversationPage(BaseModel):
    items: list[Conversation]
    next: str | None = Field(description="`cursor` of the next page; null: this was the last one.")


class MessagePage(BaseModel):
    items: list[Message]
    next: str | None = Field(description="`cursor` of the next page; null: this was the last one.")

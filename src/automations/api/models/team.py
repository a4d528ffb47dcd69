"""Who is calling, teams, and invitations to them."""

from __future__ import annotations

from datetime import datetime
from typing import Literal
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field

from automations.api.models.api_keys import Scope
from automations.api.models.automations import Body
from automations.api.models.values import Whole

Role = Literal["owner", "admin", "member", "viewer"]


class AccountOfCaller(BaseModel):
    account_id: UUID
    role: str | None = Field(description="null: the team is managed elsewhere, and nobody has written it down.")


class KeyOfCaller(BaseModel):
    id: UUID
    scopes: list[Scope]


class Me(BaseModel):
    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "user_id": "6f1f1c1e-54a5-4b0c-9a37-2f7e0d1f9c11",
                    "role": "authenticated",
                    "accounts": [{"account_id": "6f1f1c1e-54a5-4b0c-9a37-2f7e0d1f9c11", "role": "owner"}],
                    "key": None,
                }
            ]
        }
    )

    user_id: UUID | None = Field(description="null: a server, which may do everything.")
    role: Literal["authenticated", "service_role"]
    accounts: list[AccountOfCaller] = Field(description="At most 1,000, your own first.")
    key: KeyOfCaller | None = Field(description="The API key with which a machine calls.")


class Member(BaseModel):
    id: UUID = Field(description="The user.")
    account_id: UUID
    role: Role
    created_at: datetime


class TeamPage(BaseModel):
    """The account itself, which is its owner always, is not in the list."""

    items: list[Member]
    next: str | None = Field(description="`cursor` of the next page; null: this was the last one.")


class PersonOfTeam(BaseModel):
    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {"id": "6f1f1c1e-54a5-4b0c-9a37-2f7e0d1f9c11", "name": "Ada Lovelace", "email": "ada@example.com"}
            ]
        }
    )

    id: UUID
    name: str | None = Field(description="As the person has written it.")
    email: str | None = Field(description="Where mail to this person goes.")


class People(BaseModel):
    """Whoever the database has neither name nor address of is not in the list."""

    items: list[PersonOfTeam] = Field(description="At most 1,000, owners of accounts first.")


class Profile(Body):
    """null: nothing is said."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"name": "Ada Lovelace", "email": "ada@example.com"}]})

    name: str | None = Field(max_length=100, description="What others of your accounts see instead of an id.")
    email: str | None = Field(
        max_length=320, description="Where mail that automations of your accounts send to you goes."
    )


class NewRole(Body):
    model_config = ConfigDict(json_schema_extra={"examples": [{"role": "admin"}]})

    role: Role


class NewInvitation(Body):
    model_config = ConfigDict(json_schema_extra={"examples": [{"role": "member", "note": "Ada, sales", "days": 7}]})

    role: Role
    note: str | None = Field(default=None, max_length=200, description="Whom it is meant for.")
    days: Whole = Field(default=7, ge=1, le=90, description="How long it holds.")
    account_id: UUID | None = Field(default=None, description="Default: your own account.")


class Invitation(BaseModel):
    id: UUID
    account_id: UUID
    role: Role
    note: str | None
    created_by: UUID | None
    created_at: datetime
    expires_at: datetime
    accepted_by: UUID | None
    accepted_at: datetime | None
    revoked_at: datetime | None


class MadeInvitation(Invitation):
    code: str = Field(description="For `POST /invitations/accept`; it is shown this once.")
    url: str = Field(description="The link to send: whoever has it can join, once.")


class InvitationPage(BaseModel):
    items: list[Invitation]
    next: str | None = Field(description="`cursor` of the next page; null: this was the last one.")


class Acceptance(Body):
    model_config = ConfigDict(json_schema_extra={"examples": [{"code": "m2Yq0cL3s8Jw5xTz"}]})

    code: str = Field(min_length=1, max_length=200, pattern=r"^[A-Za-z0-9_-]+$")


class Joined(BaseModel):
    account_id: UUID
    role: Role

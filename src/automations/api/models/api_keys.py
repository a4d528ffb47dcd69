"""Keys of the API as it takes and shows them."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Literal
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field, StringConstraints

from automations.api.models.automations import Body
from automations.api.models.values import A_NUMBER

Scope = Literal["read", "run", "write"]


class NewApiKey(Body):
    model_config = ConfigDict(
        json_schema_extra={"examples": [{"name": "CRM", "scopes": ["read", "run"], "expires_in_days": 90}]}
    )

    name: Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=100)]
    scopes: list[Scope] = Field(min_length=1, max_length=3, description="How far it reaches; none includes another.")
    expires_in_days: Annotated[int, Field(ge=1, le=3_650), A_NUMBER] | None = Field(
        default=None, description="null: it holds until it is revoked."
    )
    account_id: UUID | None = Field(default=None, description="Default: your own account.")


class ApiKey(BaseModel):
    """A key without the key: `hint` is its end."""

    id: UUID
    account_id: UUID
    name: str
    hint: str
    scopes: list[Scope]
    created_by: UUID | None
    created_at: datetime
    expires_at: datetime | None
    revoked_at: datetime | None
    last_used_at: datetime | None = Field(description="To the minute.")


class MadeApiKey(ApiKey):
    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "id": "0d0f1c1e-54a5-4b0c-9a37-2f7e0d1f9c11",
                    "account_id": "6f1f1c1e-54a5-4b0c-9a37-2f7e0d1f9c11",
                    "name": "CRM",
                    "hint": "x8Qk",
                    "scopes": ["read", "run"],
                    "created_by": "6f1f1c1e-54a5-4b0c-9a37-2f7e0d1f9c11",
                    "created_at": "2026-11-26T10:00:00+00:00",
                    "expires_at": None,
                    "revoked_at": None,
                    "last_used_at": None,
                    "key": "aut_… (shown once)",
                }
            ]
        }
    )

    key: str = Field(description="The key itself: it is shown this once and kept nowhere.")


class ApiKeyPage(BaseModel):
    items: list[ApiKey]
    next: str | None = Field(description="`cursor` of the next page; null: this was the last one.")

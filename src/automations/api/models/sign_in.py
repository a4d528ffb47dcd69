"""Signing in, where nobody else does it."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field

from automations.api.models.automations import Body


class Code(Body):
    model_config = ConfigDict(json_schema_extra={"examples": [{"code": "what stands behind ?code= in the link"}]})

    code: str = Field(min_length=1, max_length=200, pattern=r"^[A-Za-z0-9_-]+$")


class SignedIn(BaseModel):
    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "token": "eyJ…",
                    "expires_at": "2026-11-26T22:00:00Z",
                    "user_id": "6f1f1c1e-54a5-4b0c-9a37-2f7e0d1f9c11",
                }
            ]
        }
    )

    token: str = Field(description="For `Authorization: Bearer …`.")
    expires_at: datetime
    user_id: UUID

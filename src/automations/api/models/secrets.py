"""Secrets as the API takes and lists them: a value goes in and never comes out."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field, SecretStr

from automations.api.models.automations import Body
from automations.services.secrets import LONGEST, SHORTEST


class NewSecret(Body):
    model_config = ConfigDict(json_schema_extra={"examples": [{"value": "what the other service gave you"}]})

    value: SecretStr = Field(min_length=SHORTEST, max_length=LONGEST, description="Nobody can read it back.")


class Named(BaseModel):
    id: UUID
    name: str


class Secret(BaseModel):
    name: str = Field(description="Steps use it as `{{ secrets.NAME }}`, where a field allows it.")
    created_at: datetime
    updated_at: datetime = Field(description="When its value was set last.")
    automations: list[Named] = Field(description="Those whose published flow uses it.")


class SecretList(BaseModel):
    """All of them; an account has at most 1,000."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "items": [
                        {
                            "name": "CRM_TOKEN",
                            "created_at": "2026-11-01T09:00:00Z",
                            "updated_at": "2026-11-20T09:00:00Z",
                            "automations": [{"id": "6f1f1c1e-54a5-4b0c-9a37-2f7e0d1f9c11", "name": "Tell the CRM"}],
                        }
                    ]
                }
            ]
        }
    )

    items: list[Secret]


class SecretSet(BaseModel):
    name: str


class SecretDeleted(BaseModel):
    name: str
    used_by: list[str] = Field(description="Automations that still use it, at most 20: their steps fail from now on.")

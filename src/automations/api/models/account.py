"""What an account has of its own: settings, use of language models, who did what."""

from __future__ import annotations

from datetime import date, datetime
from typing import Annotated, Any, Literal
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field

from automations.api.models.automations import Body
from automations.api.models.values import A_NUMBER

_LONGEST = 1_000


class SettingChanges(Body):
    """What is left out stays as it is; null: as the installation has it."""

    model_config = ConfigDict(
        json_schema_extra={"examples": [{"mail_from": "Ada <ada@example.com>", "ai_tokens_per_day": 200_000}]}
    )

    mail_from: str | None = Field(default=None, max_length=_LONGEST)
    mail_reply_to: str | None = Field(default=None, max_length=_LONGEST)
    mail_server: str | None = Field(
        default=None, max_length=_LONGEST, description="`smtp://host:587`, without a login."
    )
    mail_user: str | None = Field(default=None, max_length=_LONGEST)
    mail_password_secret: str | None = Field(default=None, max_length=64, description="The name of a secret.")
    ai_base_url: str | None = Field(default=None, max_length=_LONGEST)
    ai_key_secret: str | None = Field(default=None, max_length=64, description="The name of a secret.")
    ai_model: str | None = Field(default=None, max_length=_LONGEST)
    ai_tokens_per_day: Annotated[int, Field(ge=0, lt=2**63), A_NUMBER] | None = Field(
        default=None, description="0: none."
    )


class AccountSetting(BaseModel):
    name: str
    value: str | int | None = Field(description="Null with source `installation`: it has one that is not shown.")
    source: Literal["account", "installation", "none"]


class AccountSettings(BaseModel):
    """Passwords and keys are named, never shown."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [{"items": [{"name": "mail_from", "value": "Ada <ada@example.com>", "source": "account"}]}]
        }
    )

    items: list[AccountSetting]


class DayOfUse(BaseModel):
    day: date = Field(description="In UTC.")
    calls: int
    input_tokens: int
    output_tokens: int
    reserved: int = Field(description="Set aside for calls under way.")


class AiUsage(BaseModel):
    tokens_per_day: int | None = Field(description="What the account may use in a day (UTC).")
    items: list[DayOfUse]


class WatchedTable(BaseModel):
    """A table of the database whose changes start automations."""

    source: str = Field(description="How flows call it.")
    schema_name: str
    table_name: str
    account_column: str
    id_column: str
    lead_column: str | None
    state: str = Field(description="`fires`, or what is wrong with it.")
    columns: list[str] = Field(description="Its columns, in their order: what conditions and steps can name.")


class WatchedTables(BaseModel):
    items: list[WatchedTable]


class AuditEntry(BaseModel):
    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "id": 4711,
                    "account_id": "6f1f1c1e-54a5-4b0c-9a37-2f7e0d1f9c11",
                    "actor": "6f1f1c1e-54a5-4b0c-9a37-2f7e0d1f9c11",
                    "action": "secret.set",
                    "automation_id": None,
                    "execution_id": None,
                    "details": {"name": "CRM_TOKEN"},
                    "created_at": "2026-11-20T09:00:00Z",
                }
            ]
        }
    )

    id: int
    account_id: UUID
    actor: UUID | None = Field(description="Null: the engine, or the operator.")
    action: str
    automation_id: UUID | None
    execution_id: UUID | None
    details: dict[str, Any]
    created_at: datetime


class AuditPage(BaseModel):
    items: list[AuditEntry]
    next: str | None = Field(description="`cursor` of the next page; null: this was the last one.")

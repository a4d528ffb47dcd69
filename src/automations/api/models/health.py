"""How the installation is doing, as far as everybody may know who works with it."""

from __future__ import annotations

from typing import Literal

from pydantic import BaseModel, ConfigDict, Field


class Health(BaseModel):
    """Of the whole installation: how late it is, and nothing about whose runs wait."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"status": "ok", "oldest_pending_seconds": 0}]})

    status: Literal["ok", "late", "no_worker"] = Field(
        description="`late`: something that is due was not begun for more than a minute. `no_worker`: nobody is "
        "there to begin it."
    )
    oldest_pending_seconds: int = Field(
        description="Age of the oldest unprocessed event: a run that is due and was never begun. 0: none."
    )

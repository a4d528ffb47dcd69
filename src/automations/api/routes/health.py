"""`/api/v1/health`: whether runs are begun at all, for those who wait for them; `/metrics` has the rest."""

from __future__ import annotations

from typing import Final

from fastapi import Request

from automations.api.models.health import Health
from automations.api.request_scope import Api, Reader
from automations.api.router import api_router
from automations.db.figures_store import Figures, FiguresStore
from automations.services.kept import Kept

# Whoever asks more often, from wherever, gets the same figures.
FIGURES_SECONDS: Final = 5.0
# A worker takes what is due within a second; a minute is no busy moment any more.
LATE_SECONDS: Final = 60

router: Final = api_router("", "operations")


def kept_figures(api: Api) -> Kept[Figures]:
    async def look() -> Figures:
        async with api.connections.connection() as connection:
            return await FiguresStore(connection).figures()

    return Kept(look, FIGURES_SECONDS)


@router.get("/health", summary="Whether the installation begins what is due")
async def get_installation_health(_caller: Reader, request: Request) -> Health:
    figures: Kept[Figures] = request.app.state.figures
    found = await figures.get()
    oldest = int(found.oldest_pending or 0)
    status = "no_worker" if found.workers == 0 else "late" if oldest > LATE_SECONDS else "ok"
    return Health.model_validate({"status": status, "oldest_pending_seconds": oldest})

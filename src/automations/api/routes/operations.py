"""`/health`, `/ready`, `/metrics`: for load balancers and Prometheus, who sign in nowhere."""

from __future__ import annotations

import ipaddress
import secrets
from collections.abc import Iterator
from typing import Final, Literal
from urllib.parse import urlsplit

from fastapi import APIRouter, Request
from fastapi.responses import PlainTextResponse, Response
from prometheus_client import CONTENT_TYPE_LATEST, generate_latest
from prometheus_client.core import GaugeMetricFamily, Metric
from prometheus_client.registry import Collector, CollectorRegistry
from pydantic import BaseModel, ConfigDict

from automations.api.http_metrics import HttpMetrics
from automations.api.problems import problem
from automations.api.request_scope import Api, InApi
from automations.api.router import REFUSALS
from automations.db.figures_store import Figures
from automations.engine.schema_check import check_schema
from automations.errors import AutomationsError, MigrationError, NotAllowed
from automations.services.kept import Kept

READY_SECONDS: Final = 1.0
# What a proxy adds: who asks through one is not this machine, whatever address he comes from.
_FORWARDED: Final = ("forwarded", "x-forwarded-for", "x-real-ip", "via")


class Alive(BaseModel):
    model_config = ConfigDict(json_schema_extra={"examples": [{"status": "ok"}]})

    status: Literal["ok"] = "ok"


def operations_router(api: Api, metrics: HttpMetrics, figures: Kept[Figures]) -> APIRouter:
    router = APIRouter(tags=["operations"])

    async def check() -> None:
        async with api.connections.connection() as connection:
            await check_schema(connection)

    ready = Kept(check, READY_SECONDS)

    @router.get("/health", summary="Whether this process lives")
    async def health() -> Alive:
        return Alive()

    @router.get(
        "/ready",
        response_model=Alive,
        responses={503: REFUSALS[503]},
        summary="Whether requests can be served: the database, and its schema",
    )
    async def is_ready() -> Alive | Response:
        try:
            await ready.get()
        except MigrationError:
            return problem(
                "not_ready",
                "the database has another schema than this program expects",
                "Run `automations migrate` with the release that serves here.",
            )
        return Alive()

    @router.get(
        "/metrics",
        response_class=PlainTextResponse,
        responses={403: REFUSALS[403]},
        summary="Figures for Prometheus",
    )
    async def show_metrics(request: Request, api: InApi) -> Response:
        _require_scraper(request, api.metrics_token)
        try:
            found = await figures.get()
        except AutomationsError:
            found = None
        text = generate_latest(metrics.registry) + generate_latest(_of_database(found))
        return Response(text, media_type=CONTENT_TYPE_LATEST)

    return router


def _require_scraper(request: Request, token: str | None) -> None:
    if token is not None:
        given = request.headers.get("authorization", "")
        if not secrets.compare_digest(given.encode(), f"Bearer {token}".encode()):
            raise NotAllowed(
                "these figures are not for everybody",
                hint="Send `Authorization: Bearer` with AUTOMATIONS_METRICS_TOKEN.",
            )
        return
    local = request.client is not None and _is_loopback(request.client.host)
    # Nor a page in a browser of this machine, whose name somebody's name server points here.
    local = local and _names_this_machine(request.headers.get("host", ""))
    if not local or any(name in request.headers for name in _FORWARDED):
        raise NotAllowed(
            "these figures are for this machine alone",
            hint="Set AUTOMATIONS_METRICS_TOKEN, and send it as a bearer token.",
        )


def _is_loopback(host: str) -> bool:
    try:
        address = ipaddress.ip_address(host)
    except ValueError:
        return False
    mapped = getattr(address, "ipv4_mapped", None)
    return bool((mapped or address).is_loopback)


def _names_this_machine(host: str) -> bool:
    try:
        name = urlsplit(f"//{host}").hostname or ""
    except ValueError:
        return False
    return name == "localhost" or _is_loopback(name)


def _of_database(found: Figures | None) -> CollectorRegistry:
    registry = CollectorRegistry(auto_describe=False)
    registry.register(_OfDatabase(found))
    return registry


class _OfDatabase(Collector):
    def __init__(self, found: Figures | None) -> None:
        self._found = found

    def collect(self) -> Iterator[Metric]:
        found = self._found
        yield _gauge("database_up", "Whether the database answers with these figures.", found is not None)
        if found is None:
            return
        yield _gauge(
            "oldest_pending_seconds",
            "Age of the oldest unprocessed event: a run that is due and was never begun. 0: none.",
            found.oldest_pending or 0,
        )
        yield _gauge("lag_seconds", "How late the oldest due run is, begun or not. 0: none is.", found.oldest_due or 0)
        runs = GaugeMetricFamily(
            "automations_open_runs", "Runs that have not ended; counted to 50,000.", labels=["status"]
        )
        runs.add_metric(["pending"], found.pending)
        runs.add_metric(["running"], found.running)
        yield runs
        yield _gauge("held_runs", "Runs that a worker has at work.", found.held)
        yield _gauge("accepted_runs_last_minute", "Runs that were accepted in the last minute.", found.accepted)
        yield _gauge("claimed_runs_last_minute", "Those of them that a worker has claimed.", found.claimed)
        ended = GaugeMetricFamily(
            "automations_ended_runs_last_minute", "Runs that ended in the last minute.", labels=["status"]
        )
        for status in ("completed", "failed", "cancelled"):
            ended.add_metric([status], found.ended.get(status, 0))
        yield ended
        yield _gauge("workers", "Workers that are connected.", found.workers)
        yield _gauge("database_connections", "Connections to the database, of whomever.", found.connections)
        yield _gauge("database_connections_limit", "max_connections of the server.", found.most_connections)


def _gauge(name: str, text: str, value: float) -> GaugeMetricFamily:
    return GaugeMetricFamily(f"automations_{name}", text, value=value)

"""`/webhooks/{automation_id}`: reads what was sent, within its limits, and tells the sender what became of it."""

from __future__ import annotations

import asyncio
from typing import Any, Final, assert_never
from urllib.parse import parse_qsl
from uuid import UUID

import structlog
from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response
from starlette.routing import Route

from automations.api.problems import internal, problem, problem_of
from automations.db.json_text import encode_json
from automations.errors import AutomationsError
from automations.flow.webhook_config import NoAuth
from automations.services.calling import ToolAnswer
from automations.services.webhooks import Delivery, Taken, Webhook, Webhooks, not_found

log = structlog.get_logger(__name__)

LARGEST_BODY: Final = 1_048_576
BODY_SECONDS: Final = 10.0
MOST_HEADERS: Final = 100
MOST_PARAMETERS: Final = 200
METHODS: Final = ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS")


class Refusal(Exception):
    def __init__(self, response: Response) -> None:
        super().__init__()
        self.response = response


def webhook_routes(webhooks: Webhooks) -> list[Route]:
    async def endpoint(request: Request) -> Response:
        response = await _answered(webhooks, request)
        log.info(
            "webhook", method=request.method, automation_id=str(_id_in(request) or "?"), status=response.status_code
        )
        return response

    return [Route("/webhooks/{automation_id}", endpoint, methods=list(METHODS))]


async def _answered(webhooks: Webhooks, request: Request) -> Response:
    try:
        return await _take(webhooks, request)
    except Refusal as refusal:
        return refusal.response
    except ClientDisconnect:
        # Nobody hears it any more.
        return problem("bad_request", "the request ended within its body", "Send it whole.")
    except AutomationsError as error:
        return problem_of(error)
    except Exception:
        log.exception("a webhook could not be answered")
        return internal()


async def _take(webhooks: Webhooks, request: Request) -> Response:
    headers = _headers(request)
    automation_id = _id_in(request)
    if automation_id is None:
        raise not_found()
    webhook = await webhooks.open(automation_id, request.method, headers)
    delivery = Delivery(
        method=request.method,
        headers=headers,
        raw_query=request.scope["query_string"],
        query=_query(request),
        body=await _body(request, headers),
    )
    taken = await webhooks.take(webhook, delivery)
    if taken.status == "duplicate" or webhook.config.answer == "immediately":
        return _accepted(taken)
    return _ended(webhook, await webhooks.answer(webhook, taken.run_id))


def _id_in(request: Request) -> UUID | None:
    try:
        return UUID(request.path_params["automation_id"])
    except ValueError:
        return None


def _headers(request: Request) -> dict[str, str]:
    """By lower-case name; what came several times is joined by commas."""
    raw = request.scope["headers"]
    if len(raw) > MOST_HEADERS:
        raise Refusal(
            problem(
                "too_many_headers",
                f"the request has more than {MOST_HEADERS} headers",
                "Send fewer.",
            )
        )
    found: dict[str, str] = {}
    for name, value in request.headers.items():
        found[name] = f"{found[name]}, {value}" if name in found else value
    return found


def _query(request: Request) -> list[tuple[str, str]]:
    text = request.scope["query_string"].decode("latin-1")
    try:
        return parse_qsl(text, keep_blank_values=True, max_num_fields=MOST_PARAMETERS)
    except ValueError:
        raise Refusal(
            problem("bad_request", f"the address has more than {MOST_PARAMETERS} parameters", "Send fewer.")
        ) from None


async def _body(request: Request, headers: dict[str, str]) -> bytes:
    length = headers.get("content-length", "")
    if length.isdigit() and int(length[:20]) > LARGEST_BODY:
        raise _too_large()
    body = bytearray()
    try:
        async with asyncio.timeout(BODY_SECONDS):
            async for chunk in request.stream():
                body += chunk
                if len(body) > LARGEST_BODY:
                    raise _too_large()
    except TimeoutError:
        raise Refusal(
            problem(
                "too_slow",
                f"the body was not complete within {BODY_SECONDS:g} seconds",
                "Send it again, faster.",
            )
        ) from None
    return bytes(body)


def _too_large() -> Refusal:
    return Refusal(problem("too_large", f"the body has more than {LARGEST_BODY:,} bytes", "Send less."))


def _accepted(taken: Taken) -> Response:
    content = {"execution_id": str(taken.run_id), "status": taken.status}
    return _json(content, 202 if taken.status == "accepted" else 200, taken.run_id)


def _ended(webhook: Webhook, answer: ToolAnswer) -> Response:
    run_id = answer.run_id
    match answer.status:
        case "completed":
            return _json(answer.output, 200, run_id)
        case "running":
            return _json({"execution_id": str(run_id), "status": "accepted"}, 202, run_id)
        case "failed" | "cancelled":
            code = f"run_{answer.status}"
            # Why is for those who have shown that they may know.
            told = isinstance(webhook.config.auth, NoAuth) or not answer.error
            detail = f"the run was {answer.status}" if answer.status == "cancelled" else "the run failed"
            return problem(
                code,
                detail if told else f"{detail}: {answer.error}",
                "The run is on record; its owner can see why.",
                execution_id=str(run_id),
                headers={"Execution-Id": str(run_id)},
            )
        case _:
            assert_never(answer.status)


def _json(content: Any, status: int, run_id: UUID) -> Response:
    return Response(
        encode_json(content),
        status_code=status,
        headers={"Execution-Id": str(run_id)},
        media_type="application/json",
    )

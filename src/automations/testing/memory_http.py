"""An outside world that answers what the test says, and remembers what it was asked."""

from __future__ import annotations

from collections.abc import Iterable

import orjson

from automations.errors import StepError
from automations.flow.outcomes import Json
from automations.flow.ports import HttpRequest, HttpResponse


def answer(
    status: int = 200, json: Json = None, *, content: bytes | None = None, headers: dict[str, str] | None = None
) -> HttpResponse:
    """An answer to hand to `MemoryHttp`: `json`, or the bytes of `content`. `url` is filled in when it is given."""
    if content is not None:
        return HttpResponse(status, dict(headers or {}), content, "")
    return HttpResponse(status, {"content-type": "application/json", **(headers or {})}, orjson.dumps(json), "")


class MemoryHttp:
    """The `Http` port without a network. Gives `answers` one after another, and the last one again and again.

    A `StepError` among the answers is raised, as a lost connection would be. `requests` lists what was sent.
    """

    def __init__(self, answers: Iterable[HttpResponse | StepError] = ()) -> None:
        self._answers = list(answers) or [answer(200, {})]
        self.requests: list[HttpRequest] = []

    async def send(self, request: HttpRequest) -> HttpResponse:
        self.requests.append(request)
        chosen = self._answers.pop(0) if len(self._answers) > 1 else self._answers[0]
        if isinstance(chosen, StepError):
            raise chosen
        content = chosen.content[: request.max_response_bytes]
        return HttpResponse(
            chosen.status,
            chosen.headers,
            content,
            chosen.url or request.url,
            truncated=len(content) < len(chosen.content),
        )

    def rehearse(self, request: HttpRequest) -> None:
        """Takes every request."""

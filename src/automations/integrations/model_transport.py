"""What the openai SDK sends through: our own HTTP client, so that its guard and its limits hold for models, too."""

from __future__ import annotations

import hashlib

import httpx2

from automations.errors import StepError
from automations.flow.ports import HttpRequest
from automations.integrations.http_client import HttpClient

MAX_ANSWER_BYTES = 4_194_304
# The SDK adds figures about this machine, and whatever OPENAI_CUSTOM_HEADERS of the environment says.
_SENT = ("content-type",)


class ModelTransport(httpx2.AsyncBaseTransport):
    """One endpoint's: the key goes out with every request of it, and with none of another.

    No redirect is followed, no proxy asked. What fails is a `StepError`, which the SDK lets through.
    """

    def __init__(
        self, http: HttpClient, key: str | None, *, user_agent: str, seconds: float, idempotency_key: str
    ) -> None:
        self._http = http
        self._key = key
        self._user_agent = user_agent
        self._seconds = seconds
        self._idempotency_key = idempotency_key

    async def handle_async_request(self, request: httpx2.Request) -> httpx2.Response:
        headers = {name: request.headers[name] for name in _SENT if name in request.headers}
        content = await request.aread()
        if self._idempotency_key:
            # A step may ask several things: the key is that of the step and of the text.
            headers["idempotency-key"] = f"{self._idempotency_key}-{hashlib.sha256(content).hexdigest()[:16]}"
        headers |= {"accept": "application/json", "user-agent": self._user_agent}
        if self._key is not None:
            headers["authorization"] = f"Bearer {self._key}"
        answer = await self._http.send(
            HttpRequest(
                method=request.method,
                url=str(request.url),
                headers=headers,
                content=content,
                timeout_seconds=self._seconds,
                max_response_bytes=MAX_ANSWER_BYTES,
            )
        )
        if answer.truncated:
            raise StepError(
                f"the model's endpoint answered with more than {MAX_ANSWER_BYTES:,} bytes",
                code="model_garbage",
                retryable=True,
            )
        # The body is decoded already.
        kept = {name: value for name, value in answer.headers.items() if name in ("content-type", "retry-after")}
        return httpx2.Response(answer.status, headers=kept, content=answer.content, request=request)

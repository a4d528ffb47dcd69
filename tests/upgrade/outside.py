"""The outside world of these tests, for the old release and for today's: what an address answers is in its path."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field

from automations.flow.ports import HttpRequest, HttpResponse

STATUS = {"busy": 503, "gone": 410}


@dataclass
class OutsideService:
    """`calls` lists (path, `Idempotency-Key`). `healed`: what was busy or hung works now."""

    healed: bool = False
    calls: list[tuple[str, str | None]] = field(default_factory=list)

    async def send(self, request: HttpRequest) -> HttpResponse:
        path = request.url.rpartition("/")[2]
        headers = {name.lower(): value for name, value in request.headers.items()}
        self.calls.append((path, headers.get("idempotency-key")))
        if path == "hang" and not self.healed:
            await asyncio.Event().wait()
        status = 200 if self.healed else STATUS.get(path, 200)
        status = 410 if path == "gone" else status
        content = b'{"path": "%s"}' % path.encode()
        return HttpResponse(status, {"content-type": "application/json"}, content, request.url)

    def rehearse(self, request: HttpRequest) -> None:
        raise AssertionError("these runs are no tests")

"""The receiver that docs/webhooks.md shows verifies what our step signs."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from automations.api.problems import STATUS
from automations.flow.standard_webhooks import sign

DOCS = Path(__file__).parents[2] / "docs"
PAGE, API = ((DOCS / name).read_text(encoding="utf-8") for name in ("webhooks.md", "api.md"))
OLD, NEW = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw", "whsec_C2FVsBQIhrscChlQIMV+b5sSYspob7oD"


def test_the_receiver_that_is_shown_works() -> None:
    (block,) = re.findall(r"```python\n(.*?)```", PAGE, re.DOTALL)
    scope: dict[str, Any] = {}
    exec(compile(block, "webhooks.md", "exec"), scope)
    receive = scope["receive"]
    body = b'{"lead": "7", "stage": "won"}'
    headers = sign(f"{NEW} {OLD}", "run-1", datetime.now(UTC), body)
    seen: set[str] = set()
    assert [receive(body, headers, secret, seen) for secret in (OLD, NEW)] == [204, 204]
    assert seen == {"run-1"}
    assert receive(body + b" ", headers, OLD, seen) == 401


def test_every_answer_is_in_a_table() -> None:
    shown = {
        (code, int(status))
        for status, codes in re.findall(r"^\| (\d{3}) \| ([^|]*) \|", PAGE, re.MULTILINE)
        for code in re.findall(r"`(\w+)`", codes)
    }
    of_api = {(code, int(status)) for code, status in re.findall(r"^\| `(\w+)` \| (\d{3}) \|", API, re.MULTILINE)}
    assert len(shown) > 10
    assert shown | of_api == {(code, status) for code, status in STATUS.items() if code != "internal"}

"""How long to wait before a failed step is tried again. The same run, step and attempt always wait the same time."""

from __future__ import annotations

from hashlib import sha256
from typing import assert_never

from automations.flow.graph import RetryPolicy


def retry_delay(policy: RetryPolicy, *, seed: str, key: str, attempt: int, retry_after: float | None) -> float:
    """Seconds until the attempt after `attempt` (1 for the first that failed).

    With jitter it lies between 50 % and 100 % of the backoff. `retry_after` is a lower bound, but never beyond the
    policy's `max_delay_seconds`: what another system says cannot park a run for longer than its author allowed.
    """
    match policy.backoff:
        case "fixed":
            delay = policy.delay_seconds
        case "exponential":
            delay = policy.delay_seconds * 2.0 ** min(attempt - 1, 64)
        case _:
            assert_never(policy.backoff)
    delay = min(delay, policy.max_delay_seconds)
    if policy.jitter:
        digest = sha256(f"{seed}\n{key}\n{attempt}".encode("utf-8", "surrogatepass")).digest()
        delay *= 0.5 + int.from_bytes(digest[:4], "big") / 2**33
    if retry_after is not None and retry_after > delay:
        delay = min(retry_after, policy.max_delay_seconds)
    return delay

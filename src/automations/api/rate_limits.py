"""How often somebody may call, counted in each process: a bucket of requests that fills again all the time."""

from __future__ import annotations

import ipaddress
import math
import time
from collections import OrderedDict
from collections.abc import Callable, Hashable
from dataclasses import dataclass, field
from typing import Final, Generic, TypeVar
from uuid import UUID

from automations.errors import TooManyRequests

FAILED_SIGN_INS_PER_MINUTE: Final = 120
# Buckets that are remembered; whoever was not seen for longest is forgotten first, and begins with a full one.
MOST_REMEMBERED: Final = 20_000


Caller = TypeVar("Caller", bound=Hashable)


class Buckets(Generic[Caller]):
    """Each caller has one of `per_minute` requests, full at first; 0: nothing is counted."""

    def __init__(self, per_minute: int, *, clock: Callable[[], float] = time.monotonic) -> None:
        self.per_minute = per_minute
        self._clock = clock
        self._left: OrderedDict[Caller, tuple[float, float]] = OrderedDict()

    def __len__(self) -> int:
        return len(self._left)

    def left(self, caller: Caller) -> float:
        """What is in it now."""
        left, when = self._left.get(caller, (self.per_minute, self._clock()))
        return min(self.per_minute, left + (self._clock() - when) * self.per_minute / 60)

    def exhausted(self) -> list[Caller]:
        return [caller for caller in self._left if self.left(caller) < 1]

    def take(self, caller: Caller) -> bool:
        """Whether there was one more."""
        if not self.per_minute:
            return True
        left = self.left(caller)
        if left < 1:
            return False
        self._left[caller] = (left - 1, self._clock())
        self._left.move_to_end(caller)
        if len(self._left) > MOST_REMEMBERED:
            self._left.popitem(last=False)
        return True

    def refusal(self, caller: Caller, message: str, hint: str) -> TooManyRequests:
        seconds = math.ceil((1 - self.left(caller)) * 60 / self.per_minute)
        return TooManyRequests(message, hint=hint, retry_after=max(1, seconds), per_minute=self.per_minute)


class Proven:
    """Keys that were valid not long ago: who shares an address with somebody who guesses still gets through."""

    def __init__(self) -> None:
        self._digests: OrderedDict[bytes, None] = OrderedDict()

    def __contains__(self, digest: bytes) -> bool:
        return digest in self._digests

    def add(self, digest: bytes) -> None:
        self._digests[digest] = None
        self._digests.move_to_end(digest)
        if len(self._digests) > MOST_REMEMBERED:
            self._digests.popitem(last=False)


@dataclass(frozen=True, slots=True)
class RateLimits:
    requests: Buckets[UUID]
    failed_sign_ins: Buckets[str]
    proven: Proven = field(default_factory=Proven)

    @classmethod
    def per_minute(cls, requests: int) -> RateLimits:
        return cls(Buckets(requests), Buckets(FAILED_SIGN_INS_PER_MINUTE))

    @classmethod
    def none(cls) -> RateLimits:
        return cls(Buckets(0), Buckets(0))

    def count(self, caller: UUID) -> None:
        """Raises `TooManyRequests`."""
        if not self.requests.take(caller):
            raise self.requests.refusal(
                caller,
                f"more than {self.requests.per_minute:,} requests a minute",
                "Wait as long as Retry-After says, and send fewer at once.",
            )

    def count_failure(self, address: str | None) -> None:
        """Of somebody who proved nothing. Raises `TooManyRequests`."""
        if not self.failed_sign_ins.take(_network(address)):
            raise self._too_many_failures(address)

    def require_patience(self, address: str | None) -> None:
        """Before a guess is looked at. Raises `TooManyRequests`."""
        if self.failed_sign_ins.per_minute and self.failed_sign_ins.left(_network(address)) < 1:
            raise self._too_many_failures(address)

    def _too_many_failures(self, address: str | None) -> TooManyRequests:
        return self.failed_sign_ins.refusal(
            _network(address),
            "too many tokens, keys or codes from this address were not valid",
            "Wait as long as Retry-After says, then send one that is.",
        )


def _network(address: str | None) -> str:
    """Of IPv6 the /64: one line has that many addresses."""
    try:
        found = ipaddress.ip_address(address or "")
    except ValueError:
        return address or ""
    if isinstance(found, ipaddress.IPv6Address):
        return str(found.ipv4_mapped or ipaddress.ip_network((int(found) >> 64 << 64, 64)))
    return str(found)

"""Decompression with a limit: never more bytes in memory than the caller has room for."""

from __future__ import annotations

import zlib

from automations.errors import StepError

ACCEPTED = "gzip, deflate"


class Plain:
    """An answer that is not compressed."""

    def feed(self, data: bytes, room: int) -> bytes:
        """At most `room` bytes of what `data` stands for; the rest is dropped."""
        return data[:room]

    def finish(self) -> None:
        """The answer has ended. Raises `StepError` if it should not have."""


class Inflate(Plain):
    """gzip or deflate. A thousandth of its size can be sent, so `room` is enforced inside zlib, not afterwards."""

    def __init__(self) -> None:
        self._zlib = zlib.decompressobj(zlib.MAX_WBITS | 32)
        self._begun = False

    def feed(self, data: bytes, room: int) -> bytes:
        try:
            try:
                decoded = self._zlib.decompress(data, room)
            except zlib.error:
                if self._begun:
                    raise
                # "deflate" means a zlib stream; some servers send a bare one.
                self._zlib = zlib.decompressobj(-zlib.MAX_WBITS)
                decoded = self._zlib.decompress(data, room)
        except zlib.error:
            raise StepError("the answer is damaged: it cannot be decompressed", code="protocol") from None
        self._begun = self._begun or bool(data)
        return decoded

    def finish(self) -> None:
        if self._begun and not self._zlib.eof:
            raise StepError("the answer ended before it was complete", code="protocol", retryable=True)


def decoder(content_encoding: str) -> Plain:
    """The decoder for a Content-Encoding header. Raises `StepError` for one that we did not ask for."""
    name = content_encoding.strip().lower()
    if name in ("", "identity"):
        return Plain()
    if name in ("gzip", "x-gzip", "deflate"):
        return Inflate()
    raise StepError(
        f"the answer is compressed as {content_encoding!r}, which cannot be read",
        code="protocol",
        hint="Leave the header Accept-Encoding out of the request.",
    )

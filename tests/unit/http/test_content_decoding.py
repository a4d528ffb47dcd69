from __future__ import annotations

import gzip

from automations.integrations.content_decoding import decoder


def test_never_more_than_there_is_room_for() -> None:
    bomb = gzip.compress(bytes(50_000_000))
    for name, data in (("gzip", bomb), ("", bytes(1000))):
        assert decoder(name).feed(data, 100) == bytes(100)


def test_pieces_of_any_size_make_the_same_whole() -> None:
    text = bytes(range(256)) * 40
    compressed = gzip.compress(text)
    for size in (1, 7, 1000):
        decode = decoder("gzip")
        pieces = [decode.feed(compressed[at : at + size], 100_000) for at in range(0, len(compressed), size)]
        decode.finish()
        assert b"".join(pieces) == text

"""The in-memory ports and the clock keep the promises of the real ones."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from automations.errors import StepError
from automations.flow.outcomes import JsonObject
from automations.flow.ports import Context, Http, HttpRequest, HttpResponse, Records
from automations.testing import FakeClock, MemoryHttp, MemoryRecords, StepContext, answer
from automations.testing.clock import START


def test_they_have_the_shape_of_the_ports() -> None:
    context: Context = StepContext()
    records: Records = MemoryRecords()
    http: Http = MemoryHttp()
    assert context.idempotency_key == StepContext(attempt=2).idempotency_key
    env = {"now": START.isoformat(), "execution_id": context.execution_id, "test_mode": False}
    assert context.scope == {"trigger": {}, "steps": {}, "vars": {}, "env": env}
    assert (vars(records)["writes"], vars(http)["requests"]) == ([], [])


def test_a_clock_moves_only_when_it_is_told_to() -> None:
    clock = FakeClock()
    assert (clock.now(), clock.now()) == (START, START)
    assert clock.advance(days=1, hours=1, minutes=1, seconds=1) == START + timedelta(seconds=90_061)
    with pytest.raises(ValueError, match="is before"):
        clock.move_to(START)
    with pytest.raises(ValueError, match="without a zone"):
        FakeClock(datetime(2026, 1, 1))
    assert FakeClock(datetime(2026, 1, 1, tzinfo=UTC)).now().tzinfo is UTC


async def test_rows_are_copies_and_times_come_from_the_clock() -> None:
    clock = FakeClock()
    records = MemoryRecords(clock=clock)
    created = await records.create("leads", {"name": "Ada"})
    created["name"] = "changed by the test"
    clock.advance(minutes=1)
    updated = await records.update("leads", str(created["id"]), {"score": 1})
    assert records.rows("leads") == [updated]
    assert updated == {
        "id": "00000000-0000-0000-0000-000000000001",
        "name": "Ada",
        "score": 1,
        "created_at": "2026-01-05T09:00:00+00:00",
        "updated_at": "2026-01-05T09:01:00+00:00",
    }


async def test_rows_are_ordered_with_those_without_a_value_last() -> None:
    rows: list[JsonObject] = [
        {"name": "a", "score": 9},
        {"name": "b"},
        {"name": "c", "score": 10},
        {"name": "d", "score": 9},
    ]
    records = MemoryRecords({"leads": rows})

    async def names(*, descending: bool) -> str:
        found = await records.find("leads", condition=None, order_by="score", descending=descending, limit=10)
        return "".join(str(row["name"]) for row in found)

    assert (await names(descending=False), await names(descending=True)) == ("adcb", "cadb")
    assert len(await records.find("leads", condition=None, order_by=None, descending=False, limit=2)) == 2


async def test_answers_come_in_order_and_the_last_one_stays() -> None:
    http = MemoryHttp([StepError("lost", retryable=True), answer(201, {"id": 1}), answer(content=b"long text")])
    request = HttpRequest("GET", "https://example.com/", max_response_bytes=9)
    with pytest.raises(StepError, match="lost"):
        await http.send(request)
    assert await http.send(request) == HttpResponse(
        201, {"content-type": "application/json"}, b'{"id":1}', "https://example.com/"
    )
    for _ in range(2):
        assert (await http.send(request)).content == b"long text"
    cut = await http.send(HttpRequest("GET", "https://example.com/", max_response_bytes=4))
    assert (cut.content, cut.truncated, len(http.requests)) == (b"long", True, 5)

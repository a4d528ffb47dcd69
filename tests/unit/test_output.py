from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import pytest

from automations.cli.failures import report
from automations.cli.output import as_json, one_line, plain, print_table, say, visible
from automations.cli.showing import step_text
from automations.errors import NotFound

HOSTILE = "a\x1b]0;mine\x07\nb\x9b31m\u202ec"
SHOWN = "a\\u001b]0;mine\\u0007\\nb\\u009b31m\\u202ec"


@dataclass(frozen=True)
class Row:
    id: UUID
    at: datetime
    data: Any


def test_a_number_beyond_64_bits_is_written_out_and_the_rest_as_always() -> None:
    row = Row(UUID(int=1), datetime(2026, 1, 5, tzinfo=UTC), {"small": 1})
    huge = Row(row.id, row.at, {"huge": 10**400, "infinite": float("inf")})
    plain_row = json.loads(as_json([row]))[0]
    assert json.loads(as_json([huge], indent=True))[0] == {**plain_row, "data": {"huge": 10**400, "infinite": None}}
    assert one_line(huge.data).startswith('{"huge":1000')


def test_controls_are_visible_and_other_text_is_left_alone() -> None:
    assert visible(HOSTILE) == SHOWN
    assert visible("Ünïcode 🙂 [bold] \\n") == "Ünïcode 🙂 [bold] \\n"


def test_names_from_outside_cannot_command_the_terminal(capsys: pytest.CaptureFixture[str]) -> None:
    print_table(("NAME",), [(plain(HOSTILE),)])
    say(f"paused {HOSTILE}")
    report(NotFound(f"there is no {HOSTILE}", hint=HOSTILE), as_json=False)
    told = capsys.readouterr()
    for line in (*told.out.splitlines(), *told.err.splitlines()):
        assert line.isprintable()
    assert told.out.count(SHOWN) == 2


@pytest.mark.parametrize("full", [False, True])
def test_a_step_of_hostile_values_is_shown_without_obeying_them(full: bool) -> None:
    names = ("node_id", "type", "label", "handle", "input", "output", "error")
    text = step_text({**dict.fromkeys(names, HOSTILE), "status": "failed"}, HOSTILE, full=full).plain
    assert all(line.isprintable() for line in text.split("\n"))


def test_a_step_in_flight_is_shown_as_running() -> None:
    entry = {"node_id": "call", "type": "action-http", "label": "Call", "status": "running", "attempt": 1}
    text = step_text({**entry, "started_at": "2026-01-05T09:00:00+00:00"}).plain
    assert text.startswith("▶ Call  call  action-http  attempt 1, started 2026-01-05 ")

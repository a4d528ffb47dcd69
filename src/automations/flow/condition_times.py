"""Times in conditions: a strict subset of ISO 8601, read by hand so that no input is an error.

`YYYY-MM-DD`, then optionally `T` or a space and `HH:MM[:SS[.f]]` (one to six digits), then optionally `Z`, `±HH`,
`±HHMM`, `±HH:MM` or `±HH:MM:SS` (PostgreSQL writes the last one for old local times). Without a zone it is UTC. Years
0001 to 9999, hours to 23, no leap second. The twin in SQL is `automations.condition_instant`.
"""

from __future__ import annotations

from datetime import date
from typing import Final

SHORTEST: Final = len("YYYY-MM-DD")
LONGEST: Final = len("YYYY-MM-DDTHH:MM:SS.ffffff+HH:MM:SS")
_EPOCH: Final = date(1970, 1, 1).toordinal()
_ZEROES: Final = str.maketrans("123456789", "000000000")
_DAYS: Final = (31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31)


def instant_of(text: str) -> int | None:
    """Microseconds since 1970-01-01T00:00Z, or None if `text` is no such time."""
    if not SHORTEST <= len(text) <= LONGEST:
        return None
    # Every digit becomes 0: then a time is recognised by comparing with fixed shapes.
    shape = text.translate(_ZEROES)
    if shape[:10] != "0000-00-00":
        return None
    year, month, day = int(text[:4]), int(text[5:7]), int(text[8:10])
    if year < 1 or not 1 <= month <= 12 or not 1 <= day <= _days_in(year, month):
        return None
    days = date(year, month, day).toordinal() - _EPOCH
    if len(text) == SHORTEST:
        return days * 86_400_000_000
    if shape[10:16] not in ("T00:00", " 00:00"):
        return None
    hour, minute, second, micro, end = int(text[11:13]), int(text[14:16]), 0, 0, 16
    if shape[16:19] == ":00":
        second, end = int(text[17:19]), 19
        if shape[19:20] == ".":
            fraction = shape[20:26]
            digits = len(fraction) - len(fraction.lstrip("0"))
            if digits == 0:
                return None
            micro, end = int(text[20 : 20 + digits].ljust(6, "0")), 20 + digits
    offset = _offset_of(text[end:], shape[end:])
    if offset is None or hour > 23 or minute > 59 or second > 59:
        return None
    return (days * 86_400 + hour * 3600 + minute * 60 + second - offset) * 1_000_000 + micro


def _offset_of(zone: str, shape: str) -> int | None:
    """Seconds east of UTC."""
    match shape[1:]:
        case "":
            return 0 if shape in ("", "Z") else None
        case "00":
            hours, minutes, seconds = zone[1:3], "0", "0"
        case "0000":
            hours, minutes, seconds = zone[1:3], zone[3:5], "0"
        case "00:00":
            hours, minutes, seconds = zone[1:3], zone[4:6], "0"
        case "00:00:00":
            hours, minutes, seconds = zone[1:3], zone[4:6], zone[7:9]
        case _:
            return None
    if shape[0] not in "+-" or int(hours) > 15 or int(minutes) > 59 or int(seconds) > 59:
        return None
    east = int(hours) * 3600 + int(minutes) * 60 + int(seconds)
    return east if shape[0] == "+" else -east


def _days_in(year: int, month: int) -> int:
    if month == 2 and year % 4 == 0 and (year % 100 != 0 or year % 400 == 0):
        return 29
    return _DAYS[month - 1]

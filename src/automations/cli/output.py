"""What commands print: tables on a terminal, the same without colours in a pipe, JSON where it is asked for."""

from __future__ import annotations

import json
import re
import sys
from collections.abc import Iterable, Sequence
from dataclasses import asdict, is_dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from rich.console import Console
    from rich.text import Text

MARKS = {
    "completed": "✓",
    "failed": "✗",
    "cancelled": "⊘",
    "pending": "…",
    "running": "▶",
    "waiting": "⏸",
    "approved": "✓",
    "rejected": "✗",
    "timed_out": "⊘",
    "void": "·",
    "looping": "↻",
    "skipped": "·",
}
COLOURS = {
    "completed": "green",
    "failed": "red",
    "cancelled": "yellow",
    "pending": "cyan",
    "running": "blue",
    "waiting": "magenta",
    "looping": "blue",
    "approved": "green",
    "rejected": "red",
    "timed_out": "yellow",
    "void": "bright_black",
    "skipped": "bright_black",
    "active": "green",
    "paused": "yellow",
    "error": "red",
    "draft": "cyan",
    "ok": "green",
    "warning": "yellow",
    "broken": "red",
}
WIDTH_IN_A_PIPE = 4_000
_SHORT = {"\n": "\\n", "\r": "\\r", "\t": "\\t"}
# What a terminal obeys instead of showing it: controls, other line ends, changes of direction; and lone surrogates.
_COMMANDS = re.compile("[\x00-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069\ud800-\udfff]")


def console(*, stderr: bool = False) -> Console:
    from rich.console import Console

    stream = sys.stderr if stderr else sys.stdout
    return Console(
        stderr=stderr, highlight=False, soft_wrap=False, width=None if stream.isatty() else WIDTH_IN_A_PIPE, emoji=False
    )


def print_json(value: Any) -> None:
    """One JSON document; dataclasses, times and UUIDs included."""
    sys.stdout.write(as_json(value, indent=True) + "\n")


def as_json(value: Any, *, indent: bool = False) -> str:
    """Total: a number beyond 64 bits is written out, an infinite one is null, as in the database."""
    import orjson

    from automations.db.json_text import clean

    try:
        return orjson.dumps(value, default=_plain, option=orjson.OPT_INDENT_2 if indent else None).decode()
    except (TypeError, RecursionError):
        separators = None if indent else (",", ":")
        return json.dumps(clean(value), ensure_ascii=False, indent=2 if indent else None, separators=separators)


def visible(text: str) -> str:
    """Text from outside as it may reach a terminal or a pipe: controls (line breaks too) are escaped as in JSON."""
    return _COMMANDS.sub(lambda found: _SHORT.get(found[0], f"\\u{ord(found[0]):04x}"), text)


def say(line: str, *, stderr: bool = False) -> None:
    """One line, whatever names stand in it."""
    print(visible(line), file=sys.stderr if stderr else sys.stdout, flush=True)


def _plain(value: Any) -> Any:
    if is_dataclass(value) and not isinstance(value, type):
        return asdict(value)
    return str(value)


def print_table(columns: Sequence[str], rows: Iterable[Sequence[str | Text]], *, shrink: str | None = None) -> None:
    """`shrink`: the column that is cut where the terminal is too narrow; the others keep their words."""
    from rich.table import Table

    kept = [list(row) for row in rows]
    table = Table(box=None, show_edge=False, pad_edge=False, padding=(0, 2, 0, 0), header_style="bold")
    for number, name in enumerate(columns):
        widest = max(len(name), *(len(row[number]) for row in kept), 0)
        table.add_column(name, no_wrap=True, overflow="ellipsis", min_width=None if name == shrink else widest)
    for row in kept:
        table.add_row(*row)
    console().print(table)


def status_text(status: str, *, mark: bool = True) -> Text:
    from rich.text import Text

    shown = f"{MARKS[status]} {status}" if mark and status in MARKS else status
    return Text(shown, style=COLOURS.get(status, ""))


def plain(text: str, style: str = "") -> Text:
    """Text from outside: its brackets are no markup, its controls are visible."""
    from rich.text import Text

    return Text(visible(text), style=style)


def short(identifier: object) -> str:
    """The beginning of an id, which commands take for the whole."""
    return "" if identifier is None else str(identifier)[:8]


def shortest(identifiers: Sequence[object]) -> dict[str, str]:
    """Beginnings of at least 8 characters that tell these ids apart."""
    texts = [str(identifier) for identifier in identifiers]
    length = 8
    while length < 36 and len({text[:length] for text in texts}) < len(set(texts)):
        length += 1
    return {text: text[:length] for text in texts}


def ago(moment: datetime | None) -> str:
    """`12s ago`; for more than a day the local date and time."""
    if moment is None:
        return ""
    seconds = (datetime.now(UTC) - moment).total_seconds()
    if seconds < 60:
        return f"{max(0, seconds):.0f}s ago"
    if seconds < 3600:
        return f"{seconds / 60:.0f}m ago"
    if seconds < 86_400:
        return f"{seconds / 3600:.0f}h ago"
    return moment.astimezone().strftime("%Y-%m-%d %H:%M")


def clock(moment: datetime | None) -> str:
    return "" if moment is None else moment.astimezone().strftime("%Y-%m-%d %H:%M:%S %Z")


def clock_of(text: object) -> str:
    """`clock` of a time in a JSON value."""
    try:
        return clock(datetime.fromisoformat(str(text)))
    except ValueError:
        return "at an unknown time"


def span(milliseconds: float | None) -> str:
    """`0.4 ms`, `12 ms`, `3.2 s`, `2 min`."""
    if milliseconds is None:
        return ""
    if milliseconds < 10:
        return f"{milliseconds:.1f} ms"
    if milliseconds < 1000:
        return f"{milliseconds:.0f} ms"
    if milliseconds < 120_000:
        return f"{milliseconds / 1000:.1f} s"
    return f"{milliseconds / 60_000:.0f} min"


def one_line(value: Any, limit: int = 140) -> str:
    """A JSON value on one line, cut with `…`."""
    text = visible(as_json(value))
    return text if len(text) <= limit else text[: limit - 1] + "…"

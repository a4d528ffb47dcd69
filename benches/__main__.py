"""`python -m benches [--quick] [--json] [a b c d e f g h i j]`, and `python -m benches profile a|b|c|d`.

fsync, history, row-level security, figures and journal are on, as in production.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import sys
from collections.abc import Coroutine
from typing import Any, Protocol

from benches import answers, bare_loop, editor, footprint, latency, lists, live, throughput, trigger_cost, waiting
from benches.lab import Lab, lab
from benches.profiling import profile
from benches.report import Figure, as_json, flush_milliseconds, show_table


class Bench(Protocol):
    def __call__(self, lab: Lab, *, quick: bool) -> Coroutine[Any, Any, list[Figure]]: ...


BENCHES: dict[str, Bench] = {
    "a": latency.run,
    "b": throughput.run,
    "c": bare_loop.run,
    "d": trigger_cost.run,
    "e": footprint.run,
    "f": waiting.run,
    "g": answers.run,
    "h": lists.run,
    "i": live.run,
    "j": editor.run,
}


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m benches", description=__doc__)
    parser.add_argument("benches", nargs="*", metavar="a b c d e f g h i j", help="which; all of them by default")
    parser.add_argument("--quick", action="store_true", help="fewer rounds")
    parser.add_argument("--json", action="store_true", help="figures as JSON")
    arguments = parser.parse_args()
    if arguments.benches[:1] == ["profile"]:
        for name in arguments.benches[1:] or ["b"]:
            profile(name)
        return
    unknown = set(arguments.benches) - BENCHES.keys()
    if unknown:
        parser.error(f"there is no bench {', '.join(sorted(unknown))}")
    figures = run_all(arguments.benches or list(BENCHES), quick=arguments.quick)
    if arguments.json:
        print(as_json(figures))
    else:
        show_table(figures)


def run_all(names: list[str], *, quick: bool) -> list[Figure]:
    figures: list[Figure] = []
    with contextlib.suppress(ImportError):
        import uvloop

        uvloop.install()
    with lab() as place:
        p50, p95 = flush_milliseconds(place.directory)
        figures.append(Figure("disk", "one fdatasync, p50", p50, "ms", f"p95 {p95:.2f}"))
        for name in names:
            print(f"bench {name} ...", file=sys.stderr, flush=True)
            figures += asyncio.run(BENCHES[name](place, quick=quick))
    return figures


if __name__ == "__main__":
    main()

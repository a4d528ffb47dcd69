"""Figures, and the table of them."""

from __future__ import annotations

import json
import os
import platform
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from statistics import median, quantiles
from time import perf_counter


@dataclass(frozen=True)
class Figure:
    """One line of the table. `target`: "", or how it must compare, such as "< 5"."""

    bench: str
    what: str
    value: float
    unit: str
    spread: str = ""
    target: str = ""
    others: float | None = None

    @property
    def met(self) -> bool | None:
        if not self.target:
            return None
        relation, limit = self.target.split()
        return self.value < float(limit) if relation == "<" else self.value >= float(limit)


def percentiles(values: Sequence[float]) -> tuple[float, float, float]:
    """p50, p95, p99."""
    cuts = quantiles(values, n=100, method="inclusive")
    return median(values), cuts[94], cuts[98]


def spread(values: Sequence[float], digits: int = 0) -> str:
    return f"{min(values):,.{digits}f} to {max(values):,.{digits}f}"


def show_table(figures: Sequence[Figure]) -> None:
    from rich.console import Console
    from rich.table import Table

    table = Table(title=machine())
    for name, justify in (("", "left"), ("what", "left"), ("value", "right"), ("unit", "left"), ("spread", "right")):
        table.add_column(name, justify=justify)  # type: ignore[arg-type]
    table.add_column("target", justify="right")
    table.add_column("others", justify="right")
    previous = ""
    for figure in figures:
        if previous and figure.bench != previous:
            table.add_section()
        colour = {None: "", True: "green", False: "red"}[figure.met]
        value = f"{figure.value:,.{digits(figure.value)}f}"
        others = "" if figure.others is None else f"{figure.others:.0%}"
        table.add_row(
            figure.bench if figure.bench != previous else "",
            figure.what,
            f"[{colour}]{value}[/]" if colour else value,
            figure.unit,
            figure.spread,
            figure.target,
            others,
        )
        previous = figure.bench
    console = Console(width=max(120, Console().width))
    console.print(table)
    console.print("others: what other processes used of the machine meanwhile. Above 10%, read ratios only.")


def digits(value: float) -> int:
    return 0 if abs(value) >= 100 else 1 if abs(value) >= 10 else 2


def as_json(figures: Sequence[Figure]) -> str:
    return json.dumps(
        {"machine": machine(), "figures": [asdict(figure) | {"met": figure.met} for figure in figures]}, indent=2
    )


def machine() -> str:
    load = os.getloadavg()[0]
    return f"{os.cpu_count()} processors, {platform.system()} {platform.machine()}, load {load:.2f}"


def flush_milliseconds(directory: Path) -> tuple[float, float]:
    """p50 and p95 of what the disk takes for one fdatasync: the floor of every commit."""
    taken = []
    path = directory / "flush"
    with path.open("wb") as file:
        file.write(b"\0" * 1_048_576)
        file.flush()
        os.fsync(file.fileno())
        for i in range(100):
            os.pwrite(file.fileno(), b"1" * 8192, i % 128 * 8192)
            begun = perf_counter()
            os.fdatasync(file.fileno())
            taken.append((perf_counter() - begun) * 1000)
    path.unlink()
    p50, p95, _ = percentiles(taken)
    return p50, p95

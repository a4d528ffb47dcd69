"""A loop under way: which iterations run, what the finished ones came to, and how it ends. Standard library only."""

from __future__ import annotations

import json
from dataclasses import dataclass, field

from automations.flow.outcomes import DONE_HANDLE, Continue, Fail, Json, JsonObject, Loop

MAX_ERRORS = 100


@dataclass(frozen=True, slots=True)
class IterationError:
    index: int
    error: str
    node_id: str | None


@dataclass(slots=True)
class LoopState:
    """`opening` is what the loop's step answered; iterations begin in the order of its items.

    `following` is the next item to begin with, `running` the iterations under way, `finished` those that ended, which a
    restored loop does not begin again. `failure` is the iteration because of which the loop fails. `halted`: something
    around it has ended, nothing begins any more.
    """

    opening: Loop
    following: int = 0
    running: list[int] = field(default_factory=list)
    finished: set[int] = field(default_factory=set)
    results: dict[int, Json] = field(default_factory=dict)
    failed: int = 0
    errors: list[IterationError] = field(default_factory=list)
    collected_bytes: int = 0
    failure: IterationError | None = None
    failure_code: str = "iteration_failed"
    halted: bool = False

    def next_iteration(self) -> int | None:
        """The next iteration to begin now, noted as running; None where none may."""
        if self.halted or self.failure is not None or len(self.running) >= self.opening.parallelism:
            return None
        while self.following < len(self.opening.items):
            index = self.following
            self.following += 1
            if index not in self.finished:
                self.running.append(index)
                return index
        return None

    @property
    def is_over(self) -> bool:
        return not self.running and (
            self.halted or self.failure is not None or len(self.finished) >= len(self.opening.items)
        )

    def end_iteration(self, index: int, outcome: Continue | Fail, limit: int) -> None:
        """Note how an iteration ended; a `Fail` names the node in its output. More than `limit` bytes of collected
        results make the loop fail.
        """
        if index in self.running:
            self.running.remove(index)
        self.finished.add(index)
        if isinstance(outcome, Fail):
            self.failed += 1
            output = outcome.output
            node_id = output.get("node_id") if isinstance(output, dict) else None
            error = IterationError(index, outcome.error, node_id if isinstance(node_id, str) else None)
            if not self.opening.continue_on_error:
                self.failure = self.failure or error
            elif len(self.errors) < MAX_ERRORS:
                self.errors.append(error)
        elif self.opening.collect:
            self.results[index] = outcome.output
            self.collected_bytes += len(json.dumps(outcome.output, separators=(",", ":"), default=str))
            if self.collected_bytes > limit and self.failure is None:
                self.failure_code = "output_too_large"
                self.failure = IterationError(
                    index,
                    f"what the iterations came to has more than {limit:,} bytes together; "
                    "switch off `collect`, or let the last step of the body answer with less",
                    None,
                )

    def outcome(self, label: str) -> Continue | Fail:
        """How the loop ends, once it is over."""
        if self.failure is not None:
            failure = self.failure
            what = failure.error if failure.node_id is None else f"item {failure.index} of {label!r}: {failure.error}"
            return Fail(what, code=self.failure_code, output=self._output())
        return Continue(self._output(), handle=DONE_HANDLE)

    def _output(self) -> JsonObject:
        collect = self.opening.collect and self.failure_code != "output_too_large"
        done = range(len(self.opening.items)) if self.failure is None else sorted(self.finished)
        return {
            "count": len(self.opening.items),
            "completed": len(self.finished) - self.failed,
            "failed": self.failed,
            "results": [self.results.get(index) for index in done] if collect else [],
            "errors": [{"index": e.index, "error": e.error, "node_id": e.node_id} for e in self.errors],
        }

    def to_json(self) -> JsonObject:
        opening = self.opening
        return {
            "opening": {
                "items": opening.items,
                "parallelism": opening.parallelism,
                "continue_on_error": opening.continue_on_error,
                "collect": opening.collect,
                "item_name": opening.item_name,
                "index_name": opening.index_name,
            },
            "following": self.following,
            "running": list(self.running),
            "finished": [list(pair) for pair in _ranges(self.finished)],
            "results": {str(index): result for index, result in self.results.items()},
            "failed": self.failed,
            "errors": [{"index": e.index, "error": e.error, "node_id": e.node_id} for e in self.errors],
            "collected_bytes": self.collected_bytes,
            "failure": None if self.failure is None else [self.failure.index, self.failure.error, self.failure.node_id],
            "failure_code": self.failure_code,
            "halted": self.halted,
        }

    @classmethod
    def from_json(cls, data: dict[str, Json]) -> LoopState:
        fields: dict[str, object] = dict(data)
        fields["opening"] = Loop(**data["opening"])  # type: ignore[arg-type]  # written by to_json
        fields["finished"] = {i for first, last in data["finished"] for i in range(first, last + 1)}  # type: ignore
        fields["results"] = {int(index): result for index, result in data["results"].items()}  # type: ignore
        fields["errors"] = [IterationError(**error) for error in data["errors"]]  # type: ignore
        fields["failure"] = None if data["failure"] is None else IterationError(*data["failure"])  # type: ignore
        return cls(**fields)  # type: ignore[arg-type]  # written by to_json


def _ranges(numbers: set[int]) -> list[tuple[int, int]]:
    """Ascending runs (first, last): ten thousand iterations that ended in order are one."""
    found: list[tuple[int, int]] = []
    for number in sorted(numbers):
        if found and found[-1][1] == number - 1:
            found[-1] = (found[-1][0], number)
        else:
            found.append((number, number))
    return found

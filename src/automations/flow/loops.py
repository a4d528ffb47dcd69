"""A loop under way: which iterations run, what the finished ones came to, and how it ends. Standard library only."""

from __future__ import annotations

import json
from bisect import insort
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from automations.flow.outcomes import DONE_HANDLE, Continue, Fail, Json, JsonObject, Loop

MAX_ERRORS = 100


@dataclass(frozen=True, slots=True, order=True)
class IterationError:
    index: int
    error: str
    node_id: str | None


@dataclass(slots=True)
class LoopState:
    """`opening` is what the loop's step answered; iterations begin in the order of its items.

    `following` is the next item to begin with, `running` the iterations under way. All iterations below `ended_before`
    have ended, and those in `ended`, so that ten thousand take no more room than those side by side. `failing` are
    iterations under way that will fail, with why. `failure` is the iteration because of which the loop fails.
    """

    opening: Loop
    following: int = 0
    running: list[int] = field(default_factory=list)
    ended_before: int = 0
    ended: set[int] = field(default_factory=set)
    results: dict[int, Json] = field(default_factory=dict)
    failed: int = 0
    errors: list[IterationError] = field(default_factory=list)
    collected_bytes: int = 0
    failing: dict[int, Fail] = field(default_factory=dict)
    failure: IterationError | None = None
    failure_code: str = "iteration_failed"

    def next_iteration(self) -> int | None:
        """The next iteration to begin now, noted as running; None where none may."""
        if self.failure is not None or len(self.running) >= max(1, self.opening.parallelism):
            return None
        if self.following >= len(self.opening.items):
            return None
        index = self.following
        insort(self.running, index)
        self._pass_over()
        return index

    def resume(self, begun: Iterable[int]) -> None:
        """Those of these iterations that have not ended are under way."""
        self.running = sorted(n for n in begun if n < len(self.opening.items) and not self.has_ended(n))
        self.following = self.ended_before
        self._pass_over()

    def _pass_over(self) -> None:
        while self.has_ended(self.following) or self.following in self.running:
            self.following += 1

    def has_ended(self, index: int) -> bool:
        return index < self.ended_before or index in self.ended

    @property
    def ended_count(self) -> int:
        return self.ended_before + len(self.ended)

    @property
    def is_complete(self) -> bool:
        return self.ended_before >= len(self.opening.items)

    def end_iteration(self, index: int, outcome: Continue | Fail, limit: int) -> None:
        """Note how an iteration ended; a `Fail` names the node in its output. More than `limit` bytes of collected
        results make the loop fail, as does one that is nested too deeply to be measured.
        """
        if self.has_ended(index) or index >= len(self.opening.items):
            return
        if index in self.running:
            self.running.remove(index)
        self.ended.add(index)
        while self.ended_before in self.ended:
            self.ended.remove(self.ended_before)
            self.ended_before += 1
        if isinstance(outcome, Fail):
            self.failed += 1
            output = outcome.output
            node_id = output.get("node_id") if isinstance(output, dict) else None
            error = IterationError(index, outcome.error, node_id if isinstance(node_id, str) else None)
            # By number and not as they happened: any order of completions ends in the same list.
            insort(self.errors, error)
            del self.errors[MAX_ERRORS:]
            if not self.opening.continue_on_error:
                self.failure = self.failure or error
        elif self.opening.collect:
            self.results[index] = outcome.output
            try:
                self.collected_bytes += len(json.dumps(outcome.output, separators=(",", ":"), default=str))
            except RecursionError:
                self._cannot_collect(index, "output_too_deep", "is nested too deeply")
            if self.collected_bytes > limit:
                self._cannot_collect(index, "output_too_large", f"has more than {limit:,} bytes together")

    def _cannot_collect(self, index: int, code: str, why: str) -> None:
        if self.failure is None:
            hint = "switch off `collect`, or let the last step of the body answer with less"
            self.failure_code = code
            self.failure = IterationError(index, f"what the iterations came to {why}; {hint}", None)

    def outcome(self, label: str) -> Continue | Fail:
        """How the loop ends, once it is over. A `Fail` has the node in whose failure it began in its output, too."""
        failure = self.failure
        if failure is None:
            return Continue(self._output(), handle=DONE_HANDLE)
        what = failure.error if failure.node_id is None else f"item {failure.index} of {label!r}: {failure.error}"
        return Fail(what, code=self.failure_code, output={**self._output(), "node_id": failure.node_id})

    def _output(self) -> JsonObject:
        collect = self.opening.collect and self.failure_code == "iteration_failed"
        done = [*range(self.ended_before), *sorted(self.ended)]
        return {
            "count": len(self.opening.items),
            "completed": self.ended_count - self.failed,
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
            "ended_before": self.ended_before,
            "ended": [*sorted(self.ended)],
            "results": {str(index): result for index, result in self.results.items()},
            "failed": self.failed,
            "errors": [{"index": e.index, "error": e.error, "node_id": e.node_id} for e in self.errors],
            "collected_bytes": self.collected_bytes,
            "failing": {str(index): [f.error, f.code, f.output] for index, f in self.failing.items()},
            "failure": None if self.failure is None else [self.failure.index, self.failure.error, self.failure.node_id],
            "failure_code": self.failure_code,
        }

    @classmethod
    def from_json(cls, data: dict[str, Any]) -> LoopState:
        fields = dict(data)
        fields["opening"] = Loop(**data["opening"])
        fields["ended"] = set(data["ended"])
        fields["results"] = {int(index): result for index, result in data["results"].items()}
        fields["errors"] = [IterationError(**error) for error in data["errors"]]
        fields["failing"] = {
            int(index): Fail(error, code=code, output=output)
            for index, (error, code, output) in data["failing"].items()
        }
        fields["failure"] = None if data["failure"] is None else IterationError(*data["failure"])
        return cls(**fields)

"""What a random flow comes to, by definition: what becomes of this node in this iteration? Nothing of ours is used.

The machine goes by events (what follows from this one?); this asks backwards, and reads the drawing, not the compiled
flow.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from functools import cached_property
from typing import Literal

from tests.unit.flow.random_plans import TRIGGER_DATA, Plan, Script, items_of, names_of

from automations.flow.outcomes import Json, JsonObject

# The iterations around a step, from the outside in.
Path = tuple[tuple[str, int], ...]


@dataclass(frozen=True)
class Unsure:
    """Depends on the order of completions."""


UNSURE = Unsure()


@dataclass
class Answer:
    """`ends`: it ends more than its step, as a failure that nothing handles or as a `Stop`.

    `of` is the node in which a failure began, None where that depends on the order.
    """

    status: Literal["completed", "failed", "skipped"]
    handle: str | None = None
    output: Json | Unsure = None
    variables: dict[str, Json] = field(default_factory=dict)
    attempt: int = 0
    ends: Literal["no", "fail", "stop"] = "no"
    error: str | Unsure | None = None
    of: str | None = None


@dataclass
class IterationAnswer:
    failed: bool
    output: Json | Unsure
    error: str | Unsure | None = None
    of: str | None = None


class Interpreter:
    """What every node comes to, if nothing ever ended the run early."""

    def __init__(self, plan: Plan) -> None:
        self.plan = plan
        self.order = self._order()
        self._answers: dict[tuple[str, Path], Answer] = {}

    # The whole run

    @cached_property
    def answers(self) -> dict[str, Answer]:
        """By step key, with those of every iteration that could be begun."""
        for node_id in ["start", *self.members(None)]:
            self.answer(node_id, ())
        return {key_of(node_id, path): answer for (node_id, path), answer in self._answers.items()}

    @cached_property
    def may_end(self) -> bool:
        """Whether some step may end the run: its end then depends on the order."""
        return any(
            answer.ends == "stop" or (answer.ends == "fail" and key.startswith("/"))
            for key, answer in self.answers.items()
        )

    @cached_property
    def varies(self) -> bool:
        """Whether what some loop comes to depends on the order, although the run is not ended."""
        return any(UNSURE in (answer.output, answer.error) for answer in self.answers.values())

    @cached_property
    def sights_vary(self) -> bool:
        """Whether what some step sees depends on the order: an any-join does not wait for all that comes before it."""
        return self.varies or any(script.join == "any" for script in self.plan.scripts.values())

    def run_output(self) -> Json | Unsure:
        return self._last_output(None, ())

    # One node

    def answer(self, node_id: str, path: Path) -> Answer:
        known = self._answers.get((node_id, path))
        if known is None:
            known = self._answers[node_id, path] = self._find(node_id, path)
        return known

    def iteration(self, loop: str, path: Path) -> IterationAnswer:
        """`path` ends with the iteration."""
        firsts = [node_id for node_id in self.members(loop) if self._may_fail_first(node_id, path)]
        if not firsts:
            return IterationAnswer(False, self._last_output(loop, path))
        first = self.answer(firsts[0], path)
        if len(firsts) > 1:
            return IterationAnswer(True, None, UNSURE)
        return IterationAnswer(True, None, first.error, first.of)

    def scope(self, node_id: str, path: Path) -> JsonObject:
        """What a step sees when everything before it has been decided."""
        seen: JsonObject = {}
        for depth, (loop, number) in enumerate(path):
            repeats = self.plan.scripts[loop].repeats
            assert repeats is not None
            item, index = names_of(loop, repeats)
            seen[item] = dict(items_of(loop, repeats, numbers_in(path[:depth]))[number])
            seen[index] = number
        steps: JsonObject = {}
        variables: JsonObject = {}
        around = {loop for loop, _ in path}
        before = self.before(node_id) - around
        for other in [other for other in self.order if other in before]:
            answer = self.answer(other, path[: self._depth(other)])
            variables.update(answer.variables)
            if answer.status == "completed":
                steps[other] = answer.output  # type: ignore[assignment]  # never asked for where it is unsure
            elif answer.status == "failed" and answer.handle is not None:
                output = answer.output if isinstance(answer.output, dict) else {}
                steps[other] = {**output, "error": answer.error}  # type: ignore[dict-item]
        return {**seen, "trigger": TRIGGER_DATA, "steps": steps, "vars": variables}

    def before(self, node_id: str) -> set[str]:
        sources = {source for source, _, target in self.plan.edges if target == node_id}
        return sources.union(*(self.before(source) for source in sources))

    def _find(self, node_id: str, path: Path) -> Answer:
        if node_id == "start":
            return Answer("completed", "out", TRIGGER_DATA)
        script = self.plan.scripts[node_id]
        if not any(self.is_taken(edge, path) for edge in self.plan.edges if edge[2] == node_id):
            return Answer("skipped")
        first = "a" if script.repeats is None else "done"
        if script.disabled:
            return Answer("completed", first)
        if script.failures >= script.attempts:
            return self._failed(node_id, script.attempts, f"{node_id} failed", node_id, {"of": key_of(node_id, path)})
        attempt = script.failures + 1
        end = script.end(numbers_in(path))
        if end == "fail":
            return self._failed(node_id, attempt, f"{node_id} failed", node_id, {"of": key_of(node_id, path)})
        if end == "stop":
            return Answer("completed", None, {"stopped": node_id}, attempt=attempt, ends="stop")
        if script.repeats is not None:
            return self._loop(node_id, script, path, attempt)
        seen: Json = "nothing" if self.plan.plain else json.dumps(self.scope(node_id, path), sort_keys=True)
        variables: dict[str, Json] = dict.fromkeys(script.variables, key_of(node_id, path))
        return Answer("completed", end, {"of": key_of(node_id, path), "saw": seen}, variables, attempt)

    def _failed(self, node_id: str, attempt: int, error: str | Unsure, of: str | None, output: Json | Unsure) -> Answer:
        script = self.plan.scripts[node_id]
        handle = None
        if any(s == node_id and h == "error" for s, h, _ in self.plan.edges):
            handle = "error"
        elif script.on_error == "continue":
            handle = "a" if script.repeats is None else "done"
        ends: Literal["no", "fail"] = "no" if handle else "fail"
        return Answer("failed", handle, output, attempt=attempt, ends=ends, error=error, of=of)

    def _loop(self, node_id: str, script: Script, path: Path, attempt: int) -> Answer:
        repeats = script.repeats
        assert repeats is not None
        count = len(items_of(node_id, repeats, numbers_in(path)))
        ends = [self.iteration(node_id, (*path, (node_id, n))) for n in range(count)]
        sure = all(end.error is not UNSURE and end.output is not UNSURE for end in ends)
        first = next((n for n, end in enumerate(ends) if end.failed), None)
        fails = first is not None and not repeats.continue_on_error
        if fails and first is not None:
            # Side by side, others may have begun or ended before the first one that fails.
            sure = sure and (repeats.parallelism == 1 or count == 1)
            ends = ends[: first + 1]
        output: JsonObject = {
            "count": count,
            "completed": len([end for end in ends if not end.failed]),
            "failed": len([end for end in ends if end.failed]),
            "results": [end.output for end in ends] if repeats.collect else [],  # type: ignore[misc]
            "errors": [
                {"index": n, "error": end.error, "node_id": end.of}  # type: ignore[dict-item]
                for n, end in enumerate(ends)
                if end.failed
            ],
        }
        if not fails:
            return Answer("completed", "done", output if sure else UNSURE, attempt=attempt)
        if not sure:
            return self._failed(node_id, attempt, UNSURE, None, UNSURE)
        error = f"item {first} of {node_id.upper()!r}: {ends[-1].error}"
        return self._failed(node_id, attempt, error, ends[-1].of, {**output, "node_id": ends[-1].of})

    # Edges and levels

    def is_taken(self, edge: tuple[str, str, str], path: Path) -> bool:
        source, handle, target = edge
        if handle == "each" and self.plan.inside.get(target) == source:
            return True
        return self.answer(source, path).handle == handle

    def _may_fail_first(self, node_id: str, path: Path) -> bool:
        return self.answer(node_id, path).ends == "fail" and self.is_reached(node_id, path)

    def is_reached(self, node_id: str, path: Path) -> bool:
        """Whether its turn may come: what is behind a failure that nothing handles is never decided."""
        passed = [edge for edge in self.plan.edges if edge[2] == node_id and self._is_decided(edge, path)]
        if self.plan.scripts[node_id].join == "any" and any(self.is_taken(edge, path) for edge in passed):
            return True
        return len(passed) == len([edge for edge in self.plan.edges if edge[2] == node_id])

    def _is_decided(self, edge: tuple[str, str, str], path: Path) -> bool:
        source, handle, target = edge
        if source == "start" or (handle == "each" and self.plan.inside.get(target) == source):
            return True
        return self.answer(source, path).ends == "no" and self.is_reached(source, path)

    def _last_output(self, loop: str | None, path: Path) -> Json | Unsure:
        last: Json | Unsure = TRIGGER_DATA if loop is None and not self._leaves("start", "out") else None
        for node_id in self.members(loop):
            answer = self.answer(node_id, path)
            if answer.status == "completed" and not self._leaves(node_id, answer.handle):
                last = answer.output
        return last

    def _leaves(self, node_id: str, handle: str | None) -> bool:
        return any(s == node_id and h == handle for s, h, _ in self.plan.edges)

    def members(self, loop: str | None) -> list[str]:
        return [node_id for node_id in self.order[1:] if self.plan.inside.get(node_id) == loop]

    def _depth(self, node_id: str) -> int:
        loop = self.plan.inside.get(node_id)
        return 0 if loop is None else 1 + self._depth(loop)

    def _order(self) -> list[str]:
        done = ["start"]
        rest = list(self.plan.scripts)
        while rest:
            free = [n for n in rest if all(s in done for s, _, t in self.plan.edges if t == n)]
            done.append(min(free, key=lambda n: (self.plan.places.get(n, (0, 0)), list(self.plan.scripts).index(n))))
            rest.remove(done[-1])
        return done


def numbers_in(path: Path) -> int:
    return sum(number for _, number in path)


def key_of(node_id: str, path: Path) -> str:
    return "/".join(f"{loop}:{number}" for loop, number in path) + f"/{node_id}"

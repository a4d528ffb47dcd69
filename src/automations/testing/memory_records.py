"""Rows in memory, behind the same port as the rows of the database."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal
from uuid import UUID

from automations.errors import StepError
from automations.flow.conditions import compile_condition
from automations.flow.outcomes import JsonObject
from automations.flow.ports import RecordTable
from automations.flow.record_changes import Changed, RecordChange, changed_tags
from automations.testing.clock import FakeClock


@dataclass(frozen=True, slots=True)
class Write:
    """One change that a step made: `values` as it asked for them."""

    kind: Literal["create", "update"]
    table: RecordTable
    record_id: str
    values: JsonObject


class MemoryRecords:
    """The `Records` port over dictionaries. `writes` lists what steps changed, in order.

    Ids count up (…0001, …0002), times come from the clock. It knows no column types, no policies and no triggers: what
    a table refuses is only seen on a database.
    """

    def __init__(
        self, rows: Mapping[RecordTable, Sequence[JsonObject]] | None = None, *, clock: FakeClock | None = None
    ) -> None:
        self._clock = clock or FakeClock()
        self._tables: defaultdict[RecordTable, dict[str, JsonObject]] = defaultdict(dict)
        self._turns: Counter[str] = Counter()
        self._created = 0
        self.writes: list[Write] = []
        for table, given in (rows or {}).items():
            for row in given:
                self._insert(table, row)

    def rows(self, table: RecordTable) -> list[JsonObject]:
        """All rows of a table in the order of their creation."""
        return [dict(row) for row in self._tables[table].values()]

    async def create(self, table: RecordTable, values: JsonObject) -> JsonObject:
        row = self._insert(table, values)
        self.writes.append(Write("create", table, str(row["id"]), dict(values)))
        return dict(row)

    async def update(self, table: RecordTable, record_id: str, values: JsonObject) -> JsonObject:
        row = self._tables[table].get(record_id)
        if row is None:
            raise StepError(f"there is no record {record_id} in {table}", code="record_not_found")
        row.update(values)
        if table != "messages":
            row["updated_at"] = self._clock.now().isoformat()
        self.writes.append(Write("update", table, record_id, dict(values)))
        return dict(row)

    async def change(self, table: RecordTable, record_id: str, change: RecordChange) -> Changed:
        """`writes` lists it as the update that it comes to."""
        values = dict(change.values)
        before = self._tables[table].get(record_id, {})
        if change.tags is not None:
            tags = change.tags
            values[tags.column] = [*changed_tags(before.get(tags.column), tags.add, tags.remove)]
        assigned = False
        if change.assign is not None:
            assign = change.assign
            assigned = not assign.only_if_unassigned or before.get(assign.column) is None
            turn = 0 if assign.turns_of is None else self._turns[assign.turns_of]
            if assigned:
                place = turn % len(assign.among)
                in_turn = [*assign.among[place:], *assign.among[:place]]
                others = [one for one in in_turn if one != before.get(assign.column)]
                values[assign.column] = (others or in_turn)[0] if assign.another else in_turn[0]
        row = await self.update(table, record_id, values)
        if assigned and change.assign is not None and change.assign.turns_of is not None:
            self._turns[change.assign.turns_of] += 1
        return Changed(row, assigned)

    async def find(
        self, table: RecordTable, *, condition: JsonObject | None, order_by: str | None, descending: bool, limit: int
    ) -> list[JsonObject]:
        found = self.rows(table)
        if condition is not None:
            holds = compile_condition(condition).holds
            found = [row for row in found if holds(row)]
        if order_by is not None:
            known = [row for row in found if row.get(order_by) is not None]
            unknown = [row for row in found if row.get(order_by) is None]
            known.sort(key=lambda row: _order(row[order_by]), reverse=descending)
            found = known + unknown
        return found[:limit]

    def _insert(self, table: RecordTable, values: JsonObject) -> JsonObject:
        self._created += 1
        now = self._clock.now().isoformat()
        row: JsonObject = {"id": str(UUID(int=self._created)), "created_at": now, **values}
        if table != "messages":
            row.setdefault("updated_at", now)
        self._tables[table][str(row["id"])] = row
        return row


def _order(value: object) -> tuple[float, str]:
    """Numbers by size, then everything else by its text."""
    if isinstance(value, int | float):
        return float(value), ""
    return float("inf"), str(value)

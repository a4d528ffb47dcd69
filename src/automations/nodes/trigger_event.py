from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Annotated, Literal

from pydantic import Field, JsonValue, StringConstraints

from automations.flow.conditions import check_condition
from automations.flow.node import Node
from automations.flow.outcomes import Continue, JsonObject, Outcome
from automations.flow.ports import Context
from automations.flow.record_tables import (
    COLUMN_PATTERN,
    RECORD_SOURCES,
    ColumnUse,
    EventSource,
    TableUse,
    columns_of_condition,
    example_row,
    rows_of,
)
from automations.flow.trigger_config import LITERAL, StartLimits, limit_problems

# Where the data of an event has the row; a key that begins elsewhere would never have a value.
KEY_ROOTS = {
    "INSERT": ("new",),
    "UPDATE": ("new", "previous"),
    "DELETE": ("old",),
    "any": ("new", "old", "previous"),
}


class TriggerEventConfig(StartLimits):
    event_source: EventSource = Field(
        title="Record",
        description="Whose changes start a run: lead, conversation, or what a watched table is called, such as orders.",
        examples=["lead", "conversation", "orders"],
        json_schema_extra={"widget": "event_source", **LITERAL},
    )
    event_type: Literal["INSERT", "UPDATE", "DELETE", "any"] = Field(
        title="Event",
        description="What happens to it: it is created (INSERT), changed (UPDATE), deleted (DELETE), or any of these.",
        json_schema_extra=LITERAL,
    )
    conditions: dict[str, JsonValue] | None = Field(
        default=None,
        title="Only if",
        description="Start only where this holds of the record: as it is (`new`), as it was before an update "
        "(`previous`), or before it was deleted (`old`). `changed` names the columns that differ.",
        json_schema_extra={"widget": "condition", **LITERAL},
    )
    watch: tuple[Annotated[str, StringConstraints(pattern=COLUMN_PATTERN)], ...] | None = Field(
        default=None,
        min_length=1,
        max_length=100,
        title="Watched columns",
        description="An update starts a run only if one of these columns changed. Empty: any update does.",
        json_schema_extra={"widget": "columns", **LITERAL},
    )
    allow_reentry: bool = Field(
        default=False,
        title="Allow re-entry",
        description="Let changes that this automation makes itself start it again (never beyond eight levels).",
        json_schema_extra=LITERAL,
    )


class TriggerEvent(Node[TriggerEventConfig]):
    """Starts a run when a lead, a conversation or a row of a watched table is created, changed or deleted.

    The run is written by the database in the transaction of the change, so it exists exactly if the change does.
    Filters are judged by the database, too: a change that does not match makes no run. `{{ trigger }}` holds event,
    table, new, old (DELETE only), previous (the row before an UPDATE), changed and timestamp; for a watched table
    record_id, too, which is the row's id as text.
    """

    type = "trigger-event"
    title = "Record event"
    group = "trigger"
    icon = "Zap"
    is_trigger = True

    def check(self, config: TriggerEventConfig) -> list[tuple[str, str]]:
        problems: list[tuple[str, str]] = []
        if config.event_source == "conversation" and config.event_type == "DELETE":
            problems.append(
                ("event_type", "never fires: deleting a conversation is not an event; use INSERT or UPDATE")
            )
        if config.watch is not None and config.event_type in ("INSERT", "DELETE"):
            problems.append(("watch", f"has no effect on {config.event_type}: only an update changes single columns"))
        if config.conditions is not None:
            found = check_condition(config.conditions, "conditions", templates=False)
            problems += [(path, f"{message}; {hint}") for path, message, hint in found]
        return problems + limit_problems(
            config,
            KEY_ROOTS[config.event_type],
            has_record=True,
            has_conversation=config.event_source == "conversation",
        )

    def tables(self, config: JsonObject) -> tuple[TableUse, ...]:
        source = config.get("event_source")
        if not isinstance(source, str) or source in RECORD_SOURCES:
            return ()
        return (TableUse(source, "event_source"),)

    def columns(self, config: JsonObject) -> Iterator[ColumnUse]:
        source = config.get("event_source")
        if not isinstance(source, str):
            return
        table = f"{source}s" if source in RECORD_SOURCES else source
        watch = config.get("watch")
        for place, column in enumerate(watch if isinstance(watch, list) else []):
            yield ColumnUse(table, str(column), f"watch.{place}")
        yield from columns_of_condition(table, config.get("conditions"), "conditions", ("new", "previous", "old"))

    def sample_output(self, config: JsonObject) -> JsonObject:
        """An example of `trigger`, which is the output of this step, too."""
        event = config.get("event_type")
        event = event if event in ("INSERT", "UPDATE", "DELETE") else "INSERT"
        source = config.get("event_source")
        watched = bool(self.tables(config))
        table = source if watched else "conversations" if source == "conversation" else "leads"
        row: JsonObject = {"id": 42} if watched else example_row(table)
        sample: JsonObject = {
            "event": event,
            "table": table,
            "old": row if event == "DELETE" else None,
            "new": None if event == "DELETE" else row,
            "timestamp": "2026-01-05T09:00:00+00:00",
        }
        if event == "UPDATE":
            sample |= {"previous": {**row, "status": "before"}, "changed": ["status"]}
        return {**sample, "record_id": "42"} if watched else sample

    def output_rows(self, config: JsonObject) -> Mapping[str, str]:
        source = config.get("event_source")
        table = f"{source}s" if source in RECORD_SOURCES else source
        return rows_of(table, "new", "old", "previous")

    async def run(self, config: TriggerEventConfig, ctx: Context) -> Outcome:
        return Continue(output=ctx.trigger)

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, JsonValue, StringConstraints

from automations.errors import StepError
from automations.flow.node import Config, Node
from automations.flow.outcomes import Continue, JsonObject, Outcome
from automations.flow.ports import Context
from automations.flow.record_changes import Assignment, RecordChange, TagChange, without_repeats
from automations.flow.record_tables import (
    COLUMN_PATTERN,
    ColumnUse,
    RecordId,
    TableName,
    TableUse,
    example_row,
    is_known,
    protected_columns,
    rows_of,
    table_use,
)

Column = Annotated[str, StringConstraints(pattern=COLUMN_PATTERN)]
Tag = Annotated[str, StringConstraints(min_length=1, max_length=1_000)]


class Tags(BaseModel):
    """Changes of a list of texts in the update itself: two runs that add at once lose nothing."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    add: list[Tag] | None = Field(
        default=None, max_length=1_000, title="Add", description="Tags that it has afterwards, each once."
    )
    remove: list[Tag] | None = Field(
        default=None, max_length=1_000, title="Remove", description="Tags that it no longer has, unless `add` has them."
    )
    set: list[Tag] | None = Field(
        default=None, max_length=1_000, title="Replace by", description="All its tags; instead of `add` and `remove`."
    )
    column: Column = Field(
        default="tags",
        title="Column",
        description="The column of the tags, of type text[].",
        json_schema_extra={"widget": "column", "template": False},
    )


class Assign(BaseModel):
    """Who the record belongs to from now on."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    mode: Literal["fixed", "round_robin"] = Field(
        title="Who",
        description="`fixed`: always the same. `round_robin`: each of a list in turn.",
        json_schema_extra={"template": False},
    )
    to: str | int | None = Field(default=None, title="To", description="For `fixed`: the new owner, mostly an id.")
    among: list[str | int] | None = Field(
        default=None,
        min_length=1,
        max_length=1_000,
        title="Among",
        description="For `round_robin`: the owners, in the order of their turns. Who stands there twice gets twice as "
        "many.",
    )
    only_if_unassigned: bool = Field(
        default=False,
        title="Only if it has no owner",
        description="A record that has an owner keeps it, and nobody's turn is used up.",
        json_schema_extra={"template": False},
    )
    another: bool = Field(
        default=False,
        title="Somebody else",
        description="For `round_robin`: whoever has the record now is passed over.",
        json_schema_extra={"template": False},
    )
    column: Column = Field(
        default="owner_id",
        title="Column",
        description="The column of the owner.",
        json_schema_extra={"widget": "column", "template": False},
    )


class ActionUpdateRecordConfig(Config):
    table: TableName = Field(
        title="Table",
        description="Where the record is: leads, conversations, messages, or a watched table.",
        json_schema_extra={"template": False},
    )
    # Text, never null: a template that comes out empty must fail the step, not fall back to the run's own record.
    record_id: RecordId = Field(
        default="",
        title="Record",
        description="Id of the record to change. Left out: the lead, conversation or row of a watched table that the "
        "run is about.",
        examples=["{{ steps.find.first.id }}"],
    )
    values: dict[Column, JsonValue] = Field(
        default_factory=dict,
        max_length=200,
        title="Values",
        description="New value of each column; others stay as they are. id, user_id, created_at and updated_at "
        "cannot be written; of a watched table its id and its account column cannot.",
        json_schema_extra={"widget": "columns_values"},
    )
    tags: Tags | None = Field(default=None, title="Tags", description="Tags to add, remove or replace.")
    assign: Assign | None = Field(default=None, title="Owner", description="Who it is assigned to.")


class ActionUpdateRecord(Node[ActionUpdateRecordConfig]):
    """Changes a lead, conversation, message or row of a watched table: values, tags, owner.

    Output: `{"record": <the row after the change>}`, with `assign` also `assigned` (`false`: it had an owner) and
    `owner`. The change and the record of this step are committed together. Fails with `record_not_found` if the account
    has no such record (any more).
    """

    type = "action-update-record"
    title = "Update record"
    group = "action"
    icon = "FilePen"
    output_is_known = True
    effect = "database"

    def check(self, config: ActionUpdateRecordConfig) -> list[tuple[str, str]]:
        problems = _problems(config)
        if config.table == "messages" and not config.record_id:
            problems.append(
                ("record_id", "is required: a run is about a lead or a conversation, never about a message")
            )
        return problems

    def tables(self, config: JsonObject) -> tuple[TableUse, ...]:
        written = {*_keys(config.get("values"))}
        for name, default in (("tags", "tags"), ("assign", "owner_id")):
            part = config.get(name)
            if isinstance(part, dict):
                written.add(str(part.get("column", default)))
        return table_use(config, written)

    def columns(self, config: JsonObject) -> Iterator[ColumnUse]:
        table, values = config.get("table"), config.get("values")
        if not isinstance(table, str):
            return
        if isinstance(values, dict):
            yield from (ColumnUse(table, column, f"values.{column}") for column in values)
        for name, default in (("tags", "tags"), ("assign", "owner_id")):
            part = config.get(name)
            if isinstance(part, dict):
                yield ColumnUse(table, str(part.get("column", default)), f"{name}.column" if "column" in part else name)

    def sample_output(self, config: JsonObject) -> JsonObject:
        row = example_row(config.get("table"))
        assign = config.get("assign")
        if not isinstance(assign, dict):
            return {"record": row}
        among = assign.get("among")
        owner = among[0] if isinstance(among, list) and among else assign.get("to")
        return {"record": {**row, str(assign.get("column", "owner_id")): owner}, "assigned": True, "owner": owner}

    def output_rows(self, config: JsonObject) -> Mapping[str, str]:
        return rows_of(config.get("table"), "record")

    async def run(self, config: ActionUpdateRecordConfig, ctx: Context) -> Outcome:
        for field, message in _problems(config):
            raise StepError(f"{field} {message}", hint="Change the step.")
        record_id = config.record_id or _own_record(config.table, ctx)
        if not record_id:
            raise StepError(
                f"this run is about none of the {config.table}, so there is no record to change",
                code="no_record",
                hint="Name the record's id in the step.",
            )
        change = _change(config, ctx)
        if change.tags is None and change.assign is None:
            row = await ctx.records.update(config.table, record_id, change.values)
            assigned = config.assign is not None
        else:
            changed = await ctx.records.change(config.table, record_id, change)
            row, assigned = changed.row, changed.assigned
        output: JsonObject = {"record": row}
        if config.assign is not None:
            output |= {"assigned": assigned, "owner": row.get(config.assign.column)}
        return Continue(output=output)


def _own_record(table: str, ctx: Context) -> str | None:
    if is_known(table):
        return {"leads": ctx.lead_id, "conversations": ctx.conversation_id}.get(table)
    key = ctx.trigger.get("record_id") if ctx.trigger.get("table") == table else None
    return key if isinstance(key, str) else None


def _change(config: ActionUpdateRecordConfig, ctx: Context) -> RecordChange:
    """What does not depend on the row becomes a plain value: such writes of many runs share a statement."""
    values: JsonObject = dict(config.values)
    tags, assign = None, None
    if config.tags is not None:
        if config.tags.set is not None:
            values[config.tags.column] = [*without_repeats(config.tags.set)]
        else:
            tags = TagChange(config.tags.column, tuple(config.tags.add or ()), tuple(config.tags.remove or ()))
    chosen = config.assign
    if chosen is not None:
        if chosen.mode == "fixed" and not chosen.only_if_unassigned:
            values[chosen.column] = chosen.to
        else:
            in_turn = chosen.mode == "round_robin"
            assign = Assignment(
                chosen.column,
                tuple(chosen.among or ()) if in_turn else (chosen.to,),
                ctx.step_key.rpartition("/")[2] if in_turn else None,
                chosen.only_if_unassigned,
                chosen.another,
            )
    return RecordChange(values, tags, assign)


def _problems(config: ActionUpdateRecordConfig) -> list[tuple[str, str]]:
    problems: list[tuple[str, str]] = []
    tags, assign = config.tags, config.assign
    columns = [*((f"values.{name}", name) for name in config.values)]
    if tags is not None:
        columns.append(("tags.column", tags.column))
        if tags.set is not None and (tags.add is not None or tags.remove is not None):
            problems.append(("tags.set", "replaces all tags; leave add and remove out, or set"))
        elif tags.set is None and tags.add is None and tags.remove is None:
            problems.append(("tags", "says no tags; name some in add, remove or set"))
    if assign is not None:
        columns.append(("assign.column", assign.column))
        if assign.mode == "fixed" and (assign.to is None or assign.to == ""):
            problems.append(("assign.to", "is required: who it is assigned to"))
        elif assign.mode == "fixed" and assign.among is not None:
            problems.append(("assign.among", "has no effect with fixed; use to, or round_robin"))
        elif assign.mode == "round_robin" and assign.among is None:
            problems.append(("assign.among", "is required: who takes turns"))
        elif assign.mode == "round_robin" and assign.to is not None:
            problems.append(("assign.to", "has no effect with round_robin; use among, or fixed"))
    if not columns:
        problems.append(("values", "is required: columns to change, or tags, or an owner to assign"))
    refused = protected_columns(config.table, (name for _, name in columns))
    problems += [(field, "is set by the database and cannot be written") for field, name in columns if name in refused]
    names = [name for _, name in columns]
    problems += [
        (field, f"writes {name} a second time") for place, (field, name) in enumerate(columns) if name in names[:place]
    ]
    return problems


def _keys(values: object) -> tuple[str, ...]:
    return tuple(values) if isinstance(values, dict) else ()

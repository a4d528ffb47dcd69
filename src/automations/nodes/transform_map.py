from __future__ import annotations

from typing import Annotated

from pydantic import Field, JsonValue, StringConstraints

from automations.flow.list_values import ITEM_PATH, drawn_list_problem, getter, json_of, list_of
from automations.flow.node import Config, Node
from automations.flow.outcomes import Continue, Json, JsonObject, Outcome
from automations.flow.ports import Context

ItemPath = Annotated[str, StringConstraints(pattern=ITEM_PATH)]
FieldName = Annotated[str, StringConstraints(min_length=1, max_length=200)]


class TransformMapConfig(Config):
    items: JsonValue = Field(
        title="List",
        description="What to go through: a template that gives a list, or a list. Null counts as an empty list.",
        examples=["{{ steps.find.records }}"],
    )
    fields: dict[FieldName, ItemPath] = Field(
        default_factory=dict,
        max_length=100,
        title="Fields",
        description="Name of each new field and where its value is: item.email, item.data.source, index. What is not "
        "there becomes null.",
        examples=[{"address": "item.email", "place": "index"}],
        json_schema_extra={"widget": "key_value", "template": False},
    )
    values: dict[FieldName, JsonValue] = Field(
        default_factory=dict,
        max_length=100,
        title="Values",
        description="Fields that are the same for every item.",
        examples=[{"campaign": "{{ vars.campaign }}"}],
        json_schema_extra={"widget": "key_value"},
    )
    keep: bool = Field(
        default=False,
        title="Keep other fields",
        description="On: each item keeps its fields, the new ones are added or replace them.",
        json_schema_extra={"template": False},
    )
    value: ItemPath | None = Field(
        default=None,
        title="Only this value",
        description="Instead of fields: each item becomes what is at this path, such as item.email.",
        json_schema_extra={"template": False},
    )


class TransformMap(Node[TransformMapConfig]):
    """Gives every item of a list another shape.

    Output: `{"items": [the new ones, in the same order], "count": how many they are}`.
    """

    type = "transform-map"
    title = "Map list"
    group = "transform"
    icon = "ListChecks"
    output_is_known = True

    def check(self, config: TransformMapConfig) -> list[tuple[str, str]]:
        problems: list[tuple[str, str]] = []
        shaped = bool(config.fields or config.values or config.keep)
        if config.value is not None and shaped:
            problems.append(("value", "replaces the whole item; leave out fields, values and keep, or leave out this"))
        if config.value is None and not config.fields and not config.values:
            problems.append(("fields", "is required: fields, values, or the one value to take"))
        problems += [
            (f"values.{name}", "is among the fields, too; give one of them another name")
            for name in config.values
            if name in config.fields
        ]
        wrong = drawn_list_problem(config.items)
        return [*problems, ("items", wrong)] if wrong else problems

    def sample_output(self, config: JsonObject) -> JsonObject:
        fields, values = config.get("fields"), config.get("values")
        item = {
            **(dict.fromkeys(fields, None) if isinstance(fields, dict) else {}),
            **(values if isinstance(values, dict) else {}),
        }
        return {"items": [item], "count": 1}

    async def run(self, config: TransformMapConfig, ctx: Context) -> Outcome:
        items = list_of(config.items)
        mapped: list[Json]
        if config.value is not None:
            find = getter(config.value)
            mapped = [json_of(find(item, index)) for index, item in enumerate(items)]
        else:
            finders = {name: getter(path) for name, path in config.fields.items()}
            mapped = [
                {
                    **(item if config.keep and isinstance(item, dict) else {}),
                    **{name: json_of(find(item, index)) for name, find in finders.items()},
                    **config.values,
                }
                for index, item in enumerate(items)
            ]
        return Continue(output={"items": mapped, "count": len(mapped)})

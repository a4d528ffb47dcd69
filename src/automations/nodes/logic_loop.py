from __future__ import annotations

from pydantic import Field, JsonValue
from pydantic.config import JsonDict

from automations.flow.list_values import MOST_ITEMS, drawn_list_problem, list_of
from automations.flow.node import Config, Node
from automations.flow.outcomes import DONE_HANDLE, EACH_HANDLE, JsonObject, Loop, Outcome
from automations.flow.ports import Context

NAME = r"^[A-Za-z_][A-Za-z0-9_]{0,63}$"
TAKEN = ("trigger", "steps", "vars", "env", "secrets", "true", "false", "none", "not", "and", "or", "if", "else", "in")
LITERAL: JsonDict = {"template": False}


class LogicLoopConfig(Config):
    items: JsonValue = Field(
        title="List",
        description="What to go through: a template that gives a list, or a list. Null counts as an empty list.",
        examples=["{{ steps.find.records }}", "{{ trigger.new.tags }}"],
    )
    item_name: str = Field(
        default="item",
        pattern=NAME,
        title="Name of the item",
        description="How steps of the body call the item: `{{ item }}`, or another name where loops are in loops.",
        json_schema_extra=LITERAL,
    )
    index_name: str = Field(
        default="index",
        pattern=NAME,
        title="Name of its number",
        description="How steps of the body call the number of the item, counted from 0.",
        json_schema_extra=LITERAL,
    )
    parallelism: int = Field(
        default=1,
        ge=1,
        le=50,
        title="Side by side",
        description="How many items are worked on at the same time. 1: one after another, in order.",
        json_schema_extra=LITERAL,
    )
    max_items: int = Field(
        default=1_000,
        ge=1,
        le=MOST_ITEMS,
        title="At most",
        description="A longer list makes the step fail before anything is done with it.",
        json_schema_extra=LITERAL,
    )
    continue_on_error: bool = Field(
        default=False,
        title="Go on after an error",
        description="On: an item that fails is noted, the others are worked on. Off: the first failure ends the loop.",
        json_schema_extra=LITERAL,
    )
    collect: bool = Field(
        default=True,
        title="Collect outputs",
        description="Keep what each item came to in `results`. Switch it off for long lists with large outputs.",
        json_schema_extra=LITERAL,
    )


class LogicLoop(Node[LogicLoopConfig]):
    """Does the same with every item of a list.

    What is connected to `each` is the body: it runs once for each item, with `{{ item }}` and `{{ index }}`, and may
    hold further loops. When all items are done the flow goes on from `done`, with the output `{"count", "completed",
    "failed", "results": [output of each item's last step], "errors": [{"index", "error", "node_id"}]}`. Variables that
    are set in the body are seen in the same item only.
    """

    type = "logic-loop"
    title = "Loop"
    group = "logic"
    icon = "Repeat"
    output_is_known = True

    def handles(self, config: JsonObject) -> tuple[str, ...]:
        # `done` first: a disabled loop is passed by.
        return (DONE_HANDLE, EACH_HANDLE)

    def loop_names(self, config: JsonObject) -> tuple[str, str]:
        item, index = config.get("item_name", "item"), config.get("index_name", "index")
        return (item if isinstance(item, str) else "item", index if isinstance(index, str) else "index")

    def check(self, config: LogicLoopConfig) -> list[tuple[str, str]]:
        problems: list[tuple[str, str]] = []
        for field, name in (("item_name", config.item_name), ("index_name", config.index_name)):
            if name in TAKEN:
                problems.append((field, f"{name!r} means something else in templates; choose another name"))
        if config.item_name == config.index_name:
            problems.append(("index_name", "is the name of the item, too; choose another name"))
        wrong = drawn_list_problem(config.items)
        if wrong is not None:
            problems.append(("items", wrong))
        return problems

    def sample_output(self, config: JsonObject) -> JsonObject:
        return {"count": 1, "completed": 1, "failed": 0, "results": [{}], "errors": []}

    async def run(self, config: LogicLoopConfig, ctx: Context) -> Outcome:
        return Loop(
            list_of(config.items, config.max_items, advice=f"raise `max_items` (up to {MOST_ITEMS:,})"),
            parallelism=config.parallelism,
            continue_on_error=config.continue_on_error,
            collect=config.collect,
            item_name=config.item_name,
            index_name=config.index_name,
        )

from __future__ import annotations

from typing import Annotated

from pydantic import Field, JsonValue, StringConstraints

from automations.flow.node import Config, Node
from automations.flow.outcomes import Continue, JsonObject, Outcome
from automations.flow.ports import Context

Name = Annotated[str, StringConstraints(pattern=r"^[A-Za-z_][A-Za-z0-9_]*$", max_length=64)]


class TransformSetVariableConfig(Config):
    variables: dict[Name, JsonValue] = Field(
        min_length=1,
        max_length=100,
        title="Variables",
        description="Name and value of each variable. Names: a letter or `_`, then letters, digits or `_`.",
        examples=[{"greeting": "Hello {{ trigger.new.name }}"}],
        json_schema_extra={"widget": "key_value"},
    )


class TransformSetVariable(Node[TransformSetVariableConfig]):
    """Sets one or more variables for the steps that follow.

    Read them as `{{ vars.<name> }}`. A value that is exactly one `{{ expression }}` keeps its type: a number stays a
    number, a list a list. Output: the variables that were set.
    """

    type = "transform-set-variable"
    title = "Set variable"
    group = "transform"
    icon = "Variable"
    output_is_known = True

    def sample_output(self, config: JsonObject) -> JsonObject:
        variables = config.get("variables")
        return dict(variables) if isinstance(variables, dict) else {}

    async def run(self, config: TransformSetVariableConfig, ctx: Context) -> Outcome:
        return Continue(output=dict(config.variables), variables=dict(config.variables))

"""Templates: flow files with places to fill in, from which automations are made.

A template is a flow file (`services/transfer.py`) with two more keys. `needs`: what has to be there, in words.
`parameters`: `{name: {"description", "kind", "example", "default"}}`; kind is text, mail (addresses), number, list (of
texts) or users (of ids). A text that is `${name}` alone becomes the value; within a longer text its words are put in.
`${agent}` is the id of the agent that the automation gets.
"""

from __future__ import annotations

import json
import math
import re
from collections.abc import Mapping
from dataclasses import dataclass
from difflib import get_close_matches
from functools import cache
from importlib.resources import files
from typing import Any, Literal, assert_never, cast, get_args
from uuid import UUID

from automations.db.automation_store import AutomationStore
from automations.errors import Conflict, NotFound, Unusable
from automations.flow.registry import NodeRegistry
from automations.services.transfer import FlowFile, Imported, import_file, only_agent, owner_of_files, read_file

Kind = Literal["text", "mail", "number", "list", "users"]
_PLACE = re.compile(r"\$\{([a-z][a-z0-9_]*)\}")
AGENT = "agent"
LONGEST_NAME = 200


@dataclass(frozen=True, slots=True)
class Parameter:
    name: str
    description: str
    kind: Kind
    example: str
    default: Any = None

    @property
    def is_required(self) -> bool:
        return self.default is None


@dataclass(frozen=True, slots=True)
class Template:
    key: str
    name: str
    description: str
    needs: tuple[str, ...]
    parameters: tuple[Parameter, ...]
    body: dict[str, Any]


def read_template(text: str | bytes, key: str) -> Template:
    """`Unusable` for what is no template."""
    try:
        value = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise Unusable(
            f"{key} is not JSON: {error}", hint="`automations templates` lists those that there are."
        ) from None
    if not isinstance(value, dict) or not isinstance(value.get("parameters"), dict):
        raise Unusable(
            f"{key} is no template: it has no parameters", hint="A flow file is brought in by `automations import`."
        )
    body = {name: part for name, part in value.items() if name not in ("needs", "parameters")}
    parameters = tuple(_parameter(name, given, key) for name, given in value["parameters"].items())
    unknown = set(_PLACE.findall(json.dumps(body))) - {AGENT, *(one.name for one in parameters)}
    if unknown:
        raise Unusable(
            f"{key} has places for {', '.join(sorted(unknown))}, which are no parameters of it",
            hint="Name them under `parameters`, or take the places out.",
        )
    needs = value.get("needs", [])
    return Template(
        key,
        str(body.get("name", key)),
        str(body.get("description") or ""),
        tuple(str(need) for need in needs) if isinstance(needs, list) else (),
        parameters,
        body,
    )


@cache
def shipped_templates() -> dict[str, Template]:
    """Those that come with the package, by key."""
    found = {
        entry.name.removesuffix(".json"): entry.read_text(encoding="utf-8")
        for entry in files("automations").joinpath("templates").iterdir()
        if entry.name.endswith(".json")
    }
    return {key: read_template(text, key) for key, text in sorted(found.items())}


def shipped_template(key: str) -> Template:
    """`NotFound`."""
    known = shipped_templates()
    if key in known:
        return known[key]
    near = get_close_matches(key, known, n=1)
    raise NotFound(
        f"there is no template {key!r}" + (f"; {near[0]!r} is one" if near else ""),
        hint="`automations templates` lists all.",
    )


async def make_from_template(
    store: AutomationStore,
    registry: NodeRegistry,
    template: Template,
    given: Mapping[str, str],
    *,
    name: str | None,
    account: UUID | None,
    agent_id: UUID | None,
) -> Imported:
    """A draft of the account (None: the agent's, or the only one). `Conflict` where one has that name; `Unusable`."""
    owner = await owner_of_files(store, [], account=account, agent_id=agent_id)
    agent_id = agent_id or await only_agent(store, owner)
    file = fill_in(template, given, agent=agent_id, name=name)
    if any(one.name == file.name for one in await store.find(owner, None, file.name)):
        raise Conflict(f"there is an automation {file.name!r} already", hint="Give this one another --name.")
    return await import_file(store, registry, file, account=owner, agent_id=agent_id)


def fill_in(template: Template, given: Mapping[str, str], *, agent: UUID, name: str | None = None) -> FlowFile:
    """The flow file of one automation. `Unusable` names every parameter that is missing, unknown or cannot be read."""
    known = {parameter.name: parameter for parameter in template.parameters}
    unknown = sorted(set(given) - set(known))
    if unknown:
        raise Unusable(
            f"the template {template.key} has no parameter {', '.join(unknown)}",
            hint=f"It has {', '.join(known) or 'none'}: `automations templates {template.key}`.",
        )
    missing = [one for one in template.parameters if one.is_required and one.name not in given]
    if missing:
        listed = "; ".join(f"{one.name} ({one.description})" for one in missing)
        example = " ".join(f"--set {one.name}={one.example}" for one in missing)
        raise Unusable(f"the template {template.key} has to know: {listed}", hint=f"For example {example}.")
    values: dict[str, Any] = {AGENT: str(agent)}
    for parameter in template.parameters:
        text = given.get(parameter.name)
        values[parameter.name] = parameter.default if text is None else _read(parameter, text)
    if name is not None and not 0 < len(name.strip()) <= LONGEST_NAME:
        raise Unusable(f"a name has 1 to {LONGEST_NAME} characters", hint="Give it another --name.")
    body = {**template.body, "id": None, **({} if name is None else {"name": name})}
    return read_file(json.dumps(_filled(body, values)), template.key)


def _parameter(name: str, given: Any, key: str) -> Parameter:
    kind = given.get("kind", "text") if isinstance(given, dict) else None
    if not _PLACE.fullmatch(f"${{{name}}}") or kind not in get_args(Kind) or "description" not in given:
        raise Unusable(
            f"the parameter {name!r} of {key} makes no sense",
            hint="Give it a description, a kind (text, mail, number, list, users), an example, and perhaps a default.",
        )
    return Parameter(
        name, str(given["description"]), cast("Kind", kind), str(given.get("example", "…")), given.get("default")
    )


def _read(parameter: Parameter, text: str) -> Any:
    match parameter.kind:
        case "text" | "mail":
            if not text.strip():
                raise _wrong(parameter, text, "a text")
            return text
        case "number":
            try:
                number = float(text)
                if not math.isfinite(number):
                    raise ValueError
                return int(number) if number.is_integer() else number
            except ValueError:
                raise _wrong(parameter, text, "a number") from None
        case "list":
            return _words(parameter, text)
        case "users":
            words = _words(parameter, text)
            try:
                return [str(UUID(word)) for word in words]
            except ValueError:
                raise _wrong(parameter, text, "a list of user ids") from None
        case _:
            assert_never(parameter.kind)


def _words(parameter: Parameter, text: str) -> list[str]:
    words = [word.strip() for word in text.split(",") if word.strip()]
    if not words:
        raise _wrong(parameter, text, "a list")
    return words


def _wrong(parameter: Parameter, text: str, what: str) -> Unusable:
    return Unusable(
        f"{parameter.name}={text!r} is not {what}", hint=f"For example {parameter.name}={parameter.example}."
    )


def _filled(value: Any, values: Mapping[str, Any]) -> Any:
    match value:
        case str():
            whole = _PLACE.fullmatch(value)
            if whole is not None and whole[1] in values:
                return values[whole[1]]
            return _PLACE.sub(lambda place: _word(values[place[1]]) if place[1] in values else place[0], value)
        case list():
            return [_filled(item, values) for item in value]
        case dict():
            return {_filled(name, values): _filled(item, values) for name, item in value.items()}
        case _:
            return value


def _word(value: Any) -> str:
    return ", ".join(map(str, value)) if isinstance(value, list) else str(value)

"""Writes the pages of docs/ that are made from the code, so that they cannot say anything else: `make docs`.

tests/docs fails when a page is not what this writes.
"""

from __future__ import annotations

import inspect
import sys
from collections.abc import Iterable
from importlib.metadata import entry_points
from pathlib import Path
from typing import Any, Final

import orjson
import typer.main

from automations.api.app import create_app
from automations.cli.compose import build_pool, build_vault
from automations.cli.compose_web import build_api, build_live_feed
from automations.cli.main import app
from automations.cli.outside_world import OutsideTests, build_outside_world
from automations.flow.config_fields import config_fields, sentence
from automations.flow.node import Node
from automations.services.run_answers import RunAnswers
from automations.services.webhooks import Webhooks
from automations.settings import PREFIX, Settings

HERE: Final = Path(__file__).parent
MADE: Final = "<!-- Made from the code by `make docs`; changes here are lost. -->\n\n"
MADE_ABOVE: Final = "<!-- Made from the code by `make docs` down to the next such line; changes there are lost. -->\n\n"
BY_HAND: Final = "<!-- By hand from here on: `make docs` keeps it. -->\n"
# Pages among the made ones that nothing makes.
WRITTEN: Final = {"nodes/every-node.md"}
# What agents over MCP are told, for whom there are no pages.
GUIDE: Final = "../src/automations/api/mcp/guide.json"
# Types and client of the editor come from it.
OPENAPI: Final = "../web/openapi.json"
GROUPS: Final = {
    "trigger": "Triggers: what starts a run",
    "logic": "Logic: which way it goes",
    "transform": "Transform: values for the steps that follow",
    "action": "Actions: what it does",
}
EFFECTS: Final = {
    "pure": "none; it may run again after a crash as long as nothing after it was committed",
    "database": "on the database, exactly once: its write and the record of the step are one commit",
    "external": "outside, at least once: after a crash in the middle the request may be sent again, with the same "
    "`Idempotency-Key`",
}


def pages() -> dict[str, str]:
    """Every generated page by its path below docs/."""
    nodes = sorted((entry.load() for entry in entry_points(group="automations.nodes")), key=lambda node: node.type)
    ours = [node for node in nodes if node.__module__.startswith("automations.")]
    return {
        "nodes/README.md": _node_index(ours),
        **{f"nodes/{node.type}.md": _node_page(node) + BY_HAND + by_hand(node.type) for node in ours},
        GUIDE: _guide(ours),
        OPENAPI: _openapi(),
        "settings.md": _settings_page(),
        "commands.md": _commands_page(),
    }


def by_hand(node_type: str) -> str:
    """What people wrote on the page of a node type: when to use it, an example, what to mind."""
    page = HERE / "nodes" / f"{node_type}.md"
    text = page.read_text(encoding="utf-8") if page.exists() else ""
    return text.partition(BY_HAND)[2]


def _guide(nodes: list[type[Node[Any]]]) -> str:
    pages = {
        "expressions": (HERE / "expressions.md").read_text(encoding="utf-8"),
        "every_node": (HERE / "nodes" / "every-node.md").read_text(encoding="utf-8"),
        "nodes": {node.type: by_hand(node.type).strip() for node in nodes},
    }
    return orjson.dumps(pages, option=orjson.OPT_INDENT_2).decode() + "\n"


def _openapi() -> str:
    settings = Settings(data_dir=HERE / "nowhere")
    # Nothing connects before it is asked.
    pool = build_pool("", name="docs")
    tests = OutsideTests("", lambda: build_outside_world("", settings))
    answers = RunAnswers(pool)
    api = build_api(pool, pool, settings, tests, answers, build_live_feed(""))
    document = create_app(Webhooks(pool, build_vault(pool, settings), answers), api).openapi()
    return orjson.dumps(document, option=orjson.OPT_INDENT_2).decode() + "\n"


def _node_index(nodes: list[type[Node[Any]]]) -> str:
    lines = [
        "# Node types",
        "",
        "What every step takes beside its config: [settings of every step](every-node.md). Guides: "
        "[loops and joins](../loops.md), [waits](../waits.md), [schedules and delays](../schedules.md), "
        "[automations that run automations](../sub-flows.md), [any table](../tables.md), "
        "[webhooks](../webhooks.md), [approvals](../approvals.md), [mail](../mail.md), [AI steps](../ai.md).",
        "",
    ]
    for group, title in GROUPS.items():
        lines += [f"## {title}", "", "| type | name | what it does |", "|---|---|---|"]
        lines += [
            _line([f"[`{node.type}`]({node.type}.md)", node.title, node.describe()["description"]])
            for node in nodes
            if node.group == group
        ]
        lines.append("")
    return MADE + "\n".join(lines)


def _node_page(node: type[Node[Any]]) -> str:
    described = node.describe()
    lines = [f"# {node.title}", "", inspect.cleandoc(node.__doc__ or ""), ""]
    lines.append(f"- Type: `{node.type}`")
    if not node.is_trigger:
        lines.append(f"- Effect: {EFFECTS[node.effect]}")
    lines.append(f"- Handles: {_handles(node, described)}")
    if node.default_retry.attempts > 1:
        retry = node.default_retry
        lines.append(
            f"- Tried again: up to {retry.attempts} attempts, the first pause {retry.delay_seconds:g} s, "
            f"{retry.backoff}; `data.retry` of the node says otherwise"
        )
    lines += ["", "## Config", ""]
    lines += _fields(node, described["config_schema"])
    example = None if node.is_trigger else node().sample_output({"table": "leads"})
    if example:
        text = orjson.dumps(example, option=orjson.OPT_INDENT_2).decode()
        lines += ["", "## Example of its output", "", "```json", text, "```"]
    return MADE_ABOVE + "\n".join(lines).rstrip() + "\n\n"


def _handles(node: type[Node[Any]], described: dict[str, Any]) -> str:
    handles = node.handles_note or ", ".join(f"`{handle}`" for handle in described["handles"])
    if node.group == "action":
        handles += ", `error`"
    return handles or "none; the run ends here"


def _fields(node: type[Node[Any]], schema: dict[str, Any]) -> list[str]:
    fields = config_fields(schema)
    if not fields:
        return ["None."]
    # Nothing of a trigger is a template: its config is read before there is a run.
    columns = ["field", "type", "default", "meaning"] + ([] if node.is_trigger else ["templates"])
    rows = [
        [
            f"`{one.name}`",
            one.kind,
            "required" if one.default is None else f"`{one.default}`",
            one.meaning,
            "yes" if one.templates else "",
        ]
        for one in fields
    ]
    return [_line(columns), "|---" * len(columns) + "|", *(_line(row[: len(columns)]) for row in rows)]


def _line(cells: Iterable[str]) -> str:
    return "| " + " | ".join(map(_cell, cells)) + " |"


def _settings_page() -> str:
    lines = [
        "# Settings",
        "",
        "Environment variables of every command. All have defaults: an empty environment is a laptop with the bundled "
        "PostgreSQL. `automations doctor --settings` shows what they are now. Settings of the database (journal, "
        "notifications, retention) are in [operating.md](operating.md).",
        "",
        "| variable | default | meaning |",
        "|---|---|---|",
    ]
    for name, field in Settings.model_fields.items():
        # A default that is computed from the machine is told in the description.
        default = "" if field.default_factory is not None or field.default in (None, ()) else f"`{field.default}`"
        lines.append(_line([f"`{PREFIX}{name.upper()}`", default, field.description or ""]))
    return MADE + "\n".join(lines) + "\n"


def _commands_page() -> str:
    program = typer.main.get_command(app)
    lines = ["# Commands", "", "`automations COMMAND --help` says the same. Every command takes `--json`.", ""]
    for path, command in _commands(program, "automations"):
        lines += [f"## `{path}`", "", inspect.cleandoc(command.help or "").replace("\b\n", ""), ""]
        rows = [row for parameter in command.params if (row := _parameter(parameter))]
        if rows:
            lines += ["| argument | meaning |", "|---|---|", *rows, ""]
    return MADE + "\n".join(lines).rstrip() + "\n"


def _commands(command: Any, path: str) -> Iterable[tuple[str, Any]]:
    for name, child in getattr(command, "commands", {}).items():
        if child.hidden:
            continue
        if getattr(child, "commands", None):
            yield from _commands(child, f"{path} {name}")
        else:
            yield f"{path} {name}", child


def _parameter(parameter: Any) -> str | None:
    if getattr(parameter, "hidden", False) or parameter.name == "help":
        return None
    if parameter.param_type_name == "argument":
        name = parameter.metavar or parameter.name.upper()
        if not parameter.required and not name.startswith("["):
            name = f"[{name}]"
    else:
        name = ", ".join([*parameter.opts, *parameter.secondary_opts])
        if not parameter.is_flag and not getattr(parameter, "count", False):
            name += f" {parameter.metavar or parameter.name.upper()}"
    return _line([f"`{name}`", sentence(parameter.help or "")])


def _cell(text: str) -> str:
    """For a table: outside of code, `<column>` would be taken for HTML."""
    parts = text.replace("|", "\\|").replace("\n", " ").split("`")
    return "`".join(part if number % 2 else part.replace("<", "&lt;") for number, part in enumerate(parts))


def main() -> None:
    for path in (HERE / "nodes").glob("*.md"):
        if f"nodes/{path.name}" not in {*pages(), *WRITTEN}:
            path.unlink()
    for name, text in pages().items():
        target = HERE / name
        if not target.exists() or target.read_text(encoding="utf-8") != text:
            target.parent.mkdir(exist_ok=True)
            target.write_text(text, encoding="utf-8")
            sys.stdout.write(f"docs/{name}\n")


if __name__ == "__main__":
    main()

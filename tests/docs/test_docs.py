"""Nothing that people can use is undocumented, and what the documentation shows works."""

from __future__ import annotations

import dataclasses
import importlib.util
import json
import re
from importlib.metadata import entry_points
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
import typer.main

from automations.cli.main import app
from automations.flow.condition_operators import OPERATOR_NAMES
from automations.flow.conditions import check_condition
from automations.flow.node import MAX_DELAY_SECONDS, Retry
from automations.flow.node_settings import MAX_MASKED_NAMES, MAX_NOTE_LENGTH, NodeSettings
from automations.flow.registry import NodeRegistry
from automations.flow.validate import check_flow
from automations.services.flow_templates import fill_in, read_template
from automations.services.transfer import FlowFile, read_file
from automations.settings import PREFIX, Settings

ROOT = Path(__file__).parents[2]
DOCS = ROOT / "docs"
EXAMPLES = {"nodes/transform_upper.py"}
BY_HAND = "<!-- By hand from here on: `make docs` keeps it. -->\n"
REGISTRY = NodeRegistry(entry.load()() for entry in entry_points(group="automations.nodes"))
PROSE = [*sorted(ROOT.glob("*.md")), *sorted(DOCS.rglob("*.md"))]


def read(path: str) -> str:
    return (ROOT / path).read_text(encoding="utf-8")


def generated() -> dict[str, str]:
    spec = importlib.util.spec_from_file_location("docs_generate", DOCS / "generate.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    pages: dict[str, str] = module.pages()
    return pages


def command_names(command: Any, path: str = "automations") -> list[str]:
    children = {name: child for name, child in getattr(command, "commands", {}).items() if not child.hidden}
    return [name for key, child in children.items() for name in command_names(child, f"{path} {key}")] or [path]


def test_made_pages_are_what_the_code_says() -> None:
    on_disk = {name: (DOCS / name).read_text(encoding="utf-8") for name in generated() if (DOCS / name).exists()}
    outdated = [name for name, text in generated().items() if on_disk.get(name) != text]
    assert outdated == [], "run `make docs`"
    there = {f"nodes/{path.name}" for path in (DOCS / "nodes").glob("*.md")}
    assert there - {"nodes/every-node.md"} <= set(generated()), "run `make docs`"


def test_every_node_type_has_a_page_with_all_its_fields() -> None:
    for entry in entry_points(group="automations.nodes"):
        node = entry.load()
        page = read(f"docs/nodes/{node.type}.md")
        fields = node.config_model.model_fields
        assert [name for name in fields if f"| `{name}` |" not in page] == []
        assert [name for name, field in fields.items() if not field.description] == [], "every field says what it means"


TYPES = [entry.name for entry in entry_points(group="automations.nodes")]


@pytest.mark.parametrize("node_type", TYPES)
def test_the_page_of_a_node_type_is_completed_by_hand(node_type: str) -> None:
    """When to use it, a flow that can be published, and what to mind."""
    by_hand = read(f"docs/nodes/{node_type}.md").partition(BY_HAND)[2]
    assert re.findall("^## (.*)$", by_hand, re.MULTILINE) == ["When to use it", "An example", "Mind"]
    (flow,) = [json.loads(block) for block in re.findall(r"```json\n(.*?)```", by_hand, re.DOTALL)]
    assert check_flow(flow["nodes"], flow["edges"], REGISTRY) == []
    assert node_type in {node["type"] for node in flow["nodes"]}


def test_every_setting_of_a_step_is_documented() -> None:
    page = read("docs/nodes/every-node.md")
    settings = [field.name for field in dataclasses.fields(NodeSettings)]
    names = [*settings, "label", "disabled", *Retry.model_fields]
    assert [name for name in names if f"| `{name}` |" not in page] == []
    (flow,) = [json.loads(block) for block in re.findall(r"```json\n(.*?)```", page, re.DOTALL)]
    assert check_flow(flow["nodes"], flow["edges"], REGISTRY) == []
    (shown,) = [node["data"] for node in flow["nodes"] if node["id"] == "check"]
    assert set(shown) == {*settings, "label", "config"}
    assert set(shown["retry"]) == set(Retry.model_fields)
    limits = (MAX_NOTE_LENGTH, MAX_MASKED_NAMES, MAX_DELAY_SECONDS)
    assert [figure for figure in limits if f"{figure:,}" not in page] == []


def test_the_guide_shows_what_is_in_the_example() -> None:
    package = ROOT / "examples" / "automations-phone"
    sources = "\n".join(
        path.read_text(encoding="utf-8")
        for path in package.rglob("*")
        if path.suffix in (".py", ".toml") and "build" not in path.parts
    )
    blocks = re.findall(r"```(?:python|toml)\n(.*?)```", read("docs/writing-a-node.md"), re.DOTALL)
    assert len(blocks) == 5
    assert [block for block in blocks if block not in sources] == []


def test_every_setting_is_documented() -> None:
    page = read("docs/settings.md")
    names = [f"{PREFIX}{name.upper()}" for name in Settings.model_fields]
    assert [name for name in names if f"| `{name}` |" not in page] == []
    assert [name for name, field in Settings.model_fields.items() if not field.description] == []


def test_no_setting_is_named_that_does_not_exist() -> None:
    known = {f"{PREFIX}{name.upper()}" for name in Settings.model_fields}
    # Of the tests, not of the program: AUTOMATIONS_TEST_….
    setting = re.compile(rf"\b{PREFIX}(?!TEST_)[A-Z_]+[A-Z]")
    named = {name for path in PROSE for name in setting.findall(path.read_text(encoding="utf-8"))}
    assert named - known == set()


def test_every_database_setting_is_documented() -> None:
    sources = (ROOT / "src/automations/db").rglob("*.sql")
    used = {
        name for path in sources for name in re.findall(r"'(automations\.[a-z_]+)',\s*(?:true|\d+)", path.read_text())
    }
    # Set by the engine for its own steps, not by people.
    used.discard("automations.execution_id")
    page = read("docs/operating.md")
    assert {"automations.fire", "automations.retention_days"} <= used
    assert [name for name in sorted(used) if f"| `{name}` |" not in page] == []


def test_every_command_is_documented() -> None:
    page = read("docs/commands.md")
    names = command_names(typer.main.get_command(app))
    assert {"automations up", "automations runs"} <= set(names)
    assert [name for name in names if f"## `{name}`" not in page] == []


def test_no_command_is_named_that_does_not_exist() -> None:
    names = {name.split()[1] for name in command_names(typer.main.get_command(app))}
    told = [
        (path.name, word)
        for path in PROSE
        for word in re.findall(r"(?:\$ (?:\.venv/bin/)?|`)automations ([a-z][a-z-]+)", path.read_text(encoding="utf-8"))
    ]
    assert [one for one in told if one[1] not in names] == []


def test_every_operator_is_documented() -> None:
    page = read("docs/concepts.md")
    assert [name for name in OPERATOR_NAMES if f"`{name}`" not in page] == []


def json_blocks() -> list[Any]:
    return [
        pytest.param(block, id=f"{path.relative_to(ROOT)}-{number}")
        for path in PROSE
        if "nodes" not in path.relative_to(ROOT).parts
        for number, block in enumerate(re.findall(r"```json\n(.*?)```", path.read_text(encoding="utf-8"), re.DOTALL), 1)
    ]


def from_template(block: str) -> FlowFile:
    template = read_template(block, "the page")
    return fill_in(template, {one.name: one.example for one in template.parameters}, agent=UUID(int=1))


@pytest.mark.parametrize("block", json_blocks())
def test_flows_and_conditions_that_are_shown_are_valid(block: str) -> None:
    shown = json.loads(block)
    if "nodes" in shown:
        file = from_template(block) if "parameters" in shown else read_file(block, "the page")
        assert check_flow(file.nodes, file.edges, REGISTRY) == []
    else:
        assert check_condition(shown, templates=False) == []


@pytest.mark.parametrize("path", sorted((ROOT / "examples").glob("*.json")), ids=lambda path: path.name)
def test_the_example_flows_can_be_published(path: Path) -> None:
    file = read_file(path.read_text(encoding="utf-8"), path.name)
    assert check_flow(file.nodes, file.edges, REGISTRY) == []


def test_links_lead_somewhere() -> None:
    broken = [
        (str(path.relative_to(ROOT)), target)
        for path in PROSE
        for target in re.findall(r"\]\(([^)#:]+)(?:#[^)]*)?\)", path.read_text(encoding="utf-8"))
        if not (path.parent / target).exists()
    ]
    assert broken == []


def test_files_and_folders_that_are_named_exist() -> None:
    rooms = [ROOT, ROOT / "src/automations", *(ROOT / "src/automations").iterdir(), ROOT / "tests", ROOT / "web/src"]
    named = re.compile(r"`([\w./-]+(?:\.py|\.sql|\.md|/))`")
    missing = [
        (path.name, name)
        for path in PROSE
        for name in named.findall(path.read_text(encoding="utf-8"))
        if name not in EXAMPLES and not any((room / name).exists() for room in rooms)
    ]
    assert missing == []


def test_the_node_type_that_contributing_shows_works() -> None:
    shown = re.findall(r"```python\n(.*?)```", read("CONTRIBUTING.md"), re.DOTALL)
    assert len(shown) == 1
    scope: dict[str, Any] = {"__name__": "shown"}
    exec(compile(shown[0].replace("from __future__ import annotations\n", ""), "CONTRIBUTING.md", "exec"), scope)
    node = scope["TransformUpper"]
    assert node.describe()["config_schema"]["required"] == ["text"]


def test_the_templates_are_all_on_their_page() -> None:
    shipped = {path.stem for path in (ROOT / "src/automations/templates").glob("*.json")}
    page = (ROOT / "docs/templates.md").read_text(encoding="utf-8")
    assert set(re.findall(r"^\| `([a-z-]+)` \|", page, re.MULTILINE)) == shipped

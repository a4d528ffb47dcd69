"""Every example of docs/expressions.md comes out as the page says, through the process that evaluates in production."""

from __future__ import annotations

import json
import re
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from automations.errors import TemplateError
from automations.flow import expression_catalogue as catalogue
from automations.flow.outcomes import Json
from automations.flow.template_check import MOST_EXPRESSIONS, Visible
from automations.flow.template_syntax import LONGEST_CODE, ROOTS
from automations.flow.template_words import OTHER_FILTERS, TESTS
from automations.flow.templates import LONGEST_RESULT, check_templates, compile_value
from automations.integrations import template_process
from automations.integrations.template_process import TemplateProcess

PAGE = (Path(__file__).parents[2] / "docs" / "expressions.md").read_text(encoding="utf-8")
DATA: dict[str, Any] = json.loads(re.findall(r"```json data\n(.*?)```", PAGE, re.DOTALL)[0])


def rows(heading: str) -> list[tuple[str, str]]:
    """(template, other cell) of every table with that heading."""
    found = []
    for table in re.findall(rf"\| template \| {heading} \|\n\|---\|---\|\n((?:\|.*\n)+)", PAGE):
        for line in table.splitlines():
            cells = [cell.strip().replace("\\|", "|") for cell in re.split(r"(?<!\\)\|", line)[1:-1]]
            assert len(cells) == 2, line
            found.append((cells[0].removeprefix("`").removesuffix("`"), cells[1]))
    assert found
    return found


@pytest.fixture
async def engine(monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[TemplateProcess]:
    # On a busy machine a blink can be too short for an honest template.
    monkeypatch.setattr(template_process, "BLINK_SECONDS", 30.0)
    process = TemplateProcess()
    yield process
    await process.close()


async def render(engine: TemplateProcess, template: str, *, html: bool = False) -> Json:
    compiled = compile_value({"field": template}, html_fields=frozenset({"field"} if html else ()))
    values = await engine.render(compiled.engine_sources, DATA) if compiled.engine_sources else {}
    resolved = compiled.resolve(DATA, values)
    assert isinstance(resolved, dict)
    return resolved["field"]


def problems(template: str) -> list[str]:
    before = [*DATA["steps"], "skipped"]
    found = check_templates({"field": template}, Visible([*before, "later"], before, frozenset({"item", "index"})))
    return [message for _, message, _ in found]


async def test_what_is_shown_comes_out(engine: TemplateProcess) -> None:
    shown = {template: json.loads(value.strip("`")) for template, value in rows("comes out as")}
    assert len(shown) > 60
    assert {template: await render(engine, template) for template in shown} == shown
    assert {template: problems(template) for template in shown} == {template: [] for template in shown}


async def test_the_catalogue_has_what_the_page_has(engine: TemplateProcess) -> None:
    shown = [template for heading in ("comes out as", "in HTML comes out as") for template, _ in rows(heading)]
    used = {name for template in shown for name in re.findall(r"\|\s*([a-z]+)", template)}
    assert set(catalogue.FILTERS) == used
    for name, example in catalogue.FILTERS.items():
        assert re.search(rf"\| {name}\b", example), name
        assert await render(engine, example) is not None
    assert set(catalogue.ROOTS) == {*ROOTS, "secrets"}


async def test_what_validation_knows_the_engine_has(engine: TemplateProcess) -> None:
    async def said(template: str) -> str:
        try:
            await render(engine, template)
        except TemplateError as error:
            return str(error)
        return ""

    for name in (*catalogue.FILTERS, *OTHER_FILTERS):
        assert "unknown" not in await said(f"{{{{ 'a' | {name} }}}}"), name
    for name in TESTS:
        assert "unknown" not in await said(f"{{{{ 'a' is {name} }}}}"), name
    assert "unknown" in await said("{{ 'a' | nothing }}")
    assert "unknown" in await said("{{ 'a' is nothing }}")


async def test_what_is_inserted_into_html_is_escaped(engine: TemplateProcess) -> None:
    shown = {template: json.loads(value.strip("`")) for template, value in rows("in HTML comes out as")}
    assert {template: await render(engine, template, html=True) for template in shown} == shown
    assert {template: problems(template) for template in shown} == {template: [] for template in shown}


async def test_what_fails_in_html_is_shown_as_it_was_written(engine: TemplateProcess) -> None:
    for template, words in rows("fails with"):
        with pytest.raises(TemplateError) as caught:
            await render(engine, template, html=True)
        assert words in caught.value.message, template
        assert "autoescape" not in caught.value.message


async def test_in_html_code_may_be_as_long_as_elsewhere(engine: TemplateProcess) -> None:
    longest = "{{ '" + "<" * (LONGEST_CODE - 8) + "' }}"
    assert len(longest) == LONGEST_CODE
    assert problems(longest) == []
    assert await render(engine, longest, html=True) == "&lt;" * (LONGEST_CODE - 8)


async def test_what_fails_says_so(engine: TemplateProcess) -> None:
    for template, words in rows("fails with"):
        assert problems(template) == []
        with pytest.raises(TemplateError) as caught:
            await render(engine, template)
        assert words in caught.value.message, template


def test_what_is_refused_says_so() -> None:
    for template, words in rows("is refused with"):
        assert any(words in message for message in problems(template)), template


def test_the_roots_and_limits_are_those_of_the_code() -> None:
    assert set(ROOTS) == set(DATA)
    assert set(re.findall(r"^\| `(\w+)`(?:, `(\w+)`)? \|", PAGE, re.MULTILINE)) == {
        ("trigger", ""),
        ("steps", ""),
        ("vars", ""),
        ("item", "index"),
        ("env", ""),
    }
    for figure in (LONGEST_RESULT, LONGEST_CODE, MOST_EXPRESSIONS):
        assert f"{figure:,}" in PAGE

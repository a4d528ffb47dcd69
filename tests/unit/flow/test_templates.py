"""Templates without an engine: what is one, what it becomes, what is wrong with it."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from automations.errors import TemplateError
from automations.flow.outcomes import Json
from automations.flow.template_check import Visible
from automations.flow.template_syntax import (
    Code,
    Path,
    TemplateSyntaxError,
    Text,
    is_expression,
    mentions,
    names_used,
    parse_text,
)
from automations.flow.templates import check_templates, compile_value, text_of

SCOPE: dict[str, Any] = {
    "trigger": {"new": {"email": "ann@example.com", "score": 5, "none": None, "tags": ["x", {"y": 1}], "7": "seven"}},
    "steps": {"send-email": {"id": 7, "ok": False}},
    "vars": {"key with space": True, "text": "t"},
    "env": {"now": "2026-01-05T09:00:00+00:00"},
}


def resolve(value: Json, **rendered: Json) -> Json:
    return compile_value(value).resolve(SCOPE, rendered)


@pytest.mark.parametrize(
    ("template", "value"),
    [
        ("{{ trigger.new.score }}", 5),
        ("{{trigger.new.tags}}", ["x", {"y": 1}]),
        ("{{ trigger.new.none }}", None),
        ("{{ trigger.new.tags[1].y }}", 1),
        ("{{ trigger.new.tags.0 }}", "x"),
        ("{{ trigger.new.7 }}", "seven"),
        ("{{ trigger.new[7] }}", "seven"),
        ("{{ steps.send-email.id }}", 7),
        ("{{ steps['send-email'].id }}", 7),
        ('{{ steps[ "send-email" ].ok }}', False),
        ('{{ vars["key with space"] }}', True),
        (" {{ trigger.new.score }}", " 5"),
        ("{{ trigger.new.score }}\n", "5\n"),
        ("{{ trigger.new.score }}{{ trigger.new.score }}", "55"),
        ("Hi {{ trigger.new.email }}!", "Hi ann@example.com!"),
        ("[{{ trigger.new.none }}]", "[]"),
        ("{{ steps.send-email.ok }} {{ trigger.new.tags }}", 'false ["x",{"y":1}]'),
        ("{# a note #}{{ vars.text }} x", "t x"),
        ("a { b } }} %} {# no template here", "a { b } }} %} {# no template here"),
        ("", ""),
    ],
)
def test_paths(template: str, value: Json) -> None:
    answer = resolve(template)
    assert answer == value
    assert type(answer) is type(value)


def test_a_config_keeps_its_shape_and_names_what_needs_the_engine() -> None:
    config: Json = {
        "fixed": {"a": [1, None, "{"]},
        "list": ["{{ trigger.new.score }}", 2],
        "sum": "{{ trigger.new.score + 1 }}",
        "text": "{{ vars.text|upper }} and {{ trigger.new.score + 1 }} {{ vars.text }}",
        "block": "{% if vars.text %}x{% endif %} {{ vars.text }}",
        "trimmed": "a {{- vars.text }}",
    }
    compiled = compile_value(config)
    assert not compiled.static
    assert compiled.engine_sources == (
        "{{ trigger.new.score + 1 }}",
        "{{ vars.text|upper }}",
        "{% if vars.text %}x{% endif %} {{ vars.text }}",
        "a {{- vars.text }}",
    )
    assert compiled.fields["{{ trigger.new.score + 1 }}"] == "sum"
    assert [is_expression(source) for source in compiled.engine_sources] == [True, True, False, False]
    rendered: dict[str, Json] = dict(zip(compiled.engine_sources, (6, "T", "x t", "at"), strict=True))
    assert compiled.resolve(SCOPE, rendered) == {
        "fixed": {"a": [1, None, "{"]},
        "list": [5, 2],
        "sum": 6,
        "text": "T and 6 t",
        "block": "x t",
        "trimmed": "at",
    }


def test_without_templates_the_config_itself_comes_back() -> None:
    config: Json = {"a": [1, {"b": "{ plain }"}]}
    compiled = compile_value(config)
    assert compiled.static
    assert compiled.engine_sources == ()
    assert compiled.resolve({}, {}) is config


def test_literal_fields_are_left_alone() -> None:
    config: Json = {"id": "{{ a", "deep": {"x": "{{ b"}, "cases": [{"id": "{{ c", "v": "{{ vars.text }}"}]}
    literal = frozenset({"id", "deep", "cases.*.id"})
    compiled = compile_value(config, literal_fields=literal)
    assert compiled.resolve(SCOPE, {}) == {
        "id": "{{ a",
        "deep": {"x": "{{ b"},
        "cases": [{"id": "{{ c", "v": "t"}],
    }
    assert check_templates(config, Visible((), ()), literal_fields=literal) == []


@pytest.mark.parametrize(
    ("template", "message", "hint"),
    [
        ("{{ trigger.new.emial }}", "there is no `emial` in trigger.new", "Did you mean `email`?"),
        ("{{ trigger.old.x }}", "there is no `old` in trigger", "Available: new."),
        ("{{ steps.find.x }}", "there is no output of a step `find`", "did not run before"),
        ("{{ vars.txt }}", "no variable `txt` has been set", "Did you mean `text`?"),
        ("{{ vars.text-1 }}", "no variable `text-1`", "spaces around the minus"),
        ("{{ trigger.new.none.x }}", "trigger.new.none is null", "default"),
        ("{{ trigger.new.tags.2 }}", "is a list of 2, without `2`", "counted from 0"),
        ("{{ trigger.new.tags[99999999] }}", "is a list of 2", "counted from 0"),
        (f"{{{{ trigger.new.tags.{'9' * 4000} }}}}", "is a list of 2", "counted from 0"),
        ("{{ trigger.new.tags.y }}", "is a list of 2, without `y`", "counted from 0"),
        ("{{ trigger.new.email.x }}", "trigger.new.email is a text", "without the last part"),
        ("{{ trigger.new.score.x }}", "trigger.new.score is a number", "without the last part"),
        ("{{ item.x }}", "there is no `item`", "inside of a loop"),
        ("{{ secrets.KEY }}", "there is no `secrets`", "with nothing else in the braces"),
        ("{{ triger.new }}", "there is no `triger`", "Did you mean `trigger`?"),
    ],
)
def test_what_is_missing_is_named(template: str, message: str, hint: str) -> None:
    with pytest.raises(TemplateError) as caught:
        compile_value({"body": {"to": [template]}}).resolve(SCOPE, {})
    assert caught.value.message.startswith(f"body.to.0: {template}: ")
    assert message in caught.value.message
    assert hint in (caught.value.hint or "")
    assert caught.value.code == "template"
    assert not caught.value.retryable


def test_a_text_does_not_grow_without_limit() -> None:
    scope = {"vars": {"x": "x" * 600_000}}
    compiled = compile_value({"a": "{{ vars.x }}{{ vars.x }}"})
    with pytest.raises(TemplateError, match="a: the text has more than"):
        compiled.resolve(scope, {})


@pytest.mark.parametrize(
    "text", ["{{ a", "{{ 'a }}", "{{ }}", "{{ (a }}", "{# x {{ a }}", "{{ '" + "x" * 5000 + "' }}"]
)
def test_what_cannot_be_read_is_an_error_of_its_field(text: str) -> None:
    with pytest.raises(TemplateError, match=r"^body: ") as caught:
        compile_value({"body": text})
    assert caught.value.hint


@pytest.mark.parametrize(
    ("text", "parts"),
    [
        ("{{ '}}' }}", (Code("{{ '}}' }}", True),)),
        ("{{ {'a': {'b': 1}}}}", (Code("{{ {'a': {'b': 1}}}}", True),)),
        ('{{ "\\"}}" ~ a }}x', (Code('{{ "\\"}}" ~ a }}', True), Text("x"))),
        ("{{ a.b }}{{ a - b }}", (Path("a.b", ("a", "b")), Code("{{ a - b }}", True))),
        ("{{ true }}", (Code("{{ true }}", True),)),
        ("{{- a }}", (Code("{{- a }}", True),)),
        ("{{ a }} {% raw %}{{ b }}{% endraw %}", (Code("{{ a }} {% raw %}{{ b }}{% endraw %}", False),)),
        ("{{ '{%' }}", (Code("{{ '{%' }}", True),)),
        ("{{ a[0]['k'].b }}", (Path("a[0]['k'].b", ("a", 0, "k", "b")),)),
        ("{{ a[-1] }}", (Code("{{ a[-1] }}", True),)),
        ("{{ a.b() }}", (Code("{{ a.b() }}", True),)),
        ("x{#- y -#} {{ a }}", (Code("x{#- y -#} {{ a }}", False),)),
    ],
)
def test_parts(text: str, parts: tuple[object, ...]) -> None:
    assert parse_text(text) == parts


@given(st.text(alphabet="{}%#'\"-ab. |[]()0\\\n", max_size=40))
def test_any_text_parses_or_is_refused(text: str) -> None:
    try:
        parts = parse_text(text)
    except TemplateSyntaxError:
        return
    kept = "".join(part.text for part in parts if isinstance(part, Text))
    assert len(kept) <= len(text)
    check_templates({"a": text}, Visible((), ()))


def test_values_inside_of_text() -> None:
    values: list[Json] = ["é", None, True, 0, 1.0, 1e100, 10**30, [], {"é": [None]}]
    assert [text_of(value) for value in values] == [
        *("é", "", "true", "0", "1.0", "1e+100", "1" + "0" * 30, "[]", '{"é":[null]}'),
    ]
    decimals: Any = [Decimal("1.50"), Decimal(3)]
    assert text_of(decimals) == "[1.5,3]"


def check(config: Json) -> list[tuple[str, str, str]]:
    return check_templates(
        config, Visible(["find", "send-email", "later"], ["find", "send-email"], frozenset({"item", "index"}))
    )


@pytest.mark.parametrize(
    ("text", "message", "hint"),
    [
        ("{{ a b }}", "unexpected identifier", "braces"),
        ("{{ a", "never closed", "braces"),
        ("{% if a %}", "unexpected end of input", "braces"),
        ("{{ triger.new.x }}", "`triger` is not known", "Did you mean `trigger`?"),
        ("{{ triger.new.x|upper }}", "`triger` is not known", "Did you mean `trigger`?"),
        ("{{ secrets.KEY }}", "a secret cannot be used here", "with nothing else in the braces"),
        ("{{ env.nwo }}", "there is no `nwo` in env", "Did you mean `now`?"),
        ("{{ steps.fnd.count }}", "there is no step `fnd`", "Did you mean `find`?"),
        ("{{ steps.fnd.count + 1 }}", "there is no step `fnd`", "Did you mean `find`?"),
        ("{{ steps['fnd'].count + 1 }}", "there is no step `fnd`", "Did you mean `find`?"),
        ("{{ steps.fnd.name[:3] }}", "there is no step `fnd`", "Did you mean `find`?"),
        ("{{ steps.later.x }}", "`later` does not come before this one", "Connect it"),
        ("{{ steps.send-email.x|upper }}", "read as a subtraction", 'steps["send-email"]'),
        ("{% include 'x' %}", "`include` is not available", "no other templates"),
        ("{{ 'x' * " + "1" * 5000 + " }}", "at most 4,096 characters; this one has 5,", "Split"),
        ("{{ vars.x | uper }}", "there is no filter `uper`", "Did you mean `upper`?"),
        ("{{ vars.x | lowercase }}", "there is no filter `lowercase`", "Did you mean the filter `lower`?"),
        ("don't {% if vars.x | lenght > 1 %}a | b{% endif %}", "no filter `lenght`", "Did you mean `length`?"),
        ("{% filter uper %}a{% endfilter %}", "there is no filter `uper`", "Did you mean `upper`?"),
        ("{{ vars.x is not defned }}", "there is no test `is defned`", "Did you mean `defined`?"),
        ("{{ rnge(3) }}", "there is no function `rnge`", "Did you mean `range`?"),
        ("{{ upper(vars.x) }}", "`upper` is a filter, no function", "{{ value | upper }}"),
        ("{{ vars.x }}" * 501, "more than 500 templates", "split"),
    ],
)
def test_problems_found_before_anything_runs(text: str, message: str, hint: str) -> None:
    [(field, problem, what_to_do)] = check({"a": [{"b": text}]})
    assert field == "a.0.b"
    assert problem.startswith("a.0.b: ") or "more than" in problem
    assert message in problem
    assert hint in what_to_do


@pytest.mark.parametrize(
    "text",
    [
        "{{ steps.find.count }} {{ steps.send-email.x }} {{ steps['send-email'].x|upper }}",
        "{% for t in trigger.new.tags %}{{ loop.index }} {{ t.x }}{% endfor %}",
        "{% set total = vars.a + 1 %}{{ total }}",
        "{{ range(3)|list }} {{ item }} {{ index }} {{ env.now }} {{ env.test_mode }}",
        "{{ 'steps.nowhere.x'|upper }} steps.nowhere.x",
        "x" * 100_000 + "{{ vars.x }}",
        "no template { {# at all",
        "{{ 'a | b is so' | upper }} a | b is so {# c | d #}",
        "{% raw %}{{ a | b }}{% endraw %}{{ vars.x | upper }}",
        "{% macro bold(x) %}{{ x | upper }}{% endmacro %}{{ bold(vars.x) }}",
        "{% filter upper %}a{% endfilter %}{{ {'is': vars.x} | tojson }}{{ vars.is }}",
    ],
)
def test_what_is_fine(text: str) -> None:
    assert check({"a": text}) == []


def test_problems_are_not_endless() -> None:
    assert len(check_templates([f"{{{{ a{n}.b }}}}" for n in range(400)], Visible((), ()))) == 50


def test_names() -> None:
    assert names_used("{{ steps.find.count + vars['x'] + env.now[:4] }}") >= {
        ("steps", "find", "count"),
        ("vars",),
        ("env", "now"),
    }
    assert mentions("{{ vars.a ~ my.vars.b ~ steps [0] }}") == {("vars", "a"), ("steps",)}

"""The child process that evaluates templates: what it answers, what it refuses, and what it survives."""

from __future__ import annotations

import asyncio
import os
import signal
import subprocess
import sys
from collections.abc import AsyncIterator
from decimal import Decimal
from typing import Any

import pytest

from automations.errors import TemplateError
from automations.flow import template_scope
from automations.flow.outcomes import Json
from automations.integrations import template_child, template_lane, template_process
from automations.integrations.template_lane import TEMPLATE_CHILD, OvertimeError, Turns
from automations.integrations.template_process import TemplateProcess

SCOPE: dict[str, Any] = {
    "trigger": {"new": {"email": "ann@example.com", "score": 5, "tags": ["x", "y"], "big": 2**100}},
    "vars": {"t": 3, "s": "é\U0001f600", "none": None},
    "steps": {"find-leads": {"n": 1.5}},
    "env": {"now": "2026-01-05T09:00:00+00:00"},
}
HONEST = "{{ trigger.new.email|upper }}"


@pytest.fixture
async def engine() -> AsyncIterator[TemplateProcess]:
    process = TemplateProcess()
    yield process
    await process.close()


@pytest.fixture
def patient(monkeypatch: pytest.MonkeyPatch) -> None:
    """On a busy machine a blink can be too short for an honest template; here it has to stay in the first lane."""
    monkeypatch.setattr(template_process, "BLINK_SECONDS", 30.0)


async def render(engine: TemplateProcess, source: str, scope: dict[str, Any] = SCOPE) -> Json:
    return (await engine.render([source], scope))[source]


async def test_a_loop_may_call_its_item_anything(engine: TemplateProcess) -> None:
    scope = {**SCOPE, "stale": {"name": None, "id": 7}, "stale_index": 3}
    assert await render(engine, "{{ stale.name or 'nobody' }}", scope) == "nobody"
    assert await render(engine, "{% if stale_index > 2 %}{{ stale.id }}{% endif %}", scope) == "7"


@pytest.mark.parametrize(
    ("source", "value"),
    [
        ("{{ trigger.new.score + 1 }}", 6),
        (HONEST, "ANN@EXAMPLE.COM"),
        ("{{ trigger.new.tags|length > 1 }}", True),
        ("{{ [vars.t, vars.s, vars.none] }}", [3, "é\U0001f600", None]),
        ("{{ {'a': {'b': none}}}}", {"a": {"b": None}}),
        ("{{ vars.none }}", None),
        ("{{- vars.t -}}", 3),
        ('{{ steps["find-leads"].n * 2 }}', 3),
        ("{{ trigger.new.big + 1 }}", 2**100 + 1),
        ("{{ vars.items()|list|length }}", 3),
        ("{{ vars|items|map('first')|list }}", ["t", "s", "none"]),
        ("{{ trigger.new.nope|default('none') }}", "none"),
        ("{{ '{{' }}", "{{"),
        ("{{ '}}' ~ \"{%\" }}", "}}{%"),
        ("{% for t in trigger.new.tags %}{{ t }},{% endfor %}", "x,y,"),
        ("{% if true %}{{ vars.none }}|{{ true }}|{{ [1, 'é'] }}|{{ 1.5 }}{% endif %}\n", '|true|[1,"é"]|1.5\n'),
        ("{% set t = 1 %}{{ t }}", "1"),
        ("{% set vars = vars %}{{ vars.t }}", "3"),
        ("a {{- vars.t }}", "a3"),
        ("{{ env.now[:4] }}", "2026"),
    ],
)
async def test_values_keep_their_type_and_text_is_written_as_json(
    engine: TemplateProcess, source: str, value: Json
) -> None:
    answer = await render(engine, source)
    assert answer == value
    assert type(answer) is type(value)


async def test_many_sources_in_one_call(engine: TemplateProcess) -> None:
    assert await engine.render([HONEST, "{{ 1 + 1 }}", HONEST], SCOPE) == {HONEST: "ANN@EXAMPLE.COM", "{{ 1 + 1 }}": 2}
    assert await engine.render([], SCOPE) == {}


async def test_decimals_and_nulls_of_the_scope(engine: TemplateProcess) -> None:
    scope = {"item": None, "vars": {"a": Decimal("1.50"), "b": Decimal(3), "c": 2**64}}
    assert await render(engine, "{{ item is none }}", scope) is True
    assert await render(engine, "{{ [vars.a, vars.b, vars.c] }}", scope) == [1.5, 3, 2**64]


REPLACED = "|replace('a','aaaaaaaaaa')"

HOSTILE = {
    "{{ [0] * 100000000 }}": "longer than 1 second|too much memory",
    "{{ 'a' * 100000000 }}": "too much work|larger than 1 MB",
    "{{ 'a' * 2000000 }}": "larger than 1 MB",
    "{{ ['a' * 2000000] }}": "larger than 1 MB",
    "{% for a in range(10000) %}{% for b in range(10000) %}{% for c in range(10000) %}x"
    "{% endfor %}{% endfor %}{% endfor %}": "too much work",
    "{% set n = namespace(a='xxxxxxxxxx') %}{% for i in range(40) %}{% set n.a = n.a ~ n.a %}{% endfor %}{{ n.a }}": (
        "too much work|memory|longer than"
    ),
    "{% set n = namespace(a=[0]) %}{% for i in range(40) %}{% set n.a = n.a + n.a %}{% endfor %}{{ n.a }}": (
        "too much work|memory|longer than"
    ),
    "{{ 'aaaaaaaaaa'" + REPLACED * 8 + " }}": "too much work|memory|longer than",
    "{{ ''.__class__.__mro__ }}": "missing",
    "{{ vars.__class__ }}": "no variable `__class__`",
    "{{ vars.keys.__self__ }}": "missing|no variable",
    "{{ vars|attr('__init__') }}": "missing",
    "{{ vars.items }}": "no JSON value",
    "{{ vars.keys() }}": "no JSON value",
    "{{ debug() }}": "debug is unknown",
    "{{ cycler.__globals__ }}": "missing",
    "{% macro f() %}{{ f() }}{% endmacro %}{{ f() }}": "recursion",
    "{{ " + "(" * 1000 + "1" + ")" * 1000 + " }}": "recursion",
    "{{ " + "[" * 1000 + "]" * 1000 + " }}": "recursion",
    "{% include '/etc/passwd' %}": "non-existing",
    "{% extends 'x' %}": "does not exist",
    "{{ 1e308 * 10 }}": "no JSON",
    "{{ 10 ** 100000000 }}": "unable to calculate",
    "{{ 1 / 0 }}": "1 / 0",
    "{{ range(1000000000)|list }}": "too many elements",
    "{{ 'x'|nofilter }}": "filter nofilter is unknown",
    "{{ nothing() }}": "nothing",
    "{{ a b }}": "unexpected",
    "{{ unclosed": "never closed",
    "{{ '" + "x" * 5_000_000 + "' }}": "at most 4,096",
    "{% if true %}" + "x" * 5_000_000 + "{% endif %}": "at most 4,096",
}


@pytest.mark.parametrize("source", HOSTILE, ids=lambda source: source[:60])
async def test_hostile_templates_end_in_a_clear_error_and_the_engine_comes_back(
    engine: TemplateProcess, source: str
) -> None:
    with pytest.raises(TemplateError) as caught:
        await render(engine, source)
    assert any(part in caught.value.message for part in HOSTILE[source].split("|")), caught.value.message
    assert caught.value.hint
    assert len(caught.value.message) < 1_000
    assert await render(engine, HONEST) == "ANN@EXAMPLE.COM"


async def test_what_is_missing_is_named(engine: TemplateProcess) -> None:
    with pytest.raises(TemplateError, match="there is no `emial`") as caught:
        await render(engine, "{{ trigger.new.emial|upper }}")
    assert caught.value.hint is not None
    assert "`email`" in caught.value.hint
    with pytest.raises(TemplateError, match=r"one of these is missing: steps\.a, vars\.b"):
        await render(engine, "{{ steps.a ~ vars.b }}")
    with pytest.raises(TemplateError, match="there is no `item`"):
        await render(engine, "{{ item + 1 }}")


@pytest.mark.parametrize("number", [2, pytest.param(10, marks=pytest.mark.full)])
async def test_hostile_templates_do_not_delay_honest_ones(engine: TemplateProcess, number: int) -> None:
    await render(engine, HONEST)
    hostile = [f"{{{{ [0] * {99_999_900 + position} }}}}" for position in range(number)]

    async def fails(source: str) -> None:
        with pytest.raises(TemplateError):
            await render(engine, source)

    async def honest_during(attacks: asyncio.Future[Any]) -> int:
        rendered = 0
        while not attacks.done():
            assert await render(engine, HONEST) == "ANN@EXAMPLE.COM"
            rendered += 1
            await asyncio.sleep(0.01)
        return rendered

    # Each hostile one takes its whole second, new or known; honest ones get through many times meanwhile.
    for _ in ("new", "known"):
        attacks = asyncio.gather(*map(fails, hostile))
        await asyncio.sleep(0)
        assert await honest_during(attacks) > 3 * number


async def test_an_honest_slow_template_gets_its_second_and_is_forgiven(
    engine: TemplateProcess, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def too_slow(*_: object) -> dict[str, Any]:
        raise OvertimeError

    monkeypatch.setattr(engine._first, "ask", too_slow)
    monkeypatch.setattr(template_process, "BLINK_SECONDS", 0.0)
    assert await render(engine, HONEST) == "ANN@EXAMPLE.COM"
    assert HONEST in engine._slow
    monkeypatch.setattr(template_process, "BLINK_SECONDS", 30.0)
    assert await render(engine, HONEST) == "ANN@EXAMPLE.COM"
    assert HONEST not in engine._slow


async def test_a_cancelled_render_does_not_answer_the_next_one(engine: TemplateProcess) -> None:
    await render(engine, HONEST)
    slow = asyncio.create_task(render(engine, "{{ [0] * 99999970 }}"))
    await asyncio.sleep(0.01)
    slow.cancel()
    with pytest.raises(asyncio.CancelledError):
        await slow
    assert await asyncio.gather(*(render(engine, f"{{{{ 1 + {n} }}}}") for n in range(50))) == list(range(1, 51))


@pytest.mark.usefixtures("patient")
async def test_a_killed_child_is_replaced(engine: TemplateProcess) -> None:
    for number in range(3):
        await render(engine, f"{{{{ {number} + 1 }}}}")
        child = engine._first._child
        assert child is not None
        os.kill(child._process.get_pid(), signal.SIGKILL)
        assert await render(engine, HONEST) == "ANN@EXAMPLE.COM"


async def test_concurrent_renders_get_their_own_answers(engine: TemplateProcess) -> None:
    answers = await asyncio.gather(*(render(engine, "{{ item * 2 }}", {"item": n}) for n in range(500)))
    assert answers == [2 * n for n in range(500)]


@pytest.mark.usefixtures("patient")
async def test_the_queue_is_bounded(engine: TemplateProcess, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(engine._first, "_most_waiting", 5)
    answers = await asyncio.gather(
        *(render(engine, "{{ item + 1 }}", {"item": n}) for n in range(10)), return_exceptions=True
    )
    refused = [answer for answer in answers if isinstance(answer, TemplateError)]
    assert len(refused) == 5
    assert all(error.retryable for error in refused)


async def test_only_the_needed_part_of_the_scope_is_sent(engine: TemplateProcess) -> None:
    scope = {"steps": {"big": "x" * 6_000_000, "small": {"n": 1}}, "vars": {"a": 1}}
    assert await render(engine, "{{ steps.small.n + vars.a }}", scope) == 2
    assert await render(engine, "{% if vars.a %}{{ steps.small.n }}{% endif %}", scope) == "1"
    for source in ("{{ steps.big|length }}", "{{ steps|length }}", "{% set s = steps %}{{ s.small.n }}"):
        with pytest.raises(TemplateError, match="at most 5,000,000 are allowed"):
            await render(engine, source, scope)


@pytest.mark.usefixtures("patient")
async def test_after_close_nothing_runs_and_nothing_starts() -> None:
    engine = TemplateProcess()
    await engine.close()
    engine = TemplateProcess()
    await render(engine, HONEST)
    child = engine._first._child
    assert child is not None
    await engine.close()
    assert not child.alive
    with pytest.raises(TemplateError, match="shut down"):
        await render(engine, HONEST)


async def test_an_engine_that_cannot_start_says_so(monkeypatch: pytest.MonkeyPatch, tmp_path: Any) -> None:
    broken = tmp_path / "child.py"
    broken.write_text("raise SystemExit(1)")
    monkeypatch.setattr(template_lane, "TEMPLATE_CHILD", broken)
    engine = TemplateProcess()
    with pytest.raises(TemplateError, match="could not be started") as caught:
        await render(engine, HONEST)
    assert caught.value.retryable
    await engine.close()


async def test_turns_prefer_the_known_and_forget_nobody() -> None:
    turns, order = Turns(), list[str]()

    async def take(name: str, handicap: int) -> None:
        async with turns.turn(handicap):
            order.append(name)
            await asyncio.sleep(0.01)

    async with asyncio.TaskGroup() as group:
        group.create_task(take("first", 0))
        await asyncio.sleep(0)
        group.create_task(take("new", 3))
        cancelled = group.create_task(take("cancelled", 0))
        for number in range(4):
            group.create_task(take(f"known{number}", 0))
        await asyncio.sleep(0)
        cancelled.cancel()
    assert order == ["first", "known0", "new", "known1", "known2", "known3"]


def test_values_are_written_as_the_flow_writes_them() -> None:
    values: tuple[Json, ...] = (None, True, 1, 1.5, 2**80, "é", ["é", None, {"a": 1e100}], {}, "")
    for value in values:
        assert template_child.text_of(value) == template_scope.text_of(value)


@pytest.mark.skipif(sys.platform == "win32", reason="limits and signals of POSIX")
def test_the_child_ends_with_its_stdin_and_has_no_environment() -> None:
    request = b'{"source": "{{ 1 + 1 }}", "expression": true, "scope": {}}'
    done = subprocess.run(
        [sys.executable, "-I", str(TEMPLATE_CHILD)],
        input=len(request).to_bytes(4, "big") + request,
        capture_output=True,
        timeout=30,
        check=True,
    )
    assert done.stdout == b'\0\0\0\x0e{"ready":true}\0\0\0\x0b{"value":2}'
    assert done.stderr == b""


@pytest.mark.usefixtures("patient")
@pytest.mark.skipif(not os.path.exists("/proc/self/limits"), reason="reads /proc")
async def test_the_childs_limits(engine: TemplateProcess) -> None:
    await render(engine, HONEST)
    child = engine._first._child
    assert child is not None
    directory = f"/proc/{child._process.get_pid()}"
    with open(f"{directory}/limits") as limits:
        lines = {line[:26].strip(): line.split()[-3:-1] for line in limits}
    assert lines["Max address space"] == ["536870912", "536870912"]
    assert lines["Max core file size"] == ["0", "0"]
    with open(f"{directory}/environ", "rb") as environment:
        assert environment.read() in (b"", b"LC_CTYPE=C.UTF-8\0")

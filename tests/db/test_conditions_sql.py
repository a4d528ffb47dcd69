"""Conditions in SQL: the same answers as Python and explain, on every input; total, closed to the public, and fast."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Sequence
from datetime import UTC, datetime, timedelta, timezone
from decimal import Decimal
from pathlib import Path
from typing import Any

import asyncpg
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tests.conftest import Databases

import automations.db
from automations.errors import StepError
from automations.flow.condition_explain import explain
from automations.flow.condition_operators import CHANGED, OPERATORS
from automations.flow.condition_times import instant_of
from automations.flow.condition_values import load_json
from automations.flow.conditions import compile_condition

Pair = tuple[Any, Any]

SQL = (Path(automations.db.__file__).parent / "functions/conditions.sql").read_text()
CORPUS: list[tuple[Any, Any, bool]] = load_json(
    (Path(__file__).parent.parent / "unit/flow/test_conditions_corpus.json").read_text()
)


@pytest.fixture(params=["databases", "databases15"], ids=["postgres18", "postgres15"])
async def connection(request: pytest.FixtureRequest) -> AsyncIterator[asyncpg.Connection]:
    """A session on a fresh database with the whole schema, on both ends of the versions we support."""
    databases: Databases = request.getfixturevalue(request.param)
    dsn = await databases.migrated()
    session = await asyncpg.connect(dsn)
    yield session
    await session.close(timeout=5)
    await databases.drop(dsn)


def dumps(value: Any) -> str:
    """JSON with every digit of a Decimal."""
    match value:
        case Decimal():
            return str(value)
        case list():
            return "[" + ",".join(map(dumps, value)) + "]"
        case dict():
            return "{" + ",".join(f"{json.dumps(key)}:{dumps(item)}" for key, item in value.items()) + "}"
        case _:
            return json.dumps(value)


async def in_sql(connection: asyncpg.Connection, pairs: Sequence[Pair]) -> list[bool | None]:
    rows = await connection.fetch(
        """
        select automations.condition_holds(p.tree::jsonb, p.context::jsonb) as holds
        from unnest($1::text[], $2::text[]) with ordinality as p (tree, context, position)
        order by p.position
        """,
        [dumps(tree) for tree, _ in pairs],
        [dumps(context) for _, context in pairs],
    )
    return [row["holds"] for row in rows]


def in_python(tree: Any, context: Any) -> bool:
    try:
        return compile_condition(tree).holds(context)
    except StepError:
        return False


async def assert_agreement(connection: asyncpg.Connection, pairs: Sequence[Pair]) -> None:
    for (tree, context), sql in zip(pairs, await in_sql(connection, pairs), strict=True):
        python = in_python(tree, context)
        explained = explain(tree, context)
        assert sql is python, f"SQL {sql}, Python {python}\ntree    {dumps(tree)}\ncontext {dumps(context)}"
        assert explained.holds is python
        assert (explained.first_false() is None) is python


async def test_the_corpus(connection: asyncpg.Connection) -> None:
    answers = await in_sql(connection, [(tree, context) for tree, context, _ in CORPUS])
    assert [case for case, answer in zip(CORPUS, answers, strict=True) if answer is not case[2]] == []


# Random trees on random contexts ------------------------------------------------------------------------------------

TEXT = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=6)
ZONES = st.sampled_from(["", "Z", "+00", "-00:00", "+02:00", "-0330", "+05:30", "+00:53:28", "-15:59", "+16:00", "z"])
TIMES = st.builds(
    lambda moment, separator, digits, zone: (
        moment.isoformat(sep=separator, timespec="microseconds")[: 19 + (digits + 1 if digits else 0)] + zone
    ),
    st.datetimes(),
    st.sampled_from("T T"),
    st.integers(0, 6),
    ZONES,
)
BROKEN_TIMES = st.builds(
    lambda text, place, piece: text[:place] + piece + text[place + len(piece) :],
    TIMES,
    st.integers(0, 30),
    st.sampled_from(["", "0", "9", "-", ":", "T", " ", "6", ".", "+", "２", "30", "60", "24"]),
)
NUMBERS = st.one_of(
    st.integers(-3, 3),
    st.integers(-(2**70), 2**70),
    st.floats(allow_nan=False, allow_infinity=False),
    st.sampled_from([0.1, 1.0, -0.0, 1e23, 2.0**53, 2**53 + 1, 1e-320]),
    st.builds(
        lambda digits, exponent: Decimal(digits).scaleb(exponent),
        st.integers(-(10**30), 10**30),
        st.integers(-450, 450),
    ),
    st.sampled_from([Decimal("1.00"), Decimal("-0"), Decimal("1e400"), Decimal("0.10")]),
)
SCALARS = st.one_of(
    st.sampled_from(
        [None, True, False, 0, 1, "", "a", "A", "ab", "B", "é", "É", "1", "2026-01-01", "\uffff", "\U0001f600"]
    ),
    NUMBERS,
    TEXT,
    TIMES,
    BROKEN_TIMES,
)
KEYS = st.sampled_from(["x", "y", "0", "-1", "a-b", "", " ", "new"])
VALUES = st.recursive(
    SCALARS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(KEYS, inner, max_size=3),
    max_leaves=4,
)
ROWS = st.dictionaries(st.sampled_from(["x", "y", "a-b"]), VALUES, max_size=3)
CHANGES = st.fixed_dictionaries({"new": ROWS}, optional={"previous": ROWS, "changed": st.just(["x"]), "event": TEXT})
CONTEXTS = st.one_of(
    CHANGES,
    CHANGES,
    CHANGES.map(lambda change: {"trigger": change}),
    st.dictionaries(st.sampled_from(["new", "previous", "trigger", "x"]), VALUES, max_size=3),
    VALUES,
)
SEGMENTS = st.sampled_from(
    ["new", "previous", "trigger", "x", "y", "a-b", "0", "1", "00", "-1", "+0", " 0", "", "9" * 12, "٠", "event"]
)
FIELDS = st.one_of(
    st.sampled_from(["new.x", "new.y", "new.a-b", "new.x.0", "new.x.x", "previous.x", "trigger.new.x", "new"]),
    st.lists(SEGMENTS, min_size=1, max_size=4).map(".".join),
)


@st.composite
def leaves(draw: st.DrawFn) -> Any:
    operator = draw(st.sampled_from([*OPERATORS, CHANGED]))
    leaf: dict[str, Any] = {"field": draw(FIELDS), "operator": operator}
    match OPERATORS[operator].needs if operator in OPERATORS else "nothing":
        case "pair":
            leaf["value"] = draw(st.lists(VALUES, min_size=2, max_size=2))
        case "list":
            leaf["value"] = draw(st.lists(VALUES, max_size=4))
        case "time":
            leaf["value"] = draw(st.one_of(TIMES, BROKEN_TIMES, VALUES))
        case "nothing":
            pass
        case _:
            leaf["value"] = draw(VALUES)
    if draw(st.booleans()):
        leaf["ignore_case"] = draw(st.booleans())
    if operator == CHANGED:
        leaf |= draw(st.fixed_dictionaries({}, optional={"from": VALUES, "to": VALUES}))
    if draw(st.integers(0, 19)) == 0:
        leaf[draw(st.sampled_from(["field", "operator", "value", "ignore_case", "not"]))] = draw(VALUES)
    if draw(st.integers(0, 19)) == 0:
        del leaf[draw(st.sampled_from(list(leaf)))]
    return leaf


TREES = st.recursive(
    leaves(),
    lambda inner: st.one_of(
        st.lists(inner, max_size=3).map(lambda children: {"all": children}),
        st.lists(inner, max_size=3).map(lambda children: {"any": children}),
        inner.map(lambda child: {"not": child}),
    ),
    max_leaves=6,
)


@st.composite
def pairs_with_echoes(draw: st.DrawFn) -> Pair:
    """A tree and a context; half of the time a value of the tree stands in the context, so that it can match."""
    tree, context = draw(TREES), draw(CONTEXTS)
    if draw(st.booleans()) and isinstance(tree, dict) and isinstance(context, dict) and "value" in tree:
        value = tree["value"]
        if isinstance(value, list) and value and draw(st.booleans()):
            value = draw(st.sampled_from(value))
        row = context.setdefault("new", {})
        if isinstance(row, dict):
            row["x"] = value
    return tree, context


BATCHES = st.lists(pairs_with_echoes(), min_size=1, max_size=8)
QUIET = [
    HealthCheck.function_scoped_fixture,
    HealthCheck.too_slow,
    HealthCheck.data_too_large,
    HealthCheck.filter_too_much,
]


@settings(max_examples=200, derandomize=True, deadline=None, suppress_health_check=QUIET)
@given(BATCHES)
async def test_sql_python_and_explain_agree(connection: asyncpg.Connection, pairs: list[Pair]) -> None:
    await assert_agreement(connection, pairs)


@pytest.mark.full
@pytest.mark.timeout(1800)
@settings(max_examples=5_000, deadline=None, suppress_health_check=QUIET, database=None)
@given(BATCHES)
async def test_sql_python_and_explain_agree_at_length(connection: asyncpg.Connection, pairs: list[Pair]) -> None:
    await assert_agreement(connection, pairs)


@settings(max_examples=100, derandomize=True, deadline=None, suppress_health_check=QUIET)
@given(st.lists(st.one_of(TIMES, BROKEN_TIMES, TEXT), min_size=1, max_size=50))
async def test_times_mean_the_same(connection: asyncpg.Connection, texts: list[str]) -> None:
    found = await connection.fetch(
        "select automations.condition_instant(t) as i from unnest($1::text[]) with ordinality as u (t, n) order by n",
        texts,
    )
    assert [row["i"] for row in found] == [instant_of(text) for text in texts]


async def test_what_postgres_writes_as_json_is_a_time(connection: asyncpg.Connection) -> None:
    moments = [
        datetime(2026, 1, 5, 9, 0, 0, 123456, UTC),
        datetime(2026, 7, 5, 9, 0, 0, 100000, timezone(timedelta(hours=5, minutes=30))),
        datetime(1850, 1, 1, tzinfo=UTC),  # local mean time: an offset with seconds
        datetime(1, 1, 2, tzinfo=UTC),
        datetime(9999, 12, 30, 23, 59, 59, 999999, UTC),
    ]
    for zone in ("UTC", "Europe/Berlin", "Asia/Kolkata", "America/St_Johns", "Pacific/Apia"):
        await connection.execute(f"set timezone = '{zone}'")
        for moment in moments:
            text, sql, epoch = await connection.fetchrow(
                """
                select to_jsonb(m) #>> '{}', automations.condition_instant(to_jsonb(m) #>> '{}'),
                       (extract(epoch from m) * 1000000)::bigint
                from (select $1::timestamptz as m) as x
                """,
                moment,
            )
            assert sql == instant_of(text) == epoch, text
    for kind in ("date", "timestamp"):
        text, sql, epoch = await connection.fetchrow(
            f"""
            select to_jsonb(m) #>> '{{}}', automations.condition_instant(to_jsonb(m) #>> '{{}}'),
                   (extract(epoch from m) * 1000000)::bigint
            from (select '2024-02-29 12:30:45.6'::{kind} as m) as x
            """
        )
        assert sql == instant_of(text) == epoch, text
    assert (
        await connection.fetchval("select automations.condition_instant(to_jsonb('infinity'::date) #>> '{}')") is None
    )


# Limits, malformed input, rights, cost -------------------------------------------------------------------------------

TRUE = {"field": "t", "operator": "is_true"}


async def test_limits_are_the_same(connection: asyncpg.Connection) -> None:
    def nested(depth: int, kind: str) -> Any:
        tree: Any = TRUE
        for _ in range(depth - 1):
            tree = {kind: tree if kind == "not" else [tree]}
        return tree

    def negative(operator: str, value: Any) -> Any:
        return {"field": "x", "operator": operator, "value": value}

    trees = [
        *(nested(depth, kind) for depth in (20, 21, 40) for kind in ("all", "any", "not")),
        *({"all": [TRUE] * count} for count in (200, 201)),
        {"all": [{"any": [TRUE] * 100}, {"all": [TRUE] * 100}]},
        {"any": [TRUE, {"any": [TRUE] * 100}, {"all": [TRUE] * 100}]},
        *(negative("not_equals", text) for text in ("x" * 10_000, "x" * 10_001, "é" * 5_000, "é" * 5_001)),
        *(negative("not_contains", text) for text in ("x" * 500, "x" * 501, "é" * 250, "é" * 251, ["x" * 501])),
        *(negative("not_in", ["x"] * count) for count in (1_000, 1_001)),
        *({"field": "x" * length, "operator": "not_exists"} for length in (10_000, 10_001)),
        *({"field": ".".join("x" * length), "operator": "not_exists"} for length in (50, 51)),
        *({"not": {"field": "new.x", "operator": "changed", "from": "x" * length}} for length in (10_000, 10_001)),
    ]
    await assert_agreement(connection, [(tree, {"t": True, "x": "y"}) for tree in trees])


async def test_null_is_no_match(connection: asyncpg.Connection) -> None:
    answers = await connection.fetchrow(
        """
        select automations.condition_holds(null, '{}'), automations.condition_holds('{"all": []}', null),
               automations.condition_holds('{"field": "x", "operator": "exists"}', null),
               automations.condition_holds('{"field": "x", "operator": "not_exists"}', null),
               automations.condition_holds(null, null)
        """
    )
    assert list(answers) == [False, True, False, True, False]


async def test_the_locale_of_a_database_changes_nothing(connection: asyncpg.Connection) -> None:
    """The databases of the tests are made with their server's default; the functions name `C` wherever it matters."""
    assert SQL.count('pg_catalog."C"') >= 4
    tree = {"field": "x", "operator": "less_than", "value": "a"}
    assert await in_sql(connection, [(tree, {"x": "B"}), (tree, {"x": "_"}), (tree, {"x": "ä"})]) == [True, True, False]


async def test_nobody_but_the_engine_may_call_them(connection: asyncpg.Connection) -> None:
    functions = await connection.fetch(
        """
        select p.oid::regprocedure::text as name, p.provolatile, p.proparallel, p.prosecdef, p.proconfig,
               has_function_privilege('public', p.oid, 'execute') as public
        from pg_proc p join pg_namespace n on n.oid = p.pronamespace
        where n.nspname = 'automations' and p.proname like 'condition\\_%'
        """
    )
    assert len(functions) >= 8
    for function in functions:
        assert function["provolatile"] == b"i", function["name"]
        assert function["proparallel"] == b"s", function["name"]
        assert not function["prosecdef"], function["name"]
        assert function["proconfig"] is None, function["name"]
        assert not function["public"], function["name"]


def test_the_file_keeps_its_promises() -> None:
    code = "\n".join(line.split("--")[0] for line in SQL.lower().splitlines())
    for forbidden in ("exception", "execute ", " ~ ", "~*", "regexp", "similar to", " like ", "security definer"):
        allowed = code.count("revoke execute ") if forbidden == "execute " else 0
        assert code.count(forbidden) == allowed, forbidden


async def test_cost(connection: asyncpg.Connection) -> None:
    context = {
        "event": "UPDATE",
        "new": {"stage": "qualified", "score": 70, "email": "ann@example.com", "data": {"k": list(range(50))}},
        "previous": {"stage": "new", "score": 10},
    }
    tree = {
        "all": [
            {"field": "new.stage", "operator": "changed", "to": "qualified"},
            {"field": "new.score", "operator": "greater_than", "value": 50},
            {"field": "new.email", "operator": "contains", "value": "EXAMPLE", "ignore_case": True},
        ]
    }
    await connection.execute(
        """
        create function pg_temp.microseconds(p_tree jsonb, p_context jsonb, p_times integer) returns float
        language plpgsql as $$
        declare
          v_begun timestamptz := clock_timestamp();
        begin
          for i in 1 .. p_times loop
            perform automations.condition_holds(p_tree, p_context);
          end loop;
          return extract(epoch from clock_timestamp() - v_begun) * 1000000 / p_times;
        end
        $$
        """
    )

    async def microseconds(tree: Any, context: Any, times: int) -> float:
        query = "select pg_temp.microseconds($1::jsonb, $2::jsonb, $3)"
        return min([float(await connection.fetchval(query, dumps(tree), dumps(context), times)) for _ in range(3)])

    assert await microseconds(tree, context, 2_000) < 200  # 20 on a quiet machine
    # Whoever may write a row and draw a condition must not stop the database: the worst text for the worst search.
    hostile = {"field": "x", "operator": "contains", "value": "b" + "a" * 499}
    assert await microseconds(hostile, {"x": "a" * 1_000_000}, 1) < 3_000_000  # 150,000 on a quiet machine
    for operator in OPERATORS:
        value: Any = ["a", "b"] if OPERATORS[operator].needs in ("pair", "list") else "a"
        large = {"field": "x", "operator": operator, "value": value, "ignore_case": True}
        assert await microseconds(large, {"x": "A" * 1_000_000}, 1) < 500_000, operator


# Mutants ------------------------------------------------------------------------------------------------------------

MUTANTS = [
    ("(v_actual, v_value) = 1;", "(v_actual, v_value) between 0 and 1;"),
    ("return automations.condition_order(v_actual, v_value) = -1;", "return p_leaf is null;"),
    ("between -1 and 0;\n    when 'between'", "= -1;\n    when 'between'"),
    ("(v_actual, v_value -> 0) between 0 and 1", "(v_actual, v_value -> 0) = 1"),
    ("(v_actual, v_value -> 1) between -1 and 0", "(v_actual, v_value -> 1) = -1"),
    ("case when p_left < p_right then -1", "case when p_left::float8 < p_right::float8 then -1"),
    ("coalesce(v_actual <> v_value, true)", "coalesce(v_actual <> v_value, false)"),
    ("return not automations.condition_member(v_value, v_actual)", "return not (v_value @> v_actual)"),
    ("then v_first < v_second", "then v_first <= v_second"),
    ("else v_first > v_second", "else v_first >= v_second"),
    ("+ v_second - v_east", "+ v_second"),
    ("or v_second > 59 then", "then"),
    ("v_year % 100 <> 0 or v_year % 400 = 0", "true"),
    ("when v_month in (4, 6, 9, 11) then 30", ""),
    (
        "v_actual is null or v_actual in ('null', '\"\"', '[]', '{}');\n    when 'is_not_empty'",
        "v_actual is null;\n    when 'is_not_empty'",
    ),
    ("return v_actual is not null;", "return v_actual <> 'null';"),
    ("return v_actual is distinct from v_before", "return v_actual <> v_before"),
    ("and (v_from is null or coalesce(v_before = v_from, false))", ""),
    ("and (v_to is null or coalesce(v_actual = v_to, false))", ""),
    ("in ('array', 'object') then", "in ('x') then"),
    ("if pg_catalog.translate(v_field, E'+- \\t\\n\\v\\f\\r', '') = v_field then", "if true then"),
    ("p_depth > 20", "p_depth > 19"),
    ("if p_node ?| '{all,any,not}' then", "if false then"),
    ("p_evaluate and v_holds = v_all", "p_evaluate"),
    ("when 'string' then\n      return pg_catalog.to_jsonb(", "when 'string' then\n      return p_value; perform ("),
    (" > 500 then", " > 499 then"),
    ("v_leaves > 200", "v_leaves > 199"),
]
HARMLESS = {"p_evaluate and v_holds = v_all"}  # only saves work


@pytest.mark.full
async def test_changed_sql_is_noticed(database: asyncpg.Connection) -> None:
    limits = [
        ({"all": [TRUE] * 200}, {"t": True}, True),
        ({"field": "x", "operator": "not_contains", "value": "x" * 500}, {"x": "y"}, True),
        ({"all": [{"all": [{"all": [{"all": [{"all": [TRUE]}]}]}]}]}, {"t": True}, True),
    ]
    for _ in range(14):
        tree, context, answer = limits[2]
        limits[2] = ({"all": [tree]}, context, answer)
    cases = [*CORPUS, *limits]
    pairs = [(tree, context) for tree, context, _ in cases]
    for old, new in MUTANTS:
        assert SQL.count(old) == 1, f"{old!r} is not in the file exactly once"
        await database.execute(SQL.replace(old, new))
        try:
            answers: list[bool | None] = await in_sql(database, pairs)
        except asyncpg.PostgresError:
            continue
        noticed = any(answer is not case[2] for case, answer in zip(cases, answers, strict=True))
        assert noticed != (old in HARMLESS), f"no case tells this apart: {old!r} -> {new!r}"
    await database.execute(SQL)
    assert await in_sql(database, pairs) == [case[2] for case in cases]

"""The seed (a copy of it lies beside this file) against the schema: its SQL is run, and what it makes must be there."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING, Any

import asyncpg
import pytest

from automations.db import contract
from automations.db.schema_files import schema_files

if TYPE_CHECKING:
    from tests.conftest import Connect, Databases

SEED = (Path(__file__).parent / "DATABASE_SCHEMA.md").read_text(encoding="utf-8")
LIB = Path(__file__).parents[2] / "web" / "src" / "lib"
SEED_SQL = re.findall(r"```sql\n(.*?)```", SEED, re.DOTALL)
SEED_TABLES = ["automations", "automation_executions"]


@pytest.fixture
async def seed_database(databases: Databases, connect: Connect) -> Any:
    """A database with the seed by the letter, on our prerequisites."""
    dsn = await databases.create()
    connection = await connect(dsn)
    await connection.execute(schema_files()[0].script())
    for block in SEED_SQL:
        await connection.execute(block)
    yield connection
    await connection.close()
    await databases.drop(dsn)


async def test_every_column_index_check_and_key_of_the_seed_is_there(
    seed_database: asyncpg.Connection, database: asyncpg.Connection
) -> None:
    queries = {
        "columns": "select table_name, column_name, data_type, is_nullable, column_default"
        " from information_schema.columns where table_schema = 'public' and table_name = any ($1)",
        "indexes": "select indexdef from pg_indexes where schemaname = 'public' and tablename = any ($1)",
        "constraints": "select conrelid::regclass::text, conname, contype::text, pg_get_constraintdef(oid)"
        " from pg_constraint where conrelid = any (select ('public.' || t)::regclass from unnest($1::text[]) t)"
        " and contype <> 'n'",
    }
    for name, query in queries.items():
        seed = {tuple(row) for row in await seed_database.fetch(query, SEED_TABLES)}
        ours = {tuple(row) for row in await database.fetch(query, SEED_TABLES)}
        assert seed, name
        assert seed <= ours, name


async def test_policies_functions_and_triggers_of_the_seed_are_there_by_name(
    seed_database: asyncpg.Connection, database: asyncpg.Connection
) -> None:
    queries = {
        "policies": "select tablename, policyname, cmd, permissive from pg_policies where tablename = any ($1)",
        "functions": "select p.proname, pg_get_function_arguments(p.oid), pg_get_function_result(p.oid), p.prosecdef"
        " from pg_proc p where p.pronamespace = 'public'::regnamespace and $1::text[] is not null",
        # events of the trigger: 4 insert, 8 delete, 16 update
        "triggers": "select tgrelid::regclass::text, tgname, tgtype & 28, tgfoid::regproc::text from pg_trigger"
        " where not tgisinternal and $1::text[] is not null",
    }
    for name, query in queries.items():
        seed = {tuple(row) for row in await seed_database.fetch(query, SEED_TABLES)}
        ours = {tuple(row) for row in await database.fetch(query, SEED_TABLES)}
        assert seed, name
        assert seed <= ours, name


def test_select_lists_are_the_seeds() -> None:
    in_seed = {
        name: tuple(column.strip() for column in columns.split(","))
        for name, columns in re.findall(r"export const (\w+_COLUMNS) = `(.*?)`", SEED, re.DOTALL)
    }
    assert in_seed == dict(contract.SELECT_LISTS)


async def test_select_lists_can_be_selected(database: asyncpg.Connection) -> None:
    for name, columns in contract.SELECT_LISTS.items():
        table = "automation_executions" if "EXECUTION" in name else "automations"
        await database.execute(f"select {contract.select_list(columns)} from {table}")


def test_query_keys_are_the_seeds() -> None:
    block = SEED[SEED.index("automations: {\n  all:") :].split("```")[0]
    seed_keys: dict[str, tuple[str, ...]] = {}
    path = "automations"
    for name, definition in re.findall(r"(\w+):\s+((?:\([^)]*\) =>\s*)?\[.*?\] as const|\{)", block, re.DOTALL):
        if definition == "{":
            path = name if name == "automations" else f"automations.{name}"
            continue
        key: list[str] = []
        for part in re.findall(r"\.\.\.[\w.]+(?:\([^)]*\))?|'\w+'|\w+", definition[definition.index("[") + 1 : -10]):
            if part.startswith("..."):
                base, _, argument = part[3:].removeprefix("queryKeys.").rstrip(")").partition("(")
                inherited = [argument if inner.startswith("{") else inner for inner in seed_keys[base]]
                key += [f"{{{inner}}}" if inner == argument else inner for inner in inherited]
            elif part.startswith("'"):
                key.append(part.strip("'"))
            else:
                key.append(f"{{{part}}}")
        seed_keys[f"{path}.{name}"] = tuple(key)
    assert seed_keys == dict(contract.QUERY_KEYS)


def test_the_editor_has_the_text_of_the_seed() -> None:
    """Letter by letter, apart from spaces; what the text says is compared with the Python data above."""
    lists, keys = re.findall(r"```typescript\n(.*?)```", SEED, re.DOTALL)
    assert _words(_read("db-selects.ts")) == _words(lists)
    assert _words(_read("query-keys.ts")) == _words(f"export const queryKeys = {{ {keys} }};")


def _read(name: str) -> str:
    """Without the comment of ours at the top."""
    first, _, rest = (LIB / name).read_text(encoding="utf-8").partition("\n")
    assert first.startswith("// ")
    return rest


def _words(text: str) -> list[str]:
    return text.split()

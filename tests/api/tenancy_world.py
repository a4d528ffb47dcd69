"""Two accounts that have one of everything, every text of them marked, and what is in the database at a moment.

Built once for a module and put back after each change, table by table: most calls of the matrix change nothing.
"""

from __future__ import annotations

import re
import secrets
import uuid
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path

import asyncpg
import httpx2
import pytest
from fastapi import FastAPI
from tests.api.conftest import SECRET, ApiServer, MemorySecrets, serving
from tests.api.tenancy_account import IN_BOTH, ISSUER, LOOKS_ON, MARKS, Account, new_account
from tests.conftest import Databases, with_json

from automations.api.mcp import automation_tools
from automations.api.sign_in import SignIn
from automations.api.tokens import SharedSecret, TokenIssuer, TokenReader
from automations.integrations.sign_in_codes import SignInCodes

# What says nothing of an account's things: who was refused what, what was answered before, who watches.
NOT_LOOKED_AT = frozenset({"audit_log", "answered_requests", "live_watchers", "live_changes", "migrations"})
# To the account of a row `t`.
ACCOUNT_OF = {
    "team_members": "t.owner_id",
    "profiles": "t.user_id",
    "conversations": "(select a.user_id from public.agents a where a.id = t.agent_id)",
    "messages": "(select a.user_id from public.conversations c join public.agents a on a.id = c.agent_id"
    " where c.id = t.conversation_id)",
}
UUID = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}")

# A table of the database's own, whose rows start automations.
ORDERS = """
create table public.orders (id bigint primary key, user_id uuid, note text);
alter table public.orders enable row level security;
create policy mine on public.orders using (user_id = any (array(select automations.writable_account_ids())));
grant select, insert, update, delete on public.orders to authenticated;
select automations.watch_table('orders', 'user_id', 'id');
-- Numbers that are nothing else's.
alter table automations.events alter column id restart with 700000001;
"""

# By table and account.
Digest = Mapping[tuple[str, str], str]


@dataclass
class Tenants:
    server: ApiServer
    app: FastAPI
    db: asyncpg.Connection
    tables: tuple[tuple[str, str, str], ...]
    a: Account
    b: Account
    at_rest: Digest = field(default_factory=dict)
    nowhere: Account = field(init=False)

    def __post_init__(self) -> None:
        """An account that there never was, with ids of what there never was."""
        made = {value: _like(value) for value in self.b.ids.values()}
        mark = _like(self.b.mark)
        named = {"mark": mark, "MARK": mark.upper()}
        self.nowhere = Account(mark, {name: made[value] for name, value in self.b.ids.items()} | named)

    async def digest(self) -> Digest:
        """Of all rows, but for when a key was used last."""
        rows = await self.db.fetch(_digest_of(self.tables))
        return {(row["name"], row["account"]): row["digest"] for row in rows}

    async def restore(self, now: Digest) -> None:
        """Put back what differs from the beginning; nothing of the database's own reacts to it."""
        changed = {place[0] for place, _ in set(now.items()) ^ set(self.at_rest.items())}
        if not changed:
            return
        async with self.db.transaction():
            await self.db.execute("set local session_replication_role = replica")
            for name in sorted(changed):
                await self.db.execute(
                    f'delete from {name}; insert into {name} overriding system value select * from kept."{name}"'
                )
        assert await self.digest() == self.at_rest


def _like(value: str) -> str:
    if UUID.fullmatch(value):
        return str(uuid.uuid4())
    return str(int(value) + 1_000_000) if value.isdigit() else f"zq{secrets.token_hex(3)}"


@asynccontextmanager
async def two_accounts(databases: Databases, directory: Path) -> AsyncIterator[Tenants]:
    """No worker runs, so what a tool starts is not waited for."""
    dsn = await databases.migrated()
    reader = TokenReader(SharedSecret(SECRET), audience="authenticated", issuer=ISSUER)
    way = SignIn(SignInCodes(directory), TokenIssuer(SECRET, "authenticated", ISSUER))
    db = await asyncpg.connect(dsn)
    await with_json(db)
    patch = pytest.MonkeyPatch()
    patch.setattr(automation_tools, "WAIT_SECONDS", 0.0)
    try:
        async with (
            serving(dsn, MemorySecrets(), tokens=reader, sign_in=way) as (server, app),
            httpx2.AsyncClient(base_url=server.url, timeout=30, trust_env=False) as http,
        ):
            api = ApiServer(http)
            await db.execute(ORDERS)
            a, b = [await new_account(api, db, mark) for mark in MARKS]
            found = Tenants(api, app, db, await _tables(db), a, b)
            await _keep(found)
            yield found
    finally:
        patch.undo()
        await db.close(timeout=5)
        await databases.drop(dsn)


async def _tables(db: asyncpg.Connection) -> tuple[tuple[str, str, str], ...]:
    """Name, account of a row `t`, and what of the row counts."""
    rows = await db.fetch(
        "select format('%I.%I', n.nspname, c.relname) as name, c.relname, array_agg(a.attname::text) as columns"
        " from pg_class c join pg_namespace n on n.oid = c.relnamespace"
        " join pg_attribute a on a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped"
        " where n.nspname in ('public', 'automations') and c.relkind = 'r' group by n.nspname, c.relname order by 1"
    )
    found = []
    for row in rows:
        if row["relname"] in NOT_LOOKED_AT:
            continue
        own = [name for name in ("account_id", "user_id") if name in row["columns"]]
        account = ACCOUNT_OF.get(row["relname"]) or (f"t.{own[0]}" if own else "null")
        counts = "to_jsonb(t) - 'last_used_at'" if row["relname"] == "api_keys" else "t"
        found.append((row["name"], account, counts))
    return tuple(found)


def _digest_of(tables: tuple[tuple[str, str, str], ...]) -> str:
    return " union all ".join(
        f"select '{name}' as name, coalesce(({account})::text, '') as account,"
        f" md5(string_agg(({counts})::text, '|' order by ({counts})::text)) as digest from {name} t group by 2"
        for name, account, counts in tables
    )


async def _keep(tenants: Tenants) -> None:
    db = tenants.db
    await db.execute("create schema kept")
    for name, _, _ in tenants.tables:
        await db.execute(f'create table kept."{name}" as table {name}')
    for one in (tenants.a, tenants.b):
        found: set[str] = set()
        for name, account, _ in tenants.tables:
            texts = await db.fetch(f"select t::text as text from {name} t where ({account})::text = $1", one.id)
            found.update(*(UUID.findall(row["text"]) for row in texts))
        one.owned = frozenset(found - {IN_BOTH, LOOKS_ON})
    tenants.at_rest = await tenants.digest()

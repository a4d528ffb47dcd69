"""What people are called: told to those who share an account with them, as far as the database knows it."""

from __future__ import annotations

import uuid
from typing import TYPE_CHECKING

import asyncpg
import pytest

if TYPE_CHECKING:
    from tests.conftest import Acting, Factory

KNOWN = "select id, name, email from automations.known_people($1)"
Person = tuple[uuid.UUID, str | None, str | None]


class Users:
    """The table as Supabase has it, as far as it concerns us and a little further."""

    def __init__(self, database: asyncpg.Connection, acting: Acting) -> None:
        self.database = database
        self.acting = acting

    async def know(self, user: uuid.UUID, email: str | None = None, *, confirmed: bool = True, **data: str) -> None:
        await self.database.execute(
            "insert into auth.users values ($1, $2, case when $3 then now() end, 'hash', $4)",
            *(user, email, confirmed, data),
        )

    async def seen_by(self, user: uuid.UUID, account: uuid.UUID | None = None) -> list[Person]:
        async with self.acting(self.database, "authenticated", user) as session:
            return [tuple(row) for row in await session.fetch(KNOWN, account)]


@pytest.fixture
async def users(database: asyncpg.Connection, acting: Acting) -> Users:
    await database.execute(
        "create table auth.users (id uuid primary key, email text, email_confirmed_at timestamptz,"
        " encrypted_password text, raw_user_meta_data jsonb)"
    )
    return Users(database, acting)


async def test_whoever_shares_the_account_is_told_and_nobody_else(users: Users, make: Factory) -> None:
    account, stranger = uuid.uuid4(), uuid.uuid4()
    member, viewer = await make.team_member(account, "member"), await make.team_member(account, "viewer")
    elsewhere = await make.team_member(stranger, "admin")
    for name, user in (("ada", account), ("bob", member), ("cy", viewer), ("dee", stranger), ("eve", elsewhere)):
        await users.know(user, f"{name}@a.example", full_name=name.title())
    ada, bob, cy = (
        (account, "Ada", "ada@a.example"),
        (member, "Bob", "bob@a.example"),
        (viewer, "Cy", "cy@a.example"),
    )
    for who in (account, member, viewer):
        found = await users.seen_by(who, account)
        assert (found[0], set(found)) == (ada, {ada, bob, cy})
    # Without an account: of all that one reaches, one's own and those of others.
    own = await users.seen_by(account)
    assert set(own) == {ada, bob, cy}
    assert set(await users.seen_by(viewer)) == {ada, bob, cy}
    assert {one[0] for one in await users.seen_by(stranger)} == {stranger, elsewhere}
    for who in (stranger, elsewhere, uuid.uuid4()):
        with pytest.raises(asyncpg.PostgresError, match="there is no such account"):
            await users.seen_by(who, account)
    # Who was removed is told nothing more, and nobody is told of him.
    await users.database.execute("delete from team_members where member_id = $1", viewer)
    assert set(await users.seen_by(account)) == {ada, bob}
    assert await users.seen_by(viewer) == [cy]


async def test_nobody_who_is_not_signed_in_may_ask(users: Users, acting: Acting) -> None:
    async with acting(users.database, "anon") as session:
        with pytest.raises(asyncpg.InsufficientPrivilegeError):
            async with session.transaction():
                await session.fetch(KNOWN, None)
    # Nor does anybody read the table itself.
    async with acting(users.database, "authenticated", uuid.uuid4()) as session:
        with pytest.raises(asyncpg.InsufficientPrivilegeError):
            async with session.transaction():
                await session.fetch("select * from auth.users")


@pytest.mark.parametrize(
    ("email", "confirmed", "data", "told"),
    [
        ("a@b.example", True, {}, (None, "a@b.example")),
        ("a@b.example", False, {}, None),
        ("a@b.example", False, {"name": "Ada"}, ("Ada", None)),
        (None, False, {"full_name": " ", "name": "Ada"}, ("Ada", None)),
        (None, False, {"full_name": "Ada\n\u202eLovelace" + "x" * 200}, ("Ada Lovelace" + "x" * 88, None)),
        (None, False, {}, None),
    ],
)
async def test_a_name_is_one_line_and_an_address_a_confirmed_one(
    users: Users, email: str | None, confirmed: bool, data: dict[str, str], told: tuple[str | None, str | None] | None
) -> None:
    account = uuid.uuid4()
    await users.know(account, email, confirmed=confirmed, **data)
    assert [one[1:] for one in await users.seen_by(account)] == ([] if told is None else [told])


@pytest.mark.parametrize(
    "table",
    [
        None,
        "create table auth.users (id bigint primary key, email text)",
        "create table auth.users (name text)",
        "create table auth.users (id uuid primary key, phone text)",
    ],
)
async def test_a_database_that_knows_no_names_tells_none(
    database: asyncpg.Connection, acting: Acting, table: str | None
) -> None:
    if table is not None:
        await database.execute(table)
    assert await Users(database, acting).seen_by(uuid.uuid4()) == []


SAY = "select automations.set_profile($1, $2)"
ADDRESSES = "select id, name, email from automations.mail_addresses($1, $2)"


async def test_people_say_themselves_what_they_are_called(
    database: asyncpg.Connection, acting: Acting, make: Factory
) -> None:
    people, account = Users(database, acting), uuid.uuid4()
    member = await make.team_member(account, "viewer")
    for who, name, email in ((account, "Ada\n", " ada@a.example "), (member, None, "bob@a.example")):
        async with acting(database, "authenticated", who) as session:
            await session.execute(SAY, name, email)
    ada, bob = (account, "Ada", "ada@a.example"), (member, None, "bob@a.example")
    assert await people.seen_by(account, account) == [ada, bob]
    assert await people.seen_by(uuid.uuid4()) == []
    async with acting(database, "authenticated", member) as session:
        await session.execute(SAY, "", None)
    assert await people.seen_by(account, account) == [ada]


async def test_what_the_sign_in_service_knows_counts_before_what_is_said(
    users: Users, database: asyncpg.Connection, acting: Acting
) -> None:
    account = uuid.uuid4()
    async with acting(database, "authenticated", account) as session:
        await session.execute(SAY, "Boss", "not-mine@a.example")
    await users.know(account, "ada@a.example", confirmed=False)
    assert await users.seen_by(account) == [(account, "Boss", None)]
    await database.execute('update auth.users set email_confirmed_at = now(), raw_user_meta_data = \'{"name": "Ada"}\'')
    assert await users.seen_by(account) == [(account, "Ada", "ada@a.example")]


async def test_only_people_have_a_profile_and_nobody_reads_the_table(
    database: asyncpg.Connection, acting: Acting
) -> None:
    for role, user in (("anon", None), ("service_role", None), ("authenticated", None)):
        async with acting(database, role, user) as session:
            with pytest.raises(asyncpg.PostgresError, match=r"permission denied|only a person"):
                async with session.transaction():
                    await session.execute(SAY, "x", None)
    async with acting(database, "authenticated", uuid.uuid4()) as session:
        with pytest.raises(asyncpg.InsufficientPrivilegeError):
            async with session.transaction():
                await session.fetch("select * from automations.profiles")


async def test_the_engine_is_told_addresses_of_the_account_s_people_only(
    database: asyncpg.Connection, acting: Acting, make: Factory
) -> None:
    account, stranger = uuid.uuid4(), uuid.uuid4()
    member = await make.team_member(account, "member")
    for who in (account, stranger, member):
        async with acting(database, "authenticated", who) as session:
            await session.execute(SAY, None if who == stranger else "Ada", f"{who}@a.example")
    asked = [account, stranger, member, uuid.uuid4()]
    async with acting(database, "service_role") as session:
        found = await session.fetch(ADDRESSES, account, asked)
    assert {tuple(row) for row in found} == {(who, "Ada", f"{who}@a.example") for who in (account, member)}
    async with acting(database, "authenticated", account) as session:
        with pytest.raises(asyncpg.InsufficientPrivilegeError):
            async with session.transaction():
                await session.fetch(ADDRESSES, account, asked)

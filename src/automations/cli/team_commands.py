"""`team`: who belongs to an account, and who is asked in."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING, Annotated, Any, Literal, TypeVar
from uuid import UUID

import typer

from automations.cli.options import Account, AsJson, read_account, read_user

if TYPE_CHECKING:
    from automations.db.team_store import TeamStore

app = typer.Typer()
SHOWN = 200
Role = Literal["owner", "admin", "member", "viewer"]
Member = Annotated[str, typer.Argument(metavar="USER", help="The UUID of the user.")]
Answer = TypeVar("Answer")


def register(program: typer.Typer) -> None:
    program.add_typer(app, name="team")


@app.callback(invoke_without_command=True)
def team(context: typer.Context) -> None:
    """Who belongs to an account, with which role. Alone: list them."""
    if context.invoked_subcommand is None:
        list_team()


@app.command("list")
def list_team(account: Account = None, as_json: AsJson = False) -> None:
    """List the members and the invitations that are open."""
    import orjson

    from automations.cli.output import clock_of, plain, print_json, print_table, short

    async def load(store: TeamStore, owner: UUID) -> tuple[list[Any], list[Any]]:
        members = orjson.loads(await store.page(owner, limit=SHOWN))
        invitations = orjson.loads(await store.invitations(owner, limit=SHOWN))
        return members, [one for one in invitations if one["accepted_at"] is None and one["revoked_at"] is None]

    owner, (members, invitations) = asyncio.run(_work(account, load))
    if as_json:
        print_json({"account": owner, "members": members, "invitations": invitations})
        return
    rows: list[tuple[Any, ...]] = [(str(owner), "owner", "the account itself")]
    rows += [(one["id"], one["role"], f"since {clock_of(one['created_at'])}") for one in members]
    rows += [
        (
            f"invited: {short(one['id'])}",
            one["role"],
            plain(f"{one['note'] or 'somebody'}, until {clock_of(one['expires_at'])}"),
        )
        for one in invitations
    ]
    print_table(("USER", "ROLE", ""), rows)


@app.command()
def invite(
    role: Annotated[Role, typer.Argument(metavar="ROLE", help="owner, admin, member or viewer.")],
    note: Annotated[str | None, typer.Option("--note", help="Whom it is meant for.")] = None,
    days: Annotated[int, typer.Option("--days", min=1, max=90, help="How long it holds.")] = 7,
    account: Account = None,
    as_json: AsJson = False,
) -> None:
    """Print a link with which somebody joins the team, once."""
    from automations.cli.output import print_json, say
    from automations.errors import Unusable
    from automations.services.team import invite as ask_in
    from automations.services.team import join_link

    if note is not None and len(note) > 200:
        raise Unusable("a note has at most 200 characters", hint="Name only whom it is meant for.")

    async def make(store: TeamStore, owner: UUID) -> tuple[str, Any]:
        return await ask_in(store, owner, role, note=note, days=days)

    _, (code, row) = asyncio.run(_work(account, make))
    link = join_link(_base(), code)
    if as_json:
        print_json({**row, "code": code, "url": link})
    else:
        print(link)
        say(f"Whoever has it joins as {role}. It works once, for {days} days, and is not shown again.", stderr=True)


@app.command("set-role")
def set_role(
    member: Member,
    role: Annotated[Role, typer.Argument(metavar="ROLE", help="owner, admin, member or viewer.")],
    account: Account = None,
    as_json: AsJson = False,
) -> None:
    """Give a member another role."""
    from automations.cli.output import print_json

    user = _user(member)

    async def change(store: TeamStore, owner: UUID) -> None:
        await store.set_role(owner, user, role)

    owner, _ = asyncio.run(_work(account, change))
    print_json({"account": owner, "user": user, "role": role}) if as_json else print(f"{user} is {role} now.")


@app.command()
def remove(member: Member, account: Account = None, as_json: AsJson = False) -> None:
    """Remove a member, or take an invitation back: the beginning of its id."""
    from automations.cli.output import print_json

    async def change(store: TeamStore, owner: UUID) -> str:
        import orjson

        open_ones = orjson.loads(await store.invitations(owner, limit=SHOWN))
        meant = [one["id"] for one in open_ones if len(member) >= 8 and one["id"].startswith(member.lower())]
        if len(meant) == 1:
            await store.revoke_invitation(UUID(meant[0]))
            return "invitation"
        await store.remove(owner, _user(member))
        return "user"

    owner, what = asyncio.run(_work(account, change))
    if as_json:
        print_json({"account": owner, what: member, "removed": True})
    else:
        print("The invitation is taken back." if what == "invitation" else f"{member} is removed.")


async def _work(account: str | None, work: Callable[[TeamStore, UUID], Awaitable[Answer]]) -> tuple[UUID, Answer]:
    """The account, and what `work` answers."""
    from automations.cli.compose import open_session
    from automations.db.team_store import TeamStore
    from automations.services.transfer import known_account

    async with open_session(read_account(account)) as session:
        owner = await known_account(session.automations, session.account)
        return owner, await work(TeamStore(session.connection), owner)


def _base() -> str:
    from automations.settings import load_settings

    settings = load_settings()
    return settings.public_url or f"http://127.0.0.1:{settings.http_port}"


def _user(text: str) -> UUID:
    found = read_user(text)
    assert found is not None
    return found

"""`approvals`: what runs ask people, and the answers."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Annotated, Any
from uuid import UUID

import typer

from automations.cli.options import Account, AsJson, read_account, read_user

if TYPE_CHECKING:
    from automations.db.approval_store import Approval, Decision

app = typer.Typer()
Chosen = Annotated[str | None, typer.Argument(metavar="[ID]", help="Id, or a unique beginning of it; or --token.")]
Token = Annotated[str | None, typer.Option("--token", help="The one of the mail, instead of an id.")]
Comment = Annotated[str | None, typer.Option("--comment", help="Why, for the record.")]
As = Annotated[
    str | None, typer.Option("--as", metavar="USER", help="With the rights of this user; else as the operator.")
]


def register(program: typer.Typer) -> None:
    program.add_typer(app, name="approvals")


@app.callback(invoke_without_command=True)
def approvals(context: typer.Context) -> None:
    """What runs ask people: list, show, approve, reject. Alone: list what is open."""
    if context.invoked_subcommand is None:
        list_approvals()


@app.command("list")
def list_approvals(
    every: Annotated[bool, typer.Option("--all", help="Those that are decided, too.")] = False,
    account: Account = None,
    as_json: AsJson = False,
) -> None:
    """List approvals, the newest first."""
    from automations.cli.output import ago, plain, print_json, print_table, short, status_text

    async def load() -> list[Approval]:
        from automations.cli.compose import open_session

        async with open_session(read_account(account)) as session:
            return await session.approvals.find(session.account, every=every)

    rows = asyncio.run(load())
    if as_json:
        print_json(rows)
    elif not rows:
        print("Nothing waits for a decision." if not every else "There are no approvals.")
    else:
        print_table(
            ("ID", "STATUS", "ASKED", "TITLE", "AUTOMATION", "RUN"),
            [
                (
                    short(row.id),
                    status_text(row.status),
                    ago(row.created_at),
                    plain(row.title if len(row.title) <= 60 else row.title[:59] + "…"),
                    row.automation,
                    short(row.execution_id),
                )
                for row in rows
            ],
            shrink="TITLE",
        )


@app.command()
def show(approval: Chosen = None, token: Token = None, account: Account = None, as_json: AsJson = False) -> None:
    """Show what is asked, of whom, and what has to be filled in."""
    from automations.cli.output import print_json

    found = asyncio.run(_find(approval, token, account))
    if as_json:
        print_json(found)
    else:
        _print(found)


@app.command()
def approve(
    approval: Annotated[
        list[str] | None, typer.Argument(metavar="[ID] [NAME=VALUE]…", help="And the fields of the form.")
    ] = None,
    token: Token = None,
    given: Annotated[
        str | None, typer.Option("--input", "-i", metavar="JSON", help="The filled-in form as JSON.")
    ] = None,
    comment: Comment = None,
    as_user: As = None,
    account: Account = None,
    as_json: AsJson = False,
) -> None:
    """Say yes."""
    words = list(approval or [])
    chosen = words.pop(0) if words and token is None else None
    _decide("approved", chosen, token, words, given, comment, as_user, account, as_json)


@app.command()
def reject(
    approval: Chosen = None,
    token: Token = None,
    comment: Comment = None,
    as_user: As = None,
    account: Account = None,
    as_json: AsJson = False,
) -> None:
    """Say no."""
    _decide("rejected", approval, token, [], None, comment, as_user, account, as_json)


def _decide(
    decision: Decision,
    chosen: str | None,
    token: str | None,
    words: list[str],
    given: str | None,
    comment: str | None,
    as_user: str | None,
    account: str | None,
    as_json: bool,
) -> None:
    from automations.cli.output import print_json

    async def work() -> Approval:
        from automations.cli.compose import open_session
        from automations.errors import Unusable
        from automations.services.approvals import decide

        if token is not None and as_user is not None:
            raise Unusable("a token says who decides", hint="Leave --as out.")
        async with open_session(read_account(account)) as session:
            found = await _look_up(session.approvals, chosen, token, session.account)
            return await decide(
                session.approvals,
                found,
                decision,
                answer=_answer(found, words, given),
                comment=comment,
                user=read_user(as_user),
                token=token,
            )

    done = asyncio.run(work())
    if as_json:
        print_json(done)
    else:
        print(f"{done.title}: {done.status}. The run {done.execution_id} goes on.")


async def _find(chosen: str | None, token: str | None, account: str | None) -> Approval:
    from automations.cli.compose import open_session

    async with open_session(read_account(account)) as session:
        return await _look_up(session.approvals, chosen, token, session.account)


async def _look_up(store: Any, chosen: str | None, token: str | None, account: UUID | None) -> Approval:
    from automations.errors import Unusable
    from automations.services.approvals import approval_of_token, find_approval

    if (chosen is None) == (token is None):
        raise Unusable("which approval?", hint="Give its id, or --token with the one of the mail.")
    if token is not None:
        return await approval_of_token(store, token)
    return await find_approval(store, chosen or "", account)


def _answer(found: Approval, words: list[str], given: str | None) -> dict[str, Any]:
    from automations.db.json_text import decode_json
    from automations.errors import Unusable
    from automations.flow.input_form import read_words

    answer: dict[str, Any] = {}
    if given is not None:
        try:
            value = decode_json(given)
        except ValueError as error:
            raise Unusable(f"--input is not JSON: {error}", hint='Write {"amount": 5}.') from None
        if not isinstance(value, dict):
            raise Unusable("--input is not a JSON object", hint='Write {"amount": 5}.')
        answer = value
    pairs: dict[str, str] = {}
    for word in words:
        name, equals, text = word.partition("=")
        if not equals or not name:
            raise Unusable(f"{word!r} is not NAME=VALUE", hint="Name the field: amount=5.")
        pairs[name] = text
    return {**answer, **read_words(found.form or {}, pairs)}


def _print(found: Approval) -> None:
    from automations.cli.output import console, plain

    out = console()
    out.print(plain(found.title, "bold"))
    if found.message:
        out.print(plain(found.message))
    out.print()
    who = [*(f"user {user}" for user in found.assignees), *([f"{found.role} and above"] if found.role else [])]
    facts: list[tuple[str, Any]] = [
        ("id", found.id),
        ("status", found.status),
        ("who may decide", ", ".join(who) + ("" if found.self_approval else "; not who started the run")),
        ("before", found.deadline),
        ("form", ", ".join(f"{name} ({_kind(schema)})" for name, schema in _fields(found.form))),
        ("automation", found.automation),
        ("run", found.execution_id),
        ("decided", found.decided_at),
        ("by", found.decided_as or found.decided_by or (found.decided_via if found.decided_at else None)),
        ("comment", found.comment),
        ("answer", found.answer),
    ]
    for name, value in facts:
        if value not in (None, ""):
            out.print(plain(f"{name:<15} {value}"))


def _fields(form: Any) -> list[tuple[str, Any]]:
    properties = form.get("properties") if isinstance(form, dict) else None
    return list(properties.items()) if isinstance(properties, dict) else []


def _kind(schema: Any) -> str:
    return str(schema.get("type", "any")) if isinstance(schema, dict) else "any"

"""`publish`, `pause`, `resume`, `enable`, `disable`: what runs, and whether it does."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING, Annotated
from uuid import UUID

import typer

from automations.cli.options import Account, AsJson, Automation, ExpectRevision, read_account

if TYPE_CHECKING:
    from automations.cli.compose import Session
    from automations.db.automation_store import AutomationDetail

Act = Callable[["Session", UUID], Awaitable["AutomationDetail"]]


def register(app: typer.Typer) -> None:
    for command in (publish, pause, resume, enable, disable):
        app.command()(command)


def publish(
    automation: Automation,
    note: Annotated[str | None, typer.Option("--note", help="What is new, for the list of versions.")] = None,
    expect_revision: ExpectRevision = None,
    account: Account = None,
    as_json: AsJson = False,
) -> None:
    """Make the draft what new runs get. Refuses a flow with problems, and names all of them."""

    async def act(session: Session, automation_id: UUID) -> AutomationDetail:
        from automations.cli.compose import installation, load_registry
        from automations.services.publishing import publish as publish_draft

        done = await publish_draft(
            session.automations,
            load_registry(),
            automation_id,
            installation=installation(session.settings),
            note=note,
            expected_revision=expect_revision,
        )
        return done.automation

    _act(automation, account, as_json, act, lambda done: f"published version {done.published_number} of {done.name}")


def pause(
    automation: Automation,
    reason: Annotated[str | None, typer.Option("--reason", help="Why, for the audit log.")] = None,
    account: Account = None,
    as_json: AsJson = False,
) -> None:
    """Hold it: changes start nothing, and runs that are there already wait until it is resumed."""

    async def act(session: Session, automation_id: UUID) -> AutomationDetail:
        from automations.services.switching import pause as hold

        return await hold(session.automations, automation_id, reason)

    _act(automation, account, as_json, act, lambda done: f"paused {done.name}; `automations resume` goes on")


def resume(automation: Automation, account: Account = None, as_json: AsJson = False) -> None:
    """Go on with a paused automation, or with one that was stopped because of an error."""

    async def act(session: Session, automation_id: UUID) -> AutomationDetail:
        from automations.services.switching import resume as go_on

        return await go_on(session.automations, automation_id)

    _act(automation, account, as_json, act, lambda done: f"resumed {done.name}{_still_off(done)}")


def enable(automation: Automation, account: Account = None, as_json: AsJson = False) -> None:
    """Switch it on. It fires when it is published and active, too."""
    _switch(automation, account, as_json, True)


def disable(automation: Automation, account: Account = None, as_json: AsJson = False) -> None:
    """Switch it off: it does not fire, runs that have not begun are cancelled, begun ones go on."""
    _switch(automation, account, as_json, False)


def _switch(automation: str, account: str | None, as_json: bool, on: bool) -> None:
    async def act(session: Session, automation_id: UUID) -> AutomationDetail:
        from automations.services.switching import set_enabled

        return await set_enabled(session.automations, automation_id, on)

    def say(done: AutomationDetail) -> str:
        if not on:
            return f"disabled {done.name}"
        next_step = {"draft": "publish", "paused": "resume", "error": "publish"}.get(done.status)
        return f"enabled {done.name}" + (f"; it is {done.status}: `automations {next_step}`" if next_step else "")

    _act(automation, account, as_json, act, say)


def _still_off(done: AutomationDetail) -> str:
    return "" if done.enabled else "; it is switched off: `automations enable`"


def _act(automation: str, account: str | None, as_json: bool, act: Act, say: Callable[[AutomationDetail], str]) -> None:
    async def work() -> AutomationDetail:
        from automations.cli.compose import open_session
        from automations.services.naming import find_automation

        async with open_session(read_account(account)) as session:
            return await act(session, await find_automation(session.automations, automation, session.account))

    done = asyncio.run(work())
    if as_json:
        from automations.cli.output import print_json

        print_json(
            {
                "id": done.id,
                "name": done.name,
                "status": done.status,
                "enabled": done.enabled,
                "published_version": done.published_version,
                "version_number": done.published_number,
                "draft_is_published": done.draft_is_published,
                "draft_revision": done.draft_revision,
            }
        )
    else:
        from automations.cli.output import say as tell

        tell(say(done))

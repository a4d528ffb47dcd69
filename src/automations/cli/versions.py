"""`versions`, `diff`, `rollback`: what was published, what differs, and back to what worked."""

from __future__ import annotations

import asyncio
import sys
from typing import TYPE_CHECKING, Annotated, Any

import typer

from automations.cli.options import Account, AsJson, Automation, ExpectRevision, Yes, read_account

if TYPE_CHECKING:
    from rich.text import Text

    from automations.db.automation_store import AutomationDetail
    from automations.db.version_store import VersionRow
    from automations.flow.diff import EdgeView, FieldChange
    from automations.services.publishing import Published
    from automations.services.versions import Compared

MARKS = {"added": ("+", "green"), "removed": ("-", "red"), "changed": ("~", "yellow")}


def register(app: typer.Typer) -> None:
    for command in (versions, diff, rollback):
        app.command()(command)


def versions(
    automation: Automation,
    limit: Annotated[int, typer.Option("--limit", "-n", min=1, max=10_000, help="How many at most.")] = 20,
    account: Account = None,
    as_json: AsJson = False,
) -> None:
    """List what was published of an automation, newest first, and where its draft is."""

    async def load() -> tuple[AutomationDetail, list[VersionRow]]:
        from automations.cli.compose import open_session
        from automations.services.naming import find_automation
        from automations.services.publishing import get_automation

        async with open_session(read_account(account)) as session:
            automation_id = await find_automation(session.automations, automation, session.account)
            found = await get_automation(session.automations, automation_id)
            return found, await session.versions.of(automation_id, limit=limit)

    found, rows = asyncio.run(load())
    if as_json:
        from automations.cli.output import print_json

        print_json(
            {
                "id": found.id,
                "name": found.name,
                "draft_revision": found.draft_revision,
                "draft_is_published": found.draft_is_published,
                "published_number": found.published_number,
                "versions": rows,
            }
        )
        return
    from automations.cli.output import ago, console, plain, print_table, short

    out = console()
    out.print(plain(found.name, "bold"))
    state = "what runs" if found.draft_is_published else "not published as it is"
    out.print(plain(f"draft at revision {found.draft_revision}: {state}", "bright_black"))
    if not rows:
        print("It was never published: `automations publish`.")
        return
    print_table(
        ("VERSION", "", "STEPS", "STARTS ON", "MADE", "BY", "NOTE"),
        [
            (
                str(row.number),
                plain("runs", "green") if row.is_published else plain(""),
                str(row.steps),
                plain(row.trigger_type),
                ago(row.created_at),
                plain(short(row.created_by) or ("plain SQL" if row.origin == "sql" else "")),
                plain(row.note or ""),
            )
            for row in rows
        ],
        shrink="NOTE",
    )


def diff(
    automation: Automation,
    before: Annotated[
        str, typer.Argument(metavar="[A]", help="A number, published or draft. Default: published.")
    ] = "published",
    after: Annotated[str, typer.Argument(metavar="[B]", help="The same. Default: draft.")] = "draft",
    account: Account = None,
    as_json: AsJson = False,
) -> None:
    """Say what differs from version A to version B: steps, their fields, the trigger, edges. Positions are ignored."""

    async def load() -> Compared:
        from automations.cli.compose import open_session
        from automations.services.naming import find_automation
        from automations.services.versions import compare, read_chosen

        sides = read_chosen(before), read_chosen(after)
        async with open_session(read_account(account)) as session:
            automation_id = await find_automation(session.automations, automation, session.account)
            return await compare(session.automations, session.versions, automation_id, *sides)

    compared = asyncio.run(load())
    if as_json:
        from dataclasses import asdict

        from automations.cli.output import print_json

        sides = {
            name: {"version": flow.number, "draft_revision": flow.revision}
            for name, flow in (("before", compared.before), ("after", compared.after))
        }
        print_json({**sides, "same": compared.diff.is_empty, **asdict(compared.diff)})
    else:
        print_diff(compared)


def rollback(
    automation: Automation,
    version: Annotated[str, typer.Argument(metavar="VERSION", help="The number of the version to go back to.")],
    note: Annotated[str | None, typer.Option("--note", help="Why, for the list of versions.")] = None,
    expect_revision: ExpectRevision = None,
    yes: Yes = False,
    account: Account = None,
    as_json: AsJson = False,
) -> None:
    """Publish the flow of an old version again, as a new one. The draft becomes it; open runs go on as they are."""

    async def work() -> Published:
        from automations.cli.compose import installation, load_registry, open_session
        from automations.errors import Unusable
        from automations.services.naming import find_automation
        from automations.services.publishing import get_automation
        from automations.services.versions import read_chosen, roll_back

        number = read_chosen(version)
        if not isinstance(number, int):
            raise Unusable(f"{version!r} is no number of a version", hint="`automations versions ID` lists them.")
        async with open_session(read_account(account)) as session:
            automation_id = await find_automation(session.automations, automation, session.account)
            found = await get_automation(session.automations, automation_id)
            if found.published_number is not None and not found.draft_is_published and not yes:
                await _allow_to_lose_the_draft(found, as_json=as_json)
            return await roll_back(
                session.automations,
                session.versions,
                load_registry(),
                automation_id,
                number,
                installation=installation(session.settings),
                note=note,
                expected_revision=found.draft_revision if expect_revision is None else expect_revision,
            )

    done = asyncio.run(work()).automation
    if as_json:
        from automations.cli.output import print_json

        print_json(
            {
                "id": done.id,
                "name": done.name,
                "published_version": done.published_version,
                "version_number": done.published_number,
                "draft_revision": done.draft_revision,
            }
        )
    else:
        from automations.cli.output import say

        say(f"published version {done.published_number} of {done.name}, with the flow of version {version}")


async def _allow_to_lose_the_draft(found: AutomationDetail, *, as_json: bool) -> None:
    from automations.errors import Unusable

    lost = f"the draft (revision {found.draft_revision}) has changes that are not published and would be lost"
    if as_json or not sys.stdin.isatty():
        raise Unusable(lost, hint="Keep them with `automations export`, then add --yes.")
    if not await asyncio.to_thread(typer.confirm, f"{lost[:1].upper()}{lost[1:]}. Go on?"):
        raise typer.Exit(1)


def print_diff(compared: Compared) -> None:
    from automations.cli.output import console, plain

    out, found = console(), compared.diff
    out.print(plain(f"{compared.before.name} → {compared.after.name}", "bold"))
    if found.is_empty:
        out.print(plain("no difference that matters to a run", "bright_black"))
        return
    lines: list[Text] = []
    if found.trigger:
        lines += [_line("changed", "trigger", "", ""), *map(_field, found.trigger)]
    for step in found.changed:
        lines += [_line("changed", "step", step.id, step.label), *map(_field, step.fields)]
    lines += [_line("added", "step", step.id, step.label, step.type) for step in found.added]
    lines += [_line("removed", "step", step.id, step.label, step.type) for step in found.removed]
    lines += [_line("added", "edge", _way(edge), "") for edge in found.edges_added]
    lines += [_line("removed", "edge", _way(edge), "") for edge in found.edges_removed]
    for line in lines:
        out.print(line, soft_wrap=True)


def _line(change: str, thing: str, name: str, label: str, type_: str = "") -> Text:
    from automations.cli.output import plain, visible

    mark, colour = MARKS[change]
    line = plain(f"{mark} {thing:<7}", colour).append(f" {visible(name)}" if name else "", style="bold")
    told = "  ".join(part for part in (label if label != name else "", type_) if part)
    return line.append(f"  {visible(told)}" if told else "", style="bright_black")


def _field(field: FieldChange) -> Text:
    from automations.cli.output import plain, visible

    mark, colour = MARKS[field.change]
    line = plain(f"    {mark} ", colour).append(visible(field.path)).append("  ")
    match field.change:
        case "added":
            return line.append(_value(field.after), style="green")
        case "removed":
            return line.append(_value(field.before), style="red")
        case "changed":
            line.append(_value(field.before), style="red").append(" → ", style="bright_black")
            return line.append(_value(field.after), style="green")


def _value(value: Any) -> str:
    from automations.cli.output import one_line

    return one_line(value, 300)


def _way(edge: EdgeView) -> str:
    handle = "" if edge.handle == "out" else f" ({edge.handle})"
    return f"{edge.source}{handle} → {edge.target}"

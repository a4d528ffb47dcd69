"""`import`, `export`, `validate`: drafts and files."""

from __future__ import annotations

import asyncio
import json
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from automations.cli.options import Account, AsJson, ExpectRevision, read_account, read_agent

if TYPE_CHECKING:
    from automations.db.automation_store import AutomationDetail
    from automations.errors import AutomationsError, Problem
    from automations.services.transfer import Imported


def register(app: typer.Typer) -> None:
    app.command("import")(import_files)
    app.command()(export)
    app.command()(validate)


def import_files(
    files: Annotated[list[str], typer.Argument(metavar="FILE…", help="Files of `automations export`; - is stdin.")],
    agent: Annotated[
        str | None, typer.Option("--agent", metavar="UUID", help="Agent of new automations. Default: the only one.")
    ] = None,
    expect_revision: ExpectRevision = None,
    account: Account = None,
    as_json: AsJson = False,
) -> None:
    """Bring drafts from files. The same file again updates its draft; what is published goes on until `publish`."""

    async def work() -> list[Imported]:
        from automations.cli.compose import load_registry, open_session
        from automations.errors import Unusable
        from automations.services.transfer import import_file, owner_of_files, read_file

        if expect_revision is not None and len(files) != 1:
            raise Unusable(
                f"one revision cannot be that of {len(files)} drafts",
                hint="Import the files one by one, each with its own.",
            )
        read = [read_file(_read(name), name) for name in files]
        registry = load_registry()
        agent_id = read_agent(agent)
        async with open_session(read_account(account)) as session:
            owner = await owner_of_files(session.automations, read, account=session.account, agent_id=agent_id)
            # All or none.
            async with session.connection.transaction():
                return [
                    await import_file(
                        session.automations,
                        registry,
                        file,
                        account=owner,
                        agent_id=agent_id,
                        expected_revision=expect_revision,
                    )
                    for file in read
                ]

    imported = asyncio.run(work())
    if as_json:
        from automations.cli.output import print_json

        print_json(
            [
                {
                    "id": one.automation.id,
                    "name": one.automation.name,
                    "change": one.change,
                    "problems": one.problems,
                    "published": one.automation.draft_is_published,
                    "draft_revision": one.automation.draft_revision,
                }
                for one in imported
            ]
        )
        return
    from automations.cli.output import say

    for one in imported:
        say(f"{one.change:<9}  {one.automation.id}  {one.automation.name}{_what_next(one)}")


def _what_next(one: Imported) -> str:
    if one.problems:
        return f"  ({len(one.problems)} problems: automations validate {str(one.automation.id)[:8]})"
    if not one.automation.draft_is_published:
        return f"  (next: automations publish {str(one.automation.id)[:8]})"
    return ""


def _read(name: str) -> bytes:
    from automations.errors import Unusable

    try:
        return sys.stdin.buffer.read() if name == "-" else Path(name).read_bytes()
    except OSError as error:
        raise Unusable(f"{name} cannot be read: {error.strerror}", hint="Check the path.") from None


def export(
    ids: Annotated[list[str] | None, typer.Argument(metavar="[ID]…", help="Ids or names. None: all.")] = None,
    directory: Annotated[
        Path | None, typer.Option("--dir", "-d", metavar="DIR", help="One file each, here. Default: stdout, for one.")
    ] = None,
    with_revision: Annotated[
        bool, typer.Option("--with-revision", help="Put the draft's revision in, for `import --expect-revision`.")
    ] = False,
    account: Account = None,
    as_json: AsJson = False,
) -> None:
    """Write drafts as files: one JSON file an automation, made for diffs, without anything of this installation."""

    async def load() -> list[AutomationDetail]:
        from automations.cli.compose import open_session
        from automations.services.naming import find_automation
        from automations.services.publishing import get_automation

        async with open_session(read_account(account)) as session:
            if ids:
                chosen = [await find_automation(session.automations, text, session.account) for text in ids]
            else:
                chosen = [row.id for row in await session.automations.all_of(session.account)]
            return [await get_automation(session.automations, one) for one in dict.fromkeys(chosen)]

    from automations.errors import Unusable
    from automations.services.transfer import write_file

    found = asyncio.run(load())
    if directory is None:
        if len(found) != 1:
            raise Unusable(f"{len(found)} automations do not go into one file", hint="Add --dir DIR, or name one.")
        print(write_file(found[0], with_revision=with_revision), end="")
        return
    written, refused = _write(found, directory, with_revision=with_revision)
    if as_json:
        from automations.cli.output import print_json

        print_json([str(path) for path in written])
    else:
        for path in written:
            print(path)
    if refused:
        from automations.cli.failures import report

        for error in refused:
            report(error, as_json=as_json)
        raise typer.Exit(1)


def _write(
    found: Sequence[AutomationDetail], directory: Path, *, with_revision: bool
) -> tuple[list[Path], list[AutomationsError]]:
    """The files, and why some automations have none."""
    from automations.errors import AutomationsError, Unusable
    from automations.services.transfer import file_name, write_file

    written: list[Path] = []
    refused: list[AutomationsError] = []
    try:
        directory.mkdir(parents=True, exist_ok=True)
        before = _files_by_id(directory)
        taken = [path.name for path in before.values()]
        for automation in found:
            try:
                text = write_file(automation, with_revision=with_revision)
            except AutomationsError as error:
                refused.append(error)
                continue
            # A renamed automation stays in its file, so that the diff shows the change.
            path = before.get(str(automation.id)) or directory / file_name(automation, taken)
            taken.append(path.name)
            path.write_text(text, encoding="utf-8")
            written.append(path)
    except OSError as error:
        raise Unusable(f"{directory} cannot be written: {error.strerror}", hint="Choose another --dir.") from None
    return written, refused


def _files_by_id(directory: Path) -> dict[str, Path]:
    found = {}
    for path in sorted(directory.glob("*.json")):
        try:
            value = json.loads(path.read_bytes())
        except (ValueError, RecursionError):
            continue
        if isinstance(value, dict) and isinstance(value.get("id"), str):
            found[value["id"]] = path
    return found


def validate(
    subject: Annotated[str, typer.Argument(metavar="FILE|ID", help="A file, or an automation whose draft is meant.")],
    account: Account = None,
    as_json: AsJson = False,
) -> None:
    """Say every problem that keeps a draft from being published. Exit code 1 when there is one."""
    nodes, problems, warnings = _checked(subject, account)
    if as_json:
        from automations.cli.output import print_json

        print_json(problems)
    elif problems:
        _print_problems(problems)
    else:
        print(f"No problems: {len(nodes)} steps can be published.")
        if warnings:
            _print_problems(warnings, "warning")
    if problems:
        raise typer.Exit(1)


def _checked(subject: str, account: str | None) -> tuple[list[Any], list[Problem], Sequence[Problem]]:
    """Nodes, what is wrong with them, and what may be; of a file it is not known what it would lack in an account."""
    from automations.cli.compose import load_registry
    from automations.services.publishing import judge_draft
    from automations.services.transfer import read_file

    registry = load_registry()

    if subject == "-" or Path(subject).is_file() or subject.endswith(".json"):
        file = read_file(_read(subject), subject)
        judged = judge_draft(file.nodes, file.edges, registry)
        return file.nodes, judged.problems, judged.outputs.warnings

    async def load() -> tuple[list[Any], list[Problem], Sequence[Problem]]:
        from automations.cli.compose import installation, open_session
        from automations.services.naming import find_automation
        from automations.services.publishing import drawn_flow, get_automation, judge_with_surroundings

        async with open_session(read_account(account)) as session:
            automation_id = await find_automation(session.automations, subject, session.account)
            automation = await get_automation(session.automations, automation_id)
            nodes = drawn_flow(automation)
            given = installation(session.settings)
            judged = await judge_with_surroundings(
                session.automations, registry, given, automation, nodes, automation.edges
            )
            return nodes, judged.problems, judged.outputs.warnings

    return asyncio.run(load())


def _print_problems(problems: Sequence[Problem], what: str = "problem") -> None:
    from rich.table import Table

    from automations.cli.output import console, plain

    table = Table(box=None, show_edge=False, pad_edge=False, padding=(0, 2, 0, 0), header_style="bold")
    for name in ("STEP", "FIELD", "PROBLEM", "WHAT TO DO"):
        table.add_column(name, overflow="fold")
    for problem in problems:
        table.add_row(
            plain(problem.node_id or problem.edge_id or "flow", "bold"),
            plain(problem.field or ""),
            plain(problem.message, "red"),
            plain(problem.hint),
        )
    out = console()
    out.print(table)
    out.print(plain(f"{len(problems)} {what if len(problems) == 1 else f'{what}s'}", "bold"))

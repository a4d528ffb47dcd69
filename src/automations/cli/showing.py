"""`show`: one run, its steps as a tree with what went in and what came out."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from typing import TYPE_CHECKING, Annotated, Any

import typer

from automations.cli.options import Account, AsJson, read_account

if TYPE_CHECKING:
    from rich.text import Text
    from rich.tree import Tree

    from automations.services.runs import RunView


ITERATIONS_SHOWN = 10


def register(app: typer.Typer) -> None:
    app.command()(show)


def show(
    run: Annotated[str, typer.Argument(metavar="RUN", help="Id of the run, or a unique beginning of it.")],
    full: Annotated[
        bool, typer.Option("--full", help="Whole inputs and outputs, and steps that were skipped.")
    ] = False,
    account: Account = None,
    as_json: AsJson = False,
) -> None:
    """Show a run: how it started, its steps as a tree, how it ended. For an open run: the steps so far."""

    async def load() -> RunView:
        from automations.cli.compose import open_session
        from automations.services.naming import find_run
        from automations.services.runs import view_run

        async with open_session(read_account(account)) as session:
            run_id = await find_run(session.executions, run, session.account)
            return await view_run(session.executions, session.automations, run_id)

    view = asyncio.run(load())
    if as_json:
        from automations.cli.output import print_json

        print_json({**_fields(view.run), "steps": view.steps, "iterations": view.iterations})
    else:
        print_run(view, full=full)


def _fields(run: Any) -> dict[str, Any]:
    from dataclasses import asdict

    return {name: value for name, value in asdict(run).items() if name != "nodes_executed"}


def print_run(view: RunView, *, full: bool = False) -> None:
    from automations.cli.output import clock, console, one_line, plain, short, span, status_text, visible

    run, out = view.run, console()
    head = plain(f"{run.automation}  ", "bold")
    head.append_text(status_text("waiting" if run.status == "running" and not run.held else run.status))
    if run.duration_ms is not None:
        head.append(f"  in {span(run.duration_ms)}")
    out.print(head)
    trigger = run.trigger_data if isinstance(run.trigger_data, dict) else {}
    what = f"{trigger.get('event')} {trigger['table']}" if trigger.get("table") else run.trigger_type
    what = "webhook" if trigger.get("source") == "webhook" else what
    facts = [("run", str(run.id)), ("started by", what + (" (test)" if run.test_mode else ""))]
    facts += [("lead", str(run.lead_id))] if run.lead_id else []
    facts += [("conversation", str(run.conversation_id))] if run.conversation_id else []
    facts += [("event", f"{run.event_id}   (automations explain {run.event_id})")] if run.event_id else []
    if run.parent_id:
        caller = trigger.get("called_by")
        called = isinstance(caller, dict) and caller.get("run_id") == str(run.parent_id)
        facts += [("called by" if called else "retry of", short(run.parent_id))]
    facts += [("accepted", clock(run.started_at))]
    facts += [("waits", waiting)] if (waiting := _waiting(run)) else []
    facts += [("output", one_line(run.output))] if run.output is not None else []
    facts += [("error", (f"{run.error_node_id}: " if run.error_node_id else "") + run.error)] if run.error else []
    for name, value in facts:
        line = plain(f"  {name:<13}", "bright_black")
        line.append(visible(" ".join(value.split())), style="red" if name == "error" else "")
        out.print(line, soft_wrap=True)
    out.print()
    if view.steps:
        out.print(step_tree(view, full=full), soft_wrap=full)
    else:
        out.print(plain("  no steps yet" if not run.is_final else "  no steps on record", "bright_black"))


def _waiting(run: Any) -> str:
    from automations.cli.output import clock

    if run.is_final or run.held:
        return ""
    if run.automation_status != "active":
        return f"held: the automation is {run.automation_status}"
    if run.status == "pending":
        return "for a worker (`automations doctor` says whether there is one)"
    return f"until {clock(run.due_at)}" if run.due_at else "for a signal, or for whoever took it"


def step_tree(view: RunView, *, full: bool = False) -> Tree:
    """A chain stays on one level; what a branching step leads to hangs below it."""
    from rich.tree import Tree

    from automations.cli.output import plain

    entries = {str(entry["node_id"]): entry for entry in view.steps if "node_id" in entry}
    shown = {key: entry for key, entry in entries.items() if full or entry.get("status") != "skipped"}
    parents = dict(_parents(view.edges, shown))
    branching = {
        edge.get("source")
        for edge in view.edges
        if sum(1 for other in view.edges if other.get("source") == edge.get("source")) > 1
    }
    tree = Tree("steps", guide_style="bright_black", hide_root=True)
    places: dict[str, Tree] = {}
    for key, entry in shown.items():
        parent, handle = parents.get(key, (None, ""))
        under = tree if parent is None else places[parent]
        branch = under.add(step_text(entry, handle if parent in branching else "", full=full))
        places[key] = branch if key in branching else under
        _add_iterations(branch, key, view, full=full)
    for entry in view.steps:
        if "left_out" in entry:
            tree.add(plain(f"… {entry['left_out']} more steps are not on record"))
        elif "unreadable" in entry:
            tree.add(plain(f"? a step {entry['unreadable']}"))
    return tree


def _add_iterations(branch: Tree, loop: str, view: RunView, *, full: bool) -> None:
    """What a loop did, item by item; only the first of many."""
    from automations.cli.output import plain, visible

    scopes: dict[str, list[dict[str, Any]]] = {}
    for entry in view.iterations:
        scope = str(entry["scope"])
        if scope.partition(":")[0] == loop and (full or entry.get("status") != "skipped"):
            scopes.setdefault(scope, []).append(entry)
    for number, (scope, entries) in enumerate(scopes.items()):
        if number == ITERATIONS_SHOWN and not full:
            more = f"… {len(scopes) - number}{' or more' if view.more_iterations else ''} further items (--full)"
            branch.add(plain(more, "bright_black"))
            return
        item = branch.add(plain(visible(scope.replace("/", "  ")), "bright_black"))
        for entry in entries:
            item.add(step_text(entry, full=full))
    if scopes and view.more_iterations:
        branch.add(plain("… more items are on record than are read here", "bright_black"))


def _parents(edges: list[dict[str, Any]], shown: dict[str, Any]) -> Iterator[tuple[str, tuple[str, str]]]:
    """(step, (the step before it that led there, through which handle)); at a join the last one."""
    place = {key: number for number, key in enumerate(shown)}
    for key in shown:
        before = [
            (place[source], source, str(edge.get("sourceHandle") or ""))
            for edge in edges
            if edge.get("target") == key
            and (source := str(edge.get("source"))) in place
            and place[source] < place[key]
            and (not edge.get("sourceHandle") or shown[source].get("handle") in (None, edge["sourceHandle"]))
        ]
        if before:
            _, source, handle = max(before)
            yield key, (source, handle)


def tokens_told(output: Any) -> list[str]:
    """What a step asked of a language model: `412 tokens in, 38 out`."""
    usage = output.get("usage") if isinstance(output, dict) else None
    counts = [usage.get(name) for name in ("input_tokens", "output_tokens")] if isinstance(usage, dict) else []
    if not counts or not all(isinstance(count, int) for count in counts):
        return []
    return [f"{counts[0]:,} tokens in, {counts[1]:,} out"]


def step_text(entry: dict[str, Any], handle: str = "", *, full: bool = False) -> Text:
    from automations.cli.output import COLOURS, MARKS, as_json, clock_of, one_line, plain, short, span, visible

    status = str(entry.get("status"))
    text = plain("")
    if handle:
        text.append(f"{visible(handle)} → ", style="bright_black")
    text.append(f"{MARKS.get(status, '?')} ", style=COLOURS.get(status, ""))
    text.append(visible(str(entry.get("label") or entry.get("node_id"))), style="bold")
    told = [str(entry.get("node_id")), str(entry.get("type"))]
    if entry.get("duration_ms") is not None:
        told.append(span(entry["duration_ms"]))
    if status == "running":
        told.append(f"attempt {entry.get('attempt') or 1}, started {clock_of(entry.get('started_at'))}")
    elif (entry.get("attempt") or 1) > 1:
        told.append(f"attempt {entry['attempt']}")
    if status == "skipped":
        told.append("skipped")
    told += tokens_told(entry.get("output"))
    if entry.get("from_run"):
        told.append(f"taken over from {short(entry['from_run'])}")
    text.append("  " + visible("  ".join(told)), style="bright_black")
    if entry.get("handle") not in (None, "out"):
        text.append(f"  → {visible(str(entry['handle']))}", style="cyan")
    for name in ("input", "output"):
        value = entry.get(name)
        if value not in (None, {}, []):
            lines = as_json(value, indent=True).split("\n") if full else [one_line(value)]
            shown = "\n         ".join(visible(line) for line in lines)
            text.append(f"\n  {name:<7}", style="bright_black").append(shown)
    if entry.get("error"):
        text.append("\n  error  ", style="bright_black").append(
            visible(" ".join(str(entry["error"]).split())), style="red"
        )
    return text

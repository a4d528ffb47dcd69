"""An error on the terminal: one line what is wrong, one line what to do next; with `--json` one object on stderr."""

from __future__ import annotations

import json
import sys
from typing import Any

from automations.errors import AutomationsError, FlowInvalid


def report(error: BaseException, *, as_json: bool) -> int:
    """Write it, and say the exit code."""
    what = describe(error)
    code: int = what.pop("exit_code")
    if isinstance(error, FlowInvalid):
        what["problems"] = [
            {name: getattr(problem, name) for name in ("code", "message", "hint", "node_id", "edge_id", "field")}
            for problem in error.problems
        ]
    if as_json:
        print(json.dumps({"error": what}), file=sys.stderr)
    elif what["message"]:
        print(f"Error: {_one_line(what['message'])}", file=sys.stderr)
        if isinstance(error, FlowInvalid) and len(error.problems) > 1:
            for problem in error.problems[:20]:
                where = problem.node_id or problem.edge_id or "flow"
                print(f"  {_one_line(where)}: {_one_line(problem.message)}", file=sys.stderr)
            if len(error.problems) > 20:
                print(f"  … and {len(error.problems) - 20} more", file=sys.stderr)
        if what["hint"]:
            print(f"  Do: {_one_line(what['hint'])}", file=sys.stderr)
    return code


def describe(error: BaseException) -> dict[str, Any]:
    """`{code, message, hint, exit_code}` of any error."""
    if isinstance(error, BaseExceptionGroup) and len(error.exceptions) == 1:
        return describe(error.exceptions[0])
    if isinstance(error, AutomationsError):
        return {"code": error.code, "message": error.message, "hint": error.hint, "exit_code": 1}
    # typer's own errors, wherever it keeps them in this release: usage, and Exit and Abort.
    exit_code = getattr(error, "exit_code", None)
    if exit_code is not None:
        said = getattr(error, "format_message", None)
        context = getattr(error, "ctx", None)
        command = context.command_path if context is not None else "automations"
        hint = f"See `{command} --help`." if said else None
        return {"code": "usage", "message": said() if said else "", "hint": hint, "exit_code": exit_code}
    if type(error).__name__ == "Abort":
        return {"code": "aborted", "message": "nothing was done", "hint": None, "exit_code": 1}
    return {
        "code": "internal",
        "message": f"{type(error).__name__}: {error}",
        "hint": "This should not happen. Run it again with --debug, and report what it prints.",
        "exit_code": 1,
    }


def _one_line(text: str) -> str:
    from automations.cli.output import visible

    return visible(" ".join(text.split()))

"""Tools that are called, many records at once, and automations that start each other, from the command line."""

from __future__ import annotations

import json
import uuid
from typing import Any

import pytest
from tests.e2e.conftest import Cli

pytestmark = [pytest.mark.timeout(240), pytest.mark.usefixtures("up")]

SCHEMA = {
    "type": "object",
    "properties": {"text": {"type": "string"}, "times": {"type": "integer"}},
    "required": ["text"],
}


def published(cli: Cli, name: str, trigger: str, config: Any, *steps: dict[str, Any], **given: Any) -> str:
    """Imported, published and enabled: its id."""
    nodes = [{"id": "trigger", "type": trigger, "data": {"config": config}}, *steps]
    edges = [
        {"id": f"e{place}", "source": nodes[place]["id"], "target": node["id"]} for place, node in enumerate(steps)
    ]
    automation = given.get("id") or str(uuid.uuid4())
    file = json.dumps({"id": automation, "name": name, "nodes": nodes, "edges": edges})
    cli.ok("import", "-", given=file)
    if given.get("publish", True):
        cli.ok("publish", automation)
        cli.ok("enable", automation)
    return automation


def step(node_id: str, kind: str, **config: Any) -> dict[str, Any]:
    return {"id": node_id, "type": kind, "data": {"config": config}}


def test_a_tool_is_called_and_answers(cli: Cli) -> None:
    config = {"tool_name": "shout", "description": "Shouts.", "input_schema": SCHEMA}
    output = {"said": "{{ trigger.input.text }}", "times": "{{ trigger.input.times }}"}
    published(cli, "Shout", "trigger-ai-tool", config, step("say", "logic-stop", status="completed", output=output))
    answer = cli.ok("call", "shout", "--input", "text=hello", "--input", "times=2", "--json").json
    assert answer.pop("run_id")
    assert answer == {
        "status": "completed",
        "output": {"said": "hello", "times": 2},
        "error": None,
        "message": None,
    }
    assert json.loads(cli.ok("call", "shout", "-i", '{"text": "a", "times": 1}', "-i", "text=b").out) == {
        "said": "b",
        "times": 1,
    }
    refused = cli("call", "shout", "-i", "times=1")
    assert (refused.code, "text is missing" in refused.err) == (1, True)
    unknown = cli("call", "whisper", "--json")
    assert (unknown.code, json.loads(unknown.err)["error"]["code"]) == (1, "not_found")


def test_a_tool_that_has_not_ended_says_so(cli: Cli) -> None:
    config = {"tool_name": "held", "description": "Is paused meanwhile.", "input_schema": SCHEMA}
    automation = published(cli, "Held", "trigger-ai-tool", config, step("say", "logic-stop", status="completed"))
    key = str(uuid.uuid4())
    done = cli.ok("call", "held", "-i", "text=x", "--key", key, "--json").json
    assert cli.ok("call", "held", "-i", "text=x", "--key", key, "--json").json == done
    limit = '{"max_starts_per_hour": 1}'
    change = f"update automations set trigger_config = trigger_config || '{limit}' where id = '{automation}'"
    cli.ok("sql", "-qc", change)
    waiting = cli("call", automation, "-i", "text=x", "--timeout", "0.3")
    assert waiting.code == 1
    assert "it goes on by itself, ask for run" in waiting.err + waiting.out
    assert "Traceback" not in waiting.err


@pytest.mark.full
def test_many_leads_at_once(cli: Cli) -> None:
    cli.ok("sql", "-qc", "insert into leads (user_id, name, stage) select user_id, 'Bulk ' || i, 'bulk' "
           "from (select user_id from agents limit 1) a, generate_series(1, 30) i")  # fmt: skip
    automation = published(
        cli, "For all", "trigger-manual", {"record": "lead"}, step("set", "transform-set-variable", variables={"a": 1})
    )
    condition = json.dumps({"field": "stage", "operator": "equals", "value": "bulk"})
    asked = cli("run", automation, "--leads-where", condition)
    assert (asked.code, "30 leads match, and nobody can be asked" in asked.err) == (1, True)
    started = cli.ok("run", automation, "--leads-where", condition, "--yes", "--key", "k", "--json").json
    assert (len({one["id"] for one in started}), {one["error"] for one in started}) == (30, {None})
    again = cli.ok("run", automation, "--leads-where", condition, "--yes", "--key", "k", "--json").json
    assert again == started
    named = cli.ok("run", automation, "--lead", "Bulk 1", "--lead", "Bulk 2")
    assert "2 runs of For all started" in named.err + named.out
    assert cli("run", automation, "--lead", "Bulk 1", "--leads-where", condition).code == 1
    assert cli("run", automation, "--leads-where", "{").code == 1
    misspelt = cli("run", automation, "--leads-where", condition.replace("stage", "stagge"), "--yes")
    assert (misspelt.code, "leads have no column 'stagge'" in misspelt.err) == (1, True)


def test_a_signal_for_an_account_that_does_not_exist_is_refused(cli: Cli) -> None:
    assert "sent; nothing waits" in cli.ok("signal", "paid", "--key", "7").out
    account = str(uuid.uuid4())
    refused = cli("signal", "paid", "--key", "7", "--account", account)
    assert (refused.code, f"there is no account {account}" in refused.err) == (1, True)


@pytest.mark.full
def test_a_circle_is_not_published(cli: Cli) -> None:
    first, second = str(uuid.uuid4()), str(uuid.uuid4())
    go_first = step("go", "action-run-automation", automation=first)
    go_second = step("go", "action-run-automation", automation=second)
    published(cli, "Circle two", "trigger-manual", {}, id=second)
    published(cli, "Circle one", "trigger-manual", {}, go_second, id=first)
    published(cli, "Circle two", "trigger-manual", {}, go_first, id=second, publish=False)
    problems = cli("validate", second, "--json")
    assert problems.code == 1
    assert [(one["code"], one["node_id"]) for one in problems.json] == [("automation_cycle", "go")]
    refused = cli("publish", second)
    assert refused.code == 1
    assert "Circle two → Circle one → Circle two" in refused.err


@pytest.mark.full
def test_a_called_run_says_by_whom(cli: Cli) -> None:
    called = published(cli, "Called", "trigger-manual", {}, step("end", "logic-stop", status="completed"))
    caller = published(
        cli, "Caller", "trigger-manual", {}, step("go", "action-run-automation", automation=called, wait=False)
    )
    run = cli.ok("run", caller, "--json").json
    child = run["output"]["run_id"]
    assert f"called by    {run['id'][:8]}" in cli.ok("show", child).out
    assert "(called)" in cli.ok("runs", "--automation", called).out

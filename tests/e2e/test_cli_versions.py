"""Publish, compare, go back, run again: as a person does it."""

from __future__ import annotations

import json
from typing import Any

import pytest
from tests.e2e.conftest import Cli, until

pytestmark = [pytest.mark.timeout(240), pytest.mark.usefixtures("up")]

NAME = "Two words"


def flow(word: str, *, more: bool = False) -> str:
    """Sets a variable and, with `more`, fails where the input says so."""
    nodes = [
        {"id": "start", "type": "trigger-manual", "data": {"label": "Start", "config": {}}},
        {"id": "say", "type": "transform-set-variable", "data": {"config": {"variables": {"word": word}}}},
    ]
    edges = [{"id": "a", "source": "start", "target": "say"}]
    if more:
        end = {"status": "failed", "message": "{{ vars.word }}"}
        nodes.append({"id": "end", "type": "logic-stop", "data": {"label": "End", "config": end}})
        edges.append({"id": "b", "source": "say", "target": "end"})
    return json.dumps({"name": NAME, "nodes": nodes, "edges": edges})


def save(cli: Cli, text: str, *options: str) -> Any:
    return cli.ok("import", "-", "--json", *options, given=text).json[0]


def run_to_its_end(cli: Cli, run: str) -> Any:
    until(lambda: cli.ok("show", run, "--json").json["completed_at"])
    return cli.ok("show", run, "--json").json


@pytest.fixture(scope="module")
def automation(cli: Cli, up: dict[str, Any]) -> str:
    """Version 1 says one; version 2 says two and fails."""
    made = save(cli, flow("one"))
    cli.ok("publish", NAME, "--note", "the first")
    cli.ok("enable", NAME)
    save(cli, flow("two", more=True))
    assert "published version 2" in cli.ok("publish", NAME).out
    identifier: str = made["id"]
    return identifier


@pytest.mark.full
def test_versions_are_listed_with_the_draft(cli: Cli, automation: str) -> None:
    listed = cli.ok("versions", NAME, "--json").json
    assert (listed["published_number"], listed["draft_is_published"]) == (2, True)
    assert [(one["number"], one["note"], one["is_published"]) for one in listed["versions"]] == [
        (2, None, True),
        (1, "the first", False),
    ]
    told = cli.ok("versions", automation[:13]).out
    assert f"draft at revision {listed['draft_revision']}: what runs" in told
    assert "the first" in told
    assert [one["number"] for one in cli.ok("versions", NAME, "-n", "1", "--json").json["versions"]] == [2]


def test_a_difference_is_readable(cli: Cli, automation: str) -> None:
    told = cli.ok("diff", automation, "1", "2").out.splitlines()
    assert [" ".join(line.split()) for line in told] == [
        "version 1 → version 2",
        "~ step say",
        '~ config.variables.word "one" → "two"',
        "+ step end End logic-stop",
        "+ edge say → end",
    ]
    assert "no difference" in cli.ok("diff", automation).out
    found = cli.ok("diff", automation, "2", "1", "--json").json
    assert (found["before"], found["same"]) == ({"version": 2, "draft_revision": None}, False)
    assert found["edges_removed"] == [{"source": "say", "handle": "out", "target": "end"}]
    refused = cli("diff", automation, "newest")
    assert refused.code == 1
    assert "is no version" in refused.err


@pytest.mark.full
def test_a_run_again_on_another_version_and_from_a_step(cli: Cli, automation: str) -> None:
    run = cli("run", NAME, "--json").json
    assert (run["status"], run["error"]) == ("failed", "two")
    (again,) = cli.ok("retry", run["id"], "--version", "1", "--json").json
    other = run_to_its_end(cli, again["new_run"])
    assert (other["status"], other["variables"], other["parent_id"]) == ("completed", {"word": "one"}, run["id"])
    (again,) = cli.ok("retry", run["id"], "--from", "failed", "--json").json
    same = run_to_its_end(cli, again["new_run"])
    assert (same["status"], same["version_id"]) == ("failed", run["version_id"])
    assert [step.get("from_run") for step in same["steps"] if step["node_id"] == "say"] == [run["id"]]
    assert f"taken over from {run['id'][:8]}" in cli.ok("show", same["id"]).out
    told = cli.ok("retry", run["id"], "--from", "say").out
    assert "runs again as" in told
    refused = cli("retry", run["id"], "--from", "nonsense")
    assert refused.code == 1
    assert "has no step 'nonsense'" in refused.err
    assert "do: " in refused.err
    assert "there is no version 9" in cli("retry", run["id"], "--version", "9").err
    assert cli("retry", run["id"], "--from", "failed", "--version", "1").code == 1


@pytest.mark.full
def test_going_back_asks_before_it_takes_a_draft_away(cli: Cli, automation: str) -> None:
    save(cli, flow("three"))
    refused = cli("rollback", automation, "1")
    assert refused.code == 1
    assert "has changes that are not published" in refused.err
    assert "--yes" in refused.err
    assert "published version 3" in cli.ok("rollback", automation, "1", "--yes", "--note", "two was wrong").out
    assert cli.ok("diff", automation, "1", "draft", "--json").json["same"] is True
    newest = cli.ok("versions", automation, "--json").json["versions"][0]
    assert (newest["number"], newest["note"]) == (3, "rolled back to version 1: two was wrong")
    nothing = cli("rollback", automation, "3")
    assert nothing.code == 1
    assert "is what runs" in nothing.err
    assert cli("rollback", automation, "draft").code == 1


@pytest.mark.full
def test_a_draft_is_saved_and_published_only_at_the_revision_that_was_seen(cli: Cli, automation: str) -> None:
    text = cli.ok("export", automation, "--with-revision").out
    revision = json.loads(text)["draft_revision"]
    number = cli.ok("versions", automation, "--json").json["versions"][0]["number"]
    saved = save(cli, flow("four"), "--expect-revision", str(revision))
    assert (saved["change"], saved["draft_revision"]) == ("updated", revision + 1)
    late = cli("import", "-", "--expect-revision", str(revision), given=flow("five"))
    assert late.code == 1
    assert f"at revision {revision + 1}, not {revision}" in late.err
    assert cli("publish", automation, "--expect-revision", str(revision)).code == 1
    assert cli("rollback", automation, "2", "--yes", "--expect-revision", str(revision)).code == 1
    published = cli.ok("publish", automation, "--expect-revision", str(revision + 1), "--json").json
    assert (published["version_number"], published["draft_is_published"]) == (number + 1, True)
    two = cli("import", "-", "other.json", "--expect-revision", "1", given=flow("six"))
    assert two.code == 1
    assert "one by one" in two.err

"""The lines of README.md that a reader pastes, as they stand there, with a kill in the middle."""

from __future__ import annotations

import json
import re
import shlex
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from tests.e2e.conftest import PATIENCE, Cli, end, make_cli, until

ROOT = Path(__file__).parents[2]
PROGRAM = f"{shlex.quote(sys.executable)} -m automations.cli.main"

pytestmark = pytest.mark.timeout(240)


def lines_of(heading: str) -> list[str]:
    section = re.search(rf"^## {heading}\n(.*?)^## ", (ROOT / "README.md").read_text("utf-8"), re.MULTILINE | re.DOTALL)
    assert section is not None
    blocks = re.findall(r"```console\n(.*?)```", section[1], re.DOTALL)
    return [line.removeprefix("$ ") for block in blocks for line in block.splitlines()]


def paste(cli: Cli, line: str) -> str:
    done = subprocess.run(
        ["bash", "-c", line.replace(".venv/bin/automations", PROGRAM)],
        env=cli.environment,
        cwd=ROOT,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=PATIENCE,
        check=False,
    )
    assert done.returncode == 0, (line, done)
    return done.stdout


def start_up(cli: Cli) -> subprocess.Popen[str]:
    process = cli.start("up", "--json")
    assert process.stdout is not None
    assert json.loads(process.stdout.readline())["status"] == "ready"
    return process


def test_a_flow_that_waits_is_killed_and_goes_on_with_the_reply(tmp_path: Path) -> None:
    cli = make_cli(tmp_path)
    draft, publish, enable, lead, runs, reply, show = lines_of("A flow that waits")
    up = start_up(cli)
    try:
        assert "created" in paste(cli, draft)
        assert "published version 1" in paste(cli, publish)
        assert "enabled" in paste(cli, enable)
        assert paste(cli, lead) == "INSERT 0 1\n"
        listed = until(lambda: out if "waiting" in (out := paste(cli, runs)) else None)
        assert ("INSERT leads" in listed, "or an event" in listed, len(listed.splitlines())) == (True, True, 2)

        assert end(up, signal.SIGKILL) == -signal.SIGKILL
        up = start_up(cli)
        assert "waiting" in paste(cli, runs)
        assert paste(cli, reply) == "INSERT 0 1\n"
        shown = until(lambda: out if "✓ completed" in (out := paste(cli, show)) else None)
    finally:
        end(up)

    steps = [line.strip(" ├└─") for line in shown.splitlines() if re.match(r"^\W*✓|^└── met", line)]
    assert [re.sub(r"  [\d.]+ (ms|s)", "", step) for step in steps] == [
        "✓ New lead  new_lead  trigger-event",
        "✓ Open a conversation  conversation  action-create-record",
        "✓ Say hello  hello  action-send-message",
        "✓ A reply, or two days  reply  logic-wait  → met",
        "met → ✓ Leave them to a person  replied  action-update-record",
    ]
    assert "Tomorrow at ten, please." in shown


def test_the_other_example_does_what_it_says_in_a_test(cli: Cli, up: dict[str, Any]) -> None:
    cli.ok("import", str(ROOT / "examples/nightly-digest.json"))
    run = cli.ok("run", "Nightly digest", "--test", "--json").json
    (loop,) = [step for step in run["steps"] if step["node_id"] == "each_lead"]
    told = [(line["name"], line["score"], line["conversations"]) for line in loop["output"]["results"]]
    assert (run["status"], loop["output"]["failed"]) == ("completed", 0)
    assert told == [
        ("Grace Hopper", 64, 1),
        ("Frances Allen", 57, 1),
        ("Katherine Johnson", 35, 1),
        ("Donald Knuth", 12, 1),
    ]


def test_over_http(cli: Cli, up: dict[str, Any]) -> None:
    sign_in, listed, follow, call, shown, end_it = lines_of("Over HTTP")
    sign_in = sign_in.replace("http://127.0.0.1:8765", up["http"])
    told = paste(
        cli, "\n".join(["set -m", sign_in, listed, "echo", follow, "sleep 1", call, "echo", shown, "sleep 1", end_it])
    )
    lines = told.splitlines()
    # Events may follow on the line of an answer, which ends in none.
    answers = [json.JSONDecoder().raw_decode(line)[0] for line in lines if line.startswith("{")]
    assert [one["status"] for one in answers if "status" in one] == ["completed"]
    (called,) = [one for one in answers if "execution_id" in one]
    assert (called["output"]["name"], called["error"]) == ("Grace Hopper", None)
    pages = [one["items"] for one in answers if "items" in one]
    assert (len(pages[0]), pages[1][0]["id"]) == (2, called["execution_id"])
    events = [json.loads(line.removeprefix("data: ")) for line in lines if line.startswith("data: ")]
    assert [one["status"] for one in events if one.get("id") == called["execution_id"]][-1] == "completed"

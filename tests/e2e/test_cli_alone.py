"""Commands where nothing runs, and how `up` begins and ends."""

from __future__ import annotations

import json
import os
import signal
import subprocess
from pathlib import Path

import pytest
from tests.e2e.conftest import PROGRAM, Cli, end, make_cli, until

pytestmark = pytest.mark.timeout(240)


@pytest.fixture
def fresh(tmp_path: Path) -> Cli:
    return make_cli(tmp_path)


@pytest.mark.parametrize(
    "command",
    ["runs", "worker", *(pytest.param(name, marks=pytest.mark.full) for name in ("list", "migrate", "sql", "export"))],
)
def test_without_a_database_a_command_says_how_to_start_one(cli: Cli, command: str) -> None:
    answer = cli(command)
    assert answer.code == 1
    what, to_do = answer.err.splitlines()[-2:]
    assert "does not run" in what
    assert "automations up" in to_do


def test_doctor_works_without_a_database(cli: Cli) -> None:
    answer = cli("doctor", "--json")
    assert answer.code == 1
    assert [one["level"] for one in answer.json if one["area"] == "server"] == ["broken"]


def test_a_senseless_setting_is_an_error_in_words(tmp_path: Path) -> None:
    wrong = make_cli(tmp_path, AUTOMATIONS_LEASE_SECONDS="soon")
    answer = wrong("runs")
    assert answer.code == 1
    assert "AUTOMATIONS_LEASE_SECONDS" in answer.err
    assert "Traceback" not in answer.err


def test_a_database_that_cannot_be_reached_is_an_error_in_words(tmp_path: Path) -> None:
    wrong = make_cli(tmp_path, AUTOMATIONS_DATABASE_URL="postgresql://me:hunter2@127.0.0.1:1/db")
    for command in ("runs", "migrate", "doctor"):
        answer = wrong(command)
        assert answer.code == 1
        assert "hunter2" not in answer.out + answer.err
        assert "Traceback" not in answer.err


def test_json_errors_are_json(cli: Cli) -> None:
    answer = cli("runs", "--json")
    assert answer.out == ""
    error = json.loads(answer.err)["error"]
    assert error["code"] == "database_unreachable"
    assert error["hint"]


@pytest.mark.parametrize("arguments", [("bogus",), ("runs", "--bogus"), ("runs", "--limit", "x"), ("show",)])
def test_a_command_line_without_sense_is_exit_code_2(cli: Cli, arguments: tuple[str, ...]) -> None:
    answer = cli(*arguments)
    assert answer.code == 2
    assert "--help" in answer.err
    assert "Traceback" not in answer.err


def test_help_and_version_need_nothing(cli: Cli) -> None:
    assert "publish" in cli.ok("--help").out
    assert "--follow" in cli.ok("runs", "--help").out
    assert cli.ok("--version").out.startswith("automations ")


def test_without_arguments_the_help_is_printed(cli: Cli) -> None:
    assert cli.ok().out == cli.ok("--help").out


def test_a_directory_that_cannot_be_written_is_an_error_in_words(cli: Cli) -> None:
    (cli.directory / "taken").write_text("")
    answer = cli("migrate", "--export", "taken/below")
    assert answer.code == 1
    assert "taken/below cannot be written" in answer.err


def test_the_sql_of_the_schema_is_printed_without_a_database(cli: Cli) -> None:
    printed = cli.ok("migrate", "--print").out
    assert "create table public.automations" in printed
    assert printed.count("\nbegin;\n") == printed.count("\ncommit;\n")


def test_node_types_are_listed_without_a_database(cli: Cli) -> None:
    types = [one["type"] for one in cli.ok("nodes", "--json").json]
    assert "action-http" in types
    assert types == sorted(types)
    table = cli.ok("nodes").out
    assert "Sends an HTTP request and reads the answer." in table
    assert "true, false" in table


def test_a_node_type_is_shown_with_its_fields(cli: Cli) -> None:
    shown = cli.ok("nodes", "action-http").out
    assert "HTTP request (action-http)" in shown
    assert "Idempotency-Key" in shown
    rows = [line.split() for line in shown.splitlines()]
    assert ["url", "text,", "1", "to", "16,384", "characters", "required", "yes"] in [row[:8] for row in rows]
    assert ["timeout_seconds", "number,", "1", "to", "300", "30", "no"] in [row[:7] for row in rows]
    described = cli.ok("nodes", "action-http", "--json").json
    assert (described["type"], described["package"], described["group"]) == ("action-http", "automations", "action")
    assert described["config_schema"]["required"] == ["url"]
    # Nothing of a trigger is a template.
    assert "yes" not in cli.ok("nodes", "trigger-schedule").out.split()
    unknown = cli("nodes", "action-htp")
    assert (unknown.code, "`action-http`" in unknown.err) == (1, True)


def test_output_into_a_pipe_that_closes_is_no_error(cli: Cli) -> None:
    # `automations migrate --print | head -1`, without a shell.
    process = subprocess.Popen(
        [*PROGRAM, "migrate", "--print"], env=cli.environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )
    assert process.stdout is not None
    assert process.stderr is not None
    process.stdout.readline()
    process.stdout.close()
    said = process.stderr.read()
    process.stderr.close()
    process.wait(60)
    assert said == ""


@pytest.mark.parametrize("number", [pytest.param(signal.SIGTERM, marks=pytest.mark.full), signal.SIGINT])
def test_up_ends_cleanly_with_its_database_and_comes_back(fresh: Cli, number: signal.Signals) -> None:
    first = fresh.start("up", "--json", "--no-demo")
    assert first.stdout is not None
    ready = json.loads(first.stdout.readline())
    assert ready["started_database"] is True
    assert fresh.ok("list", "--json").json == []
    postgres = int((Path(ready["data_dir"]) / "postgres" / "postmaster.pid").read_text().split()[0])
    assert end(first, number) == 0
    with pytest.raises(ProcessLookupError):
        os.kill(postgres, 0)
    second = fresh.start("up", "--json", "--no-demo")
    assert second.stdout is not None
    again = json.loads(second.stdout.readline())
    assert again["migrated"] == []
    assert end(second, number) == 0


def test_the_database_of_a_killed_up_goes_with_it(fresh: Cli) -> None:
    process = fresh.start("up", "--json", "--no-demo")
    assert process.stdout is not None
    ready = json.loads(process.stdout.readline())
    postgres = int((Path(ready["data_dir"]) / "postgres" / "postmaster.pid").read_text().split()[0])
    end(process, signal.SIGKILL)

    def gone() -> bool:
        try:
            os.kill(postgres, 0)
        except ProcessLookupError:
            return True
        return False

    until(gone)


def test_up_starts_a_killed_database_again_and_goes_on(fresh: Cli) -> None:
    process = fresh.start("up", "--json")
    assert process.stdout is not None
    ready = json.loads(process.stdout.readline())
    pid_file = Path(ready["data_dir"]) / "postgres" / "postmaster.pid"
    before = int(pid_file.read_text().split()[0])
    try:
        os.kill(before, signal.SIGKILL)
        insert = "insert into leads (user_id, name, score) select user_id, 'After', 80 from agents limit 1"
        until(lambda: fresh("sql", "-qc", insert).code == 0)
        until(lambda: [run for run in fresh.ok("runs", "--json").json if run["status"] == "completed"])
    finally:
        assert end(process) == 0

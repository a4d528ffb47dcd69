"""A node type in somebody else's package: installed from `examples/`, found, tested, validated and run."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.e2e.conftest import Cli, end, make_cli

PACKAGE = Path(__file__).parents[2] / "examples" / "automations-phone"
FLOW = {
    "format": "automations/1",
    "name": "Tidy a number",
    "nodes": [
        {"id": "start", "type": "trigger-manual", "data": {"config": {"record": "lead"}}},
        {
            "id": "phone",
            "type": "transform-phone",
            "data": {"config": {"number": "{{ trigger.new.phone }}", "country": "44"}, "mask": ["number", "phone"]},
        },
        {
            "id": "save",
            "type": "action-update-record",
            "data": {"config": {"table": "leads", "values": {"phone": "{{ steps.phone.phone }}"}}},
        },
    ],
    "edges": [
        {"id": "a", "source": "start", "target": "phone"},
        {"id": "b", "source": "phone", "target": "save"},
    ],
}

pytestmark = pytest.mark.timeout(240)


@pytest.fixture(scope="module")
def installed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where pip has put the built package; nothing is fetched."""
    target = tmp_path_factory.mktemp("site")
    options = ["--quiet", "--no-deps", "--no-build-isolation", "--no-index", "--disable-pip-version-check"]
    subprocess.run(
        [sys.executable, "-m", "pip", "install", *options, "--target", target, PACKAGE], check=True, capture_output=True
    )
    return target


@pytest.fixture(scope="module")
def with_it(installed: Path, tmp_path_factory: pytest.TempPathFactory) -> Cli:
    return make_cli(tmp_path_factory.mktemp("cli"), PYTHONPATH=str(installed))


@pytest.fixture(scope="module")
def up_with_it(with_it: Cli) -> Iterator[None]:
    process = with_it.start("up", "--json")
    assert process.stdout is not None
    line = process.stdout.readline()
    assert json.loads(line)["status"] == "ready"
    try:
        yield
    finally:
        assert end(process) == 0


@pytest.mark.full
def test_its_own_tests_pass(with_it: Cli, installed: Path) -> None:
    # Without our own configuration of pytest.
    options = ["-q", "-p", "no:cacheprovider", "-c", "/dev/null", "-o", "asyncio_mode=auto", "--rootdir", str(PACKAGE)]
    done = subprocess.run(
        [sys.executable, "-m", "pytest", *options, PACKAGE / "tests"],
        env=with_it.environment,
        cwd=installed,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert "10 passed" in done.stdout


@pytest.mark.full
def test_it_is_one_of_the_node_types(with_it: Cli, cli: Cli) -> None:
    (found,) = [one for one in with_it.ok("nodes", "--json").json if one["type"] == "transform-phone"]
    assert (found["package"], found["handles"]) == ("automations_phone", ["out"])
    assert "international way" in with_it.ok("nodes", "transform-phone").out
    assert cli("nodes", "transform-phone").code == 1


@pytest.mark.full
def test_its_flows_are_valid_where_it_is_installed_and_nowhere_else(with_it: Cli, cli: Cli) -> None:
    assert "No problems" in with_it.ok("validate", "-", given=json.dumps(FLOW)).out
    (problem,) = cli("validate", "-", "--json", given=json.dumps(FLOW)).json
    assert (problem["code"], problem["node_id"]) == ("unknown_type", "phone")
    assert "install the package" in problem["hint"]


@pytest.mark.full
@pytest.mark.usefixtures("up_with_it")
def test_a_worker_runs_it(with_it: Cli) -> None:
    with_it.ok("sql", "-qc", "update leads set phone = '020 7946 0123' where name = 'Ada Lovelace'")
    with_it.ok("import", "-", given=json.dumps(FLOW))
    with_it.ok("publish", "Tidy a number")
    with_it.ok("enable", "Tidy a number")
    run = with_it.ok("run", "Tidy a number", "--lead", "Ada Lovelace", "--json").json
    assert run["status"] == "completed"
    lead = with_it.ok("sql", "--json", "-c", "select phone from leads where name = 'Ada Lovelace'").json
    assert lead == [{"phone": "+442079460123"}]
    steps = {step["node_id"]: step for step in with_it.ok("show", run["id"], "--json").json["steps"]}
    assert (steps["phone"]["input"]["number"], steps["phone"]["output"]) == ("•••", {"phone": "•••"})

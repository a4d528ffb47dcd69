"""After runs that used a secret and failed with it, its value is nowhere: not in a table, a log, a dump or a file."""

from __future__ import annotations

import base64
import json
import os
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest
from tests.e2e.conftest import PROGRAM, Cli, end, make_cli, until
from tests.e2e.test_secrets import calling, imported

from automations.db.embedded.binaries import find_binaries

pytestmark = pytest.mark.timeout(240)

VALUE = "Zx9/k+u7 qP=l0ng&secret%value"
INNER = base64.b64encode(VALUE.encode()).decode()[4:28]
FORMS = {VALUE, quote(VALUE), quote(VALUE, safe=""), json.dumps(VALUE)[1:-1], INNER, VALUE.encode().hex()}


@pytest.fixture(scope="module")
def own(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Cli, Path, dict[str, Any]]]:
    """An `up` that logs everything it can, into a file."""
    directory = tmp_path_factory.mktemp("everywhere")
    cli = make_cli(directory, AUTOMATIONS_LOG_LEVEL="debug", AUTOMATIONS_HTTP_PORT="0")
    log = directory / "up.log"
    with log.open("wb") as errors:
        process = subprocess.Popen(
            [*PROGRAM, "up", "--json"],
            env=cli.environment,
            cwd=directory,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=errors,
            text=True,
        )
    assert process.stdout is not None
    said = json.loads(process.stdout.readline())
    try:
        yield cli, log, said
    finally:
        assert end(process) == 0


def found_in(data: bytes) -> list[str]:
    return [form for form in FORMS if form.encode() in data]


@pytest.mark.parametrize("ways", [2, pytest.param(6, marks=pytest.mark.full)])
def test_the_value_is_nowhere(own: tuple[Cli, Path, dict[str, Any]], ways: int) -> None:
    cli, log, said = own
    cli.ok("secrets", "set", "CRM_TOKEN", given=VALUE)
    # Whoever answers says it back, in every place; and the same once more from an address that is refused.
    runs = []
    for address, more in (
        (said["echo"], {}),
        (said["echo"], {"success_codes": [599]}),
        (said["echo"], {"max_response_bytes": 20}),
        ("http://192.168.7.7/", {}),
        ("http://127.0.0.1:1/", {}),
        (said["echo"], {"headers": {"Bad\nName": "{{ secrets.CRM_TOKEN }}"}}),
    )[:ways]:
        automation = imported(cli, calling(address, **more))
        cli.ok("publish", automation)
        cli.ok("enable", automation)
        runs.append(json.loads(cli("run", automation, "--json").out))
    assert [run["status"] for run in runs] == ["completed", *["failed"] * (ways - 1)]
    # A test of the draft, a retry, a failure's own record, and a version that is rolled back.
    answers = [cli("retry", run["id"], "--from", "failed") for run in runs[1:3]]
    until(lambda: not cli.ok("runs", "--status", "running,pending", "--json").json)
    for run in runs:
        answers += [cli("show", run["id"], "--full"), cli("show", run["id"], "--full", "--json")]
        answers.append(cli("export", run["automation_id"]))
        answers.append(cli("run", run["automation_id"], "--test"))
    answers += [cli("runs"), cli("list", "--json"), cli("secrets", "list", "--json"), cli("doctor", "--json")]
    for answer in answers:
        assert found_in((answer.out + answer.err).encode()) == [], answer

    dump = subprocess.run(
        [find_binaries(None).bin_dir / "pg_dump", "--dbname", said["database"], "--no-owner"],
        capture_output=True,
        check=True,
        timeout=60,
    ).stdout
    assert b"CRM_TOKEN" in dump
    assert found_in(dump) == []
    cli.ok("sql", "-qc", "checkpoint")
    files = [path for path in Path(said["data_dir"]).rglob("*") if path.is_file()]
    assert len(files) > 500
    for path in files:
        assert found_in(path.read_bytes()) == [], path
    assert b"worker ready" in log.read_bytes()
    assert found_in(log.read_bytes()) == []
    assert found_in(json.dumps(dict(os.environ)).encode()) == []

"""A secret from the command line to the request, and nowhere else."""

from __future__ import annotations

import json
import uuid
from typing import Any

import pytest
from tests.e2e.conftest import Cli

pytestmark = [pytest.mark.timeout(240), pytest.mark.usefixtures("up")]

VALUE = "s3cr3t/with+signs=7f3a"
SEARCH = """
create or replace function pg_temp.found(p_text text) returns setof text language plpgsql as $$
declare v_table text; v_count bigint;
begin
  for v_table in select format('%I.%I', schemaname, tablename) from pg_tables
    where schemaname not in ('pg_catalog', 'information_schema') loop
    execute format('select count(*) from %s t where position(%L in t::text) > 0', v_table, p_text) into v_count;
    if v_count > 0 then return next v_table; end if;
  end loop;
end $$;
select count(*) from pg_temp.found('{}');
"""


def calling(address: str, **more: Any) -> str:
    config = {
        "method": "POST",
        "url": address,
        "headers": {"Authorization": "Bearer {{ secrets.CRM_TOKEN }}", "X-Plain": "{{ secrets.CRM_TOKEN }}"},
        "query": {"key": "{{ secrets.CRM_TOKEN }}"},
        "body_type": "json",
        "body": {"token": "{{ secrets.CRM_TOKEN }}", "name": "Ada"},
        **more,
    }
    nodes = [
        {"id": "start", "type": "trigger-manual", "data": {"config": {}}},
        {"id": "call", "type": "action-http", "data": {"config": config}},
    ]
    edges = [{"id": "e", "source": "start", "target": "call"}]
    return json.dumps(
        {"id": str(uuid.uuid4()), "name": f"Uses a secret {uuid.uuid4()}", "nodes": nodes, "edges": edges}
    )


def imported(cli: Cli, file: str) -> str:
    cli.ok("import", "-", given=file)
    automation: str = json.loads(file)["id"]
    return automation


@pytest.mark.full
def test_a_secret_reaches_the_other_side_and_no_record(cli: Cli, up: dict[str, Any]) -> None:
    automation = imported(cli, calling(up["echo"]))
    refused = cli("publish", automation)
    assert (refused.code, "there is no secret CRM_TOKEN in this account" in refused.err) == (1, True)
    assert "is set" in cli.ok("secrets", "set", "CRM_TOKEN", given=f"{VALUE}\n").out
    (listed,) = cli.ok("secrets", "list", "--json").json
    assert (listed["name"], VALUE in json.dumps(listed)) == ("CRM_TOKEN", False)
    cli.ok("publish", automation)
    cli.ok("enable", automation)

    run = cli.ok("run", automation, "--json").json
    shown = cli.ok("show", run["id"], "--full", "--json")
    (call,) = [step for step in shown.json["steps"] if step["node_id"] == "call"]
    assert (call["status"], call["output"]["status"], call["error"]) == ("completed", 200, None)
    # The echo has sent back what it was sent, in a header, in the path and in the body.
    echoed = call["output"]["body"]
    assert (echoed["headers"]["x-plain"], echoed["body"]) == ("•••", {"token": "•••", "name": "Ada"})
    assert echoed["path"] == "/?key=•••"
    assert VALUE not in shown.out

    failing = imported(cli, calling(up["echo"], success_codes=[599]))
    cli.ok("publish", failing)
    cli.ok("enable", failing)
    failed = cli("run", failing, "--json")
    assert (failed.code, VALUE in failed.out + failed.err) == (1, False)
    for form in (VALUE, "s3cr3t%2Fwith", "czNjcjN0L3dpdGgrc2lnbnM9"):
        assert cli.ok("sql", "-qAtc", SEARCH.format(form)).out.strip().splitlines()[-1] == "0", form
    exported = cli.ok("export", automation).out
    assert VALUE not in exported
    assert "{{ secrets.CRM_TOKEN }}" in exported


@pytest.mark.full
def test_a_secret_that_is_rotated_replaced_and_deleted(cli: Cli, up: dict[str, Any]) -> None:
    automation = imported(cli, calling(up["echo"]))
    cli.ok("secrets", "set", "CRM_TOKEN", given=VALUE)
    cli.ok("publish", automation)
    cli.ok("enable", automation)
    before = cli.ok("secrets", "list", "--json").json[0]["key_id"]
    rotated = cli.ok("secrets", "rotate", "--json").json
    assert (rotated["resealed"], rotated["key_id"] != before) == (1, True)
    # The worker that runs all the time opens it with the new key.
    assert cli.ok("run", automation, "--json").json["status"] == "completed"
    assert cli.ok("secrets", "rotate", "--no-new-key", "--json").json["resealed"] == 0
    cli.ok("secrets", "set", "CRM_TOKEN", given="another value")
    assert cli.ok("run", automation, "--json").json["status"] == "completed"
    assert "CRM_TOKEN is deleted" in cli.ok("secrets", "delete", "CRM_TOKEN").out
    gone = cli("run", automation)
    assert (gone.code, "there is no secret CRM_TOKEN" in gone.out + gone.err) == (1, True)
    assert cli("secrets", "delete", "CRM_TOKEN").code == 1


@pytest.mark.parametrize(
    ("arguments", "given", "said"),
    [
        (("set", "no-name"), "value", "cannot be the name of a secret"),
        (("set", "SHORT"), "abc", "4 to 65,536 bytes"),
        (("set", "LONG"), "x" * 70_000, "4 to 65,536 bytes"),
        (("set", "X", "--account", str(uuid.UUID(int=7))), "value", "there is no account"),
    ],
)
def test_what_cannot_be_a_secret_is_refused(cli: Cli, arguments: tuple[str, ...], given: str, said: str) -> None:
    refused = cli("secrets", *arguments, given=given)
    assert (refused.code, said in refused.err, "Traceback" in refused.err) == (1, True, False)


@pytest.mark.full
@pytest.mark.parametrize(
    "place",
    [
        {"url": "https://example.com/{{ secrets.CRM_TOKEN }}"},
        {"headers": {"A": "{{ secrets.CRM_TOKEN | upper }}"}},
        {"headers": {"A": "{{ secrets }}"}},
    ],
)
def test_a_secret_where_it_may_not_stand_is_refused(cli: Cli, up: dict[str, Any], place: dict[str, Any]) -> None:
    problems = cli("validate", imported(cli, calling(up["echo"], **place)), "--json")
    assert problems.code == 1
    assert [problem["message"].split(": ")[-1] for problem in problems.json] == ["a secret cannot be used here"]

"""What docs/tables.md shows, from `create table` to the run."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
from tests.e2e.conftest import Cli, until

pytestmark = [pytest.mark.timeout(240), pytest.mark.usefixtures("up")]

PAGE = (Path(__file__).parents[2] / "docs" / "tables.md").read_text(encoding="utf-8")


def block(language: str) -> str:
    (found,) = re.findall(rf"```{language}\n(.*?)```", PAGE, re.DOTALL)
    return str(found)


@pytest.mark.full
def test_an_orders_table_fires_until_it_is_watched_no_more(cli: Cli, tmp_path: Path) -> None:
    cli.ok("sql", "-qc", block("sql"))
    assert "No table is watched" in cli.ok("watch").out
    watch = ("watch", "public.orders", "--account", "user_id", "--id", "id", "--lead", "lead_id", "--grant")
    told = cli.ok(*watch)
    assert told.out == "orders is watched: a record event of orders starts on its changes.\n"
    assert told.out in PAGE
    assert told.err == ""
    assert "already" in cli.ok(*watch).out
    (listed,) = cli.ok("watch", "--json").json
    assert (listed["source"], listed["lead_column"], listed["state"]) == ("orders", "lead_id", "fires")
    assert "orders" in cli.ok("watch").out

    (tmp_path / "large-orders.json").write_text(block("json"))
    cli.ok("import", str(tmp_path / "large-orders.json"))
    cli.ok("publish", "Large orders")
    cli.ok("enable", "Large orders")
    cli.ok("sql", "-qc", "insert into orders (user_id, total) select user_id, 2500 from agents limit 1")

    def ended() -> Any:
        found = cli.ok("runs", "--json", "--automation", "Large orders").json
        return found[0] if found and found[0]["completed_at"] else None

    run = until(ended)
    assert run["status"] == "completed"
    (row,) = cli.ok("sql", "--json", "-c", "select tags, owner_id from orders").json
    assert row["tags"] == ["large"]
    assert row["owner_id"].endswith("b01")
    told = cli.ok("explain", "orders:1", "Large orders")
    assert "INSERT orders 1 " in told.out
    assert "it matched: run" in told.out
    tested = cli.ok("run", "Large orders", "--test", "--row", "1", "--json").json
    assert tested["output"]["owner"].endswith("b02")
    assert "watched tables fire: orders" in cli("doctor").out
    errors_say_what_to_do(cli)

    gone = cli.ok("unwatch", "orders").out
    assert "orders is watched no more." in gone
    assert "Large orders" in gone
    assert "starts no more" in gone
    cli.ok("sql", "-qc", "insert into orders (user_id, total) select user_id, 5000 from agents limit 1")
    assert len(cli.ok("runs", "--json", "--automation", "Large orders").json) == 2
    refused = cli("publish", "Large orders")
    assert refused.code == 1
    assert "nothing watches the table orders" in refused.err
    assert "automations watch orders" in refused.err


def errors_say_what_to_do(cli: Cli) -> None:
    for arguments, said, do in (
        (("watch", "orders"), "which column", "--account user_id"),
        (("watch", "orders", "--account", "owner"), "no column owner", "user_id"),
        (("watch", "nowhere", "--account", "a"), "there is no table nowhere", "public.orders"),
        (("unwatch", "nowhere"), "not watched", "automations watch"),
        (("run", "Large orders", "--row", "1"), "started by its change", "--test"),
        (("run", "Large orders", "--test", "--row", "77"), "there is no row 77", "automations watch"),
        (("run", "Announce won deals", "--test", "--row", "1"), "does not listen", "--lead"),
        (("explain", "orders:77"), "no change of 77", ""),
    ):
        answer = cli(*arguments)
        assert answer.code == 1, (arguments, answer)
        assert said in answer.err, answer
        assert do in answer.err, answer
        assert "Do:" in answer.err
        assert "Traceback" not in answer.err

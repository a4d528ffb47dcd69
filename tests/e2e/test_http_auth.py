"""Keys of HTTP steps: the other side gets them (and sends them back), and no table, record or log line holds one."""

from __future__ import annotations

import json
import uuid
from typing import Any

import pytest
from tests.e2e.conftest import Cli
from tests.e2e.test_secrets import SEARCH

pytestmark = [pytest.mark.timeout(240), pytest.mark.usefixtures("up")]

KEY = "k3y/of+the=partner-9d1c"
SIGNING = "whsec_C2FVsBQIhrscChlQIMV+b5sSYspob7oD"
AUTHS: list[dict[str, Any]] = [
    {"type": "bearer", "token": "{{ secrets.PARTNER_KEY }}"},
    {"type": "basic", "username": "me", "password": "{{ secrets.PARTNER_KEY }}"},
    {"type": "header", "name": "X-Plain", "value": "{{ secrets.PARTNER_KEY }}"},
    {"type": "query", "name": "k", "value": "{{ secrets.PARTNER_KEY }}"},
    {"type": "signature", "secret": "{{ secrets.PARTNER_SIGNING }}"},
]


def flow(address: str, *, succeeds: bool) -> str:
    nodes: list[dict[str, Any]] = [{"id": "start", "type": "trigger-manual", "data": {"config": {}}}]
    edges = []
    for number, auth in enumerate(AUTHS):
        config = {"method": "POST", "url": f"{address}/{auth['type']}", "auth": auth, "body_type": "json", "body": {}}
        codes = {} if succeeds else {"success_codes": [599]}
        nodes.append({"id": auth["type"], "type": "action-http", "data": {"config": {**config, **codes}}})
        edges.append({"id": f"e{number}", "source": "start", "target": auth["type"]})
    flow_id = str(uuid.uuid4())
    return json.dumps({"id": flow_id, "name": f"Keys {flow_id}", "nodes": nodes, "edges": edges})


@pytest.mark.full
def test_a_key_is_in_no_record_whatever_becomes_of_the_step(cli: Cli, up: dict[str, Any]) -> None:
    cli.ok("secrets", "set", "PARTNER_KEY", given=KEY)
    cli.ok("secrets", "set", "PARTNER_SIGNING", given=SIGNING)
    told = ""
    for succeeds in (True, False):
        file = flow(up["echo"], succeeds=succeeds)
        automation = json.loads(file)["id"]
        cli.ok("import", "-", given=file)
        cli.ok("publish", automation)
        cli.ok("enable", automation)
        run = cli("run", automation, "--json")
        assert (run.code == 0) is succeeds
        shown = cli.ok("show", json.loads(run.out)["id"], "--full", "--json")
        told += run.out + run.err + shown.out
        steps = {step["node_id"]: step for step in shown.json["steps"]}
        if succeeds:
            echoed = {name: step["output"]["body"] for name, step in steps.items() if name != "start"}
            assert echoed["header"]["headers"]["x-plain"] == "•••"
            assert echoed["query"]["path"] == "/query?k=•••"
            assert steps["query"]["output"]["url"] == f"{up['echo']}/query"
            assert {"webhook-id", "webhook-timestamp", "webhook-signature"} <= set(echoed["signature"]["headers"])
    # As it is, in an address, behind a user name in base64, and the secret of a signature.
    for form in (KEY, "k3y%2Fof%2Bthe", "azN5L29mK3RoZT1wYXJ0bmVyLTlkM", "bWU6azN5L29mK3RoZT1", SIGNING, SIGNING[6:]):
        assert form not in told
        assert cli.ok("sql", "-qAtc", SEARCH.format(form)).out.strip().splitlines()[-1] == "0", form

"""The API of a running `up`, with the token that its own command gives."""

from __future__ import annotations

import json
import stat
import urllib.request
from pathlib import Path
from typing import Any
from urllib.error import HTTPError

import pytest
from tests.e2e.conftest import Cli, until

pytestmark = [pytest.mark.timeout(240)]


def ask(up: dict[str, Any], token: str, path: str, body: Any = None) -> Any:
    data = None if body is None else json.dumps(body).encode()
    headers = {"Authorization": f"Bearer {token}", "Content-Type": "application/json"}
    request = urllib.request.Request(f"{up['http']}/api/v1{path}", data=data, headers=headers)
    with urllib.request.urlopen(request, timeout=30) as answer:
        return json.loads(answer.read())


def test_sign_in_list_run_and_see_the_run(cli: Cli, up: dict[str, Any]) -> None:
    key = Path(up["data_dir"]) / "jwt.key"
    assert stat.S_IMODE(key.stat().st_mode) == 0o600
    token = cli.ok("token").out.strip()
    automations = ask(up, token, "/automations")["items"]
    (manual,) = [one for one in automations if one["trigger_type"] == "manual"]
    lead = json.loads(cli.ok("sql", "-qAtc", "select to_json(l) from leads l limit 1").out)
    run = ask(up, token, f"/automations/{manual['id']}/executions", {"input": {}, "lead_id": lead["id"]})
    ended = until(lambda: (shown := ask(up, token, f"/executions/{run['id']}"))["completed_at"] and shown)
    assert (ended["status"], ended["lead_id"]) == ("completed", lead["id"])
    stranger = cli.ok("token", "--user", "00000000-0000-4000-8000-00000000abcd", "--json").json["token"]
    assert ask(up, stranger, "/automations") == {"items": [], "next": None}
    for wrong in ("", "x", token[:-2] + "xx"):
        with pytest.raises(HTTPError) as refused:
            ask(up, wrong, "/automations")
        assert refused.value.code == 401
        refused.value.close()

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


@pytest.mark.full
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


def test_up_and_another_terminal_sign_in_by_a_link(cli: Cli, up: dict[str, Any]) -> None:
    owner = cli.ok("token", "--json").json["user"]
    for link in (
        up["sign_in"],
        cli.ok("sign-in").out.strip(),
        cli.ok("sign-in", "--user", owner, "--json").json["url"],
    ):
        base, _, code = link.partition("/sign-in?code=")
        assert (base, len(code)) == (up["http"], 43)
        with urllib.request.urlopen(link, timeout=30) as page:
            # The editor, or the page that makes do without it.
            assert b"<title>Automations</title>" in page.read()
        signed_in = ask(up, "", "/sign-in", {"code": code})
        assert signed_in["user_id"] == owner
        assert ask(up, signed_in["token"], "/me")["accounts"][0] == {"account_id": owner, "role": "owner"}
        with pytest.raises(HTTPError) as refused:
            ask(up, "", "/sign-in", {"code": code})
        assert refused.value.code == 401
        refused.value.close()


@pytest.mark.full
def test_machines_and_a_team_from_the_command_line(cli: Cli, up: dict[str, Any]) -> None:
    owner = cli.ok("token", "--json").json["user"]
    key = cli.ok("keys", "create", "crm", "--scope", "read", "--days", "30").out.strip()
    assert ask(up, key, "/me")["key"]["scopes"] == ["read"]
    (listed,) = cli.ok("keys", "list", "--json").json
    assert (listed["name"], listed["hint"]) == ("crm", key[-4:])
    assert "crm" in cli.ok("keys").out
    cli.ok("keys", "revoke", listed["id"][:8])
    with pytest.raises(HTTPError) as refused:
        ask(up, key, "/me")
    assert refused.value.code == 401
    refused.value.close()
    assert cli("keys", "create", "crm", "--scope", "all").code == 1
    link = cli.ok("team", "invite", "viewer", "--note", "Ada").out.strip()
    ada = "00000000-0000-4000-8000-0000000000ad"
    token = cli.ok("token", "--user", ada).out.strip()
    joined = ask(up, token, "/invitations/accept", {"code": link.partition("#code=")[2]})
    assert joined == {"account_id": owner, "role": "viewer"}
    cli.ok("team", "set-role", ada, "admin")
    assert [(one["id"], one["role"]) for one in cli.ok("team", "list", "--json").json["members"]] == [(ada, "admin")]
    again = cli.ok("team", "invite", "member", "--json").json
    assert "invited: " + again["id"][:8] in cli.ok("team").out
    cli.ok("team", "remove", again["id"][:8])
    cli.ok("team", "remove", ada)
    assert cli.ok("team", "list", "--json").json == {"account": owner, "members": [], "invitations": []}

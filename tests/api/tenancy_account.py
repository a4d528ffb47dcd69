"""One account of the matrix: some of everything, made over HTTP where that can be, with its mark in every text."""

from __future__ import annotations

import hashlib
import secrets
import time
import uuid
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Any

import asyncpg
from tests.api.conftest import ApiServer, Client, token
from tests.conftest import Factory
from tests.engine.drawing import edge, node, stop

ISSUER = "https://issuer.example.com"
# An admin of both; a viewer of the first who is an owner of the second.
IN_BOTH = "22222222-2222-4333-8444-555555555555"
LOOKS_ON = "33333333-2222-4333-8444-555555555555"
MARKS = ("zqalpha", "zqbeta")
ROLES = ("owner", "admin", "member", "viewer")


@dataclass
class Account:
    """`ids`: what calls name, by the names that the samples use. `owned`: every id in any of its rows."""

    mark: str
    ids: dict[str, str]
    keys: dict[str, str] = field(default_factory=dict)
    owned: frozenset[str] = frozenset()

    @property
    def id(self) -> str:
        return self.ids["account"]


def signed(user: str | None, **claims: Any) -> str:
    return token(None if user is None else uuid.UUID(user), **{"iss": ISSUER, "iat": int(time.time()), **claims})


async def new_account(api: ApiServer, db: asyncpg.Connection, mark: str) -> Account:
    make, account = Factory(db), uuid.uuid4()
    one = Account(mark, {"account": str(account), "mark": mark, "MARK": mark.upper()})
    ids = one.ids
    ids["agent"] = str(await make.agent(account))
    await db.execute("update agents set name = $1 where user_id = $2", f"{mark} agent", account)
    for role in ROLES:
        ids[role] = str(await make.team_member(account, role))
    ids["colleague"] = str(await make.team_member(account))
    for who, role in ((IN_BOTH, "admin"), (LOOKS_ON, "viewer" if mark == MARKS[0] else "owner")):
        await db.execute("insert into team_members values ($1, $2, $3)", account, uuid.UUID(who), role)
    owner = api.bearer(signed(ids["account"]))
    await owner.ok("PUT", f"/secrets/{mark.upper()}_KEY", json={"value": f"{mark}-value-of-the-secret"})
    await _settings(owner, mark)
    await _automations(owner, one)
    await _records(owner, one)
    await _order(db, one)
    await _runs(db, owner, one)
    await _bookkeeping(db, one)
    await _asked(db, owner, one)
    await _keys(db, one)
    await _removed(db, api, one)
    return one


async def _settings(owner: Client, mark: str) -> None:
    changes = {
        "mail_from": f"{mark}@example.com",
        "mail_reply_to": f"{mark}-reply@example.com",
        "mail_server": f"smtp://{mark}.example.com:587",
        "mail_user": mark,
        "mail_password_secret": f"{mark.upper()}_KEY",
        "ai_model": f"{mark}-model",
        "ai_base_url": f"https://{mark}.example.com/v1",
        "ai_key_secret": f"{mark.upper()}_KEY",
    }
    await owner.ok("PATCH", "/account/settings", json=changes)
    profile = {"name": f"{mark} person", "email": f"{mark}@home.example"}
    assert (await owner("PUT", "/people/me", json=profile)).status_code == 204


def _flows(one: Account) -> dict[str, tuple[str, dict[str, Any], list[Any]]]:
    """Type and config of the trigger, and the steps behind it."""
    mark, upper = one.mark, one.mark.upper()
    end = stop("end", "completed", output=f"{mark} says {{{{ trigger.input.name }}}}")
    form = {"type": "object", "properties": {"name": {"type": "string", "title": f"{mark} name"}}}
    tool = {"tool_name": f"{mark}_greet", "description": f"{mark} greets.", "input_schema": form}
    auth = {"type": "header", "secret": f"{{{{ secrets.{upper}_KEY }}}}"}
    call = node(
        "call",
        "action-http",
        {"url": f"https://{mark}.example.com", "headers": {"A": f"{{{{ secrets.{upper}_KEY }}}}"}},
    )
    daily = {"kind": "daily", "times": ["09:00"], "timezone": "Europe/Berlin"}
    lead, order = ({"event_source": source, "event_type": "INSERT"} for source in ("lead", "orders"))
    return {
        "manual": ("trigger-manual", {"input_schema": form}, [end]),
        "event": ("trigger-event", lead, [stop("end", "completed")]),
        "tool": ("trigger-ai-tool", tool, [end]),
        "hook": ("trigger-webhook", {"auth": auth}, [call]),
        "ordered": ("trigger-event", order, [stop("end", "completed")]),
        "scheduled": ("trigger-schedule", daily, [stop("end", "completed")]),
        "paused": ("trigger-manual", {}, [stop("end", "completed")]),
    }


def drawn(trigger: str, config: dict[str, Any], steps: list[Any]) -> dict[str, Any]:
    ids = ["start", *(step["id"] for step in steps)]
    nodes = [node("start", trigger, config), *steps]
    return {"nodes": nodes, "edges": [edge(a, b) for a, b in pairwise(ids)]}


async def _automations(owner: Client, one: Account) -> None:
    flows = _flows(one)
    call = node("call", "action-run-automation", {"automation": "", "lead_id": "none", "conversation_id": "none"})
    flows["calling"] = ("trigger-manual", {}, [call])
    for name, (trigger, config, steps) in flows.items():
        if name == "calling":
            steps[0]["data"]["config"]["automation"] = one.ids["manual"]
        body = {"agent_id": one.ids["agent"], "name": f"{one.mark} {name}", "description": f"{one.mark} does it"}
        body |= {"icon": one.mark, "color": one.mark}
        made = await owner.ok("POST", "/automations", json={**body, **drawn(trigger, config, steps)})
        one.ids[name] = made["id"]
        path = f"/automations/{made['id']}"
        for _ in range(2 if name == "manual" else 1):
            await owner.ok("POST", f"{path}/publish", json={"note": f"{one.mark} note"})
        await owner.ok("POST", f"{path}/enable")
    await owner.ok("POST", f"/automations/{one.ids['paused']}/pause", json={"reason": f"{one.mark} reason"})
    draft = {"agent_id": one.ids["agent"], "name": f"{one.mark} draft"}
    headers = {"Idempotency-Key": "the same for both"}
    one.ids["draft"] = (await owner.ok("POST", "/automations", json=draft, headers=headers))["id"]


async def _records(owner: Client, one: Account) -> None:
    ids, mark = one.ids, one.mark
    lead = {
        "agent_id": ids["agent"],
        "name": f"{mark} lead",
        "phone": mark,
        "status": mark,
        "stage": mark,
        "owner_id": ids["member"],
        "tags": [mark],
        "data": {"note": mark},
    }
    for name in ("lead", "lead2"):
        ids[name] = (await owner.ok("POST", "/leads", json={**lead, "email": f"{name}@{mark}.example.com"}))["id"]
    talk = {"agent_id": ids["agent"], "lead_id": ids["lead"], "channel": mark, "status": mark}
    for name in ("conversation", "conversation2"):
        ids[name] = (await owner.ok("POST", "/conversations", json=talk))["id"]
    message = {
        "conversation_id": ids["conversation"],
        "lead_id": ids["lead"],
        "direction": "inbound",
        "body": f"{mark} body",
        "channel": mark,
        "sender_type": mark,
        "status": mark,
    }
    for name in ("message", "message2"):
        ids[name] = (await owner.ok("POST", "/messages", json=message))["id"]
    await owner.ok("PATCH", f"/leads/{ids['lead2']}", json={"name": f"{mark} other lead"})
    events = (await owner.ok("GET", "/events", params={"record_id": ids["lead"]}))["items"]
    ids["change"] = str(events[-1]["id"])
    one.ids["event_run"] = (await owner.ok("GET", "/executions", params={"lead_id": ids["lead"]}))["items"][0]["id"]


async def _order(db: asyncpg.Connection, one: Account) -> None:
    one.ids["order"] = str(470_000_001 + MARKS.index(one.mark))
    order = int(one.ids["order"])
    await db.execute("insert into orders values ($1, $2, $3)", order, uuid.UUID(one.id), f"{one.mark}-order")
    change = "select id from automations.events where source = 'orders' and account_id = $1"
    one.ids["order_change"] = str(await db.fetchval(change, uuid.UUID(one.id)))


async def _runs(db: asyncpg.Connection, owner: Client, one: Account) -> None:
    ids, mark = one.ids, one.mark
    body = {"input": {"name": mark}, "lead_id": ids["lead"], "conversation_id": ids["conversation"]}
    for name in ("pending", "running", "failed", "completed", "asking"):
        ids[name] = (await owner.ok("POST", f"/automations/{ids['manual']}/executions", json=body))["id"]
    record = [{"node_id": "end", "label": mark, "type": "logic-stop", "status": "failed", "output": {"said": mark}}]
    rows = ("running", "failed", "completed", "asking")
    await db.execute(
        "update automation_executions set status = 'running' where id = any ($1)",
        [uuid.UUID(ids[name]) for name in rows],
    )
    for name in ("failed", "completed"):
        await db.execute(
            "update automation_executions set status = $2, nodes_executed = $3, variables = $4, error = $5,"
            " error_node_id = 'end', output = $4 where id = $1",
            uuid.UUID(ids[name]),
            name,
            record,
            {"said": mark},
            f"{mark} error" if name == "failed" else None,
        )
    for name in ("running", "failed"):
        await db.execute(
            "insert into automations.steps (execution_id, key, account_id, node_id, status, outcome, record)"
            " values ($1, '/start', $2, 'start', 'completed', $3, $4)",
            uuid.UUID(ids[name]),
            uuid.UUID(one.id),
            {"kind": "continue", "output": {"said": mark}},
            {**record[0], "node_id": "start", "status": "completed"},
        )
    await owner.ok("POST", "/signals", json={"name": "paid", "correlation": mark, "payload": {"said": mark}})


async def _bookkeeping(db: asyncpg.Connection, one: Account) -> None:
    """What workers write."""
    names = ("account", "manual", "running", "lead", "failed", "scheduled")
    account, manual, running, lead, failed, scheduled = (uuid.UUID(one.ids[name]) for name in names)
    mark = one.mark
    version = await db.fetchval("select published_version from public.automations where id = $1", scheduled)
    for statement, *values in (
        (
            "waits (account_id, execution_id, key, topic, since, condition)"
            " values ($1, $2, '/wait', $3, now(), to_jsonb($3::text))",
            running,
            f"signal:{mark}:{mark}",
        ),
        ("start_keys (account_id, automation_id, key, execution_id) values ($1, $2, $3, $4)", manual, mark, running),
        (
            "stat_deltas (account_id, automation_id, finished, last_executed_at, last_execution_status)"
            " values ($1, $2, 1, now(), 'completed')",
            manual,
        ),
        (
            "start_windows (account_id, automation_id, window_start, starts) values ($1, $2, now(), 1)",
            manual,
        ),
        (
            "breakers (account_id, automation_id, record_id, opened_at, starts, minutes)"
            " values ($1, $2, $3, now(), 9, 5), ($1, $2, gen_random_uuid(), now(), 9, 5)",
            manual,
            lead,
        ),
        ("rotations (account_id, automation_id, node_id, position) values ($1, $2, $3, 1)", manual, mark),
        ("owed_failure_runs (account_id, execution_id) values ($1, $2)", failed),
        ("ai_usage (account_id, day, calls, input_tokens) values ($1, current_date, 1, 4711)",),
        (
            "schedules (account_id, automation_id, version_id, live_since, fired_until, error)"
            " values ($1, $2, $3, now(), now(), $4)",
            scheduled,
            version,
            mark,
        ),
    ):
        await db.execute(f"insert into automations.{statement}", account, *values)


async def _asked(db: asyncpg.Connection, owner: Client, one: Account) -> None:
    ids, mark = one.ids, one.mark
    for name, key in (("approval", "/ask"), ("approval2", "/again")):
        ids[name] = str(
            await db.fetchval(
                "insert into automations.approvals (account_id, automation_id, execution_id, step_key, attempt, title,"
                " message, role, self_approval) values ($1, $2, $3, $4, 1, $5, $5, 'member', true) returning id",
                uuid.UUID(one.id),
                uuid.UUID(ids["manual"]),
                uuid.UUID(ids["asking"]),
                key,
                f"{mark} asks",
            )
        )
    await db.execute(
        "insert into automations.approvals (account_id, automation_id, execution_id, step_key, attempt, title, role,"
        " self_approval, form, status, decided_via, decided_as, decided_at, comment, answer)"
        " values ($1, $2, $3, '/past', 1, $4, 'member', true, $5, 'approved', 'token', $4, now(), $4, $5)",
        uuid.UUID(one.id),
        uuid.UUID(ids["manual"]),
        uuid.UUID(ids["asking"]),
        mark,
        {"title": mark},
    )
    ids["mail_token"] = secrets.token_urlsafe(32)
    await db.execute(
        "insert into automations.approval_notices (approval_id, account_id, email, token_hashes, next_at, error)"
        " values ($1, $2, $3, array[$4::bytea], null, $3)",
        uuid.UUID(ids["approval"]),
        uuid.UUID(one.id),
        f"{mark}@example.com",
        hashlib.sha256(ids["mail_token"].encode()).digest(),
    )
    for name in ("invitation", "invitation2"):
        made = await owner.ok("POST", "/invitations", json={"role": "member", "note": f"{mark} note"})
        ids |= {name: made["id"], f"{name}_code": made["code"]}


async def _keys(db: asyncpg.Connection, one: Account) -> None:
    """One of each scope, one with all, two that are over."""
    over = {"expired": "expires_at = now() - interval '1 hour'", "revoked": "revoked_at = now()"}
    scopes = {name: [name] for name in ("read", "run", "write")}
    for name in ("read", "run", "write", "all", *over):
        text = f"aut_{secrets.token_urlsafe(24)}"
        one.keys[name] = text
        one.ids[f"key_{name}"] = str(
            await db.fetchval(
                "insert into automations.api_keys (account_id, name, hash, hint, scopes)"
                " values ($1, $2, $3, $4, $5) returning id",
                uuid.UUID(one.id),
                f"{one.mark} {name}",
                hashlib.sha256(text.encode()).digest(),
                text[-4:],
                scopes.get(name, ["read", "run", "write"]),
            )
        )
        if name in over:
            key = uuid.UUID(one.ids[f"key_{name}"])
            await db.execute(f"update automations.api_keys set {over[name]} where id = $1", key)


async def _removed(db: asyncpg.Connection, api: ApiServer, one: Account) -> None:
    """Somebody who was an admin until now, and has asked for something as one."""
    one.ids["removed"] = str(await Factory(db).team_member(uuid.UUID(one.id), "admin"))
    client = api.bearer(signed(one.ids["removed"]))
    await client.ok("GET", f"/automations/{one.ids['manual']}")
    await api.bearer(signed(one.id)).ok("DELETE", f"/team/{one.ids['removed']}", params={"account": one.id})

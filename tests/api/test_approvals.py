"""Approvals over HTTP: listed and decided with the caller's rights, or by the token of a mail without signing in."""

from __future__ import annotations

import base64
import hashlib
import re
import secrets
import uuid
from typing import TYPE_CHECKING, Any

import pytest
from tests.api.conftest import ApiServer, Hooks, refused
from tests.api.test_automations import other_account
from tests.api.test_keys_and_requests import key_of
from tests.engine.drawing import draw, edge, node
from tests.engine.world import Workers, World, eventually

if TYPE_CHECKING:
    from tests.conftest import Factory

FORM = {"type": "object", "properties": {"percent": {"type": "integer", "maximum": 30}}, "required": ["percent"]}


async def asked(world: World, **columns: Any) -> uuid.UUID:
    """An open approval of a run that waits, of admins unless `columns` say otherwise."""
    automation = await world.make.automation(world.account, world.agent, name="Discounts")
    run = await world.make.execution(automation, status="running")
    row = {"title": "Discount?", "role": "admin", "self_approval": False, "form": FORM, **columns}
    names = ", ".join(row)
    places = ", ".join(f"${number}" for number in range(4, 4 + len(row)))
    found: uuid.UUID = await world.db.fetchval(
        f"insert into automations.approvals (account_id, automation_id, execution_id, step_key, attempt, {names})"
        f" values ($1, $2, $3, '/ask', 1, {places}) returning id",
        world.account,
        automation,
        run,
        *row.values(),
    )
    return found


async def mailed(world: World, approval: uuid.UUID, user: uuid.UUID | None = None) -> str:
    """The token that was sent to somebody."""
    token = secrets.token_urlsafe(32)
    await world.db.execute(
        "insert into automations.approval_notices (approval_id, account_id, email, user_id, token_hashes, next_at)"
        " values ($1, $2, 'boss@example.com', $3, array[$4::bytea], null)",
        approval,
        world.account,
        user,
        hashlib.sha256(token.encode()).digest(),
    )
    return token


async def test_asked_listed_and_approved(world: World, api: ApiServer, workers: Workers) -> None:
    config = {"title": "Discount for {{ trigger.new.name }}?", "message": "She asked.", "form": FORM, "role": "admin"}
    ends = [node(end, "logic-stop", {"output": "{{ steps.ask.answer }}"}) for end in ("approved", "rejected")]
    await world.automation(
        draw(
            [node("ask", "logic-approval", config), *ends],
            [edge("trigger", "ask"), edge("ask", "approved", "approved"), edge("ask", "rejected", "rejected")],
        )
    )
    await workers.start()
    lead = await world.lead(name="Ada")
    admin = await world.make.team_member(world.account, "admin")
    boss = api.signed_in(admin)

    async def listed() -> Any:
        return (await boss.ok("GET", "/approvals"))["items"]

    (shown,) = await eventually(listed)
    run = await world.run_of(lead)
    assert shown == {
        "id": shown["id"],
        "account_id": str(world.account),
        "automation_id": str(run["automation_id"]),
        "automation": "Automation",
        "execution_id": str(run["id"]),
        "title": "Discount for Ada?",
        "assignees": [],
        "role": "admin",
        "self_approval": False,
        "requested_by": None,
        "deadline": None,
        "created_at": shown["created_at"],
        "decided_via": None,
        "decided_by": None,
        "decided_as": None,
        "decided_at": None,
        "status": "pending",
        "may_decide": True,
    }
    path = f"/approvals/{shown['id']}"
    whole = {**shown, "message": "She asked.", "form": FORM, "comment": None, "answer": None}
    assert await boss.ok("GET", path) == whole
    told = refused(await boss("POST", f"{path}/approve", json={"answer": {"percent": 31}}), 422, "unusable")
    assert "percent is above 30" in told["detail"]
    refused(await boss("POST", f"{path}/approve"), 422, "unusable")
    refused(await boss("POST", f"{path}/approve", json={"answer": []}), 422, "invalid_request")
    refused(await boss("POST", f"{path}/approve", json={"comment": "x" * 4_001}), 422, "invalid_request")
    done = await boss.ok("POST", f"{path}/approve", json={"answer": {"percent": 20}, "comment": "fine"})
    assert done == {
        **whole,
        "status": "approved",
        "decided_via": "user",
        "decided_by": str(admin),
        "decided_at": done["decided_at"],
        "comment": "fine",
        "answer": {"percent": 20},
    }
    assert (await world.ended(lead))["output"] == {"percent": 20}
    for way in ("approve", "reject"):
        body = {"answer": {"percent": 20}} if way == "approve" else {}
        refused(await boss("POST", f"{path}/{way}", json=body), 409, "conflict")
    assert await listed() == []
    assert [one["status"] for one in (await boss.ok("GET", "/approvals?which=all"))["items"]] == ["approved"]


async def test_who_may_see_and_decide(world: World, api: ApiServer, make: Factory) -> None:
    owner = api.signed_in(world.account)
    named = await make.team_member(world.account, "member")
    approval = await asked(world, assignees=[named], form=None)
    mine = await asked(world, requested_by=world.account, role="owner")
    path = f"/approvals/{approval}"

    async def ids(client: Any, which: str) -> set[str]:
        return {one["id"] for one in (await client.ok("GET", "/approvals", params={"which": which}))["items"]}

    both = {str(approval), str(mine)}
    viewer = api.signed_in(await make.team_member(world.account, "viewer"))
    member = api.signed_in(await make.team_member(world.account, "member"))
    key, _ = await key_of(world, api, "read", "run", "write")
    for client, his in (
        (owner, {str(approval)}),
        (viewer, set()),
        (member, set()),
        (api.signed_in(named), {str(approval)}),
        (key, set()),
    ):
        assert (await ids(client, "open"), await ids(client, "mine")) == (both, his)
        assert (await client.ok("GET", path))["may_decide"] is (str(approval) in his)
    for client in (viewer, member, key):
        refused(await client("POST", f"{path}/approve"), 403, "not_allowed")
        refused(await client("POST", f"{path}/reject"), 403, "not_allowed")
    refused(await owner("POST", f"/approvals/{mine}/reject"), 403, "not_allowed")
    for who in (uuid.uuid4(), (await other_account(make)).account):
        client = api.signed_in(who)
        assert await ids(client, "all") == set()
        assert (await client.ok("GET", f"/approvals?account={world.account}"))["items"] == []
        refused(await client("GET", path), 404, "not_found")
        refused(await client("POST", f"{path}/approve"), 404, "not_found")
        refused(await client("POST", f"{path}/reject"), 404, "not_found")
    refused(await api.bearer(None)("GET", "/approvals"), 401, "not_signed_in")
    refused(await api.bearer(None)("POST", f"{path}/approve"), 401, "not_signed_in")
    refused(await owner("GET", "/approvals/nothing"), 422, "invalid_request")
    refused(await owner("GET", "/approvals?which=theirs"), 422, "invalid_request")
    done = await api.signed_in(named).ok("POST", f"{path}/reject", json={"comment": "no"})
    assert (done["status"], done["decided_by"], done["comment"]) == ("rejected", str(named), "no")
    operator = await api.signed_in(None).ok("POST", f"/approvals/{mine}/approve", json={"answer": {"percent": 1}})
    assert (operator["decided_via"], operator["decided_by"]) == ("operator", None)


async def test_lists_are_pages(world: World, api: ApiServer) -> None:
    owner = api.signed_in(world.account)
    made = [str(await asked(world)) for _ in range(5)]
    await world.db.execute("update automations.approvals set created_at = now()")
    seen: list[str] = []
    cursor: str | None = None
    for _ in range(3):
        found = await owner.ok("GET", "/approvals", params={"limit": 2, **({"cursor": cursor} if cursor else {})})
        seen += [one["id"] for one in found["items"]]
        cursor = found["next"]
    assert (seen, cursor) == (sorted(made, reverse=True), None)
    refused(await owner("GET", "/approvals", params={"cursor": "WyJ4IiwieSJd"}), 422, "unusable")


async def test_by_token_without_signing_in(world: World, api: ApiServer) -> None:
    nobody, place = api.bearer(None), "/approvals/by-token"
    boss = await world.make.team_member(world.account, "admin")
    approval = await asked(world, message="She asked.")
    token, other = await mailed(world, approval, boss), await mailed(world, approval)
    told = await nobody.ok("GET", place, headers={"Approval-Token": token})
    whole = {
        "title": "Discount?",
        "message": "She asked.",
        "form": FORM,
        "automation": "Discounts",
        "deadline": None,
        "status": "pending",
        "decided_at": None,
    }
    assert told == whole
    for wrong in (token[:-1] + ("a" if token[-1] != "a" else "b"), "x", token + "x", "'; drop table leads"):
        refused(await nobody("GET", place, headers={"Approval-Token": wrong}), 404, "not_found")
        body = {"token": wrong, "decision": "rejected"}
        refused(await nobody("POST", place, json=body), 404, "not_found")
    refused(await nobody("GET", f"{place}?token={token}"), 422, "invalid_request")
    for body in ({"token": token}, {"token": token, "decision": "maybe"}, {"token": "", "decision": "approved"}):
        answer = await nobody("POST", place, json=body)
        refused(answer, 422, "invalid_request")
        assert token not in answer.text
    wrong_answer: dict[str, Any] = {"token": token, "decision": "approved", "answer": {"percent": "x"}}
    refused(await nobody("POST", place, json=wrong_answer), 422, "unusable")
    yes: dict[str, Any] = {"token": token, "decision": "approved", "answer": {"percent": 5}, "comment": "ok"}
    done = await nobody.ok("POST", place, json=yes)
    assert done == {**whole, "status": "approved", "decided_at": done["decided_at"]}
    for late in (token, other):
        refused(await nobody("POST", place, json={"token": late, "decision": "rejected"}), 409, "conflict")
        assert (await nobody.ok("GET", place, headers={"Approval-Token": late}))["status"] == "approved"
    row = await world.db.fetchrow("select decided_via, decided_as, decided_by, answer from automations.approvals")
    assert tuple(row) == ("token", "boss@example.com", boss, {"percent": 5})


async def test_the_token_of_a_person_is_worth_what_that_person_may_do_now(
    world: World, api: ApiServer, make: Factory
) -> None:
    boss = await make.team_member(world.account, "admin")
    token = await mailed(world, await asked(world, form=None), boss)
    body = {"token": token, "decision": "approved"}
    for change in ("update team_members set role = 'viewer'", "delete from team_members"):
        await world.db.execute(change)
        told = refused(await api.bearer(None)("POST", "/approvals/by-token", json=body), 403, "not_allowed")
        assert "any more" in told["detail"]
    await world.db.execute("insert into team_members values ($1, $2, 'member')", world.account, boss)
    await api.bearer(None).ok("POST", "/approvals/by-token", json=body)


async def test_whoever_asked_does_not_decide_by_his_mail(world: World, api: ApiServer) -> None:
    boss = await world.make.team_member(world.account, "admin")
    token = await mailed(world, await asked(world, requested_by=boss), boss)
    body = {"token": token, "decision": "rejected"}
    refused(await api.bearer(None)("POST", "/approvals/by-token", json=body), 403, "not_allowed")


WIDE = {
    "type": "object",
    "required": ["why", "percent"],
    "properties": {
        "percent": {"type": "integer", "minimum": 1, "maximum": 30, "title": "<Percent>"},
        "why": {"enum": ["old & new", 5, None]},
        "urgent": {"type": "boolean", "default": True},
        "note": {"type": ["string", "null"], "maxLength": 500, "description": "If any."},
        "tags": {"type": "array", "default": ["x"]},
        'a"><b\n': {"type": "string", "format": "date"},
    },
}


def named(page: str, title: str) -> str:
    """The name under which a page sends its field."""
    found = re.search(rf"<label[^>]*>(?:(?!</label>).)*<span>{re.escape(title)}(?:(?!</label>).)*", page, re.DOTALL)
    assert found is not None, page
    (key,) = re.findall(r' name="([^"]*)"', found[0])
    return str(key)


@pytest.mark.parametrize("method", ["GET", "HEAD", "POST"])
async def test_the_page_runs_its_own_script_and_nothing_else(world: World, hooks: Hooks, method: str) -> None:
    token = await mailed(world, await asked(world, form=WIDE))
    answer = await hooks.client.request(method, "/approve", data={"token": token} if method == "POST" else None)
    assert (answer.status_code, answer.headers["content-type"]) == (200, "text/html; charset=utf-8")
    policy = answer.headers["content-security-policy"]
    assert "unsafe" not in policy
    assert {"default-src 'none'", "form-action 'self'", "frame-ancestors 'none'"} <= set(policy.split("; "))
    assert (answer.headers["referrer-policy"], answer.headers["cache-control"]) == ("no-referrer", "no-store")
    if method != "HEAD":
        for tag in ("script", "style"):
            (content,) = re.findall(f"<{tag}>(.*?)</{tag}>", answer.text, re.DOTALL)
            digest = base64.b64encode(hashlib.sha256(content.encode()).digest()).decode()
            assert f"{tag}-src 'sha256-{digest}'" in policy
        assert not re.search(r"(src|href)=|innerHTML|style=", answer.text)


async def test_whoever_only_follows_the_link_decides_nothing(world: World, hooks: Hooks) -> None:
    token = await mailed(world, await asked(world))
    for address in ("/approve", f"/approve?token={token}", f"/approve?token={token}&decision=approved"):
        for method in ("GET", "HEAD"):
            answer = await hooks.client.request(method, address)
            assert (answer.status_code, "Discount?" in answer.text) == (200, False)
    # As a scanner that runs scripts does: it is shown what there is.
    shown = await hooks.client.post("/approve", data={"token": token})
    assert ("Discount?" in shown.text, "Discounts" in shown.text) == (True, True)
    assert await world.db.fetchval("select decided_at from automations.approvals") is None


async def test_the_page_is_filled_in_and_sent_without_a_script(world: World, hooks: Hooks) -> None:
    boss = await world.make.team_member(world.account, "admin")
    token = await mailed(world, await asked(world, form=WIDE, title="<i>Ada</i>?", message="<b>\nShe asked."), boss)
    shown = (await hooks.client.post("/approve", data={"token": f" {token} "})).text
    assert "&lt;i&gt;Ada&lt;/i&gt;?" in shown
    assert "&lt;b&gt;\nShe asked." in shown
    assert not re.search(r"<[ib]>", shown)
    assert '<option value="0">old &amp; new</option>' in shown
    assert re.search(r'type="number" min="1" max="30"', shown)
    assert "[&quot;x&quot;]</textarea>" in shown
    titles = {"percent": "&lt;Percent&gt; *", "why": "why *", "urgent": "urgent", "note": "note", "tags": "tags"}
    keys = {name: named(shown, title) for name, title in titles.items()}
    filled = {
        "token": token,
        "decision": "approved",
        "comment": "fine\r\nby me",
        keys["percent"]: "31",
        keys["why"]: "1",
        keys["note"]: "<script>",
    }
    answer = await hooks.client.post("/approve", data=filled)
    assert (answer.status_code, "percent is above 30" in answer.text) == (422, True)
    # What was filled in is still there.
    assert 'value="31"' in answer.text
    assert '<option value="1" selected>5</option>' in answer.text
    assert "\n&lt;script&gt;</textarea>" in answer.text
    assert "\nfine\nby me</textarea>" in answer.text
    assert "checked" not in answer.text
    for wrong in (
        {keys["tags"]: "[1"},
        {keys["tags"]: "[" * 900 + "]" * 900},
        {keys["percent"]: "x"},
        {keys["percent"]: "9" * 5_000},
        {keys["why"]: "7"},
        {keys["why"]: ""},
        {"comment": "\0"},
        {"comment": "x" * 4_001},
        {"decision": "maybe"},
    ):
        answer = await hooks.client.post("/approve", data=filled | {keys["percent"]: "5"} | wrong)
        assert (answer.status_code, 'role="alert"' in answer.text) == (422, True), wrong
    assert await world.db.fetchval("select decided_at from automations.approvals") is None
    done = await hooks.client.post("/approve", data=filled | {keys["percent"]: "20", keys["tags"]: '["a"]'})
    assert (done.status_code, "It was approved." in done.text, "<form" in done.text) == (200, True, False)
    row = await world.db.fetchrow("select decided_by, comment, answer from automations.approvals")
    told = {"percent": 20, "why": 5, "urgent": False, "note": "<script>", "tags": ["a"]}
    assert tuple(row) == (boss, "fine\nby me", told)
    late = await hooks.client.post("/approve", data={"token": token, "decision": "rejected"})
    assert (late.status_code, "It was approved." in late.text, 'role="alert"' in late.text) == (409, True, True)


async def test_a_page_without_a_form_and_what_is_no_page(world: World, hooks: Hooks) -> None:
    token = await mailed(world, await asked(world, form=None))
    for body in (b"", b"token=x", b"token=%ff", b"\xff", b"&".join([b"a=1"] * 1_001), b'{"token": 1}'):
        answer = await hooks.client.post("/approve", content=body)
        assert answer.status_code in (404, 422), body
        assert ('role="alert"' in answer.text, 'name="token"' in answer.text) == (True, True)
    refused(await hooks.client.post("/approve", content=b"x" * 4_194_305), 413, "too_large")
    refused(await hooks.client.put("/approve"), 405, "wrong_method")
    done = await hooks.client.post("/approve", data={"token": token, "decision": "rejected", "comment": ""})
    assert (done.status_code, "It was rejected." in done.text) == (200, True)
    assert await world.db.fetchval("select comment from automations.approvals") is None

"""Webhooks in, over a real server: who is let in, what a delivery starts, what each sender hears."""

from __future__ import annotations

import asyncio
import base64
import hashlib
import hmac
import json
import uuid
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from standardwebhooks import Webhook
from tests.api.conftest import Hooks, refused
from tests.engine.drawing import edge, node, stop
from tests.engine.world import Workers, eventually, new_world

from automations.services import run_answers

SECRET = "whsec_" + base64.b64encode(b"a-secret-of-this-account").decode()
OTHER = "whsec_" + base64.b64encode(b"the secret of others....").decode()
BODY = b'{"order": 7, "note": "Zo\xc3\xab"}'


def signed(secret: str = SECRET, body: bytes = BODY, message_id: str = "msg_1", ago: float = 0) -> dict[str, str]:
    moment = datetime.now(UTC) - timedelta(seconds=ago)
    return {
        "content-type": "application/json",
        "webhook-id": message_id,
        "webhook-timestamp": str(int(moment.timestamp())),
        "webhook-signature": Webhook(secret).sign(message_id, moment, body.decode()),
    }


async def signed_hook(hooks: Hooks, **config: Any) -> str:
    return await hooks.make({"type": "signature", "secret": hooks.secret("HOOK", SECRET)}, **config)


async def test_a_signed_delivery_starts_a_run_with_what_was_sent(hooks: Hooks) -> None:
    path = await signed_hook(hooks)
    more = {"X-Trace": "a", "Cookie": "c=1", "Authorization": "Bearer x", "X-Api-Key": "k"}
    answer = await hooks.client.post(f"{path}?a=1&b=2&a=3", content=BODY, headers={**signed(), **more})
    assert answer.status_code == 202
    (run,) = await hooks.runs()
    assert answer.json() == {"execution_id": str(run["id"]), "status": "accepted"}
    assert answer.headers["execution-id"] == str(run["id"])
    assert (run["trigger_type"], run["status"], run["triggered_by"]) == ("event", "pending", None)
    data = run["trigger_data"]
    assert datetime.fromisoformat(data.pop("timestamp")).tzinfo is not None
    headers = data.pop("headers")
    assert data == {
        "event": "RECEIVED",
        "source": "webhook",
        "table": None,
        "old": None,
        "new": {"order": 7, "note": "Zoë"},
        "body": {"order": 7, "note": "Zoë"},
        "query": {"a": ["1", "3"], "b": "2"},
        "method": "POST",
    }
    assert headers["x-trace"] == "a"
    assert {"webhook-signature", "cookie", "authorization", "x-api-key"}.isdisjoint(headers)
    assert {"webhook-id", "webhook-timestamp", "content-type"} <= set(headers)


async def test_a_delivery_that_is_sent_again_is_told_of_its_run(hooks: Hooks) -> None:
    path = await signed_hook(hooks)
    first = await hooks.client.post(path, content=BODY, headers=signed())
    again = await hooks.client.post(path, content=BODY, headers=signed(ago=3))
    assert (again.status_code, again.json()) == (
        200,
        {"execution_id": first.json()["execution_id"], "status": "duplicate"},
    )
    other = b'{"order": 8}'
    refused(await hooks.client.post(path, content=other, headers=signed(body=other)), 409, "id_reused")
    refused(await hooks.client.post(f"{path}?x=1", content=BODY, headers=signed()), 409, "id_reused")
    assert (await hooks.client.post(path, content=other, headers=signed(body=other, message_id="b"))).status_code == 202
    assert len(await hooks.runs()) == 2


async def test_one_delivery_at_the_same_moment_many_times_is_one_run(hooks: Hooks) -> None:
    path = await signed_hook(hooks)
    headers = signed()
    answers = await asyncio.gather(*(hooks.client.post(path, content=BODY, headers=headers) for _ in range(20)))
    assert sorted(answer.status_code for answer in answers) == [200] * 19 + [202]
    assert len({answer.json()["execution_id"] for answer in answers}) == 1
    assert len(await hooks.runs()) == 1


@pytest.mark.parametrize(
    ("headers", "code"),
    [
        (lambda: {}, "unauthorized"),
        (lambda: signed(OTHER), "unauthorized"),
        (lambda: signed(body=b"{}"), "unauthorized"),
        (lambda: {**signed(), "webhook-id": "other"}, "unauthorized"),
        (lambda: {**signed(), "webhook-signature": "v1,"}, "unauthorized"),
        (lambda: {**signed(), "webhook-signature": "v1," + "A" * 20_000}, "unauthorized"),
        (lambda: {**signed(), "webhook-timestamp": "soon"}, "unauthorized"),
        (lambda: {name: value for name, value in signed().items() if name != "webhook-timestamp"}, "unauthorized"),
        (lambda: signed(ago=600), "stale"),
        (lambda: signed(ago=-600), "stale"),
    ],
    ids=range(10),
)
async def test_who_is_not_let_in(hooks: Hooks, headers: Callable[[], dict[str, str]], code: str) -> None:
    path = await signed_hook(hooks)
    answer = await hooks.client.post(path, content=BODY, headers=headers())
    refused(answer, 401, code)
    assert "www-authenticate" in answer.headers
    assert SECRET not in answer.text
    assert await hooks.runs() == []


async def test_the_secret_of_another_account_does_not_open(hooks: Hooks) -> None:
    hooks.secret("HOOK", OTHER, uuid.uuid4())
    path = await signed_hook(hooks)
    refused(await hooks.client.post(path, content=BODY, headers=signed(OTHER)), 401, "unauthorized")
    hooks.secrets.values.clear()
    hooks.secret("HOOK", OTHER, uuid.uuid4())
    answer = await hooks.client.post(path, content=BODY, headers=signed(OTHER))
    refused(answer, 503, "not_ready")
    assert "HOOK" not in answer.text


async def test_while_a_secret_is_replaced_both_open(hooks: Hooks) -> None:
    path = await signed_hook(hooks)
    hooks.secret("HOOK", f"{OTHER} {SECRET}")
    for number, secret in enumerate((OTHER, SECRET)):
        headers = signed(secret, message_id=f"msg_{number}")
        assert (await hooks.client.post(path, content=BODY, headers=headers)).status_code == 202
    hooks.secret("HOOK", "no base64!")
    refused(await hooks.client.post(path, content=BODY, headers=signed()), 503, "not_ready")


async def test_a_key_in_a_header(hooks: Hooks) -> None:
    path = await hooks.make({"type": "header", "name": "X-Key", "secret": hooks.secret("KEY", "key-4711")})
    for headers in ({}, {"X-Key": "key-4712"}, {"X-Key": "key-4711x"}):
        refused(await hooks.client.post(path, content=BODY, headers=headers), 401, "unauthorized")
    for _ in range(2):
        assert (await hooks.client.post(path, content=BODY, headers={"X-Key": "key-4711"})).status_code == 202
    keyed = {"X-Key": "key-4711", "Idempotency-Key": "k1"}
    assert [(await hooks.client.post(path, content=BODY, headers=keyed)).status_code for _ in range(2)] == [202, 200]
    runs = await hooks.runs()
    assert len(runs) == 3
    assert [run for run in runs if "key-4711" in json.dumps(run["trigger_data"])] == []


async def test_a_sender_with_a_signature_of_its_own(hooks: Hooks) -> None:
    auth = {
        "type": "hmac",
        "secret": hooks.secret("GITHUB", "it is one"),
        "header": "X-Hub-Signature-256",
        "prefix": "sha256=",
        "id_header": "X-GitHub-Delivery",
    }
    path = await hooks.make(auth)
    signature = "sha256=" + hmac.new(b"it is one", BODY, hashlib.sha256).hexdigest()
    headers = {"X-Hub-Signature-256": signature, "X-GitHub-Delivery": "d1", "Content-Type": "application/json"}
    assert (await hooks.client.post(path, content=BODY, headers=headers)).status_code == 202
    assert (await hooks.client.post(path, content=BODY, headers=headers)).status_code == 200
    refused(await hooks.client.post(path, content=BODY + b" ", headers=headers), 401, "unauthorized")
    (run,) = await hooks.runs()
    assert "x-hub-signature-256" not in run["trigger_data"]["headers"]


async def test_what_is_not_there_is_the_same_for_all(hooks: Hooks) -> None:
    world = hooks.world
    lead = await world.make.automation(world.account, world.agent)
    draft = await world.make.automation(
        world.account,
        world.agent,
        status="draft",
        trigger_config={"event_source": "webhook", "event_type": "RECEIVED", "auth": {"type": "none"}},
    )
    paths = [f"/webhooks/{automation}" for automation in (uuid.uuid4(), lead, draft, "x", "x" * 1_000, "%00")]
    answers = [await hooks.client.post(path, content=BODY) for path in paths]
    assert len({answer.content for answer in answers}) == 1
    for answer in answers:
        refused(answer, 404, "not_found")
    for path in ("/webhooks", "/webhooks/", "/nothing", "/webhooks/a/b"):
        refused(await hooks.client.post(path), 404, "not_found")


async def test_methods(hooks: Hooks) -> None:
    path = await hooks.make(methods=["GET", "PUT"])
    for method in ("POST", "DELETE", "HEAD", "OPTIONS"):
        answer = await hooks.client.request(method, path)
        assert (answer.status_code, answer.headers["allow"]) == (405, "GET, PUT")
    for method in ("GET", "PUT"):
        assert (await hooks.client.request(method, f"{path}?challenge=1")).status_code == 202
    got, _ = await hooks.runs()
    assert (got["trigger_data"]["method"], got["trigger_data"]["body"], got["trigger_data"]["query"]) == (
        "GET",
        None,
        {"challenge": "1"},
    )
    refused(await hooks.client.request("TRACE", path), 405, "wrong_method")
    refused(await hooks.client.post("/health"), 405, "wrong_method")


async def test_paused_and_switched_off(hooks: Hooks) -> None:
    path = await hooks.make()
    change = f"update automations set {{}} where id = '{path.rpartition('/')[2]}'"
    await hooks.world.db.execute(change.format("status = 'paused'"))
    answer = await hooks.client.post(path, content=BODY)
    refused(answer, 503, "paused")
    assert answer.headers["retry-after"] == "300"
    await hooks.world.db.execute(change.format("enabled = false"))
    refused(await hooks.client.post(path, content=BODY), 410, "switched_off")
    assert await hooks.runs() == []


async def test_forms_and_texts(hooks: Hooks) -> None:
    path = await hooks.make()
    await hooks.client.post(path, data={"name": "Zoë", "tag": ["a", "b"]})
    await hooks.client.post(path, content="plain ü".encode(), headers={"content-type": "text/plain"})
    form, text = [run["trigger_data"] for run in await hooks.runs()]
    assert form["body"] == form["new"] == {"name": "Zoë", "tag": ["a", "b"]}
    assert (text["body"], text["new"]) == ("plain ü", None)


async def test_a_body_that_does_not_fit(hooks: Hooks) -> None:
    schema = {
        "type": "object",
        "properties": {"order": {"type": "integer"}, "note": {"type": "string", "default": "-"}},
        "required": ["order"],
    }
    path = await signed_hook(hooks, body_schema=schema)
    # Who is not let in is not told what would fit.
    refused(await hooks.client.post(path, content=b"{}", headers=signed()), 401, "unauthorized")
    for number, (body, told) in enumerate(
        (
            (b"{}", "order is missing"),
            (b'{"order": "7", "x": 1}', "order is not of type integer; x is not asked for"),
            (b"[1]", "no object"),
            (b"", "no object"),
        )
    ):
        answer = await hooks.client.post(path, content=body, headers=signed(body=body, message_id=f"m{number}"))
        assert told in refused(answer, 422, "body_does_not_fit")["detail"]
    body = b'{"order": 7}'
    assert (await hooks.client.post(path, content=body, headers=signed(body=body, message_id="m0"))).status_code == 202
    (run,) = await hooks.runs()
    assert run["trigger_data"]["body"] == {"order": 7, "note": "-"}


async def test_a_config_that_cannot_be_used_is_not_the_sender_s_business(hooks: Hooks) -> None:
    for auth in ({"type": "signature", "secret": "typed in"}, {"type": "magic"}, None):
        automation = await hooks.world.make.automation(
            hooks.world.account,
            hooks.world.agent,
            trigger_config={"event_source": "webhook", "event_type": "RECEIVED", "auth": auth},
        )
        answer = await hooks.client.post(f"/webhooks/{automation}", content=BODY, headers=signed())
        assert "typed in" not in answer.text
        refused(answer, 503, "not_ready")


ECHO = node("say", "transform-set-variable", {"variables": {"order": "{{ trigger.body.order }}"}})
TO_SAY = [edge("trigger", "say")]


async def test_the_answer_of_the_last_step(hooks: Hooks, workers: Workers) -> None:
    path = await signed_hook(hooks, answer="last_step", nodes=[ECHO], edges=TO_SAY)
    await workers.start()
    answer = await hooks.client.post(path, content=BODY, headers=signed())
    (run,) = await hooks.runs()
    assert (answer.status_code, answer.json(), answer.headers["execution-id"]) == (200, {"order": 7}, str(run["id"]))
    # Who missed it is told of the run, which is not asked to answer twice.
    again = await hooks.client.post(path, content=BODY, headers=signed())
    assert (again.status_code, again.json()["status"]) == (200, "duplicate")


async def test_an_answer_of_numbers_that_are_too_long_for_most(hooks: Hooks, workers: Workers) -> None:
    path = await hooks.make(answer="last_step", nodes=[ECHO], edges=TO_SAY)
    await workers.start()
    answer = await hooks.client.post(path, content=b'{"order": 123456789012345678901234567890}')
    # A run reads JSON as most programs do: digits beyond a double's are not kept.
    assert (answer.status_code, answer.json()) == (200, {"order": 1.2345678901234568e29})


@pytest.mark.parametrize("status", ["failed", "cancelled"])
@pytest.mark.parametrize("known", [True, False])
async def test_the_answer_of_a_run_that_does_not_complete(
    hooks: Hooks, workers: Workers, status: str, known: bool
) -> None:
    ending = {"nodes": [stop("end", status, "out of stock")], "edges": [edge("trigger", "end")], "answer": "last_step"}
    path = await (signed_hook(hooks, **ending) if known else hooks.make(**ending))
    await workers.start()
    answer = await hooks.client.post(path, content=BODY, headers=signed())
    told = refused(answer, 500, f"run_{status}")
    (run,) = await hooks.runs()
    assert told["execution_id"] == str(run["id"])
    # Why is for those who have shown that they may know.
    assert ("out of stock" in told["detail"]) is known


async def test_a_run_that_goes_on_is_answered_in_time(hooks: Hooks, workers: Workers) -> None:
    waiting = node("wait", "logic-delay", {"mode": "duration", "amount": 1, "unit": "hours"})
    path = await hooks.make(
        answer="last_step", answer_within_seconds=1, nodes=[waiting], edges=[edge("trigger", "wait")]
    )
    # Without a worker, too.
    answers = [await hooks.client.post(path, content=BODY)]
    await workers.start()
    answers.append(await hooks.client.post(path, content=BODY))
    runs = await hooks.runs()
    assert [(answer.status_code, answer.json()) for answer in answers] == [
        (202, {"execution_id": str(run["id"]), "status": "accepted"}) for run in runs
    ]


async def test_callers_that_wait_keep_nobody_out(hooks: Hooks, workers: Workers) -> None:
    slow = await hooks.make(answer="last_step", answer_within_seconds=30, nodes=[ECHO], edges=TO_SAY)
    waiting = [asyncio.create_task(hooks.client.post(slow, content=b'{"order": 1}')) for _ in range(40)]
    quick = await hooks.make()
    assert (await hooks.client.post(quick, content=BODY)).status_code == 202
    assert (await hooks.client.get("/health")).json() == {"status": "ok"}
    assert not any(task.done() for task in waiting)
    await workers.start()
    answers = await asyncio.gather(*waiting)
    assert {(answer.status_code, answer.text) for answer in answers} == {(200, '{"order":1}')}


async def test_those_who_wait_for_one_account_leave_places_for_another(
    hooks: Hooks, workers: Workers, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(run_answers, "MOST_WAITING", 9)
    monkeypatch.setattr(run_answers, "MOST_OF_ONE", 3)

    async def crowd() -> list[asyncio.Task[Any]]:
        """Five callers of a new account, when those who are not to wait have been told."""
        hooks.world = await new_world(hooks.world.db, hooks.world.make)
        path = await hooks.make(answer="last_step", answer_within_seconds=30, nodes=[ECHO], edges=TO_SAY)
        calls = [asyncio.create_task(hooks.client.post(path, content=b'{"order": 1}')) for _ in range(5)]

        async def all_but_three() -> bool:
            return sum(call.done() for call in calls) >= 2

        await eventually(all_but_three, within=10)
        return calls

    crowds = [await crowd() for _ in range(3)]
    # For a fourth account there is no place in all.
    hooks.world = await new_world(hooks.world.db, hooks.world.make)
    path = await hooks.make(answer="last_step", nodes=[ECHO], edges=TO_SAY)
    assert (await hooks.client.post(path, content=BODY)).status_code == 202
    await workers.start()
    for calls in crowds:
        answers = await asyncio.gather(*calls)
        assert sorted(answer.status_code for answer in answers) == [200, 200, 200, 202, 202]
    # Places are given back.
    assert (await hooks.client.post(path, content=BODY)).json() == {"order": 7}


async def test_the_database_goes_away_and_comes_back(hooks: Hooks, database_url: str) -> None:
    path = await hooks.make()
    assert (await hooks.client.post(path, content=BODY)).status_code == 202
    name = database_url.partition("?")[0].rpartition("/")[2]
    import asyncpg

    admin = await asyncpg.connect(database_url.replace(name, "postgres"))
    await admin.execute(f"alter database {name} allow_connections false")
    await hooks.world.db.close()
    await admin.execute("select pg_terminate_backend(pid) from pg_stat_activity where datname = $1", name)
    answer = await hooks.client.post(path, content=BODY)
    refused(answer, 503, "unavailable")
    assert answer.headers["retry-after"] == "5"
    assert name not in answer.text
    refused(await hooks.client.get("/ready"), 503, "unavailable")
    # The process lives, whatever the database does.
    assert (await hooks.client.get("/health")).status_code == 200
    await admin.execute(f"alter database {name} allow_connections true")
    await admin.close()
    assert (await hooks.client.post(path, content=BODY)).status_code == 202

    async def ready() -> bool:
        return (await hooks.client.get("/ready")).status_code == 200

    await eventually(ready)


async def test_connections_that_are_cut_are_replaced(hooks: Hooks) -> None:
    path = await hooks.make()
    statuses: set[int] = set()
    for _ in range(20):
        answers = await asyncio.gather(*(hooks.client.post(path, content=BODY) for _ in range(8)))
        statuses |= {answer.status_code for answer in answers}
        await hooks.world.db.execute(
            "select pg_terminate_backend(pid) from pg_stat_activity "
            "where datname = current_database() and pid <> pg_backend_pid()"
        )
    assert statuses <= {202, 503}

    async def taken() -> bool:
        return (await hooks.client.post(path, content=BODY)).status_code == 202

    await eventually(taken)

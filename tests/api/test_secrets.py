"""Secrets over HTTP: they go in, their names are listed, and nothing of a value ever comes out."""

from __future__ import annotations

import uuid
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest
from tests.api.conftest import BOX, ApiServer, Hooks, refused
from tests.api.test_automations import made, other_account
from tests.api.test_keys_and_requests import key_of
from tests.engine.world import World

from automations.api.request_scope import no_secret_key
from automations.db.secret_store import SecretStore
from automations.services.secrets import open_secrets

if TYPE_CHECKING:
    from tests.conftest import Factory

JSON = {"Content-Type": "application/json"}
VALUE = "hunter2-hunter2-hunter2"


async def opened(world: World, name: str, account: uuid.UUID | None = None) -> str | None:
    found = await open_secrets(SecretStore(world.db), BOX, account or world.account, [name])
    return found.get(name)


async def test_set_listed_used_replaced_deleted(world: World, api: ApiServer) -> None:
    owner = api.signed_in(world.account)
    assert await owner.ok("GET", "/secrets") == {"items": []}
    assert await owner.ok("PUT", "/secrets/CRM_TOKEN", json={"value": VALUE}) == {"name": "CRM_TOKEN"}
    assert await opened(world, "CRM_TOKEN") == VALUE
    call = {
        "id": "call",
        "type": "action-http",
        "data": {"config": {"url": "https://example.com", "headers": {"A": "{{ secrets.CRM_TOKEN }}"}}},
    }
    start = {"id": "start", "type": "trigger-manual", "data": {"config": {}}}
    draft = await made(owner, world, nodes=[start, call], edges=[{"id": "e", "source": "start", "target": "call"}])
    await owner.ok("POST", f"/automations/{draft['id']}/publish")
    (listed,) = (await owner.ok("GET", "/secrets"))["items"]
    assert listed == {
        "name": "CRM_TOKEN",
        "created_at": listed["created_at"],
        "updated_at": listed["created_at"],
        "automations": [{"id": draft["id"], "name": "Greet"}],
    }
    await owner.ok("PUT", "/secrets/CRM_TOKEN", json={"value": VALUE + "!"})
    assert await opened(world, "CRM_TOKEN") == VALUE + "!"
    (again,) = (await owner.ok("GET", "/secrets"))["items"]
    assert again["updated_at"] > listed["updated_at"]
    gone = await owner.ok("DELETE", "/secrets/CRM_TOKEN")
    assert gone == {"name": "CRM_TOKEN", "used_by": ["Greet"]}
    refused(await owner("DELETE", "/secrets/CRM_TOKEN"), 404, "not_found")
    rows = await world.db.fetch(
        "select actor, action, details from automations.audit_log where action like 'secret.%' order by id"
    )
    assert [tuple(row) for row in rows] == [
        (world.account, "secret.set", {"name": "CRM_TOKEN"}),
        (world.account, "secret.set", {"name": "CRM_TOKEN"}),
        (world.account, "secret.deleted", {"name": "CRM_TOKEN"}),
    ]


async def test_a_value_is_in_no_answer_and_in_no_log(
    world: World, api: ApiServer, capsys: pytest.CaptureFixture[str]
) -> None:
    owner, stranger = api.signed_in(world.account), api.signed_in(uuid.uuid4())
    wrong: list[tuple[str, Any, str]] = [
        ("NAME", {"value": VALUE, "valeu": VALUE}, "invalid_request"),
        ("NAME", {"value": [VALUE]}, "invalid_request"),
        ("NAME", {"value": VALUE * 10_000}, "invalid_request"),
        ("NAME", {"value": f"{VALUE}\0"}, "unusable"),
        ("1NAME", {"value": VALUE}, "unusable"),
        ("NAME", VALUE, "invalid_request"),
    ]
    for name, body, code in wrong:
        answer = await owner("PUT", f"/secrets/{name}", json=body)
        refused(answer, 422, code)
        assert VALUE not in answer.text
    refused(await owner("PUT", "/secrets/" + "N" * 65, json={"value": VALUE}), 422, "invalid_request")
    refused(await owner("PUT", "/secrets/N%00", json={"value": VALUE}), 422, "unusable")
    lone = await owner("PUT", "/secrets/N", content=b'{"value": "\\ud800 hunter2"}', headers=JSON)
    assert (lone.status_code, "hunter2" in lone.text) == (422, False)
    answer = await stranger("PUT", f"/secrets/NAME?account={world.account}", json={"value": VALUE})
    assert VALUE not in refused(answer, 404, "not_found")["detail"]
    await owner.ok("PUT", "/secrets/NAME", json={"value": VALUE}, headers={"Idempotency-Key": "one"})
    assert VALUE not in (await owner("GET", "/secrets")).text
    # Nothing of it is kept for a repetition, either.
    assert await world.db.fetchval("select count(*) from automations.answered_requests") == 0
    assert VALUE not in str(await world.db.fetch("select * from automations.audit_log"))
    written = capsys.readouterr()
    assert VALUE not in written.out + written.err


async def test_who_may_set_secrets(world: World, api: ApiServer, make: Factory) -> None:
    owner = api.signed_in(world.account)
    await owner.ok("PUT", "/secrets/OURS", json={"value": VALUE})
    of_account = f"?account={world.account}"
    viewer = api.signed_in(await make.team_member(world.account, "viewer"))
    assert [one["name"] for one in (await viewer.ok("GET", f"/secrets{of_account}"))["items"]] == ["OURS"]
    refused(await viewer("PUT", f"/secrets/OURS{of_account}", json={"value": VALUE}), 403, "not_allowed")
    refused(await viewer("DELETE", f"/secrets/OURS{of_account}"), 403, "not_allowed")
    for who in (uuid.uuid4(), (await other_account(make)).account):
        client = api.signed_in(who)
        refused(await client("GET", f"/secrets{of_account}"), 404, "not_found")
        refused(await client("PUT", f"/secrets/OURS{of_account}", json={"value": VALUE}), 404, "not_found")
        refused(await client("DELETE", f"/secrets/OURS{of_account}"), 404, "not_found")
        # Without a name it is one's own account.
        await client.ok("PUT", "/secrets/OURS", json={"value": "another value"})
    assert await opened(world, "OURS") == VALUE
    member = api.signed_in(await make.team_member(world.account, "member"))
    await member.ok("PUT", f"/secrets/THEIRS{of_account}", json={"value": VALUE})
    refused(await api.bearer(None)("GET", "/secrets"), 401, "not_signed_in")
    server = api.signed_in(None)
    assert "account" in refused(await server("GET", "/secrets"), 422, "unusable")["hint"]
    assert len((await server.ok("GET", f"/secrets{of_account}"))["items"]) == 2
    reads, _ = await key_of(world, api, "read")
    assert len((await reads.ok("GET", "/secrets"))["items"]) == 2
    refused(await reads("PUT", "/secrets/OURS", json={"value": VALUE}), 403, "not_allowed")
    writes, _ = await key_of(world, api, "write")
    await writes.ok("PUT", "/secrets/OURS", json={"value": VALUE})
    refused(await writes("PUT", f"/secrets/OURS?account={uuid.uuid4()}", json={"value": VALUE}), 404, "not_found")


async def test_without_a_key_nothing_is_sealed(world: World, api: ApiServer, hooks: Hooks) -> None:
    app = hooks.app
    app.state.api = replace(app.state.api, secret_box=no_secret_key)
    owner = api.signed_in(world.account)
    told = refused(await owner("PUT", "/secrets/NAME", json={"value": VALUE}), 503, "not_configured")
    assert "AUTOMATIONS_SECRET_KEY" in told["hint"]


async def test_an_account_has_so_many_secrets_and_no_more(world: World, api: ApiServer) -> None:
    await world.db.execute(
        "insert into automations.secrets (id, account_id, name, key_id, nonce, sealed) select gen_random_uuid(), $1,"
        " 'S' || i, 'k', decode(repeat('00', 12), 'hex'), decode(repeat('00', 20), 'hex')"
        " from generate_series(1, 1000) i",
        world.account,
    )
    owner = api.signed_in(world.account)
    refused(await owner("PUT", "/secrets/MORE", json={"value": VALUE}), 409, "conflict")
    await owner.ok("PUT", "/secrets/S1", json={"value": VALUE})
    assert len((await owner.ok("GET", "/secrets"))["items"]) == 1000

"""What an account has of its own over HTTP: settings, use of models, the audit log; and the tables that are watched."""

from __future__ import annotations

import uuid
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from tests.api.conftest import ApiServer, Hooks, refused
from tests.api.test_automations import made, other_account
from tests.api.test_keys_and_requests import key_of
from tests.engine.world import World

from automations.services.account_settings import InstallationSettings

if TYPE_CHECKING:
    from tests.conftest import Factory


def by_name(answer: Any) -> dict[str, tuple[Any, str]]:
    return {one["name"]: (one["value"], one["source"]) for one in answer["items"]}


async def test_settings_are_set_shown_and_left_to_the_installation(world: World, api: ApiServer, hooks: Hooks) -> None:
    given = InstallationSettings(mail_from="all@example.com", ai_has_key=True, ai_tokens_per_day=1_000)
    hooks.app.state.api = replace(hooks.app.state.api, installation_settings=given)
    owner = api.signed_in(world.account)
    assert by_name(await owner.ok("GET", "/account/settings")) == {
        "mail_from": ("all@example.com", "installation"),
        "mail_reply_to": (None, "none"),
        "mail_server": (None, "none"),
        "mail_user": (None, "none"),
        "mail_password_secret": (None, "none"),
        "ai_base_url": (None, "none"),
        "ai_key_secret": (None, "installation"),
        "ai_model": (None, "none"),
        "ai_tokens_per_day": (1_000, "installation"),
    }
    await owner.ok("PUT", "/secrets/AI_KEY", json={"value": "sk-something-secret"})
    body = {"ai_base_url": "https://ai.example.com/v1/", "ai_key_secret": "AI_KEY", "ai_tokens_per_day": 5}
    shown = await owner("PATCH", "/account/settings", json=body)
    assert "sk-something" not in shown.text
    assert by_name(shown.json())["ai_base_url"] == ("https://ai.example.com/v1", "account")
    assert by_name(shown.json())["ai_key_secret"] == ("AI_KEY", "account")
    assert (await owner.ok("GET", "/account/ai-usage"))["tokens_per_day"] == 5
    shown = await owner.ok("PATCH", "/account/settings", json=dict.fromkeys(body))
    assert by_name(shown)["ai_tokens_per_day"] == (1_000, "installation")
    (first, second) = await world.db.fetch(
        "select actor, details from automations.audit_log where action = 'account.set' order by id"
    )
    assert (first["actor"], sorted(first["details"]["names"])) == (
        world.account,
        ["ai-base-url", "ai-key-secret", "ai-tokens-per-day"],
    )
    assert sorted(second["details"]["names"]) == sorted(first["details"]["names"])


async def test_settings_that_cannot_be_are_told_in_words_of_the_api(world: World, api: ApiServer) -> None:
    owner = api.signed_in(world.account)
    for body, status, code in (
        ({"mail_from": "ada"}, 422, "unusable"),
        ({"mail_from": "a\0@b.c"}, 422, "unusable"),
        ({"mail_user": "ada"}, 422, "unusable"),
        ({"mail_server": "smtp://ada:hunter2@mail.example.com"}, 422, "unusable"),
        ({"ai_base_url": "http://x", "ai_key_secret": "NOPE"}, 404, "not_found"),
        ({"ai_tokens_per_day": -1}, 422, "invalid_request"),
        ({"ai_tokens_per_day": 2**63}, 422, "invalid_request"),
        ({"ai_model": "m" * 1_001}, 422, "invalid_request"),
        ({"mail_form": "x"}, 422, "invalid_request"),
    ):
        answer = await owner("PATCH", "/account/settings", json=body)
        assert "`automations " not in refused(answer, status, code)["hint"]
        assert "hunter2" not in answer.text
    assert {source for _, source in by_name(await owner.ok("GET", "/account/settings")).values()} == {"none"}


async def test_what_is_refused_names_the_field_at_which_it_is_mended(world: World, api: ApiServer) -> None:
    owner = api.signed_in(world.account)
    server = {"mail_server": "smtp://mail.example.com", "mail_from": "a@b.example"}
    for body, field, said in (
        ({"mail_from": "ada"}, "mail_from", "there is no @"),
        ({"mail_server": "smtp://mail.example.com"}, "mail_from", "a sender of its own"),
        ({**server, "mail_user": "ada"}, "mail_password_secret", "come together"),
        ({"mail_user": "ada"}, "mail_server", "it has none"),
        ({"ai_model": " "}, "ai_model", "the name of a model"),
    ):
        (problem,) = refused(await owner("PATCH", "/account/settings", json=body), 422, "unusable")["problems"]
        assert (problem["field"], said in problem["message"]) == (field, True), problem


async def test_who_may_see_and_change_settings(world: World, api: ApiServer, make: Factory) -> None:
    of_account, body = f"?account={world.account}", {"ai_model": "small"}
    path = f"/account/settings{of_account}"
    for role, may in (("viewer", False), ("member", False), ("admin", True), ("owner", True)):
        client = api.signed_in(await make.team_member(world.account, role))
        assert len((await client.ok("GET", path))["items"]) == 9
        await client.ok("GET", f"/account/ai-usage{of_account}")
        if may:
            await client.ok("PATCH", path, json=body)
        else:
            refused(await client("PATCH", path, json=body), 403, "not_allowed")
    key, _ = await key_of(world, api, "read", "run", "write")
    await key.ok("GET", path)
    refused(await key("PATCH", path, json=body), 403, "not_allowed")
    refused(await key("GET", f"/account/settings?account={uuid.uuid4()}"), 404, "not_found")
    for who in (uuid.uuid4(), (await other_account(make)).account):
        client = api.signed_in(who)
        refused(await client("GET", path), 404, "not_found")
        refused(await client("GET", f"/account/ai-usage{of_account}"), 404, "not_found")
        refused(await client("PATCH", path, json=body), 404, "not_found")
    refused(await api.bearer(None)("GET", path), 401, "not_signed_in")
    await api.signed_in(None).ok("PATCH", path, json={"ai_model": None})


async def test_use_of_models_by_day(world: World, api: ApiServer) -> None:
    await world.db.execute(
        "insert into automations.ai_usage (account_id, day, calls, input_tokens, output_tokens, reserved)"
        " select $1, (clock_timestamp() at time zone 'UTC')::date - i, i, 10 * i, i, 0 from generate_series(0, 40) i",
        world.account,
    )
    owner = api.signed_in(world.account)
    found = await owner.ok("GET", "/account/ai-usage")
    assert (found["tokens_per_day"], [one["calls"] for one in found["items"]]) == (None, list(range(30)))
    assert {**found["items"][2], "day": None} == {
        "day": None,
        "calls": 2,
        "input_tokens": 20,
        "output_tokens": 2,
        "reserved": 0,
    }
    assert len((await owner.ok("GET", "/account/ai-usage?days=1"))["items"]) == 1
    for days in (0, 367, 2**40):
        refused(await owner("GET", f"/account/ai-usage?days={days}"), 422, "invalid_request")


async def test_watched_tables_are_listed(world: World, api: ApiServer) -> None:
    await world.db.execute("create table public.orders (id bigint primary key, user_id uuid)")
    await world.db.execute("select automations.watch_table('orders', 'user_id', 'id', null)")
    await world.db.execute("grant select on public.orders to authenticated")
    owner = api.signed_in(world.account)
    assert await owner.ok("GET", "/watched-tables") == {
        "items": [
            {
                "source": "orders",
                "schema_name": "public",
                "table_name": "orders",
                "account_column": "user_id",
                "id_column": "id",
                "lead_column": None,
                "state": "fires",
                "columns": ["id", "user_id"],
            }
        ]
    }
    refused(await api.bearer(None)("GET", "/watched-tables"), 401, "not_signed_in")
    writes, _ = await key_of(world, api, "write")
    refused(await writes("GET", "/watched-tables"), 403, "not_allowed")


async def test_the_audit_log_in_pages(world: World, api: ApiServer, make: Factory) -> None:
    owner = api.signed_in(world.account)
    first, second = await made(owner, world), await made(owner, world, "Second")
    for draft in (first, second):
        await owner.ok("POST", f"/automations/{draft['id']}/publish", json={"note": "now"})
        await owner.ok("POST", f"/automations/{draft['id']}/pause")
    rows = await world.db.fetch("select * from automations.audit_log order by id desc")
    seen: list[Any] = []
    cursor: str | None = None
    for _ in range(3):
        found = await owner.ok("GET", "/audit-log", params={"limit": 2, **({"cursor": cursor} if cursor else {})})
        seen += found["items"]
        cursor = found["next"]
        if cursor is None:
            break
    assert [one["id"] for one in seen] == [row["id"] for row in rows][: len(seen)]
    assert len(seen) >= 4
    assert set(seen[0]) == set(rows[0].keys())
    (paused,) = (
        await owner.ok(
            "GET",
            "/audit-log",
            params={"automation_id": first["id"], "action": "pause", "actor": str(world.account)},
        )
    )["items"]
    assert (paused["automation_id"], paused["action"], paused["actor"]) == (first["id"], "pause", str(world.account))
    at = paused["created_at"]
    late = await owner.ok("GET", "/audit-log", params={"since": at, "action": "pause"})
    early = await owner.ok("GET", "/audit-log", params={"until": at, "action": "pause"})
    assert ([one["automation_id"] for one in late["items"]], early["items"]) == ([second["id"], first["id"]], [])
    for params in ({"cursor": "WyJ4IiwieSJd"}, {"cursor": "WzEsLTFd"}, {"action": "a\0"}):
        refused(await owner("GET", "/audit-log", params=params), 422, "unusable")
    refused(await owner("GET", "/audit-log", params={"actor": "x"}), 422, "invalid_request")
    viewer = api.signed_in(await make.team_member(world.account, "viewer"))
    assert (await viewer.ok("GET", "/audit-log"))["items"]
    for who in (uuid.uuid4(), (await other_account(make)).account):
        params = {"account": str(world.account)}
        assert (await api.signed_in(who).ok("GET", "/audit-log", params=params))["items"] == []
    refused(await api.bearer(None)("GET", "/audit-log"), 401, "not_signed_in")
    key, _ = await key_of(world, api, "run")
    refused(await key("GET", "/audit-log"), 403, "not_allowed")

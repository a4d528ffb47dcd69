"""Teams over HTTP and in SQL: roles, invitations by link, and nobody who rises by his own hand."""

from __future__ import annotations

import asyncio
import uuid
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import asyncpg
import pytest
from tests.api.conftest import ApiServer, Client, refused
from tests.api.test_api_keys import audited
from tests.engine.world import World

if TYPE_CHECKING:
    from tests.conftest import Acting, Factory

ROLES = ("owner", "admin", "member", "viewer")


@dataclass
class Team:
    """`account`: the account itself; the others are in its team."""

    ids: dict[str, uuid.UUID]
    clients: dict[str, Client]

    def __getitem__(self, who: str) -> Client:
        return self.clients[who]


@pytest.fixture
async def team(world: World, api: ApiServer, make: Factory) -> Team:
    ids = {"account": world.account, "stranger": uuid.uuid4()}
    ids |= {role: await make.team_member(world.account, role) for role in ROLES}
    key = await api.signed_in(world.account).ok("POST", "/api-keys", json={"name": "k", "scopes": ["read", "write"]})
    clients = {who: api.signed_in(one) for who, one in ids.items()}
    return Team(
        ids, clients | {"key": api.bearer(key["key"]), "server": api.signed_in(None), "nobody": api.bearer(None)}
    )


async def role_of(world: World, member: uuid.UUID) -> str | None:
    role: str | None = await world.db.fetchval(
        "select role from team_members where owner_id = $1 and member_id = $2", world.account, member
    )
    return role


async def test_everybody_in_it_sees_the_team_and_what_he_is(world: World, team: Team) -> None:
    params = {"account": str(world.account)}
    for who in ("account", *ROLES, "server", "key"):
        items = (await team[who].ok("GET", "/team", params=params))["items"]
        assert {(one["id"], one["role"]) for one in items} == {(str(team.ids[role]), role) for role in ROLES}, who
    assert (await team["stranger"].ok("GET", "/team", params=params))["items"] == []
    refused(await team["server"]("GET", "/team"), 422, "unusable")
    for role in ROLES:
        me = await team[role].ok("GET", "/me")
        mine = str(team.ids[role])
        assert me["accounts"] == [
            {"account_id": mine, "role": "owner"},
            {"account_id": str(world.account), "role": role},
        ]
    assert await team["server"].ok("GET", "/me") == {
        "user_id": None,
        "role": "service_role",
        "accounts": [],
        "key": None,
    }
    first = await team["viewer"].ok("GET", "/team", params={**params, "limit": 3})
    rest = await team["viewer"].ok("GET", "/team", params={**params, "limit": 3, "cursor": first["next"]})
    assert (len(first["items"]), len(rest["items"]), rest["next"]) == (3, 1, None)


# Who may turn whom into what: by the role that he has, the one that the other has, and the one that he is to get.
@pytest.mark.parametrize(
    ("who", "of", "to", "status"),
    [
        ("account", "owner", "viewer", 204),
        ("account", "viewer", "owner", 204),
        ("owner", "member", "owner", 204),
        ("owner", "owner", "member", 204),
        ("server", "member", "owner", 204),
        ("admin", "member", "admin", 204),
        ("admin", "member", "owner", 403),
        ("admin", "owner", "member", 403),
        ("admin", "admin", "owner", 403),
        ("member", "member", "admin", 403),
        ("viewer", "viewer", "member", 403),
        ("key", "member", "viewer", 403),
        ("stranger", "member", "viewer", 404),
        ("nobody", "member", "viewer", 401),
    ],
)
async def test_who_gives_which_role(world: World, team: Team, who: str, of: str, to: str, status: int) -> None:
    member = team.ids[of]
    path = f"/team/{member}?account={world.account}"
    answer = await team[who]("PUT", path, json={"role": to})
    assert answer.status_code == status, answer.text
    assert await role_of(world, member) == (to if status == 204 else of)
    changes = await audited(world, "team.role")
    if status == 204:
        ((_, actor, details),) = changes
        assert actor == (None if who == "server" else team.ids[who])
        assert details == {"member": str(member), "role": to, "was": of}
        # The same again is no change.
        await team["account"].ok("PUT", path, json={"role": to})
        assert len(await audited(world, "team.role")) == 1
    else:
        assert changes == []


@pytest.mark.parametrize(
    ("who", "whom", "status"),
    [
        ("account", "owner", 204),
        ("owner", "admin", 204),
        ("owner", "owner", 204),
        ("admin", "owner", 403),
        ("admin", "member", 204),
        ("admin", "admin", 204),
        ("member", "viewer", 403),
        ("member", "member", 204),
        ("viewer", "viewer", 204),
        ("viewer", "member", 403),
        ("server", "member", 204),
        ("key", "member", 403),
        ("stranger", "member", 404),
    ],
)
async def test_who_removes_whom_and_everybody_may_leave(
    world: World, team: Team, who: str, whom: str, status: int
) -> None:
    path = f"/team/{team.ids[whom]}?account={world.account}"
    answer = await team[who]("DELETE", path)
    assert answer.status_code == status, answer.text
    assert (await role_of(world, team.ids[whom]) is None) == (status == 204)
    if status == 204:
        ((action, _, details),) = await audited(world, "team.left", "team.removed")
        assert action == ("team.left" if who == whom else "team.removed")
        assert details == {"member": str(team.ids[whom]), "role": whom}
        refused(await team["account"]("DELETE", path), 404, "not_found")


async def test_the_account_itself_does_not_leave(world: World, team: Team) -> None:
    refused(await team["account"]("DELETE", f"/team/{world.account}"), 404, "not_found")
    refused(await team["owner"]("DELETE", f"/team/{world.account}?account={world.account}"), 404, "not_found")
    refused(await team["account"]("PUT", f"/team/{uuid.uuid4()}", json={"role": "member"}), 404, "not_found")


async def invited(client: Client, world: World, role: str, **body: Any) -> Any:
    return await client.ok("POST", "/invitations", json={"role": role, "account_id": str(world.account), **body})


async def test_somebody_joins_by_a_link_once(world: World, team: Team) -> None:
    made = await invited(team["admin"], world, "viewer", note="Ada")
    assert made["url"].endswith(f"/join#code={made['code']}")
    listed = await team["owner"].ok("GET", "/invitations")
    assert made["code"] not in str(listed)
    assert (listed["items"][0]["note"], listed["items"][0]["created_by"]) == ("Ada", str(team.ids["admin"]))
    accept = {"json": {"code": made["code"]}}
    for who in ("server", "key"):
        refused(await team[who]("POST", "/invitations/accept", **accept), 403, "not_allowed")
    refused(await team["nobody"]("POST", "/invitations/accept", **accept), 401, "not_signed_in")
    for who, role in (("member", "member"), ("viewer", "viewer"), ("owner", "owner")):
        told = refused(await team[who]("POST", "/invitations/accept", **accept), 409, "conflict")
        assert told["detail"] == f"you are in this team already, as {role}"
    assert (
        "your own" in refused(await team["account"]("POST", "/invitations/accept", **accept), 409, "conflict")["detail"]
    )
    newcomers = [uuid.uuid4() for _ in range(4)]
    clients = [api_of(team, world, one) for one in newcomers]
    answers = await asyncio.gather(*(client("POST", "/invitations/accept", **accept) for client in clients))
    assert sorted(answer.status_code for answer in answers) == [200, 409, 409, 409]
    (winner,) = [one for one, answer in zip(newcomers, answers, strict=True) if answer.status_code == 200]
    assert await role_of(world, winner) == "viewer"
    actions = [
        (action, actor) for action, actor, _ in await audited(world, "invitation.accepted", "invitation.created")
    ]
    assert actions == [("invitation.created", team.ids["admin"]), ("invitation.accepted", winner)]
    again = refused(await api_of(team, world, winner)("POST", "/invitations/accept", **accept), 409, "conflict")
    assert "you have accepted" in again["detail"]


def api_of(team: Team, world: World, user: uuid.UUID) -> Client:
    return ApiServer(team["account"].http).signed_in(user)


@pytest.mark.parametrize(
    ("who", "role", "status"),
    [
        ("account", "owner", 201),
        ("owner", "owner", 201),
        ("admin", "admin", 201),
        ("admin", "owner", 403),
        ("member", "viewer", 403),
        ("viewer", "viewer", 403),
        ("key", "viewer", 403),
        ("stranger", "viewer", 404),
        ("server", "owner", 201),
    ],
)
async def test_who_may_invite_as_what(world: World, team: Team, who: str, role: str, status: int) -> None:
    body = {"role": role, "account_id": str(world.account)}
    assert (await team[who]("POST", "/invitations", json=body)).status_code == status
    made = await invited(team["account"], world, role)
    expected = {201: 204, 403: 403, 404: 404}[status]
    assert (await team[who]("DELETE", f"/invitations/{made['id']}")).status_code == expected


@pytest.mark.parametrize("change", ["removed", "demoted", "left", "kept"])
async def test_keys_of_an_admin_end_with_his_role(world: World, api: ApiServer, team: Team, change: str) -> None:
    made = await team["admin"].ok(
        "POST", "/api-keys", json={"name": "CRM", "scopes": ["read"], "account_id": str(world.account)}
    )
    machine = api.bearer(made["key"])
    await machine.ok("GET", "/automations")
    path = f"/team/{team.ids['admin']}?account={world.account}"
    match change:
        case "demoted":
            await team["owner"].ok("PUT", path, json={"role": "member"})
        case "kept":
            await team["owner"].ok("PUT", path, json={"role": "owner"})
        case _:
            await team["owner" if change == "removed" else "admin"].ok("DELETE", path)
    # What somebody else made goes on.
    await team["key"].ok("GET", "/automations")
    if change == "kept":
        await machine.ok("GET", "/automations")
        assert await audited(world, "api_key.revoked") == []
    else:
        refused(await machine("GET", "/automations"), 401, "not_signed_in")
        ((_, _, details),) = await audited(world, "api_key.revoked")
        assert (made["id"] in str(details), str(team.ids["admin"]) in str(details)) == (True, True)


async def test_an_invitation_counts_as_long_as_its_maker_may_make_it(world: World, team: Team) -> None:
    as_owner = await invited(team["owner"], world, "owner")
    as_member = await invited(team["owner"], world, "member")
    newcomer = api_of(team, world, uuid.uuid4())
    path = f"/team/{team.ids['owner']}?account={world.account}"
    await team["account"].ok("PUT", path, json={"role": "admin"})
    told = refused(await newcomer("POST", "/invitations/accept", json={"code": as_owner["code"]}), 409, "conflict")
    assert "may not invite anybody as owner any more" in told["detail"]
    await newcomer.ok("POST", "/invitations/accept", json={"code": as_member["code"]})
    late = await invited(team["admin"], world, "viewer")
    await team["admin"].ok("DELETE", f"/team/{team.ids['admin']}?account={world.account}")
    other = api_of(team, world, uuid.uuid4())
    refused(await other("POST", "/invitations/accept", json={"code": late["code"]}), 409, "conflict")


async def test_invitations_end(world: World, team: Team) -> None:
    newcomer = api_of(team, world, uuid.uuid4())
    expired, revoked = [await invited(team["account"], world, "member") for _ in range(2)]
    await world.db.execute(
        "update automations.invitations set expires_at = now() - interval '1 s' where id = $1", uuid.UUID(expired["id"])
    )
    for _ in range(2):
        await team["account"].ok("DELETE", f"/invitations/{revoked['id']}")
    for made, why in ((expired, "not accepted in time"), (revoked, "taken back")):
        told = refused(await newcomer("POST", "/invitations/accept", json={"code": made["code"]}), 409, "conflict")
        assert why in told["detail"]
    refused(await newcomer("POST", "/invitations/accept", json={"code": "guessed"}), 404, "not_found")
    refused(await newcomer("POST", "/invitations/accept", json={"code": "a\u0000"}), 422, "invalid_request")
    refused(await newcomer("DELETE", f"/invitations/{revoked['id']}"), 404, "not_found")
    assert (await newcomer.ok("GET", "/invitations"))["items"] == []
    assert len(await audited(world, "invitation.revoked")) == 1


async def test_plain_sql_of_users_is_held_to_the_same_and_on_record(world: World, team: Team, acting: Acting) -> None:
    async with acting(world.db, "authenticated", team.ids["admin"]):
        await world.db.execute("update team_members set role = 'owner' where member_id = $1", team.ids["owner"])
        done = await world.db.execute("update team_members set role = 'admin' where role = 'member'")
    assert done == "UPDATE 1"
    ((_, actor, details),) = await audited(world, "team.role")
    assert (actor, details["was"], details["role"]) == (team.ids["admin"], "member", "admin")
    for statement in (
        "select automations.set_team_role($1, $2, 'owner')",
        "select automations.create_invitation($1, 'owner', sha256($2::uuid::text::bytea), null, 'tomorrow')",
    ):
        for who in ("admin", "member", "viewer"):
            with pytest.raises(asyncpg.PostgresError) as refusal:
                async with acting(world.db, "authenticated", team.ids[who]):
                    await world.db.execute(statement, world.account, team.ids[who])
            assert refusal.value.sqlstate == "AU003", (who, statement)
        for role in ("anon", "authenticated"):
            with pytest.raises(asyncpg.PostgresError):
                async with acting(world.db, role, uuid.uuid4() if role == "authenticated" else None):
                    await world.db.execute(statement, world.account, team.ids["viewer"])
    async with acting(world.db, "service_role"):
        await world.db.execute("select automations.set_team_role($1, $2, 'owner')", world.account, team.ids["viewer"])
    for statement in (
        "update automations.invitations set role = 'owner'",
        "select hash from automations.invitations",
        "select automations.note_team_change()",
    ):
        with pytest.raises(asyncpg.PostgresError):
            async with acting(world.db, "authenticated", world.account):
                await world.db.execute(statement)


async def test_a_team_that_is_managed_elsewhere_is_left_alone(world: World, team: Team) -> None:
    made = await invited(team["account"], world, "member")
    await world.db.execute("comment on table team_members is 'of another program'")
    path = f"/team/{team.ids['member']}"
    for method, place, body in (
        ("GET", "/team", None),
        ("PUT", path, {"role": "viewer"}),
        ("DELETE", path, None),
        ("POST", "/invitations", {"role": "viewer"}),
        ("POST", "/invitations/accept", {"code": made["code"]}),
    ):
        told = refused(await team["account"](method, place, json=body), 409, "conflict")
        assert "managed elsewhere" in told["detail"], (method, place)
    assert (await team["member"].ok("GET", "/me"))["accounts"][1]["role"] == "member"


async def test_people_are_told_by_name_to_those_of_their_accounts(world: World, api: ApiServer, make: Factory) -> None:
    owner, viewer = api.signed_in(world.account), await make.team_member(world.account, "viewer")
    assert await owner.ok("GET", "/people") == {"items": []}
    await world.db.execute("create table auth.users (id uuid primary key, email text, raw_user_meta_data jsonb)")
    await world.db.execute(
        "insert into auth.users values ($1, 'ada@example.com', $3), ($2, 'bob@example.com', null)",
        *(world.account, viewer, {"full_name": "Ada"}),
    )
    known = [
        {"id": str(world.account), "name": "Ada", "email": "ada@example.com"},
        {"id": str(viewer), "name": None, "email": "bob@example.com"},
    ]
    for path in ("/people", f"/people?account={world.account}"):
        assert await owner.ok("GET", path) == {"items": known}
        # Whose own account is among those that are asked about comes among the owners.
        told = await api.signed_in(viewer).ok("GET", path)
        assert sorted(told["items"], key=lambda one: one["email"]) == known
    stranger = api.signed_in(uuid.uuid4())
    assert await stranger.ok("GET", "/people") == {"items": []}
    refused(await stranger("GET", f"/people?account={world.account}"), 404, "not_found")
    refused(await api.bearer(None)("GET", "/people"), 401, "not_signed_in")


async def test_a_person_says_what_he_is_called(world: World, api: ApiServer, make: Factory) -> None:
    owner, viewer = api.signed_in(world.account), api.signed_in(await make.team_member(world.account, "viewer"))
    assert (await owner("PUT", "/people/me", json={"name": " Ada ", "email": " ada@example.com "})).status_code == 204
    assert (await viewer("PUT", "/people/me", json={"name": None, "email": "vic@example.com"})).status_code == 204
    told = await viewer.ok("GET", f"/people?account={world.account}")
    assert [(one["name"], one["email"]) for one in told["items"]] == [
        ("Ada", "ada@example.com"),
        (None, "vic@example.com"),
    ]
    for email in ("ada", "Ada <a@b>, c@d", "a@b\nBcc: c@d"):
        answer = refused(await owner("PUT", "/people/me", json={"name": None, "email": email}), 422, "unusable")
        assert "mail address" in answer["detail"] or "line break" in answer["detail"], answer
    key = (await owner("POST", "/api-keys", json={"name": "x", "scopes": ["write"]})).json()["key"]
    refused(await api.bearer(key)("PUT", "/people/me", json={"name": "x", "email": None}), 403, "not_allowed")
    assert (await owner("PUT", "/people/me", json={"name": None, "email": None})).status_code == 204
    assert [one["email"] for one in (await owner.ok("GET", "/people"))["items"]] == ["vic@example.com"]

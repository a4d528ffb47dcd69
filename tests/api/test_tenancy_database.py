"""The same below the API: what Supabase's PostgREST lets a user call and query, with everything of another account."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import asyncpg
import orjson
import pytest
import pytest_asyncio
from tests.api.tenancy_account import LOOKS_ON
from tests.api.tenancy_calls import Place, filled, places
from tests.api.tenancy_judging import Outcome, changed, told
from tests.api.tenancy_world import Tenants, two_accounts
from tests.conftest import Databases

pytestmark = pytest.mark.asyncio(loop_scope="module")

# Arguments as PostgreSQL writes them; `$name` is what the account has by that name.
Arguments = dict[str, str]
FLOW = {"p_nodes": "[]", "p_edges": "[]", "p_trigger_type": "manual", "p_trigger_config": "{}"}
HASH = {"p_hash": "\\x" + "ab" * 32}
SEALED = {"p_key_id": "x", "p_nonce": "\\x" + "ab" * 12, "p_sealed": "\\x" + "ab" * 40}
OWN = {"p_account": "$account"}
LEAD = {"p_table": "leads"}
NEW_ID = "44444444-2222-4333-8444-555555555555"
CALLS: dict[str, tuple[Arguments, ...]] = {
    "account_settings_of": (OWN,),
    "ai_usage_of": ({**OWN, "p_days": "9"},),
    "cancel_run": ({"p_execution_id": "$running"},),
    "create_api_key": (
        {**OWN, **HASH, "p_name": "x", "p_hint": "x", "p_scopes": "{read}", "p_expires_at": "2099-01-01"},
    ),
    "create_draft": (
        {**OWN, **FLOW, "p_id": NEW_ID, "p_agent_id": "$agent", "p_name": "x"}
        | dict.fromkeys(("p_description", "p_icon", "p_color"), "x"),
    ),
    "create_invitation": ({**OWN, **HASH, "p_role": "viewer", "p_note": "x", "p_expires_at": "2099-01-01"},),
    "create_record": (
        {**LEAD, "p_values": '{"user_id": "$account", "agent_id": "$agent"}'},
        {"p_table": "conversations", "p_values": '{"agent_id": "$agent", "lead_id": "$lead"}'},
        {
            "p_table": "messages",
            "p_values": '{"conversation_id": "$conversation", "direction": "inbound", "body": "x"}',
        },
    ),
    "decide_approval": ({"p_approval_id": "$approval", "p_decision": "approved"},),
    "delete_record": ({**LEAD, "p_id": "$lead"}, {"p_table": "agents", "p_id": "$agent"}),
    "delete_secret": ({**OWN, "p_name": "${MARK}_KEY"},),
    "execution_steps": ({"p_execution_id": "$running"},),
    "get_record": ({**LEAD, "p_id": "$lead"}, {"p_table": "messages", "p_id": "$message"}),
    "has_account_access": ({"user_id": "$account"},),
    "known_people": (OWN,),
    "lift_breaker": ({"p_automation_id": "$manual", "p_record_id": "$lead"},),
    "list_records": (
        {**LEAD, **OWN, "p_equal": '{"agent_id": "$agent"}', "p_limit": "9"},
        {**LEAD, "p_equal": "{}", "p_search": "$mark", "p_limit": "9"},
    ),
    "list_secrets": (OWN,),
    "pause_automation": ({"p_automation_id": "$manual"},),
    "publish_version": ({"p_automation_id": "$manual", **FLOW},),
    "put_account_settings": ({**OWN, "p_settings": "{}", "p_changed": "{}"},),
    "put_secret": ({**OWN, **SEALED, "p_id": NEW_ID, "p_name": "NEW"},),
    "remove_team_member": ({**OWN, "p_member": "$colleague"},),
    "resume_automation": ({"p_automation_id": "$paused"},),
    "retry_run": ({"p_execution_id": "$failed"},),
    "revoke_api_key": ({"p_key": "$key_read"},),
    "revoke_invitation": ({"p_invitation": "$invitation"},),
    "role_in": (OWN,),
    "secret_id": ({**OWN, "p_name": "${MARK}_KEY"},),
    "send_signal": ({"p_name": "x", "p_run": "$running"}, {"p_name": "x", "p_correlation": "x", **OWN}),
    "set_team_role": ({**OWN, "p_member": "$colleague", "p_role": "viewer"},),
    "start_run": ({"p_automation_id": "$manual", "p_lead_id": "$lead", "p_conversation_id": "$conversation"},),
    "start_runs": (
        {
            "p_automation_id": "$manual",
            "p_input": "{}",
            "p_leads": "{$lead}",
            "p_conversations": "{$conversation}",
            "p_keys": "{null}",
        },
    ),
    "update_record": (
        {**LEAD, "p_id": "$lead", "p_values": '{"user_id": "$account", "agent_id": "$agent"}'},
        {"p_table": "conversations", "p_id": "$conversation", "p_values": '{"agent_id": "$agent", "lead_id": "$lead"}'},
    ),
}
# They name nothing of an account, or say what is the caller's own.
OF_NOBODY = {
    *("accessible_account_ids", "writable_account_ids", "managed_account_ids", "my_accounts", "may_decide"),
    *("claim", "claimed_account", "record_column", "record_held", "refuse_record", "update_updated_at_column"),
    *("require_own_team", "require_record_columns", "require_record_table"),
    # By the key of a request and who makes it.
    *("take_request", "keep_answer"),
    # Of the caller himself.
    "set_profile",
    # By what only whoever was asked in has.
    "accept_invitation",
}
GRANTED = """
select p.proname as name, max(n.nspname) as schema, min(pg_get_function_identity_arguments(p.oid)) as arguments
from pg_proc p join pg_namespace n on n.oid = p.pronamespace
where n.nspname in ('automations', 'public') and has_function_privilege('authenticated', p.oid, 'execute')
  and p.proname not like 'condition\\_%'
group by p.proname
"""


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def tenants(databases: Databases, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Tenants]:
    async with two_accounts(databases, tmp_path_factory.mktemp("sign-in")) as found:
        yield found


def people(tenants: Tenants) -> dict[str, dict[str, str]]:
    """Claims of those outside of the first account."""
    a, b = tenants.a, tenants.b
    return {
        "stranger": {"sub": b.id},
        "stranger's admin": {"sub": b.ids["admin"]},
        "removed": {"sub": a.ids["removed"]},
        "nobody": {},
        "no id": {"sub": ""},
        "key of another account": {"sub": b.id, "automations_account": b.id},
        "member with a key of another account": {"sub": a.ids["member"], "automations_account": b.id},
    }


@asynccontextmanager
async def acting(db: asyncpg.Connection, claims: dict[str, str], role: str = "authenticated") -> AsyncIterator[None]:
    """Taken back at the end."""
    transaction = db.transaction()
    await transaction.start()
    try:
        text = orjson.dumps({"role": role, **claims}).decode()
        await db.execute("select set_config('request.jwt.claims', $1, true)", text)
        await db.execute(f"set local role {role}")
        yield
    finally:
        await transaction.rollback()


async def called(
    tenants: Tenants, name: str, arguments: Arguments, claims: dict[str, str], *, at: Place | None = None
) -> tuple[Outcome, list[str]]:
    """The answer or the error, and what changed."""
    db = tenants.db
    given = filled(arguments, tenants.a.ids, others=tenants.b.ids, at=at)
    schema = "public" if name == "has_account_access" else "automations"
    listed = ", ".join(f"{argument} => '{value}'" for argument, value in given.items())
    missing = {"list_records": ("p_search", "p_account", "p_after_at", "p_after_id")}.get(name, ())
    listed += "".join(f", {argument} => null" for argument in missing if argument not in given)
    sent = str(given)
    async with acting(db, claims):
        try:
            async with db.transaction():
                rows = await db.fetch(f"select to_jsonb(r) as found from {schema}.{name}({listed}) r")
            outcome = Outcome(200, orjson.dumps([row["found"] for row in rows], default=str).decode(), sent)
        except asyncpg.PostgresError as error:
            outcome = Outcome(400, f"{error.sqlstate} {error} {getattr(error, 'hint', '')}", sent)
        await db.execute("reset role")
        return outcome, changed(tenants.at_rest, await tenants.digest())


async def test_every_function_of_users_is_in_the_matrix(tenants: Tenants) -> None:
    assert {row["name"] for row in await tenants.db.fetch(GRANTED)} == set(CALLS) | OF_NOBODY


@pytest.mark.parametrize("function", CALLS)
async def test_functions_do_nothing_for_who_is_outside(tenants: Tenants, function: str) -> None:
    a, b, problems = tenants.a, tenants.b, []
    for arguments in CALLS[function]:
        right, _ = await called(tenants, function, arguments, {"sub": a.id})
        assert right.done, right.text
        for who, claims in people(tenants).items():
            outcome, changes = await called(tenants, function, arguments, claims)
            problems += [f"{who}: {one}" for one in [*changes, *told(outcome, a)]]
        # Who may only look changes nothing.
        outcome, changes = await called(tenants, function, arguments, {"sub": LOOKS_ON})
        problems += [f"viewer: {one}" for one in changes]
        for place in places(arguments):
            outcome, changes = await called(tenants, function, arguments, {"sub": a.id}, at=place)
            problems += [f"{place[0]} of others: {one}" for one in [*changes, *told(outcome, b)]]
    assert problems == []


async def test_tables_have_nothing_for_who_is_outside(tenants: Tenants) -> None:
    db, a, problems, asked = tenants.db, tenants.a, [], 0
    for name, account, _ in tenants.tables:
        columns = [
            row["attname"]
            for row in await db.fetch(
                "select attname from pg_attribute where attrelid = $1::text::regclass and attnum > 0"
                " and not attisdropped and has_column_privilege('authenticated', attrelid, attnum, 'select')",
                name,
            )
        ]
        if not columns:
            continue
        mine = f"from {name} t where ({account}) = '{a.id}'"
        for who, claims in people(tenants).items():
            for role in ("authenticated", "anon"):
                for statement in (
                    f"select {', '.join(columns)} {mine}",
                    f"delete {mine}",
                    f"update {name} t set {columns[-1]} = {columns[-1]} where ({account}) = '{a.id}'",
                ):
                    asked += 1
                    async with acting(db, claims, role):
                        try:
                            done = await db.execute(statement)
                        except asyncpg.InsufficientPrivilegeError:
                            continue
                        except asyncpg.PostgresError as error:
                            # An id that is none: nobody.
                            done = "0" if error.sqlstate == "22P02" else str(error)
                    if not done.endswith(" 0") and done != "0":
                        problems.append(f"{role} {who}: {statement[:60]} {done}")
    assert asked > 300
    assert problems == []

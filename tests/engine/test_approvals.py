"""Approvals on the real engine: asked with the checkpoint, decided once, by those who may."""

from __future__ import annotations

import asyncio
import re
import uuid
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import asyncpg
import pytest
from tests.engine.called import call, manual
from tests.engine.drawing import draw, edge, node, update_lead
from tests.engine.probe_nodes import Probes
from tests.engine.world import NoHttp, UpperCaseRenderer, Workers, World, eventually, new_world, outline

from automations.db.approval_store import Approval, ApprovalStore
from automations.db.connection import close_quietly, connect, connected
from automations.engine.approval_notices import ApprovalNotices
from automations.engine.outside import Outside
from automations.engine.step_runner import StepRunner
from automations.errors import Conflict, NotAllowed, NotFound, StepError, Unusable
from automations.flow.outside_ports import MailMessage, MailReceipt
from automations.services import approvals as services

if TYPE_CHECKING:
    from tests.conftest import Factory

FORM = {"type": "object", "properties": {"percent": {"type": "integer", "maximum": 30}}, "required": ["percent"]}
ENDS = ("approved", "rejected", "timed_out")


def flow(**config: Any) -> Any:
    asked = node("ask", "logic-approval", {"title": "Discount for {{ trigger.new.name }}?", **config})
    ends = [node(end, "logic-stop", {"output": "{{ steps.ask }}"}) for end in ENDS]
    return draw([asked, *ends], [edge("trigger", "ask"), *(edge("ask", end, end) for end in ENDS)])


@pytest.fixture
async def store(database_url: str) -> AsyncIterator[ApprovalStore]:
    async with connected(database_url, role="service_role") as connection:
        yield ApprovalStore(connection)


async def asked(world: World, store: ApprovalStore) -> Approval:
    """The only open approval, once its run is parked."""

    async def is_there() -> bool:
        return len(await store.find(world.account)) == 1

    await eventually(is_there)
    return (await store.find(world.account))[0]


async def decide(store: ApprovalStore, approval: Approval, decision: Any = "approved", **given: Any) -> Approval:
    return await services.decide(store, approval, decision, **{"answer": {}, "comment": None, **given})


async def test_an_approval_from_the_question_to_the_end(
    world: World, workers: Workers, probes: Probes, store: ApprovalStore
) -> None:
    await world.automation(flow(form=FORM, message="She asked.", role="admin"))
    await workers.start()
    admin = await world.make.team_member(world.account, "admin")
    lead = await world.lead(name="Ada")
    approval = await asked(world, store)
    assert (approval.title, approval.message, approval.status) == ("Discount for Ada?", "She asked.", "pending")
    run = await world.run_of(lead)
    assert (approval.execution_id, approval.step_key, run["status"]) == (run["id"], "/ask", "running")
    with pytest.raises(Unusable, match="percent is above 30"):
        await decide(store, approval, answer={"percent": 99}, user=admin)
    done = await decide(store, approval, answer={"percent": 20}, comment=" fine ", user=admin)
    assert (done.status, done.decided_by, done.decided_via, done.comment) == ("approved", admin, "user", "fine")
    run = await world.ended(lead)
    assert (run["status"], run["error"]) == ("completed", None)
    assert run["output"] == {
        "approval_id": str(approval.id),
        "status": "approved",
        "decided_by": str(admin),
        "decided_via": "user",
        "decided_as": None,
        "decided_at": run["output"]["decided_at"],
        "comment": "fine",
        "answer": {"percent": 20},
    }
    for decision in ("approved", "rejected"):
        with pytest.raises(Conflict, match="decided already"):
            await decide(store, done, decision, answer={"percent": 1} if decision == "approved" else {})
    actions = [row["action"] for row in await world.db.fetch("select action from automations.audit_log order by id")]
    assert actions[-2:] == ["approval_requested", "approved"]
    assert await world.db.fetchval("select count(*) from automations.waits") == 0


async def test_a_rejection_goes_its_own_way(
    world: World, workers: Workers, probes: Probes, store: ApprovalStore
) -> None:
    await world.automation(flow())
    await workers.start()
    lead = await world.lead(name="Ada")
    approval = await asked(world, store)
    with pytest.raises(Unusable, match="has no form"):
        await decide(store, approval, answer={"x": 1})
    await decide(store, approval, "rejected", comment="no")
    run = await world.ended(lead)
    assert (run["output"]["status"], run["output"]["decided_via"]) == ("rejected", "operator")
    assert [line[:3] for line in outline(run)][:2] == [
        ("trigger", "completed", "out"),
        ("ask", "completed", "rejected"),
    ]


async def test_nobody_decides_in_time(world: World, workers: Workers, probes: Probes, store: ApprovalStore) -> None:
    await world.automation(flow(deadline={"amount": 0.4, "unit": "seconds"}))
    await workers.start()
    lead = await world.lead(name="Ada")
    run = await world.ended(lead)
    assert run["error"] is None
    assert run["output"]["status"] == "timed_out"
    approval = (await store.find(world.account, every=True))[0]
    assert (approval.status, approval.decided_via, approval.decided_by) == ("timed_out", None, None)
    with pytest.raises(Conflict, match="decided already: timed out"):
        await decide(store, approval)


async def test_who_may_decide(
    world: World, workers: Workers, probes: Probes, store: ApprovalStore, make: Factory
) -> None:
    people = {role: await make.team_member(world.account, role) for role in ("admin", "member", "viewer")}
    other_owner = uuid.uuid4()
    await make.agent(other_owner)
    named = await make.team_member(world.account, "member")
    await world.automation(flow(role="admin", assignees=[str(named)]))
    await workers.start()
    await world.lead(name="Ada")
    approval = await asked(world, store)
    refused = {"member": NotAllowed, "viewer": NotAllowed}
    for role, error in refused.items():
        with pytest.raises(error):
            await decide(store, approval, user=people[role])
    for nobody in (uuid.uuid4(), other_owner):
        with pytest.raises(NotFound, match="there is no such approval"):
            await decide(store, approval, user=nobody)
    for allowed in (people["admin"], named, world.account):
        transaction = store.connection.transaction()
        await transaction.start()
        assert (await decide(store, approval, user=allowed)).decided_by == allowed
        await transaction.rollback()


async def test_what_roles_see_and_may_call(
    world: World,
    workers: Workers,
    probes: Probes,
    store: ApprovalStore,
    make: Factory,
    database: asyncpg.Connection,
    acting: Any,
) -> None:
    await world.automation(flow(notify=[{"email": "boss@example.com"}]))
    await workers.start()
    await world.lead(name="Ada")
    approval = await asked(world, store)
    viewer, stranger = await make.team_member(world.account, "viewer"), uuid.uuid4()
    for user, rows in ((world.account, 1), (viewer, 1), (stranger, 0)):
        async with acting(database, "authenticated", user) as session:
            assert await session.fetchval("select count(*) from automations.approvals") == rows
            for statement in (
                "select * from automations.approval_notices",
                "update automations.approvals set status = 'approved'",
                "delete from automations.approvals",
                f"select automations.decide_by_token('x', 'approved') -- {approval.id}",
                "select automations.take_approval_notices(array['x'::bytea])",
                f"select automations.settle_approval('{world.account}', '{approval.id}', true)",
            ):
                with pytest.raises(asyncpg.InsufficientPrivilegeError):
                    async with session.transaction():
                        await session.execute(statement)
    with pytest.raises(asyncpg.InsufficientPrivilegeError):
        async with acting(database, "anon") as session:
            await session.execute("select public.decide_approval($1, 'approved')", approval.id)


async def test_whoever_started_the_run_may_not_approve_it(
    world: World, workers: Workers, probes: Probes, store: ApprovalStore, make: Factory, acting: Any
) -> None:
    member = await make.team_member(world.account, "member")
    for allowed in (False, True):
        await world.db.execute("delete from automations")
        ask = node("ask", "logic-approval", {"title": "Sure?", "self_approval": allowed})
        automation = await manual(world, ask)
        running = await workers.start()
        async with acting(world.db, "authenticated", member) as session:
            run = await session.fetchval("select start_run($1)", automation)
        approval = await asked(world, store)
        assert approval.requested_by == member
        if allowed:
            await decide(store, approval, user=member)
        else:
            with pytest.raises(NotAllowed, match="may not approve it"):
                await decide(store, approval, user=member)
            await decide(store, approval, user=world.account)
        assert (await world.final(run))["status"] == "completed"
        await running.stop()


async def test_the_person_behind_a_run_is_whoever_began_it_all(
    world: World, workers: Workers, probes: Probes, store: ApprovalStore, make: Factory, acting: Any
) -> None:
    """Runs write with the claims of the account's owner; that makes him nobody's requester."""
    admin = await make.team_member(world.account, "admin")
    asking = await manual(world, node("ask", "logic-approval", {"title": "Called?", "role": "owner"}))
    written = flow(title="Written?", role="owner")
    await world.automation(written, config={"event_type": "UPDATE", "watch": ["stage"]})
    nodes = [update_lead("write", {"stage": "asked"}), call("call", asking)]
    await world.automation(draw(nodes, [edge("trigger", "write"), edge("trigger", "call")]))
    await workers.start()
    async with acting(world.db, "authenticated", admin) as session:
        await session.execute("insert into leads (user_id, name) values ($1, 'Ada')", world.account)

    async def both_asked() -> bool:
        return len(await store.find(world.account)) == 2

    await eventually(both_asked)
    for approval in await store.find(world.account):
        assert (approval.title, approval.requested_by) == (approval.title, admin)
        with pytest.raises(NotAllowed):
            await decide(store, approval, user=admin)
        await decide(store, approval, user=world.account)
    assert await world.all_ended() == {"completed": 3}


async def test_one_account_does_not_hold_up_the_mails_of_others(
    world: World, workers: Workers, probes: Probes, store: ApprovalStore, make: Factory
) -> None:
    """Eighty mails of an account whose server never answers, and one of another."""
    other = await new_world(world.db, make)
    hanging = Hanging(world.account)
    notices = ApprovalNotices(store, hanging, lambda: datetime.now(UTC), None)
    for one, people in ((world, 80), (other, 1)):
        run = await one.make.execution(await one.make.automation(one.account, one.agent), trigger_data={})
        approval = await world.db.fetchval(
            "insert into automations.approvals "
            "(account_id, automation_id, execution_id, step_key, attempt, title, role, self_approval) "
            "select $1, automation_id, id, '/ask', 1, 'ok?', 'member', false "
            "from automation_executions where id = $2 returning id",
            one.account,
            run,
        )
        await world.db.execute(
            "insert into automations.approval_notices (approval_id, account_id, email) "
            "select $1, $2, i || '@example.com' from generate_series(1, $3) i",
            approval,
            one.account,
            people,
        )
    for _ in range(3):
        await notices.beat()
        await asyncio.sleep(0.05)
    notices.stop()
    assert hanging.sent == [other.account]
    assert hanging.begun <= 10


class Hanging:
    """A mail server that never answers one account."""

    def __init__(self, account: uuid.UUID) -> None:
        self.account = account
        self.begun = 0
        self.sent: list[uuid.UUID] = []

    async def send(self, account: uuid.UUID, message: MailMessage) -> MailReceipt:
        if account == self.account:
            self.begun += 1
            await asyncio.Event().wait()
        self.sent.append(account)
        return MailReceipt(message.message_id, tuple(message.to))

    async def rehearse(self, account: uuid.UUID, message: MailMessage) -> MailReceipt:
        raise AssertionError("notices are sent")


async def test_one_of_many_decisions_at_once_counts(
    world: World, workers: Workers, probes: Probes, store: ApprovalStore, database_url: str
) -> None:
    await world.automation(flow())
    await workers.start()
    lead = await world.lead(name="Ada")
    approval = await asked(world, store)
    connections = [await connect(database_url, role="service_role") for _ in range(6)]
    try:
        decisions = await asyncio.gather(
            *(
                decide(ApprovalStore(connection), approval, "approved" if i % 2 else "rejected", comment=str(i))
                for i, connection in enumerate(connections)
            ),
            return_exceptions=True,
        )
    finally:
        await asyncio.gather(*(close_quietly(connection) for connection in connections))
    won = [one for one in decisions if isinstance(one, Approval)]
    assert (len(won), {type(one) for one in decisions if not isinstance(one, Approval)}) == (1, {Conflict})
    run = await world.ended(lead)
    assert (run["output"]["status"], run["output"]["comment"]) == (won[0].status, won[0].comment)


async def test_a_decision_that_is_under_way_when_the_time_is_up_counts(
    world: World, workers: Workers, probes: Probes, store: ApprovalStore
) -> None:
    await world.automation(flow(deadline={"amount": 1, "unit": "seconds"}))
    await workers.start()
    lead = await world.lead(name="Ada")
    approval = await asked(world, store)
    async with store.connection.transaction():
        await decide(store, approval, comment="just so")
        # The run's time is up meanwhile: its step finds the row locked and comes back.
        await asyncio.sleep(1.5)
        assert (await world.run_of(lead))["status"] == "running"
    run = await world.ended(lead)
    assert (run["output"]["status"], run["output"]["comment"]) == ("approved", "just so")


async def test_an_approval_of_a_run_that_ended_is_void(
    world: World, workers: Workers, probes: Probes, store: ApprovalStore
) -> None:
    await world.automation(flow())
    await workers.start()
    lead = await world.lead(name="Ada")
    approval = await asked(world, store)
    run = await world.run_of(lead)
    await world.db.execute("select automations.cancel_run($1)", run["id"])
    assert await store.find(world.account) == []
    assert (await store.find(world.account, every=True))[0].status == "void"
    with pytest.raises(Conflict, match="has ended"):
        await decide(store, approval)
    await world.db.execute("delete from automation_executions where id = $1", run["id"])
    assert await store.find(world.account, every=True) == []


class Postman:
    """Stands for a mail server: the first `broken` mails are not taken."""

    def __init__(self, broken: int = 0) -> None:
        self.broken = broken
        self.sent: list[tuple[uuid.UUID, MailMessage]] = []

    async def send(self, account: uuid.UUID, message: MailMessage) -> MailReceipt:
        if self.broken:
            self.broken -= 1
            raise StepError("the server is away", code="connect", retryable=True)
        self.sent.append((account, message))
        return MailReceipt(message.message_id, tuple(message.to))

    async def rehearse(self, account: uuid.UUID, message: MailMessage) -> MailReceipt:
        raise AssertionError("notices are sent")


def token_of(message: MailMessage) -> str:
    return str(re.findall(r"approve --token (\S+)", message.text or "")[0])


async def test_a_mail_with_a_token_decides_once(
    world: World, workers: Workers, probes: Probes, store: ApprovalStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    postman = Postman(broken=1)
    steps = StepRunner(
        outside=Outside(http=NoHttp(), mailer=postman),
        renderer=UpperCaseRenderer(),
        clock=lambda: datetime.now(UTC),
    )
    monkeypatch.setattr("tests.engine.world.step_runner", lambda: steps)
    boss = await world.make.team_member(world.account, "admin")
    notify = [{"email": "boss@example.com", "user_id": str(boss)}, {"email": "cfo@example.com"}]
    await world.automation(flow(form=FORM, notify=notify))
    await workers.start()
    lead = await world.lead(name="Ada")
    approval = await asked(world, store)

    async def all_but_one_sent() -> bool:
        rows = await world.db.fetch("select sent_at, error from automations.approval_notices where next_at is null")
        return len(rows) == 1 and rows[0]["sent_at"] is not None

    await eventually(all_but_one_sent)
    retried = await world.db.fetchrow("select * from automations.approval_notices where next_at is not null")
    assert (retried["attempts"], retried["error"], retried["sent_at"]) == (1, "the server is away", None)
    await world.db.execute("update automations.approval_notices set next_at = now() where next_at is not null")

    async def all_sent() -> bool:
        return len(postman.sent) == 2

    await eventually(all_sent)
    assert {account for account, _ in postman.sent} == {world.account}
    letters = {message.to[0]: message for _, message in postman.sent}
    assert letters["boss@example.com"].subject == "Discount for Ada?"
    assert "percent=…" in (letters["boss@example.com"].text or "")
    tokens = {address: token_of(message) for address, message in letters.items()}
    assert len(set(tokens.values())) == 2
    for token in tokens.values():
        # What is stored opens nothing.
        for row in await world.db.fetch("select n::text as row from automations.approval_notices n"):
            assert token not in row["row"]
        assert (await services.approval_of_token(store, token)).id == approval.id
    with pytest.raises(NotFound, match="opens nothing"):
        await services.approval_of_token(store, tokens["cfo@example.com"][:-1])
    done = await decide(store, approval, answer={"percent": 5}, token=tokens["boss@example.com"])
    assert (done.decided_via, done.decided_as, done.decided_by) == ("token", "boss@example.com", boss)
    for token in tokens.values():
        with pytest.raises(Conflict, match="decided already"):
            await decide(store, done, "rejected", token=token)
    assert (await world.ended(lead))["output"]["answer"] == {"percent": 5}


async def test_a_question_is_written_into_a_conversation_of_the_account_only(
    world: World, workers: Workers, probes: Probes, store: ApprovalStore, make: Factory
) -> None:
    foreign = await make.conversation(await make.agent(uuid.uuid4()))
    own = await world.conversation()
    await world.automation(flow(notify_conversation=str(foreign)))
    await workers.start()
    run = await world.ended(await world.lead(name="Ada"))
    assert (run["status"], "there is no conversation" in run["error"]) == ("failed", True)
    assert await store.find(None, every=True) == []
    await world.db.execute("delete from automations")
    await world.automation(flow(notify_conversation=str(own), message="Really?"))
    await world.lead(name="Grace")
    approval = await asked(world, store)
    rows = await world.db.fetch("select conversation_id, direction, status, body from messages")
    assert [tuple(row) for row in rows] == [
        (own, "outbound", "queued", f"Discount for Grace?\n\nReally?\n\nApproval {approval.id}")
    ]


async def test_a_killed_step_asks_once(world: World, workers: Workers, probes: Probes, store: ApprovalStore) -> None:
    """A worker is cut off again and again while runs ask: one question each, and each is answered."""
    await world.automation(flow())
    running = await workers.start(poll_seconds=0.05)
    await world.leads(40)
    for _ in range(3):
        await asyncio.sleep(0.15)
        await world.db.execute(
            "select pg_terminate_backend(pid) from pg_stat_activity where application_name like 'automations worker%'"
        )

    async def all_asked() -> bool:
        return len(await store.find(world.account)) == 40

    await eventually(all_asked)
    assert await world.db.fetchval("select count(distinct execution_id) from automations.approvals") == 40
    for approval in await store.find(world.account):
        await decide(store, approval)
    assert await world.all_ended() == {"completed": 40}
    await running.stop()

"""`/api/v1/agents`, `/leads`, `/conversations`, `/messages`: the account's records, under the database's own policies.

Four tables, the same five routes; a change may start automations, as every change of these tables does.
"""

from __future__ import annotations

from typing import Annotated, Any, Final
from uuid import UUID

from fastapi import Path, Query
from fastapi.responses import Response
from pydantic import BaseModel

from automations.api.models.records import (
    Agent,
    AgentColumns,
    AgentPage,
    Conversation,
    ConversationColumns,
    ConversationPage,
    Lead,
    LeadColumns,
    LeadPage,
    Message,
    MessageColumns,
    MessagePage,
)
from automations.api.pages import Cursor, Limit, bad_cursor, read_cursor, write_cursor
from automations.api.request_scope import Reading, Writing
from automations.api.router import api_router
from automations.db.connection import Connection
from automations.db.json_text import DEEPEST_SHOWN, is_deeper
from automations.db.record_store import RecordStore, Table
from automations.errors import NotFound, Unusable

router: Final = api_router("", "records")

Search = Annotated[str | None, Query(max_length=200, description="A part of the name, address or number.")]
Word = Annotated[str | None, Query(max_length=200)]
MessageId = Annotated[str, Path(max_length=100)]


@router.get("/agents", response_model=AgentPage, summary="List agents, the newest first")
async def list_agents(
    session: Reading, account: UUID | None = None, search: Search = None, limit: Limit = 50, cursor: Cursor = None
) -> Response:
    return await _page(session, "agents", {}, search, account, limit, cursor)


@router.post("/agents", status_code=201, response_model=Agent, summary="Make an agent")
async def create_agent(body: AgentColumns, session: Writing) -> Response:
    return await _made(session, "agents", body)


@router.get("/agents/{agent_id}", response_model=Agent, summary="One agent")
async def get_agent(agent_id: UUID, session: Reading) -> Response:
    return _shown(await RecordStore(session).get("agents", str(agent_id)))


@router.patch("/agents/{agent_id}", response_model=Agent, summary="Change columns of an agent")
async def update_agent(agent_id: UUID, body: AgentColumns, session: Writing) -> Response:
    return _shown(await RecordStore(session).update("agents", str(agent_id), _given(body)))


@router.delete("/agents/{agent_id}", status_code=204, summary="Delete an agent with its automations and conversations")
async def delete_agent(agent_id: UUID, session: Writing) -> Response:
    return await _deleted(session, "agents", str(agent_id))


@router.get("/leads", response_model=LeadPage, summary="List leads, the newest first")
async def list_leads(
    session: Reading,
    account: UUID | None = None,
    search: Search = None,
    status: Word = None,
    stage: Word = None,
    agent_id: UUID | None = None,
    owner_id: UUID | None = None,
    limit: Limit = 50,
    cursor: Cursor = None,
) -> Response:
    equal = {"status": status, "stage": stage, "agent_id": agent_id, "owner_id": owner_id}
    return await _page(session, "leads", equal, search, account, limit, cursor)


@router.post("/leads", status_code=201, response_model=Lead, summary="Make a lead")
async def create_lead(body: LeadColumns, session: Writing) -> Response:
    return await _made(session, "leads", body)


@router.get("/leads/{lead_id}", response_model=Lead, summary="One lead")
async def get_lead(lead_id: UUID, session: Reading) -> Response:
    return _shown(await RecordStore(session).get("leads", str(lead_id)))


@router.patch("/leads/{lead_id}", response_model=Lead, summary="Change columns of a lead")
async def update_lead(lead_id: UUID, body: LeadColumns, session: Writing) -> Response:
    return _shown(await RecordStore(session).update("leads", str(lead_id), _given(body)))


@router.delete("/leads/{lead_id}", status_code=204, summary="Delete a lead")
async def delete_lead(lead_id: UUID, session: Writing) -> Response:
    return await _deleted(session, "leads", str(lead_id))


@router.get("/conversations", response_model=ConversationPage, summary="List conversations, the newest first")
async def list_conversations(
    session: Reading,
    account: UUID | None = None,
    agent_id: UUID | None = None,
    lead_id: UUID | None = None,
    status: Word = None,
    channel: Word = None,
    limit: Limit = 50,
    cursor: Cursor = None,
) -> Response:
    equal = {"agent_id": agent_id, "lead_id": lead_id, "status": status, "channel": channel}
    return await _page(session, "conversations", equal, None, account, limit, cursor)


@router.post("/conversations", status_code=201, response_model=Conversation, summary="Begin a conversation")
async def create_conversation(body: ConversationColumns, session: Writing) -> Response:
    return await _made(session, "conversations", body)


@router.get("/conversations/{conversation_id}", response_model=Conversation, summary="One conversation")
async def get_conversation(conversation_id: UUID, session: Reading) -> Response:
    return _shown(await RecordStore(session).get("conversations", str(conversation_id)))


@router.patch("/conversations/{conversation_id}", response_model=Conversation, summary="Change columns of one")
async def update_conversation(conversation_id: UUID, body: ConversationColumns, session: Writing) -> Response:
    return _shown(await RecordStore(session).update("conversations", str(conversation_id), _given(body)))


@router.delete("/conversations/{conversation_id}", status_code=204, summary="Delete a conversation with its messages")
async def delete_conversation(conversation_id: UUID, session: Writing) -> Response:
    return await _deleted(session, "conversations", str(conversation_id))


@router.get("/messages", response_model=MessagePage, summary="List messages, the newest first")
async def list_messages(
    session: Reading,
    account: UUID | None = None,
    conversation_id: UUID | None = None,
    lead_id: UUID | None = None,
    direction: Word = None,
    search: Annotated[str | None, Query(max_length=200, description="A part of the text.")] = None,
    limit: Limit = 50,
    cursor: Cursor = None,
) -> Response:
    equal = {"conversation_id": conversation_id, "lead_id": lead_id, "direction": direction}
    return await _page(session, "messages", equal, search, account, limit, cursor)


@router.post("/messages", status_code=201, response_model=Message, summary="Write a message")
async def create_message(body: MessageColumns, session: Writing) -> Response:
    return await _made(session, "messages", body)


@router.get("/messages/{message_id}", response_model=Message, summary="One message")
async def get_message(message_id: MessageId, session: Reading) -> Response:
    return _shown(await RecordStore(session).get("messages", message_id))


@router.patch("/messages/{message_id}", response_model=Message, summary="Change columns of a message")
async def update_message(message_id: MessageId, body: MessageColumns, session: Writing) -> Response:
    return _shown(await RecordStore(session).update("messages", message_id, _given(body)))


@router.delete("/messages/{message_id}", status_code=204, summary="Delete a message")
async def delete_message(message_id: MessageId, session: Writing) -> Response:
    return await _deleted(session, "messages", message_id)


async def _page(
    session: Connection,
    table: Table,
    equal: dict[str, UUID | str | None],
    search: str | None,
    account: UUID | None,
    limit: int,
    cursor: str | None,
) -> Response:
    after = None
    if (position := read_cursor(cursor)) is not None:
        at, last = position
        if not (isinstance(last, str) and isinstance(at, str | None)):
            raise bad_cursor()
        after = (at, last)
    given = {name: str(value) for name, value in equal.items() if value is not None}
    found = await RecordStore(session).page(table, given, search=search, account=account, limit=limit, after=after)
    following = "null" if found.next is None else f'"{write_cursor(*found.next)}"'
    return Response(f'{{"items":{found.items},"next":{following}}}', media_type="application/json")


async def _made(session: Connection, table: Table, body: BaseModel) -> Response:
    made = await RecordStore(session).create(table, _given(body))
    return Response(made, status_code=201, media_type="application/json")


async def _deleted(session: Connection, table: Table, record_id: str) -> Response:
    if not await RecordStore(session).delete(table, record_id):
        raise _nothing()
    return Response(status_code=204)


def _shown(found: str | None) -> Response:
    if found is None:
        raise _nothing()
    return Response(found, media_type="application/json")


def _given(body: BaseModel) -> dict[str, Any]:
    """Only what was sent: a column that was left out keeps its value, or gets its default."""
    try:
        given = body.model_dump(mode="json", exclude_unset=True)
    except UnicodeEncodeError:
        raise Unusable("there is half a character in this", hint="Send text in UTF-8.") from None
    except ValueError:
        given = None
    if given is None or is_deeper(given, DEEPEST_SHOWN):
        raise Unusable("this is nested too deeply", hint=f"At most {DEEPEST_SHOWN} levels of lists and objects.")
    return given


def _nothing() -> NotFound:
    return NotFound("there is no such record", hint="Check the id, and who is signed in.")

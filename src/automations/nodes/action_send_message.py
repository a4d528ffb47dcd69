from __future__ import annotations

from collections.abc import Mapping

from pydantic import Field

from automations.errors import StepError
from automations.flow.node import Config, Node
from automations.flow.outcomes import Continue, JsonObject, Outcome
from automations.flow.ports import Context
from automations.flow.record_tables import example_row, rows_of


class ActionSendMessageConfig(Config):
    # Text, never null: an id whose template comes out empty must fail the step, not write to somebody else.
    conversation_id: str = Field(
        default="",
        title="Conversation",
        description="Id of the conversation to write in. Left out: the run's own, else the latest one of the lead.",
    )
    lead_id: str = Field(
        default="",
        title="Lead",
        description="Id of the lead to write to, in their latest conversation. Left out: the lead of the run.",
    )
    channel: str | None = Field(
        default=None,
        min_length=1,
        max_length=64,
        title="Channel",
        description="How it is sent, such as chat, sms or email. Left out: the channel of the conversation. Where the "
        "conversation is looked up by lead, only conversations on this channel count.",
    )
    begin: bool = Field(
        default=True,
        title="Begin a conversation",
        description="Where the lead has none yet, begin one with the agent of the lead. Off: the step fails then.",
        json_schema_extra={"template": False},
    )
    body: str = Field(
        min_length=1,
        max_length=100_000,
        title="Text",
        description="What the message says.",
        examples=["Hello {{ trigger.new.name }}, thank you for writing to us."],
        json_schema_extra={"widget": "textarea"},
    )


class ActionSendMessage(Node[ActionSendMessageConfig]):
    """Writes an outgoing message into a conversation.

    Adds a row to `messages` with direction `outbound`, sender_type `automation` and status `queued`: whatever delivers
    the messages of your installation picks it up from there. A lead without a conversation gets one, unless
    `begin` is off. Output: `{"message": <the new row>}`. The rows and the record of this step are committed together,
    so a crash never sends it twice.
    """

    type = "action-send-message"
    title = "Send message"
    group = "action"
    icon = "MessageSquare"
    output_is_known = True
    effect = "database"
    impact = "additions"

    def sample_output(self, config: JsonObject) -> JsonObject:
        body = config.get("body")
        return {"message": {**example_row("messages"), **({"body": body} if isinstance(body, str) else {})}}

    def output_rows(self, config: JsonObject) -> Mapping[str, str]:
        return rows_of("messages", "message")

    async def run(self, config: ActionSendMessageConfig, ctx: Context) -> Outcome:
        if not config.body.strip():
            raise StepError("the text of the message is empty", hint="Check what its templates came out as.")
        conversation = await self._conversation(config, ctx)
        row: JsonObject = {
            "conversation_id": conversation["id"],
            "lead_id": conversation.get("lead_id"),
            "direction": "outbound",
            "sender_type": "automation",
            "channel": config.channel or conversation.get("channel"),
            "body": config.body,
            "status": "queued",
            "execution_id": ctx.execution_id,
        }
        if row["channel"] is None:
            del row["channel"]
        return Continue(output={"message": await ctx.records.create("messages", row)})

    async def _conversation(self, config: ActionSendMessageConfig, ctx: Context) -> JsonObject:
        """The conversation to write in; `StepError` where there is none, or the account may not see it."""
        own_conversation = ctx.conversation_id if not config.lead_id else None
        conversation_id = config.conversation_id or own_conversation
        lead_id = config.lead_id or ctx.lead_id
        if conversation_id:
            found = await self._latest(ctx, {"field": "id", "operator": "equals", "value": conversation_id})
            if found is None:
                raise StepError(f"there is no conversation {conversation_id}", code="record_not_found")
            if config.lead_id and found.get("lead_id") != config.lead_id:
                raise StepError(f"conversation {conversation_id} is not with lead {config.lead_id}", code="wrong_lead")
            return found
        if not lead_id:
            raise StepError(
                "this run is about no lead and no conversation, so there is nobody to write to",
                code="no_record",
                hint="Name a conversation or a lead in the step.",
            )
        condition: JsonObject = {"field": "lead_id", "operator": "equals", "value": lead_id}
        if config.channel:
            condition = {"all": [condition, {"field": "channel", "operator": "equals", "value": config.channel}]}
        return await self._latest(ctx, condition) or await self._begun(config, ctx, lead_id)

    async def _begun(self, config: ActionSendMessageConfig, ctx: Context, lead_id: str) -> JsonObject:
        by_id: JsonObject = {"field": "id", "operator": "equals", "value": lead_id}
        found = await ctx.records.find("leads", condition=by_id, order_by=None, descending=False, limit=1)
        if not found:
            raise StepError(f"there is no lead {lead_id}", code="record_not_found")
        lead = found[0]
        agent_id = lead.get("agent_id")
        if not config.begin or agent_id is None:
            on_channel = f" on {config.channel}" if config.channel else ""
            raise StepError(
                f"{lead.get('name') or f'lead {lead_id}'} has no conversation{on_channel}",
                code="no_conversation",
                hint="Let the step begin one."
                if agent_id is not None
                else "One is begun with the agent of a lead, and this lead has none: set its agent.",
            )
        row: JsonObject = {"agent_id": agent_id, "lead_id": lead_id}
        return await ctx.records.create("conversations", {**row, "channel": config.channel} if config.channel else row)

    async def _latest(self, ctx: Context, condition: JsonObject) -> JsonObject | None:
        rows = await ctx.records.find(
            "conversations", condition=condition, order_by="created_at", descending=True, limit=1
        )
        return rows[0] if rows else None

from __future__ import annotations

from automations.flow.node import Node
from automations.flow.outcomes import Continue, JsonObject, Outcome
from automations.flow.ports import Context
from automations.flow.trigger_config import input_schema_problems, limit_problems
from automations.flow.webhook_config import EVENT, SOURCE, NoAuth, WebhookConfig, secret_name


class TriggerWebhookConfig(WebhookConfig):
    pass


class TriggerWebhook(Node[TriggerWebhookConfig]):
    """Starts a run when another program calls the address of the automation.

    The address is `/webhooks/<id of the automation>`; `automations webhook ID` shows it whole. `{{ trigger }}` holds
    `body` (JSON, the fields of a form, or a text), `new` (the body where it is an object), `headers` (by lower-case
    name, without those that prove who called), `query`, `method` and timestamp. A delivery that is sent again with the
    same id starts nothing. `body_schema` is a JSON Schema: an object with properties.
    """

    type = "trigger-webhook"
    title = "Webhook"
    group = "trigger"
    icon = "Webhook"
    is_trigger = True

    def check(self, config: TriggerWebhookConfig) -> list[tuple[str, str]]:
        problems: list[tuple[str, str]] = []
        if not isinstance(config.auth, NoAuth) and secret_name(config.auth) is None:
            # Published configs can be read by everybody in the account.
            problems.append(("auth.secret", "must name a secret, and hold nothing else: {{ secrets.NAME }}"))
        if config.answer == "last_step" and config.debounce is not None:
            problems.append(("answer", "last_step contradicts debounce: the callers of a burst would wait for one run"))
        problems += input_schema_problems(config.body_schema, "body_schema")
        return problems + limit_problems(config, ("body", "new", "query", "headers"), has_record=False)

    def sample_output(self, config: JsonObject) -> JsonObject:
        """An example of `trigger`, which is the output of this step, too."""
        methods = config.get("methods")
        return {
            "event": EVENT,
            "source": SOURCE,
            "table": None,
            "old": None,
            "new": {},
            "body": {},
            "headers": {"content-type": "application/json"},
            "query": {},
            "method": methods[0] if isinstance(methods, list) and methods else "POST",
            "timestamp": "2026-01-05T09:00:00+00:00",
        }

    async def run(self, config: TriggerWebhookConfig, ctx: Context) -> Outcome:
        return Continue(output=ctx.trigger)

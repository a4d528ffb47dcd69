"""What a webhook trigger can be published with."""

from __future__ import annotations

from typing import Any

import pytest
from pydantic import ValidationError

from automations.flow.node import literal_fields, secret_fields
from automations.nodes.trigger_webhook import TriggerWebhook, TriggerWebhookConfig
from automations.services.publishing import completed, trigger_node, trigger_of

SIGNED = {"type": "signature", "secret": "{{ secrets.HOOK }}"}


def problems(**config: Any) -> list[tuple[str, str]]:
    return TriggerWebhook().check(TriggerWebhookConfig.model_validate({"auth": SIGNED, **config}))


@pytest.mark.parametrize(
    ("config", "fields"),
    [
        ({}, []),
        ({"auth": {"type": "none"}}, []),
        ({"auth": {"type": "header", "secret": "typed-in"}}, ["auth.secret"]),
        ({"auth": {"type": "header", "secret": "Bearer {{ secrets.A }}"}}, ["auth.secret"]),
        ({"concurrency": {"key": "body.order"}, "debounce": {"seconds": 5}}, []),
        ({"concurrency": {"key": "headers.x-shop"}}, []),
        ({"concurrency": {"key": "input.order"}}, ["concurrency.key"]),
        ({"debounce": {"seconds": 5}}, ["debounce"]),
        ({"debounce": {"seconds": 5}, "concurrency": {"per": "automation"}, "answer": "last_step"}, ["answer"]),
        ({"body_schema": {"type": "array"}}, ["body_schema.type"]),
    ],
    ids=str,
)
def test_problems(config: dict[str, Any], fields: list[str]) -> None:
    assert [field for field, _ in problems(**config)] == fields


@pytest.mark.parametrize(
    "config",
    [
        {"auth": None},
        {"auth": {"type": "signature"}},
        {"auth": {"type": "basic", "secret": "x"}},
        {"auth": {**SIGNED, "name": "X"}},
        {"methods": []},
        {"methods": ["TRACE"]},
        {"answer_within_seconds": 61},
        {"replay_window_seconds": 0},
        {"event_source": "lead"},
        {"event_type": "INSERT"},
    ],
    ids=str,
)
def test_what_is_no_config(config: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        problems(**config)
    with pytest.raises(ValidationError):
        TriggerWebhookConfig.model_validate({})


def test_its_secrets_are_asked_for_at_publish_and_never_filled_in() -> None:
    assert "auth.secret" in literal_fields(TriggerWebhookConfig) & secret_fields(TriggerWebhookConfig)
    assert "auth.header" in literal_fields(TriggerWebhookConfig)


def test_columns_and_node_say_the_same() -> None:
    drawn = {"id": "t", "type": "trigger-webhook", "data": {"label": "Hook", "config": {"auth": SIGNED}}}
    columns = trigger_of([drawn])
    assert columns == ("event", {"auth": SIGNED, "event_source": "webhook", "event_type": "RECEIVED"})
    assert trigger_node(*columns)["type"] == "trigger-webhook"
    assert trigger_node("event", {"event_source": "lead"})["type"] == "trigger-event"
    assert trigger_node("ai_tool", {})["type"] == "trigger-ai-tool"
    (whole,) = completed([drawn])
    assert whole["data"] == {"label": "Hook", "config": columns[1]}
    for other in ({"type": "trigger-webhook"}, {"type": "trigger-webhook", "data": 5}, 7, {"type": "x", "data": {}}):
        assert completed([other]) == [other]

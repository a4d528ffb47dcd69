"""What holds a key does not print it: a representation ends up in logs, in tracebacks and in the output of tests."""

from __future__ import annotations

import importlib
import pkgutil
import uuid
from collections.abc import Iterator
from dataclasses import fields, is_dataclass
from typing import Any

import pytest

import automations
from automations.engine.outside import NoMailer, Outside, StepHttp
from automations.engine.worker import WorkerOptions
from automations.flow.http_auth import Credentials
from automations.flow.mail_server import MailServer
from automations.flow.outside_ports import MailMessage
from automations.flow.ports import HttpRequest
from automations.integrations.hidden_values import HiddenValues
from automations.integrations.http_client import HttpClient
from automations.integrations.mail_message import compose
from automations.integrations.outgoing_request import first_hop
from automations.services.model_gateway import InstalledModel, _Endpoint
from automations.services.webhooks import Delivery, Webhook

KEY = "s3cret-key"
PAIRS = [("k", KEY)]
REQUEST = HttpRequest(
    "POST",
    "https://example.com/",
    headers={"X-Api-Key": KEY},
    query=PAIRS,
    hidden_query=PAIRS,
    hidden=[KEY],
    content=KEY.encode(),
)
MAIL = MailMessage(to=("a@b.example",), subject="Decide", text=f"approve --token {KEY}", html=f"<p>{KEY}</p>")
CONFIG: Any = None


@pytest.mark.parametrize(
    "holder",
    [
        Webhook(uuid.UUID(int=1), uuid.UUID(int=2), CONFIG, KEY),
        Delivery("POST", {"x-key": KEY}, f"k={KEY}".encode(), PAIRS, b""),
        InstalledModel("https://models.example.com/v1", KEY, "m", 1),
        _Endpoint("https://models.example.com/v1", KEY, "m", of_installation=True),
        Credentials({"Authorization": KEY}, (("k", KEY),), (KEY,)),
        REQUEST,
        first_hop(REQUEST),
        HiddenValues([KEY]),
        StepHttp(HttpClient(), (KEY,)),
        Outside(http=StepHttp(HttpClient(), (KEY,)), mailer=NoMailer()),
        MailServer("mail.example.com", 25, "plain", "me", KEY),
        MAIL,
        compose(MAIL, "a@b.example"),
        WorkerOptions(dsn=f"postgresql://me:{KEY}@db.example.com/x"),
    ],
    ids=lambda holder: type(holder).__name__,
)
def test_what_holds_a_key_does_not_print_it(holder: Any) -> None:
    assert KEY not in repr(holder)
    assert KEY not in str([holder])


def dataclasses_of_ours() -> Iterator[type]:
    for module in pkgutil.walk_packages(automations.__path__, "automations."):
        if not module.name.endswith("__main__"):
            for value in vars(importlib.import_module(module.name)).values():
                if isinstance(value, type) and is_dataclass(value) and value.__module__ == module.name:
                    yield value


def test_nothing_that_is_named_like_one_is_printed() -> None:
    telling = {"secret", "password", "token", "dsn", "hidden", "hidden_query"}
    found = [(one, field) for one in dataclasses_of_ours() for field in fields(one) if field.name in telling]
    assert len(found) >= 9
    printed = [f"{one.__name__}.{field.name}" for one, field in found if field.repr]
    # Its own representation prints nothing.
    assert printed == ["Hop.hidden"]

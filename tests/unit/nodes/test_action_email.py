"""What a mail step sends, what it refuses before, and that nobody's name becomes HTML."""

from __future__ import annotations

import base64
from typing import Any

import pytest

from automations.flow.mail_address import read_addresses
from automations.flow.outcomes import Continue, Fail
from automations.flow.outside_ports import MailAttachment, MailMessage
from automations.flow.validate import check_flow
from automations.nodes.action_email import ActionEmail, ActionEmailConfig
from automations.testing import MemoryMail, run_flow
from automations.testing.clock import START
from automations.testing.flow_run import installed_nodes
from automations.testing.step_context import run_node

REGISTRY = installed_nodes()
NODE = ActionEmail()
PLAIN: dict[str, Any] = {"to": "ada@example.com", "subject": "Hello", "text": "Hello Ada"}


def drawn(config: dict[str, Any], **data: Any) -> dict[str, Any]:
    return {
        "nodes": [
            {"id": "start", "type": "trigger-manual", "data": {"config": {}}},
            {"id": "mail", "type": "action-email", "data": {"config": config, **data}},
        ],
        "edges": [{"id": "e", "source": "start", "target": "mail"}],
    }


async def sent(config: dict[str, Any], given: Any = None) -> MailMessage:
    """The one message that a run sends."""
    mail = MemoryMail()
    run = await run_flow(**drawn(config), trigger={"input": given}, mail=mail)
    assert run.error is None, run.error
    (message,) = mail.sent
    return message


def problems(config: dict[str, Any]) -> list[tuple[str | None, str]]:
    flow = drawn(config)
    return [(problem.field, problem.message) for problem in check_flow(flow["nodes"], flow["edges"], REGISTRY)]


async def test_everything_reaches_the_mail_port() -> None:
    mail = MemoryMail()
    outcome = await run_node(
        NODE,
        {
            "to": 'Ada <ada@example.com>, "Doe, Jane" <jane@example.com>',
            "cc": ["boss@example.com", None, " "],
            "bcc": "hidden@example.com",
            "subject": "Hello",
            "text": "Hello",
            "html": "<p>Hello</p>",
            "reply_to": "reply@example.com",
            "from_name": "Sales",
            "timeout_seconds": 5,
            "attachments": [
                {"name": "a.txt", "content": "grüße"},
                {"name": "a.json", "content": {"ü": [1]}, "encoding": "json"},
                {"name": "a.bin", "content": " AAH/\n", "encoding": "base64", "content_type": "image/png"},
            ],
        },
        mail=mail,
        execution_id="run",
        step_key="/mail",
    )
    assert mail.sent == [
        MailMessage(
            to=["Ada <ada@example.com>", '"Doe, Jane" <jane@example.com>'],
            cc=["boss@example.com"],
            bcc=["hidden@example.com"],
            subject="Hello",
            text="Hello",
            html="<p>Hello</p>",
            reply_to="reply@example.com",
            from_name="Sales",
            attachments=(
                MailAttachment("a.txt", "grüße".encode(), "text/plain; charset=utf-8"),
                MailAttachment("a.json", '{\n  "ü": [\n    1\n  ]\n}'.encode(), "application/json"),
                MailAttachment("a.bin", b"\0\x01\xff", "image/png"),
            ),
            message_id="run/mail",
            date=START,
            timeout_seconds=5,
        )
    ]
    accepted: list[Any] = [*mail.sent[0].to, "boss@example.com", "hidden@example.com"]
    assert outcome == Continue({"message_id": "run/mail", "accepted": accepted, "refused": {}})


@pytest.mark.parametrize("to", [None, "", " , ", [], [None, ""]])
async def test_nobody_to_send_to_is_said(to: Any) -> None:
    outcome = await run_node(NODE, PLAIN | {"to": to})
    assert isinstance(outcome, Fail)
    assert (outcome.code, outcome.retryable) == ("no_recipient", False)


async def test_a_lead_without_an_address_fails_the_step_and_sends_nothing() -> None:
    for to in ("{{ trigger.input.email }}", ["{{ trigger.input.email }}"]):
        mail = MemoryMail()
        run = await run_flow(**drawn(PLAIN | {"to": to}), trigger={"input": {"email": None}}, mail=mail)
        assert (run.status, mail.sent) == ("failed", [])
        assert "`to` came out empty" in (run.error or "")


async def test_an_empty_mail_is_not_sent() -> None:
    outcome = await run_node(NODE, PLAIN | {"text": " \n"})
    assert isinstance(outcome, Fail)
    assert outcome.code == "no_content"


@pytest.mark.parametrize("content", ["x", "a===", {"a": 1}, 5])
async def test_what_is_no_base64_is_refused(content: Any) -> None:
    given = [{"name": "a", "content": content, "encoding": "base64"}]
    outcome = await run_node(NODE, PLAIN | {"attachments": given})
    assert isinstance(outcome, Fail)
    assert outcome.code == "bad_attachment"


@pytest.mark.parametrize(
    ("config", "field", "said"),
    [
        ({"subject": "x", "text": "y"}, "to", "is required"),
        ({"to": "", "subject": "x", "text": "y"}, "to", "at least one address"),
        ({"to": [], "subject": "x", "text": "y"}, "to", "at least one address"),
        ({"to": "a@b", "subject": "x"}, "text", "is required: a text, or HTML"),
        ({**PLAIN, "to": "ada"}, "to", "there is no @"),
        ({**PLAIN, "cc": ["{{ vars.x }}", "ada@"]}, "cc", "after the @"),
        ({**PLAIN, "reply_to": "nobody"}, "reply_to", "there is no @"),
        ({**PLAIN, "subject": "a\nb"}, "subject", "line break"),
        ({**PLAIN, "from_name": "a\nb"}, "from_name", "line break"),
        ({**PLAIN, "html": "{{ trigger.input | }}"}, "html", "unexpected"),
        ({**PLAIN, "html": "{% endautoescape %}{{ trigger.input }}{% autoescape false %}"}, "html", ""),
        ({**PLAIN, "text": "{{ secrets.KEY }}"}, "text", "a secret cannot be used here"),
    ],
)
def test_what_is_wrong_is_found_before_it_is_published(config: dict[str, Any], field: str, said: str) -> None:
    found = problems(config)
    assert [one for one in found if one[0] == field and said in one[1]], found


def test_a_good_one_has_no_problems_and_needs_a_mail_server() -> None:
    good: dict[str, Any] = {
        "to": ["{{ trigger.input.email }}", "Sales <sales@example.com>"],
        "subject": "x",
        "html": "<p>Hi</p>",
    }
    assert problems(good) == []
    assert NODE.needs(good) == ("mail",)
    assert ActionEmailConfig.model_validate(good)
    assert (NODE.effect, NODE.default_retry.attempts, NODE.default_retry.delay_seconds) == ("external", 5, 30)


EVIL = '<img src=x onerror="alert(1)"> & Söhne\''
SAFE = "&lt;img src=x onerror=&quot;alert(1)&quot;&gt; &amp; Söhne&#x27;"


@pytest.mark.parametrize(
    ("html", "came_out"),
    [
        ("<p>{{ trigger.input.name }}</p>", f"<p>{SAFE}</p>"),
        ("{{ trigger.input.name }}", SAFE),
        ('<a title="{{ trigger.input["name"] }}">', f'<a title="{SAFE}">'),
        ("<p>{{ trigger.input.name | default('x') }}</p>", f"<p>{SAFE}</p>"),
        ("{{ trigger.input.name | default('x') }}", SAFE),
        ("{{ trigger.input.name ~ '<br>' }}", f"{SAFE}&lt;br&gt;"),
        ("{% if trigger.input.name %}<b>{{ trigger.input.name }}</b>{% endif %}", f"<b>{SAFE}</b>"),
        ("{% for n in trigger.input.list %}<i>{{ n }}</i>{% endfor %}", f"<i>{SAFE}</i><i>2</i>"),
        ("{% set n = trigger.input.name %}{{- n -}} !", f"{SAFE}!"),
        ("<p>{{- trigger.input.name -}}</p>", f"<p>{SAFE}</p>"),
        ("{{ trigger.input.list }}", f"[&quot;{SAFE.replace('&quot;', chr(92) + '&quot;')}&quot;,2]"),
        ("{{ trigger.input.name | safe }}", EVIL),
        ("<p>{{ trigger.input.name | safe }}|{{ trigger.input.name }}</p>", f"<p>{EVIL}|{SAFE}</p>"),
        # Of these, `safe` covers the last value alone.
        ("{{ trigger.input.name ~ '<br>' | safe }}", f"{SAFE}<br>"),
        ("{{ trigger.input.name | e }}", SAFE),
        ("{{ trigger.input.number }}", "7"),
    ],
)
async def test_what_is_inserted_into_html_is_escaped(html: str, came_out: str) -> None:
    message = await sent(
        {"to": "a@example.com", "subject": "{{ trigger.input.name }}", "html": html},
        {"name": EVIL, "list": [EVIL, 2], "number": 7},
    )
    if html != "{{ trigger.input.list }}":
        assert message.html == came_out
    else:
        assert message.html is not None
        assert "<" not in message.html
    # Only in HTML.
    assert message.subject == EVIL


async def test_a_text_beside_it_is_left_alone() -> None:
    message = await sent(PLAIN | {"text": "Hello {{ trigger.input }}", "html": "<p>Hello</p>"}, EVIL)
    assert message.text == f"Hello {EVIL}"
    assert message.html == "<p>Hello</p>"


async def test_data_in_an_item_of_a_list_cannot_add_a_recipient() -> None:
    message = await sent(PLAIN | {"to": ["{{ trigger.input }} <manager@example.com>"]}, "eve@evil.com, Bob")
    assert list(message.to) == ["eve@evil.com, Bob <manager@example.com>"]
    assert [address.spec for address in read_addresses(message.to)] == ["manager@example.com"]


async def test_a_file_from_data_keeps_its_value() -> None:
    rows: list[Any] = [{"name": "Ada", "score": 1.5}]
    given: list[Any] = [
        {"name": "rows.json", "content": "{{ trigger.input }}", "encoding": "json"},
        {"name": "rows.txt", "content": "{{ trigger.input }}"},
        {"name": "b", "content": base64.b64encode(b"\xff").decode(), "encoding": "base64"},
    ]
    message = await sent(PLAIN | {"attachments": given}, rows)
    assert [part.content for part in message.attachments] == [
        b'[\n  {\n    "name": "Ada",\n    "score": 1.5\n  }\n]',
        b'[{"name":"Ada","score":1.5}]',
        b"\xff",
    ]

"""A message is what it was meant to be, whatever people's names, subjects and files are called."""

from __future__ import annotations

import base64
from dataclasses import replace
from datetime import UTC, datetime
from email import message_from_bytes
from email.header import decode_header, make_header
from email.message import EmailMessage
from email.policy import compat32, default
from email.utils import getaddresses

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from automations.errors import StepError
from automations.flow.outside_ports import MailAttachment, MailMessage
from automations.integrations.html_as_text import html_as_text
from automations.integrations.mail_message import LARGEST, compose

SENDER = "Shop <sales@shop.example>"
MESSAGE = MailMessage(
    to=("ada@example.com",),
    subject="Hello",
    text="Hello",
    message_id="run-1",
    date=datetime(2026, 11, 26, 9, 30, tzinfo=UTC),
)


def composed(message: MailMessage = MESSAGE, sender: str = SENDER) -> EmailMessage:
    return message_from_bytes(compose(message, sender).content, policy=default)


def text_of(part: object) -> str:
    """Its text as it was before lines ended as mail wants them to."""
    assert isinstance(part, EmailMessage)
    content = part.get_content()
    assert isinstance(content, str)
    return content.replace("\r\n", "\n")


def test_everything_at_once() -> None:
    message = replace(
        MESSAGE,
        to=("Ada <ada@example.com>", "bob@example.com"),
        cc=('"Doe, Jane" <jane@example.com>',),
        bcc=("hidden@example.com", "ADA@example.com"),
        subject="Ihr Angebot über 5 €",
        text="Grüße\n",
        html="<p>Grüße</p>",
        reply_to="Antwort <reply@example.com>, second@example.com",
        from_name="Jörg, Vertrieb",
        attachments=(
            MailAttachment("leads.csv", "a;ü".encode(), "text/csv; charset=utf-8"),
            MailAttachment('Übersicht "1".pdf', b"%PDF\x00\xff", "application/pdf"),
        ),
    )
    made = compose(message, SENDER)
    parsed = composed(message)
    assert (made.sender.spec, made.message_id, made.international) == (
        "sales@shop.example",
        "run-1@shop.example",
        False,
    )
    assert made.recipients == (
        "ada@example.com",
        "bob@example.com",
        "jane@example.com",
        "hidden@example.com",
        "ADA@example.com",
    )
    assert b"hidden" not in made.content
    assert made.content.isascii()
    assert b"\n" not in made.content.replace(b"\r\n", b"")
    assert {name: str(value) for name, value in parsed.items() if name not in ("Content-Type", "MIME-Version")} == {
        "From": '"Jörg, Vertrieb" <sales@shop.example>',
        "To": "Ada <ada@example.com>, bob@example.com",
        "Cc": '"Doe, Jane" <jane@example.com>',
        "Reply-To": "Antwort <reply@example.com>, second@example.com",
        "Subject": "Ihr Angebot über 5 €",
        "Date": "Thu, 26 Nov 2026 09:30:00 +0000",
        "Message-ID": "<run-1@shop.example>",
        "Auto-Submitted": "auto-generated",
    }
    body, csv, pdf = parsed.iter_parts()
    assert isinstance(body, EmailMessage)
    assert [part.get_content_type() for part in body.iter_parts()] == ["text/plain", "text/html"]
    assert [text_of(part) for part in body.iter_parts()] == ["Grüße\n", "<p>Grüße</p>\n"]
    assert (csv.get_filename(), csv.get_content_type(), csv.get_content()) == ("leads.csv", "text/csv", "a;ü")
    assert (pdf.get_filename(), pdf.get_content()) == ('Übersicht "1".pdf', b"%PDF\x00\xff")
    assert pdf.get_content_disposition() == "attachment"


def test_the_message_id_is_the_same_each_time_and_made_where_none_was_given() -> None:
    assert compose(MESSAGE, SENDER).message_id == compose(MESSAGE, SENDER).message_id == "run-1@shop.example"
    without = replace(MESSAGE, message_id="")
    assert compose(without, SENDER).message_id != compose(without, SENDER).message_id
    with pytest.raises(StepError, match="message id"):
        compose(replace(MESSAGE, message_id="a>\r\nBcc: eve@evil.com"), SENDER)


NASTY = st.text(
    alphabet=st.one_of(
        st.sampled_from(" ,;:\"\\<>()@.=?_'[]üß漢😀ab"),
        st.characters(blacklist_categories=("Cc", "Cs", "Zl", "Zp", "Cf")),
    ),
    max_size=150,
)


@given(NASTY, st.booleans())
@example("eve@evil.com, Jürgen", True)
@example('=?utf-8?q?x=2C_eve=40evil=2Ecom?= "', False)
@example("x" * 300, True)
def test_whatever_a_name_is_the_header_names_the_addresses_that_were_meant(name: str, as_sender: bool) -> None:
    cleaned = " ".join(name.replace("<", "").replace(">", "").split())
    written = '"' + cleaned.replace("\\", "\\\\").replace('"', '\\"') + '" <jane@example.com>'
    message = replace(MESSAGE, to=(written, "bob@example.com"), from_name=cleaned if as_sender else None)
    content = compose(message, SENDER).content
    head = content.partition(b"\r\n\r\n")[0]
    assert all(len(line) < 998 for line in head.split(b"\r\n"))
    raw = message_from_bytes(content, policy=compat32)
    assert len(raw.get_all("To") or []) == len(raw.get_all("From") or []) == 1
    assert raw["Bcc"] is None
    # Both of the library's readers: the new one decodes before it looks for commas in some releases, the old after.
    found = getaddresses([str(raw["To"]).replace("\r\n", "")])
    assert [address for _, address in found] == ["jane@example.com", "bob@example.com"]
    assert " ".join(str(make_header(decode_header(found[0][0]))).split()) == cleaned
    if as_sender and cleaned:
        ((shown, address),) = getaddresses([str(raw["From"]).replace("\r\n", "")])
        assert (" ".join(str(make_header(decode_header(shown))).split()), address) == (cleaned, "sales@shop.example")


@given(NASTY)
@example("")
@example("=?utf-8?q?hello?=")
@example("ü" * 200)
def test_a_subject_arrives_as_it_was_written(subject: str) -> None:
    raw = message_from_bytes(compose(replace(MESSAGE, subject=subject), SENDER).content, policy=compat32)
    folded = str(raw["Subject"])
    assert all(len(line) <= 76 for line in folded.split("\r\n"))
    assert str(make_header(decode_header(folded))) == subject


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"subject": "Hello\r\nBcc: eve@evil.com"}, "bad_header"),
        ({"subject": "Hello\nthere"}, "bad_header"),
        ({"subject": "Hello\x00"}, "bad_header"),
        ({"subject": "Hello\u2028"}, "bad_header"),
        ({"from_name": "Ada\nBcc: eve@evil.com"}, "bad_header"),
        ({"to": ("Ada\r\nBcc: eve@evil.com <ada@example.com>",)}, "bad_address"),
        ({"to": ("ada@example.com\nRCPT TO:<eve@evil.com>",)}, "bad_address"),
        ({"cc": ("nobody",)}, "bad_address"),
        ({"reply_to": "a@b\nX: y"}, "bad_address"),
        ({"to": ()}, "bad_address"),
        ({"to": tuple(f"a{number}@example.com" for number in range(101))}, "bad_address"),
        ({"attachments": (MailAttachment("a\r\nX: y", b""),)}, "bad_attachment"),
        ({"attachments": (MailAttachment("...", b""),)}, "bad_attachment"),
        ({"attachments": (MailAttachment("a", b"", "text/html\r\nX: y"),)}, "bad_attachment"),
        ({"attachments": (MailAttachment("a", b"", "multipart/mixed; boundary=x"),)}, "bad_attachment"),
        ({"attachments": (MailAttachment("a", b""),) * 51}, "bad_attachment"),
        ({"attachments": (MailAttachment("a", bytes(LARGEST + 1)),)}, "mail_too_large"),
        ({"attachments": (MailAttachment("a", bytes(LARGEST * 3 // 4)),)}, "mail_too_large"),
    ],
)
def test_what_would_break_out_or_is_too_much_is_refused(change: dict[str, object], code: str) -> None:
    with pytest.raises(StepError) as refused:
        compose(replace(MESSAGE, **change), SENDER)  # type: ignore[arg-type]
    assert (refused.value.code, refused.value.retryable) == (code, False)
    assert refused.value.message.isprintable()


def test_a_file_cannot_name_a_folder() -> None:
    message = replace(MESSAGE, attachments=(MailAttachment("../../.bashrc", b"x"), MailAttachment("a\\b", b"x")))
    assert [part.get_filename() for part in composed(message).iter_attachments()] == ["_.._.bashrc", "a_b"]


def test_letters_beyond_ascii_stand_only_where_they_must() -> None:
    plain = compose(replace(MESSAGE, to=("Jürgen <juergen@exämple.com>",)), SENDER)
    assert (plain.content.isascii(), plain.international) == (True, False)
    assert b"juergen@xn--exmple-cua.com" in plain.content
    assert compose(replace(MESSAGE, to=("jürgen@example.com",)), SENDER).international


def test_long_lines_bytes_and_broken_characters_go_through() -> None:
    text = "x" * 5_000 + "\nFrom here\n\ud800\0end"
    made = compose(replace(MESSAGE, text=text), SENDER).content
    assert max(map(len, made.split(b"\r\n"))) <= 998
    assert text_of(composed(replace(MESSAGE, text=text))) == "x" * 5_000 + "\nFrom here\n?end\n"


def test_of_html_alone_the_text_is_made() -> None:
    parsed = composed(replace(MESSAGE, text=None, html="<p>Hello <b>Ada</b></p><p>Bye</p>"))
    text, html = parsed.iter_parts()
    assert text_of(text) == "Hello Ada\n\nBye\n"
    assert text_of(html) == "<p>Hello <b>Ada</b></p><p>Bye</p>\n"


@pytest.mark.parametrize(
    ("html", "text"),
    [
        ("a &amp; b &lt;c&gt;", "a & b <c>\n"),
        ("<style>p{}</style><script>x()</script><title>T</title>seen", "seen\n"),
        ("one<br>two<br/>three", "one\ntwo\nthree\n"),
        ("<ul><li>one</li><li>two</li></ul>", "- one\n- two\n"),
        ('See <a href="https://example.com/x">our offer</a>.', "See our offer (https://example.com/x).\n"),
        ('<a href="https://example.com">https://example.com</a>', "https://example.com\n"),
        ('<a href="javascript:x()">here</a>', "here\n"),
        ("<table><tr><td>a</td><td>b</td></tr><tr><td>c</td></tr></table>", "a b\nc\n"),
        ("", "\n"),
        ("1 < 2 <3 a<b", "1 < 2 <3 a<b\n"),
        ("<!doctype html><!-- <p>not this --><?xml x?>this</ >", "this\n"),
        ("this<!-- <p>and this is never closed", "this\n"),
        ("<script>if (a<b) '</p>'</script >after<style>never closed", "after\n"),
        ("<head/>seen", "seen\n"),
        ("<img alt='>' title=\">\" x=it's>seen", "seen\n"),
        ("<P CLASS=x>one</P><P>two", "one\n\ntwo\n"),
        ('<A x="1" HREF = https://example.com/?a&amp;b>here</A>', "here (https://example.com/?a&b)\n"),
        (
            '<a href="https://example.com/1">one<a href="https://example.com/2">two',
            "one (https://example.com/1)two (https://example.com/2)\n",
        ),
        ("&#65;&#x42;&nbsp;&#99999999999999999999;", "AB \ufffd\n"),
    ],
)
def test_html_as_text(html: str, text: str) -> None:
    assert html_as_text(html) == text


@given(st.text(max_size=300))
def test_anything_is_read_as_html(text: str) -> None:
    assert html_as_text(text).endswith("\n")


def test_base64_of_an_attachment_is_what_was_given() -> None:
    content = bytes(range(256)) * 20
    (part,) = composed(replace(MESSAGE, attachments=(MailAttachment("x.bin", content),))).iter_attachments()
    assert part.get_content() == content
    assert base64.b64decode(str(part.get_payload())) == content

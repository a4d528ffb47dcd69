"""Addresses of people and of mail servers, read as they are written."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from automations.flow.mail_address import AddressError, MailAddress, read_address, read_addresses
from automations.flow.mail_server import MailServer, read_mail_server


@pytest.mark.parametrize(
    ("text", "read"),
    [
        ("ada@example.com", MailAddress("ada", "example.com")),
        (" <ada@example.com>\n", MailAddress("ada", "example.com")),
        ("Ada, Countess <ada@example.com>", MailAddress("ada", "example.com", "Ada, Countess")),
        ('"Ada \\"the\\" first" <ada+x@example.com>', MailAddress("ada+x", "example.com", 'Ada "the" first')),
        ("Jürgen <jürgen@exämple.com>", MailAddress("jürgen", "xn--exmple-cua.com", "Jürgen")),
        ("root@localhost", MailAddress("root", "localhost")),
        ("mallory@evil.com <ada@example.com>", MailAddress("ada", "example.com", "mallory@evil.com")),
    ],
)
def test_an_address_is_read_with_its_name(text: str, read: MailAddress) -> None:
    assert read_address(text) == read


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("ada", "there is no @"),
        ("Ada <>", "there is no @"),
        ("@example.com", "before the @"),
        ("a b@example.com", "before the @"),
        ("a..b@example.com", "before the @"),
        ("a@example.com, b@example.com", "before the @"),
        ("a@b>, <c@d", "before the @"),
        (f"{'x' * 65}@example.com", "before the @"),
        ("ada@", "after the @"),
        ("ada@-example.com", "after the @"),
        ("ada@example..com", "after the @"),
        ("ada@[10.0.0.1]", "before the @|after the @"),
        (f"ada@{'x.' * 130}com", "after the @"),
        ("ada@straße.de", "ambiguous"),
        ("Ada\nBcc: eve@evil.com <ada@example.com>", "line break"),
        ("Ada\u2028 <ada@example.com>", "line break"),
        ("ada@exa\rmple.com", "line break"),
        ("x" * 2000, "at most 1,000 characters"),
    ],
)
def test_what_is_no_address_is_refused_in_words(text: str, said: str) -> None:
    with pytest.raises(AddressError, match=said):
        read_address(text)


def test_a_text_is_split_at_commas_outside_of_names_and_an_item_of_a_list_never_is() -> None:
    text = 'ada@a.org, "Doe, Jane" <jane@b.org>; Bob <bob@c.org>,, '
    assert [address.spec for address in read_addresses(text)] == ["ada@a.org", "jane@b.org", "bob@c.org"]
    assert [address.spec for address in read_addresses(["eve@evil.com, Ada <ada@a.org>", None, " "])] == ["ada@a.org"]
    with pytest.raises(AddressError):
        read_addresses(["ada@a.org, eve@evil.com"])
    assert read_addresses(None) == read_addresses("") == read_addresses([]) == ()
    # A quote that is never closed costs one look, not one for each that follows.
    assert len(read_addresses('"' + '\\"' * 400 + "x <a@b.org>")) == 1


@given(st.text(max_size=60), st.text(max_size=60))
def test_whatever_a_name_holds_no_control_and_no_recipient_gets_through(name: str, address: str) -> None:
    try:
        (read,) = read_addresses([f"{name} <{address}>"])
    except ValueError:
        return
    assert not any(character in read.name + read.spec for character in "\r\n\0")
    assert read.spec.count("@") == 1
    assert not set(" ,;<>\"'()") & set(read.spec) - {"'"}


@pytest.mark.parametrize(
    ("text", "server", "shown"),
    [
        ("smtp://mail.example.com", MailServer("mail.example.com", 587, "starttls"), "smtp://mail.example.com:587"),
        ("smtps://Mail.example.com:465/", MailServer("mail.example.com", 465, "tls"), "smtps://mail.example.com:465"),
        ("smtp+plain://127.0.0.1:2525", MailServer("127.0.0.1", 2525, "plain"), "smtp+plain://127.0.0.1:2525"),
        ("smtps://[::1]", MailServer("::1", 465, "tls"), "smtps://[::1]:465"),
        ("smtp://ada%40x:p%2Fw@h:25", MailServer("h", 25, "starttls", "ada@x", "p/w"), "smtp://h:25"),
    ],
)
def test_a_mail_server_is_read_from_its_address(text: str, server: MailServer, shown: str) -> None:
    read = read_mail_server(text, with_login=True)
    assert (read, read.url) == (server, shown)
    assert "p/w" not in repr(read)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("mail.example.com:25", "it must be smtp://"),
        ("http://mail.example.com", "it must be smtp://"),
        ("smtp://", "names no host"),
        ("smtp://ma il", "names no host"),
        ("smtp://h:0", "port"),
        ("smtp://h:99999", "port"),
        ("smtp://u:hunter2/x@h:25", "%2F for /"),
        ("smtp://h:25/hunter2", "nothing may follow"),
        ("smtp://u@h:25", "come together"),
        ("smtp://u:hunter2%0Ax@h", "line break"),
    ],
)
def test_what_is_no_mail_server_is_refused_without_naming_the_password(text: str, said: str) -> None:
    with pytest.raises(ValueError, match=said) as refused:
        read_mail_server(text, with_login=True)
    assert "hunter2" not in str(refused.value)
    with pytest.raises(ValueError, match="do not belong"):
        read_mail_server("smtp://u:hunter2@h", with_login=False)

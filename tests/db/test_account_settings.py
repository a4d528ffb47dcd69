"""What an account sets for itself, and that words come before the CHECK constraints do."""

from __future__ import annotations

import asyncio
import uuid
from dataclasses import replace
from typing import TYPE_CHECKING

import asyncpg
import pytest

from automations.db.account_settings_store import AccountSettings, AccountSettingsStore
from automations.db.secret_store import SecretRow, SecretStore
from automations.errors import NotFound, Unusable
from automations.flow.mail_server import read_mail_server
from automations.services.account_settings import (
    NAMES,
    InstallationSettings,
    ShownSetting,
    known,
    set_settings,
    shown_settings,
    unset_settings,
)

if TYPE_CHECKING:
    from tests.conftest import Connect

ACCOUNT, OTHER = uuid.uuid4(), uuid.uuid4()


@pytest.fixture
async def stores(database: asyncpg.Connection) -> tuple[AccountSettingsStore, SecretStore]:
    await database.execute("set role service_role")
    secrets = SecretStore(database)
    for name in ("SMTP_PASSWORD", "AI_KEY"):
        await secrets.put(SecretRow(uuid.uuid4(), name, "key", bytes(12), bytes(20)), ACCOUNT)
    return AccountSettingsStore(database), secrets


Stores = tuple[AccountSettingsStore, SecretStore]


async def test_everything_can_be_set_and_unset(stores: Stores) -> None:
    store, secrets = stores
    whole = AccountSettings(
        ACCOUNT,
        mail_from="Müller & Co <hello@müller.example>",
        mail_reply_to="reply@example.com",
        mail_server="smtp://mail.example.com:587",
        mail_user="ada",
        mail_password_secret="SMTP_PASSWORD",
        ai_base_url="https://ai.example.com/v1",
        ai_key_secret="AI_KEY",
        ai_model="small",
        ai_tokens_per_day=200_000,
    )
    given = {name: str(getattr(whole, name.replace("-", "_"))) for name in NAMES}
    assert await set_settings(store, secrets, ACCOUNT, given | {"ai-tokens-per-day": "200,000"}) == whole
    assert await store.get(ACCOUNT) == whole
    assert await store.get(OTHER) == AccountSettings(OTHER)
    assert await set_settings(store, secrets, ACCOUNT, {"mail-from": "a@b.example"}) == replace(
        whole, mail_from="a@b.example"
    )
    assert await unset_settings(store, ACCOUNT, NAMES) == AccountSettings(ACCOUNT)
    rows = await store.connection.fetch(
        "select details from automations.audit_log where action = 'account.set' and account_id = $1 order by id",
        ACCOUNT,
    )
    assert [row["details"]["names"] for row in rows] == [list(NAMES), ["mail-from"], list(NAMES)]


@pytest.mark.parametrize(
    ("name", "value", "said"),
    [
        ("mail-from", "ada", "there is no @"),
        ("mail-reply-to", "a@b\nc@d", "line break"),
        ("mail-server", "mail.example.com", "it must be smtp://host:587"),
        ("mail-server", "smtp://ada:hunter2@mail.example.com", "user and password do not belong into it"),
        ("mail-user", " ", "on one line"),
        ("mail-password-secret", "p@ssword", "the name of a secret, never its value"),
        ("ai-base-url", "ai.example.com", "such as https://"),
        ("ai-base-url", "https://key:hunter2@ai.example.com", "no user, key or query"),
        ("ai-base-url", "https://ai.example.com/?key=hunter2", "no user, key or query"),
        ("ai-model", "a\nb", "the name of a model"),
        ("ai-tokens-per-day", "-1", "a number of tokens"),
        ("ai-tokens-per-day", "9999999999999999999", "a number of tokens"),
        ("mail-from", "x" * 1001, "too many"),
    ],
)
async def test_a_value_that_cannot_be_one_is_refused_in_words(stores: Stores, name: str, value: str, said: str) -> None:
    with pytest.raises(Unusable, match=said) as refused:
        await set_settings(*stores, ACCOUNT, {name: value})
    assert refused.value.hint
    assert "hunter2" not in str(refused.value) + str(refused.value.hint)


SERVER = {"mail-server": "smtp://mail.example.com", "mail-from": "a@b.example"}


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"mail-user": "ada"}, "it has none"),
        ({**SERVER, "mail-user": "ada"}, "mail-password-secret would be missing"),
        ({**SERVER, "mail-password-secret": "SMTP_PASSWORD"}, "mail-user would be missing"),
        ({"mail-server": "smtp://mail.example.com"}, "a sender of its own"),
        (
            {"mail-server": "smtp+plain://h", "mail-from": "a@b", "mail-user": "u", "mail-password-secret": "AI_KEY"},
            "in the clear",
        ),
        ({"ai-key-secret": "AI_KEY"}, "endpoint of the account's own"),
    ],
)
async def test_what_the_table_would_refuse_is_said_in_words_first(
    stores: Stores, given: dict[str, str], said: str
) -> None:
    with pytest.raises(Unusable, match=said) as refused:
        await set_settings(*stores, ACCOUNT, given)
    assert refused.value.hint
    row = AccountSettings(ACCOUNT, **{name.replace("-", "_"): value for name, value in given.items()})  # type: ignore[arg-type]
    with pytest.raises(Unusable, match="violates check constraint"):
        await stores[0].put(row)


async def test_unsetting_what_others_lean_on_says_what_to_unset_too(stores: Stores) -> None:
    login = {"mail-user": "ada", "mail-password-secret": "SMTP_PASSWORD"}
    await set_settings(*stores, ACCOUNT, SERVER | login)
    with pytest.raises(Unusable, match="login belongs") as refused:
        await unset_settings(stores[0], ACCOUNT, ["mail-server"])
    assert "unset mail-user and mail-password-secret, too" in (refused.value.hint or "")
    await unset_settings(stores[0], ACCOUNT, ["mail_server", "MAIL-USER", "mail-password-secret"])
    assert await stores[0].get(ACCOUNT) == AccountSettings(ACCOUNT, mail_from="a@b.example")


async def test_a_secret_has_to_be_the_accounts_own(stores: Stores) -> None:
    given = {**SERVER, "mail-user": "ada", "mail-password-secret": "SMTP_PASSWORD"}
    with pytest.raises(NotFound, match="no secret SMTP_PASSWORD") as refused:
        await set_settings(*stores, OTHER, given)
    assert "automations secrets set SMTP_PASSWORD" in (refused.value.hint or "")


async def test_what_is_shown_says_whose_it_is_and_no_password(stores: Stores) -> None:
    server = read_mail_server("smtps://me:hunter2@relay.example.com", with_login=True)
    installation = InstallationSettings("all@example.com", server, "https://ai", True, "large", 5)
    shown = await shown_settings(stores[0], ACCOUNT, installation)
    assert shown == [
        ShownSetting("mail-from", "all@example.com", "installation"),
        ShownSetting("mail-reply-to", None, "none"),
        ShownSetting("mail-server", "smtps://relay.example.com:465", "installation"),
        ShownSetting("mail-user", None, "installation"),
        ShownSetting("mail-password-secret", None, "installation"),
        ShownSetting("ai-base-url", "https://ai", "installation"),
        ShownSetting("ai-key-secret", None, "installation"),
        ShownSetting("ai-model", "large", "installation"),
        ShownSetting("ai-tokens-per-day", 5, "installation"),
    ]
    # The installation's login and key belong to its own server and endpoint.
    await set_settings(*stores, ACCOUNT, {**SERVER, "ai-base-url": "https://own.example.com/v1/"})
    own = {one.name: (one.value, one.source) for one in await shown_settings(stores[0], ACCOUNT, installation)}
    assert own["mail-server"] == ("smtp://mail.example.com:587", "account")
    assert own["mail-user"] == own["mail-password-secret"] == own["ai-key-secret"] == (None, "none")
    assert own["ai-base-url"] == ("https://own.example.com/v1", "account")


def test_a_misspelt_name_is_answered_with_the_nearest() -> None:
    with pytest.raises(Unusable, match="no setting 'mail-form'") as refused:
        known("mail-form")
    assert "Did you mean mail-from?" in (refused.value.hint or "")


async def test_two_at_once_do_not_undo_each_other(stores: Stores, connect: Connect) -> None:
    """Each reads, checks and writes the whole row."""
    other = await connect()
    late = AccountSettingsStore(other), SecretStore(other)
    async with stores[0].changing(ACCOUNT):
        task = asyncio.create_task(set_settings(*late, ACCOUNT, {"ai-model": "small"}))
        waiting = "select count(*) from pg_locks where locktype = 'advisory' and not granted"
        while not await stores[0].connection.fetchval(waiting):
            await asyncio.sleep(0.01)
        await stores[0].put(AccountSettings(ACCOUNT, mail_from="a@b.example"))
    assert await task == AccountSettings(ACCOUNT, mail_from="a@b.example", ai_model="small")

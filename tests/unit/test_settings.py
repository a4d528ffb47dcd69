from __future__ import annotations

import stat
from pathlib import Path

import pytest

from automations.errors import ConfigurationError
from automations.settings import PREFIX, Settings, default_data_dir, load_settings, unknown_variables


@pytest.fixture(autouse=True)
def empty_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    import os

    for name in list(os.environ):
        if name.startswith(PREFIX):
            monkeypatch.delenv(name)


def test_an_empty_environment_is_a_laptop_with_the_bundled_database() -> None:
    settings = load_settings()
    assert settings.dsn is None
    assert settings.http_allow == ()
    assert settings.postgres_dir == settings.data_dir / "postgres"


def test_every_setting_says_what_it_is_for() -> None:
    assert [name for name, field in Settings.model_fields.items() if not field.description] == []


def test_settings_come_from_prefixed_variables(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AUTOMATIONS_DATABASE_URL", "postgresql://me:secret@db/app")
    monkeypatch.setenv("AUTOMATIONS_LEASE_SECONDS", "12.5")
    monkeypatch.setenv("AUTOMATIONS_LOG_LEVEL", "DEBUG")
    settings = load_settings()
    assert settings.dsn == "postgresql://me:secret@db/app"
    assert settings.lease_seconds == 12.5
    assert settings.log_level == "debug"


def test_the_password_of_the_dsn_is_not_shown(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AUTOMATIONS_DATABASE_URL", "postgresql://me:hunter2@db/app")
    assert "hunter2" not in repr(load_settings())


def test_an_empty_variable_is_the_default(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AUTOMATIONS_DATABASE_URL", "")
    assert load_settings().dsn is None


def test_allowed_hosts_are_a_list_of_host_and_port(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AUTOMATIONS_HTTP_ALLOW", "crm.internal:8080, 127.0.0.1:9000 [::1]:80")
    assert load_settings().http_allow == ("crm.internal:8080", "127.0.0.1:9000", "[::1]:80")


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("HTTP_ALLOW", "crm.internal"),
        ("HTTP_ALLOW", "crm.internal:*"),
        ("HTTP_ALLOW", "crm.internal:0"),
        ("HTTP_ALLOW", "http://crm.internal:80"),
        ("CORS_ORIGINS", "app.example.com"),
        ("CORS_ORIGINS", "https://app.example.com/"),
        ("LEASE_SECONDS", "soon"),
        ("LEASE_SECONDS", "0"),
        ("CONCURRENCY", "-1"),
        ("LOG_FORMAT", "xml"),
        ("ECHO_PORT", "70000"),
        ("DATABASE_URL", "mysql://db/app"),
        ("HTTP_DATABASE_URL", "pooler:6432"),
        ("SMTP_URL", "mail.example.com:587"),
        ("MAIL_FROM", "nobody"),
    ],
)
def test_a_senseless_value_is_named_with_what_to_do(monkeypatch: pytest.MonkeyPatch, name: str, value: str) -> None:
    monkeypatch.setenv(f"AUTOMATIONS_{name}", value)
    with pytest.raises(ConfigurationError) as refused:
        load_settings()
    assert f"AUTOMATIONS_{name}" in refused.value.message
    assert refused.value.hint


def test_all_senseless_values_are_named_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AUTOMATIONS_LEASE_SECONDS", "soon")
    monkeypatch.setenv("AUTOMATIONS_CONCURRENCY", "many")
    with pytest.raises(ConfigurationError, match=r"CONCURRENCY.*LEASE_SECONDS"):
        load_settings()


def test_a_misspelt_variable_is_found_with_what_was_meant() -> None:
    found = unknown_variables({"AUTOMATIONS_DATABSE_URL": "x", "AUTOMATIONS_ZZZ": "x", "PATH": "x"})
    assert found == {"AUTOMATIONS_DATABSE_URL": "AUTOMATIONS_DATABASE_URL", "AUTOMATIONS_ZZZ": None}


def test_data_live_where_the_platform_keeps_a_users_data(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path))
    monkeypatch.setattr("sys.platform", "linux")
    assert default_data_dir() == tmp_path / "automations"


def test_without_a_home_that_can_be_written_data_live_in_the_current_directory(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr("sys.platform", "linux")
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "closed"))
    monkeypatch.chdir(tmp_path)
    (tmp_path / "closed").mkdir()
    (tmp_path / "closed").chmod(stat.S_IRUSR)
    # Root may write anywhere, whatever the mode says.
    monkeypatch.setattr("os.access", lambda path, mode: not str(path).endswith("closed"))
    assert default_data_dir() == tmp_path / ".automations"


def test_a_relative_data_directory_is_made_absolute(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("AUTOMATIONS_DATA_DIR", "here")
    assert load_settings().data_dir == tmp_path / "here"

"""The installation's settings. The only reader of the environment: everything else is handed what it needs.

Every setting is a variable `AUTOMATIONS_<NAME>`; all have defaults, so that an empty environment is a laptop with the
bundled PostgreSQL.
"""

from __future__ import annotations

import os
import re
import sys
from collections.abc import Mapping
from difflib import get_close_matches
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import Field, SecretStr, ValidationError, field_validator
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict

from automations.errors import ConfigurationError
from automations.flow.mail_address import read_address
from automations.flow.mail_server import MailServer, read_mail_server

PREFIX = "AUTOMATIONS_"
_HOST_AND_PORT = re.compile(r"(\[[0-9a-fA-F:.]+\]|[^\s:\[\]]+):(\d{1,5})")
_ORIGIN = re.compile(r"\*|https?://(\[[0-9a-f:.]+\]|[a-z0-9.-]+)(:\d{1,5})?")


class Settings(BaseSettings):
    """Raises pydantic's ValidationError; `load_settings` turns it into words."""

    model_config = SettingsConfigDict(env_prefix=PREFIX, frozen=True, extra="ignore", env_ignore_empty=True)

    database_url: SecretStr | None = Field(
        default=None, description="DSN of a PostgreSQL 15 or newer. Empty: the bundled one, in the data directory."
    )
    http_database_url: SecretStr | None = Field(
        default=None,
        description="DSN of a pooler in transaction mode (PgBouncer) in front of it, for requests over HTTP; "
        "workers and listeners need the server itself.",
    )
    data_dir: Path = Field(
        default_factory=lambda: default_data_dir(),  # noqa: PLW0108 - defined below
        description="Where the bundled PostgreSQL keeps its files. Default: the platform's place for a user's data "
        "(~/.local/share/automations on Linux); ./.automations where that cannot be written.",
    )
    postgres_bin_dir: Path | None = Field(
        default=None, description="Directory of other PostgreSQL binaries than the bundled ones, and of psql."
    )
    http_allow: Annotated[tuple[str, ...], NoDecode] = Field(
        default=(),
        description="host:port, comma-separated: where HTTP steps may go although it is not a public address.",
    )
    secret_key: SecretStr | None = Field(
        default=None, description="Key of the secrets: 32 bytes in base64; further ones behind commas only open."
    )
    secret_key_file: Path | None = Field(
        default=None,
        description="File with that key, one a line, mode 0600. Default: `secret.key` in the data directory, made by "
        "`up`.",
    )
    smtp_url: SecretStr | None = Field(
        default=None,
        description="Mail server of the installation: smtp:// (STARTTLS), smtps:// or smtp+plain://, with user, "
        "password, host and port. Empty: only accounts with a server of their own send mail.",
    )
    mail_from: str | None = Field(
        default=None, description="Who mail is from where an account has not said: `a@b` or `Name <a@b>`."
    )
    ai_base_url: str | None = Field(
        default=None,
        description="Endpoint of AI steps that speaks OpenAI's protocol, such as http://127.0.0.1:11434/v1.",
    )
    ai_api_key: SecretStr | None = Field(default=None, description="Key of that endpoint, where it wants one.")
    ai_model: str | None = Field(default=None, description="Model that AI steps use unless they name another.")
    ai_tokens_per_day: int = Field(
        default=1_000_000, ge=0, description="Tokens that the AI steps of one account may use in a day (UTC)."
    )
    code_steps: Literal["on", "off"] = Field(
        default="off", description="on: flows may run Python in a sandbox (`transform-code`)."
    )
    jwt_secret: SecretStr | None = Field(
        default=None, description="Secret with which tokens of users are signed (HS256), as Supabase has it."
    )
    jwks_url: str | None = Field(
        default=None, description="Address of the keys of tokens (RS256, ES256, EdDSA), instead of a secret."
    )
    jwt_audience: str = Field(default="authenticated", description="What tokens of users have to be for.")
    jwt_issuer: str | None = Field(
        default=None, description="Who has to have issued tokens. Empty: anybody with the key."
    )
    api_key: SecretStr | None = Field(
        default=None,
        description="API key or token as which `automations mcp` acts. Empty: as the owner of the account.",
    )
    metrics_token: SecretStr | None = Field(
        default=None, description="Bearer token of whoever scrapes /metrics. Empty: only from this machine."
    )
    public_url: str | None = Field(
        default=None, description="Address under which people and other programs reach this installation."
    )
    http_port: int = Field(
        default=8765, ge=0, le=65_535, description="Port of incoming webhooks, on 127.0.0.1; 0: a free one."
    )
    api_requests_per_minute: int = Field(
        default=60_000,
        ge=0,
        le=10_000_000,
        description="How often one user, or one API key, may call the API of one process; 0: as often as they like.",
    )
    cors_origins: Annotated[tuple[str, ...], NoDecode] = Field(
        default=(),
        description="Whose pages may call the API from a browser: origins such as https://app.example.com, "
        "comma-separated; * for all.",
    )
    concurrency: int = Field(default=400, ge=1, le=100_000, description="Runs that one worker has at work at once.")
    committers: int = Field(default=2, ge=1, le=32, description="Connections on which a worker commits.")
    lease_seconds: float = Field(
        default=30, ge=2, le=3600, description="After how long without a sign of life a run is taken over."
    )
    poll_seconds: float = Field(
        default=1, ge=0.05, le=60, description="How often a worker looks for work that nothing announced."
    )
    drain_seconds: float = Field(
        default=7, ge=0, le=3600, description="How long running steps may go on once the worker is told to stop."
    )
    max_run_seconds: float = Field(
        default=3600, ge=1, le=604_800, description="How long one run may be at work without a pause."
    )
    log_level: Literal["debug", "info", "warning", "error"] = Field(default="info", description="What is logged.")
    log_format: Literal["auto", "human", "json"] = Field(
        default="auto", description="auto: human on a terminal, else one JSON object a line."
    )
    echo_port: int = Field(
        default=8766, ge=0, le=65_535, description="Port of the demo's echo endpoint; 0: a free one."
    )

    @field_validator("http_allow", "cors_origins", mode="before")
    @classmethod
    def _split(cls, value: Any) -> Any:
        return tuple(part for part in re.split(r"[,\s]+", value) if part) if isinstance(value, str) else value

    @field_validator("http_allow")
    @classmethod
    def _exact_host_and_port(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        for entry in value:
            found = _HOST_AND_PORT.fullmatch(entry)
            if found is None or not 0 < int(found[2]) < 65_536:
                raise ValueError(f"{entry!r} is not host:port; name each one exactly, such as crm.internal:8080")
        return value

    @field_validator("cors_origins")
    @classmethod
    def _origins(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        for entry in value:
            if not _ORIGIN.fullmatch(entry):
                raise ValueError(f"{entry!r} is no origin; name scheme, host and port, such as https://app.example.com")
        return value

    @field_validator("data_dir", "postgres_bin_dir", "secret_key_file")
    @classmethod
    def _absolute(cls, value: Path | None) -> Path | None:
        return None if value is None else value.expanduser().absolute()

    @field_validator("database_url", "http_database_url")
    @classmethod
    def _is_dsn(cls, value: SecretStr | None) -> SecretStr | None:
        if value is not None and not value.get_secret_value().startswith(("postgres://", "postgresql://")):
            raise ValueError("it must start with postgresql://")
        return value

    @field_validator("smtp_url")
    @classmethod
    def _is_mail_server(cls, value: SecretStr | None) -> SecretStr | None:
        if value is not None:
            read_mail_server(value.get_secret_value(), with_login=True)
        return value

    @field_validator("mail_from")
    @classmethod
    def _is_sender(cls, value: str | None) -> str | None:
        if value is not None:
            read_address(value)
        return value

    @field_validator("log_level", mode="before")
    @classmethod
    def _lower(cls, value: Any) -> Any:
        return value.lower() if isinstance(value, str) else value

    @property
    def dsn(self) -> str | None:
        """The DSN with its password; None when the bundled PostgreSQL is used."""
        return None if self.database_url is None else self.database_url.get_secret_value()

    @property
    def mail_server(self) -> MailServer | None:
        return None if self.smtp_url is None else read_mail_server(self.smtp_url.get_secret_value(), with_login=True)

    @property
    def secret_key_path(self) -> Path:
        return self.secret_key_file or self.data_dir / "secret.key"

    @property
    def postgres_dir(self) -> Path:
        """The data directory of the bundled server."""
        return self.data_dir / "postgres"


def load_settings() -> Settings:
    """From the environment. `ConfigurationError` names every variable that makes no sense."""
    try:
        return Settings()
    except ValidationError as invalid:
        problems = [
            f"{PREFIX}{str(error['loc'][0]).upper()}: {error['msg'].removeprefix('Value error, ')}"
            for error in invalid.errors(include_url=False, include_context=False, include_input=False)
        ]
        raise ConfigurationError(
            "; ".join(problems),
            hint="Correct or unset "
            + ("this variable" if len(problems) == 1 else "these variables")
            + "; `automations doctor --settings` lists all of them.",
        ) from None


def unknown_variables(environment: Mapping[str, str] | None = None) -> dict[str, str | None]:
    """`AUTOMATIONS_…` variables that mean nothing to us, each with the setting that was probably meant."""
    known = {f"{PREFIX}{name.upper()}" for name in Settings.model_fields}
    found: dict[str, str | None] = {}
    for name in sorted(os.environ if environment is None else environment):
        if name.startswith(PREFIX) and name not in known:
            near = get_close_matches(name, known, n=1, cutoff=0.8)
            found[name] = near[0] if near else None
    return found


def default_data_dir() -> Path:
    """The platform's place for a user's data; `./.automations` for a user who has none that can be written."""
    home = _user_data_home()
    if home is not None and _can_make(home / "automations"):
        return home / "automations"
    return Path(".automations").absolute()


def _user_data_home() -> Path | None:
    if sys.platform == "win32":
        local = os.environ.get("LOCALAPPDATA")
        return Path(local) if local else None
    configured = os.environ.get("XDG_DATA_HOME", "")
    if os.path.isabs(configured):
        return Path(configured)
    try:
        home = Path.home()
    except RuntimeError:
        return None
    return home / "Library" / "Application Support" if sys.platform == "darwin" else home / ".local" / "share"


def _can_make(directory: Path) -> bool:
    # Path.exists raises below a directory that we may not enter; that directory is then the nearest one found.
    nearest = next((path for path in (directory, *directory.parents) if os.path.exists(path)), None)
    return nearest is not None and os.access(nearest, os.W_OK | os.X_OK)


def environment_for_programs() -> dict[str, str]:
    """What programs that we start on a person's behalf (psql) get: everything but our own settings and libpq's."""
    return {name: value for name, value in os.environ.items() if not name.startswith((PREFIX, "PG")) or name == "PGTZ"}

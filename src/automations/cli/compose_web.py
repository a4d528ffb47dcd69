"""The composition root of what is called over HTTP. `build_web` imports nothing heavy before it serves."""

from __future__ import annotations

import gc
from collections.abc import Collection
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from automations.cli.compose import (
    ROLE,
    build_pool,
    build_vault,
    installation,
    installation_settings,
    load_registry,
    secret_keys,
)
from automations.settings import Settings

if TYPE_CHECKING:
    from automations.api.request_scope import Api
    from automations.api.server import WebServer
    from automations.api.sign_in import SignIn
    from automations.api.tokens import TokenReader
    from automations.db.pool import Pool
    from automations.services.draft_test import DraftTests
    from automations.services.live_feed import LiveFeed
    from automations.services.run_answers import RunAnswers

# For looks that take a few milliseconds, with the rights of the engine.
ENGINE_CONNECTIONS = 2


def build_http_pool(dsn: str, settings: Settings) -> Pool:
    """For requests: through the pooler where there is one."""
    if settings.http_database_url is None:
        return build_pool(dsn, name="http")
    from automations.db.connection import connect
    from automations.db.pool import Pool

    pooler = settings.http_database_url.get_secret_value()
    return Pool(lambda: connect(pooler, role=ROLE, application_name="automations http", pooled=True))


def build_live_feed(dsn: str) -> LiveFeed:
    from automations.db.connection import connect
    from automations.services.live_feed import LiveFeed

    return LiveFeed(lambda: connect(dsn, role=ROLE, application_name="automations live"))


def build_api(
    pool: Pool, engine_pool: Pool, settings: Settings, draft_tests: DraftTests, answers: RunAnswers, live: LiveFeed
) -> Api:
    from automations.api.editor import built_editor
    from automations.api.rate_limits import RateLimits
    from automations.api.request_scope import Api
    from automations.services.manual_starts import ManualStarts

    return Api(
        pool,
        engine_pool,
        _token_reader(settings),
        load_registry(),
        installation(settings),
        draft_tests,
        answers,
        ManualStarts(pool),
        live,
        public_url=settings.public_url,
        editor=built_editor(),
        cors_origins=settings.cors_origins,
        sign_in=_sign_in(settings),
        limits=RateLimits.per_minute(settings.api_requests_per_minute),
        secret_box=secret_keys(settings).box,
        installation_settings=installation_settings(settings),
        metrics_token=None if settings.metrics_token is None else settings.metrics_token.get_secret_value(),
    )


def _token_reader(settings: Settings) -> TokenReader | None:
    """None: nobody can sign in here yet."""
    from automations.api.tokens import KeySet, SharedSecret, TokenReader
    from automations.cli.token_command import signing_secret

    keys: KeySet | SharedSecret
    if settings.jwks_url is not None:
        from automations.integrations.key_set import fetch_key_set

        url = settings.jwks_url
        keys = KeySet(lambda: fetch_key_set(url))
    elif (secret := signing_secret(settings)) is not None:
        keys = SharedSecret(secret)
    else:
        return None
    return TokenReader(keys, audience=settings.jwt_audience, issuer=settings.jwt_issuer)


def _sign_in(settings: Settings) -> SignIn | None:
    """None: people sign in elsewhere."""
    from automations.api.sign_in import SignIn
    from automations.cli.sign_in_command import issues_tokens
    from automations.cli.token_command import signing_secret, token_issuer
    from automations.integrations.sign_in_codes import SignInCodes

    secret = signing_secret(settings) if issues_tokens(settings) else None
    return None if secret is None else SignIn(SignInCodes(settings.data_dir), token_issuer(secret, settings))


@dataclass(frozen=True, slots=True)
class Web:
    """`answers`: a worker in the same process tells it which runs have ended."""

    server: WebServer
    answers: RunAnswers


def build_web(dsn: str, settings: Settings, *, allowed: Collection[str] = ()) -> Web:
    """Everything that is called over HTTP; nothing heavy is imported before it serves.

    `allowed`: host:port that HTTP steps of tests may reach beside what the settings name.
    """
    from automations.api.server import WebServer
    from automations.services.run_answers import RunAnswers

    pool, engine_pool = build_http_pool(dsn, settings), build_pool(dsn, name="http", size=ENGINE_CONNECTIONS)
    answers = RunAnswers(pool)
    live = build_live_feed(dsn)
    closing = [pool.close, engine_pool.close, live.aclose]

    def make_app() -> Any:
        from automations.api.app import create_app
        from automations.cli.outside_world import OutsideTests, build_outside_world
        from automations.services.webhooks import Webhooks

        tests = OutsideTests(dsn, lambda: build_outside_world(dsn, settings, allowed))
        closing.append(tests.close)
        webhooks = Webhooks(pool, build_vault(pool, settings), answers)
        app = create_app(webhooks, build_api(pool, engine_pool, settings, tests, answers, live))
        # What was imported stays; to look through it again and again took a twelfth of the time of a start.
        gc.freeze()
        return app

    async def close() -> None:
        for one in reversed(closing):
            await one()

    def end_waiting() -> None:
        live.end()
        answers.end()

    return Web(WebServer(make_app, close, end_waiting), answers)

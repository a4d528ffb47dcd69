"""Bearer tokens: who is calling. JSON Web Tokens as Supabase issues them, checked with a fixed algorithm."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any, Final, Protocol
from uuid import UUID

import jwt
import structlog

from automations.db.request_session import ApiKey, Role
from automations.errors import ConfigurationError

log = structlog.get_logger(__name__)

# Clocks differ.
LEEWAY_SECONDS: Final = 30
# Keys are looked up again for a key id that is not known, but not for every forged one.
LOOK_AGAIN_SECONDS: Final = 30.0
KEPT_SECONDS: Final = 600.0
# Nobody waits for an address that did not answer a moment ago.
FAILED_SECONDS: Final = 5.0
LONGEST_TOKEN: Final = 8_192
# What was read of a token is believed for so long: a key that was rotated out is forgotten within a minute.
READ_SECONDS: Final = 60.0
MOST_READ: Final = 4_096
LIFETIME: Final = timedelta(hours=12)
# Renewed again and again, then it has to be a new sign-in.
RENEWED_FOR: Final = timedelta(days=30)
ASYMMETRIC: Final = ("RS256", "ES256", "EdDSA")


class NotSignedIn(Exception):
    """The token is no proof of who is calling; the text may be shown to the caller, and what to do with `hint`."""

    def __init__(
        self, why: str, *, hint: str = "Send `Authorization: Bearer <token>` with a token that is valid now."
    ) -> None:
        super().__init__(why)
        self.hint = hint


@dataclass(frozen=True, slots=True)
class Caller:
    """`user_id` None: a server, with the rights of `service_role`. `key`: a machine, as the account that it is of.

    `expires`: when its token does, in seconds since 1970.
    """

    role: Role
    user_id: UUID | None
    key: ApiKey | None = None
    expires: float | None = field(default=None, compare=False)


class Keys(Protocol):
    """Where the key that a token names comes from."""

    @property
    def algorithms(self) -> tuple[str, ...]: ...

    async def key(self, key_id: str | None) -> Any:
        """Raises `NotSignedIn` for a key that is not known."""
        ...


@dataclass(frozen=True, slots=True)
class SharedSecret:
    """HS256, as older Supabase projects and `up` use it. Never beside another kind: a public key is no secret."""

    secret: str = field(repr=False)
    algorithms: tuple[str, ...] = ("HS256",)

    async def key(self, key_id: str | None) -> Any:
        return self.secret


@dataclass(frozen=True, slots=True)
class IssuedToken:
    token: str = field(repr=False)
    user_id: UUID
    expires_at: datetime


@dataclass(frozen=True, slots=True)
class TokenIssuer:
    """Signs users in where nobody else does: with the key of this installation, as Supabase would."""

    secret: str = field(repr=False)
    audience: str
    issuer: str | None

    def issue(self, user: UUID, lifetime: timedelta = LIFETIME, *, signed_in: datetime | None = None) -> IssuedToken:
        """`signed_in`: when the user last proved who he is; now, if nothing is said."""
        now = datetime.now(UTC)
        # Whole seconds, as the token has them.
        ends = (now + lifetime).replace(microsecond=0)
        claims = {
            "sub": str(user),
            "role": "authenticated",
            "aud": self.audience,
            "iat": now,
            "exp": ends,
            "auth_time": int((signed_in or now).timestamp()),
            **({} if self.issuer is None else {"iss": self.issuer}),
        }
        return IssuedToken(jwt.encode(claims, self.secret, "HS256"), user, ends)

    def renew(self, token: str, user: UUID) -> IssuedToken:
        """For a token that `TokenReader` has believed, of that user. `NotSignedIn` a month after the sign-in."""
        claims = jwt.decode(token, options={"verify_signature": False})
        proved = claims.get("auth_time", claims.get("iat", 0))
        if not isinstance(proved, int) or time.time() - proved > RENEWED_FOR.total_seconds():
            raise NotSignedIn("it is too long ago that you signed in")
        return self.issue(user, signed_in=datetime.fromtimestamp(proved, UTC))


class KeySet:
    """A JSON Web Key Set, fetched when it is needed; a key that was rotated in is found within half a minute."""

    algorithms = ASYMMETRIC

    def __init__(self, fetch: Callable[[], Awaitable[dict[str, Any]]]) -> None:
        self._fetch = fetch
        self._keys: dict[str | None, Any] = {}
        self._fetched = 0.0
        self._failed = 0.0
        self._fetching = asyncio.Lock()

    async def key(self, key_id: str | None) -> Any:
        """Raises also `ConfigurationError`, where the keys cannot be had."""
        if not self._is_fresh(KEPT_SECONDS if key_id in self._keys else LOOK_AGAIN_SECONDS):
            async with self._fetching:
                if not self._is_fresh(LOOK_AGAIN_SECONDS):
                    await self._refresh()
        try:
            return self._keys[key_id]
        except KeyError:
            raise NotSignedIn("the token is signed with a key that is not known here") from None

    def _is_fresh(self, seconds: float) -> bool:
        return bool(self._fetched) and time.monotonic() - self._fetched < seconds

    async def _refresh(self) -> None:
        if self._failed and time.monotonic() - self._failed < FAILED_SECONDS:
            raise _no_keys()
        try:
            found = jwt.PyJWKSet.from_dict(await self._fetch())
        except Exception as error:
            # Whatever kept it: that is for the log, and only as often as it is tried.
            self._failed = time.monotonic()
            log.error("the keys of tokens cannot be fetched", reason=f"{type(error).__name__}: {error}"[:300])
            raise _no_keys() from None
        self._keys = {key.key_id: key.key for key in found.keys if key.public_key_use in (None, "sig")}
        self._fetched = time.monotonic()


def _no_keys() -> ConfigurationError:
    return ConfigurationError(
        "the keys with which tokens are signed cannot be had now",
        hint="Send it again a little later; whoever runs this installation looks at AUTOMATIONS_JWKS_URL.",
    )


@dataclass(frozen=True, slots=True)
class _Read:
    caller: Caller
    until: float


class TokenReader:
    """`audience`: what tokens of users must be for. `issuer` None: any."""

    def __init__(self, keys: Keys, *, audience: str, issuer: str | None) -> None:
        self._keys = keys
        self._audience = audience
        self._issuer = issuer
        self._read: dict[str, _Read] = {}

    async def read(self, token: str) -> Caller:
        """Raises `NotSignedIn`."""
        known = self._read.get(token)
        now = time.time()
        if known is not None and now < known.until:
            return known.caller
        claims = await self._claims(token)
        caller = self._caller(claims)
        if len(self._read) >= MOST_READ:
            self._read.clear()
        self._read[token] = _Read(caller, min(now + READ_SECONDS, float(claims["exp"])))
        return caller

    def _caller(self, claims: dict[str, Any]) -> Caller:
        role = claims.get("role")
        if role == "service_role":
            # Supabase's keys for servers have no audience.
            if claims.get("aud") not in (None, self._audience, [self._audience]):
                raise NotSignedIn("the token is for another audience")
            return Caller("service_role", None, expires=float(claims["exp"]))
        if role != "authenticated":
            raise NotSignedIn("the token is not that of a signed-in user")
        audience = claims.get("aud")
        if self._audience not in (audience if isinstance(audience, list) else [audience]):
            raise NotSignedIn("the token is for another audience")
        try:
            return Caller("authenticated", UUID(str(claims.get("sub"))), expires=float(claims["exp"]))
        except ValueError:
            raise NotSignedIn("the token does not say who it is for") from None

    async def _claims(self, token: str) -> dict[str, Any]:
        if len(token) > LONGEST_TOKEN:
            raise NotSignedIn("the token is too long")
        try:
            header = jwt.get_unverified_header(token)
            key = await self._keys.key(header.get("kid"))
            claims: dict[str, Any] = jwt.decode(
                token,
                key,
                algorithms=list(self._keys.algorithms),
                leeway=LEEWAY_SECONDS,
                issuer=self._issuer,
                # The audience depends on the role.
                options={"require": ["exp"], "verify_aud": False},
            )
        except jwt.ExpiredSignatureError:
            raise NotSignedIn("the token has expired") from None
        except (jwt.PyJWTError, TypeError):
            # PyJWT's own for a key of another kind than the algorithm that the token names: a TypeError, or not even an
            # InvalidTokenError.
            raise NotSignedIn("the token is not valid here") from None
        return claims

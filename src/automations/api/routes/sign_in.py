"""`/api/v1/sign-in`: a token for the code of a link, a new token for one that holds; and the pages of such links."""

from __future__ import annotations

import asyncio
import base64
import hashlib
import re
from importlib.resources import files
from typing import Final

import structlog
from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse

from automations.api.models.sign_in import Code, SignedIn
from automations.api.request_scope import Api, InApi, Person, address_of, api_of
from automations.api.router import REFUSALS, api_router
from automations.api.sign_in import SignIn
from automations.api.tokens import IssuedToken, NotSignedIn
from automations.errors import NotAllowed, NotFound

log = structlog.get_logger(__name__)

# Whoever signs in has proved nothing yet; whoever renews a token has.
router: Final = APIRouter(tags=["sign-in"], responses=REFUSALS)
signed_in_router: Final = api_router("", "sign-in")
pages: Final = APIRouter(include_in_schema=False)


@router.post("/sign-in", response_model=SignedIn, summary="Sign in with the code of a link, once")
async def sign_in(body: Code, request: Request) -> SignedIn:
    api = api_of(request)
    way = _way(api)
    address = address_of(request)
    api.limits.require_patience(address)
    user = await asyncio.to_thread(way.codes.take, body.code)
    if user is None:
        api.limits.count_failure(address)
        raise NotSignedIn(
            "this link was used already, is older than ten minutes, or was never made",
            hint="Make a new one with `automations sign-in`.",
        )
    log.info("signed in by a link", user=str(user))
    return _shown(way.issuer.issue(user))


@signed_in_router.post("/sign-in/renew", response_model=SignedIn, summary="Get a new token for one that holds")
async def renew_token(caller: Person, api: InApi, request: Request) -> SignedIn:
    way = _way(api)
    if caller.user_id is None:
        raise NotAllowed("the token of a server is not renewed here", hint="Make a new one where it came from.")
    token = request.headers["authorization"].split(None, 1)[1].strip()
    return _shown(way.issuer.renew(token, caller.user_id))


@pages.get("/sign-in")
async def sign_in_page() -> HTMLResponse:
    return _page()


@pages.get("/join")
async def join_page() -> HTMLResponse:
    return _page()


def _way(api: Api) -> SignIn:
    if api.sign_in is None:
        raise NotFound(
            "people sign in elsewhere in this installation", hint="Send the token that you get there as a bearer token."
        )
    return api.sign_in


def _shown(issued: IssuedToken) -> SignedIn:
    return SignedIn(token=issued.token, expires_at=issued.expires_at, user_id=issued.user_id)


def _page() -> HTMLResponse:
    return HTMLResponse(_HTML, headers={"Content-Security-Policy": _POLICY, "Cache-Control": "no-store"})


def _hash(tag: str) -> str:
    found = re.search(rf"<{tag}>(.*?)</{tag}>", _HTML, re.DOTALL)
    assert found is not None
    return f"'sha256-{base64.b64encode(hashlib.sha256(found[1].encode()).digest()).decode()}'"


_HTML: Final = files("automations.api").joinpath("sign_in.html").read_text("utf-8")
# Its own script and style and nothing else, nowhere but here.
_POLICY: Final = (
    f"default-src 'none'; script-src {_hash('script')}; style-src {_hash('style')}; connect-src 'self'; "
    "base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)

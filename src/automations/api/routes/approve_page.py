"""`/approve`: for people who decide by the mail they got. To look is a POST as well, so no address holds a token.

A GET answers with the same page to everybody. Its script moves the token from behind the # of the link, which browsers
keep to themselves, into a POST; without scripts the token is pasted from the mail. Only a POST with a decision decides.
"""

from __future__ import annotations

import base64
import hashlib
import re
from collections.abc import Mapping
from html import escape
from importlib.resources import files
from typing import Final
from urllib.parse import parse_qsl

import orjson
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from automations.api.approval_form import fields_html, read_answer
from automations.api.problems import problem_of
from automations.api.request_scope import api_of
from automations.api.routes.approvals import of_token
from automations.db.approval_store import Approval, ApprovalStore, Decision
from automations.errors import AutomationsError, Unusable
from automations.services import approvals

PATH: Final = "/approve"
MOST_FIELDS: Final = 1_000
LONGEST_COMMENT: Final = 4_000
_SAID: Final = {
    "approved": "It was approved.",
    "rejected": "It was rejected.",
    "timed_out": "Its time was up before anybody decided.",
    "void": "The run that asked has ended; there is nothing to decide any more.",
}
_HTML: Final = files("automations.api").joinpath("approve.html").read_text("utf-8")
_BEFORE, _AFTER = _HTML.split("<!-- content -->\n")
_ASK: Final = """<h1>Approval</h1>
<form method="post" action="approve">
<label><span>Token</span><small>It is in the mail, behind “--token”.</small>
<input name="token" required maxlength="200" autocomplete="off"></label>
<div class="buttons"><button class="yes">Look</button></div>
</form>
"""


def _hash(tag: str) -> str:
    (content,) = re.findall(f"<{tag}>(.*?)</{tag}>", _HTML, re.DOTALL)
    return f"'sha256-{base64.b64encode(hashlib.sha256(content.encode()).digest()).decode()}'"


_HEADERS: Final = {
    "Content-Security-Policy": (
        f"default-src 'none'; script-src {_hash('script')}; style-src {_hash('style')}; "
        "base-uri 'none'; form-action 'self'; frame-ancestors 'none'"
    ),
    "Cache-Control": "no-store",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
}


async def _answer(request: Request) -> Response:
    if request.method != "POST":
        return _page(_ASK)
    found: Approval | None = None
    given: dict[str, str] = {}
    try:
        given = _read(await request.body())
        async with api_of(request).engine() as engine:
            found = await of_token(request, engine, given.get("token", ""))
            if given.get("decision"):
                found = await _decided(ApprovalStore(engine), found, given)
    except AutomationsError as error:
        refusal = problem_of(error)
        told = orjson.loads(refusal.body)
        text = f"{told['detail']}. {told['hint']}"
        problem = f'<p class="problem" role="alert">{escape(text)}</p>\n'
        return _page((_ASK if found is None else _shown(found, given)) + problem, refusal.status_code)
    return _page(_shown(found, given))


async def _decided(store: ApprovalStore, found: Approval, given: Mapping[str, str]) -> Approval:
    comment = given.get("comment") or None
    if comment is not None and len(comment) > LONGEST_COMMENT:
        raise Unusable("the comment is too long", hint=f"It may have {LONGEST_COMMENT:,} characters.")
    approved = given["decision"] == "approved"
    answer = read_answer(found.form, given) if approved and found.form is not None else {}
    decision: Decision = "approved" if approved else "rejected"
    return await approvals.decide(store, found, decision, answer=answer, comment=comment, token=given["token"])


def _read(body: bytes) -> dict[str, str]:
    try:
        pairs = parse_qsl(body.decode(), keep_blank_values=True, errors="strict", max_num_fields=MOST_FIELDS)
    except ValueError:
        raise Unusable("this is no form of this page", hint="Open the link of the mail again.") from None
    given = {name: value.replace("\r\n", "\n") for name, value in pairs}
    if given.get("decision", "approved") not in ("approved", "rejected"):
        raise Unusable("this is no decision", hint="Open the link of the mail again.")
    return given


def _shown(found: Approval, given: Mapping[str, str]) -> str:
    is_open = found.status == "pending"
    until = "" if found.deadline is None else f" · before {found.deadline:%Y-%m-%d %H:%M} UTC"
    facts = found.automation + until if is_open else _SAID[found.status]
    parts = [f'<h1>{escape(found.title)}</h1>\n<p class="facts" role="status">{escape(facts)}</p>\n']
    if found.message:
        parts.append(f'<p class="message">{escape(found.message)}</p>\n')
    if is_open:
        fields = fields_html(found.form or {}, given if "decision" in given else None)
        parts.append(
            f"""<form method="post" action="approve">
<input type="hidden" name="token" value="{escape(given["token"])}">
{fields}
<label><span>Comment</span><textarea name="comment" maxlength="{LONGEST_COMMENT}">
{escape(given.get("comment", ""))}</textarea></label>
<div class="buttons">
<button class="yes" name="decision" value="approved">Approve</button>
<button name="decision" value="rejected" formnovalidate>Reject</button>
</div>
</form>
"""
        )
    return "".join(parts)


def _page(content: str, status: int = 200) -> Response:
    return Response(_BEFORE + content + _AFTER, status, media_type="text/html", headers=_HEADERS)


route: Final = Route(PATH, _answer, methods=["GET", "POST"])

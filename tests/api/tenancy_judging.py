"""Calls, and judges what came of it: the status, what the answer tells of others, and which rows changed."""

from __future__ import annotations

import re
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from functools import cached_property
from string import Template
from typing import Any

import jwt
import orjson
from tests.api.tenancy_account import Account
from tests.api.tenancy_calls import Place, Sample, filled
from tests.api.tenancy_personas import AS_OWNER, PERSONAS, RIGHTLY, expected
from tests.api.tenancy_world import UUID, Digest, Tenants

from automations.api.request_scope import Needs

CODES = {401: "not_signed_in", 403: "not_allowed", 404: "not_found", 409: "conflict"}
# What the tools of /mcp answer has no status.
STATUS = {
    **{code: status for status, code in CODES.items()},
    "unusable": 422,
    "invalid_arguments": 422,
    "flow_invalid": 422,
}
TIME = re.compile(r"\d{4}-\d\d-\d\dt[0-9:.+]+")
MCP = {"Accept": "application/json, text/event-stream"}


@dataclass(frozen=True)
class Outcome:
    """`code`: of a refusal."""

    status: int
    text: str
    sent: str
    code: str | None = None
    replayed: bool = False

    @cached_property
    def value(self) -> Any:
        try:
            return orjson.loads(self.text)
        except orjson.JSONDecodeError:
            return None

    @property
    def done(self) -> bool:
        return 200 <= self.status < 300

    @property
    def items(self) -> list[Any]:
        """Of a list, whatever it is called."""
        if isinstance(self.value, dict):
            for name in ("items", "automations", "runs", "agents"):
                if isinstance(self.value.get(name), list):
                    return list(self.value[name])
        return []

    def tells_of(self, account: Account) -> str | None:
        """What of the account is in the answer and was not sent: a marked text, or an id."""
        text, sent = self.text.lower(), self.sent.lower()
        if account.mark in text and account.mark not in sent:
            return account.mark
        return next(iter((set(UUID.findall(text)) - set(UUID.findall(sent))) & account.owned), None)

    def apart_from(self, ids: Mapping[str, str]) -> tuple[int, str]:
        """What is left where it does not matter which things were named."""
        text = TIME.sub("…", self.text.lower())
        for value in sorted(set(ids.values()), key=len, reverse=True):
            text = re.sub(rf"(?<![0-9a-z]){re.escape(value.lower())}(?![0-9a-z])", "…", text)
        return self.status, text


@dataclass(frozen=True)
class Matrix:
    """`send`: a sample of an operation, as the bearer, with what is the second account's at a place."""

    tenants: Tenants
    samples: Mapping[str, tuple[Sample, ...]]
    send: Callable[..., Awaitable[Outcome]]

    async def rightly(self, operation: str, sample: Sample) -> Outcome:
        """As somebody who may: the sample is right, so a refusal of others has no other reason."""
        tenants = self.tenants
        bearer = PERSONAS[RIGHTLY.get(operation, "account")].bearer(tenants.a, tenants.b)
        outcome = await self.send(operation, sample, bearer)
        await tenants.restore(await tenants.digest())
        assert outcome.done, (operation, outcome.status, outcome.text)
        assert sample.about != "list" or "items" not in (outcome.value or {}) or outcome.items, (
            operation,
            "lists nothing",
        )
        return outcome

    async def everybody(self, operation: str, sample: Sample, needs: Needs, personas: list[str]) -> list[str]:
        """What is wrong."""
        owners = await self.rightly(operation, sample)
        problems = []
        for persona in personas:
            bearer = PERSONAS[persona].bearer(self.tenants.a, self.tenants.b)
            outcome = await self.send(operation, sample, bearer)
            now = await self.tenants.digest()
            found = [
                misjudged(outcome, expected(operation, persona, needs, sample.about), owners),
                *([] if operation in RIGHTLY else self._told_and_changed(outcome, persona, sample, now, _sub(bearer))),
                *await self._as_if_there_were_none(outcome, persona, operation, sample),
            ]
            problems += [f"{persona}: {one}" for one in found if one]
            await self.tenants.restore(now)
        return problems

    async def _as_if_there_were_none(self, outcome: Outcome, persona: str, operation: str, sample: Sample) -> list[str]:
        """What is another account's is answered as what nobody has ever made."""
        a, b, nowhere = self.tenants.a, self.tenants.b, self.tenants.nowhere
        if PERSONAS[persona].stands != "outside" or sample.about == "anybody":
            return []
        none = await self.send(operation, sample, PERSONAS[persona].bearer(a, b), of=nowhere)
        return differing(outcome.apart_from(a.ids), none.apart_from(nowhere.ids))

    def _told_and_changed(
        self, outcome: Outcome, persona: str, sample: Sample, now: Digest, caller: str | None
    ) -> list[str]:
        a, b, stands = self.tenants.a, self.tenants.b, PERSONAS[persona].stands
        found = changed(self.tenants.at_rest, now, but=a.id if outcome.done and stands == "in" else None)
        # What somebody says of himself is nobody else's.
        found = [one for one in found if not outcome.done or one != f"changed automations.profiles of {caller}"]
        if stands != "in":
            found += told(outcome, a)
            if sample.about == "list" and outcome.items:
                found.append(f"lists {outcome.text[:300]}")
        if not PERSONAS[persona].knows_second:
            found += told(outcome, b)
        return found

    async def foreign(self, operation: str, sample: Sample, place: Place, persona: str = "account") -> list[str]:
        """What is wrong with the answer to somebody who names something of the other account there."""
        tenants, who = self.tenants, PERSONAS[persona]
        outcome = await self.send(operation, sample, who.bearer(tenants.a, tenants.b), at=place)
        now = await tenants.digest()
        # Of many things each is answered for itself.
        partly = isinstance(place[-1], int) and len(sample.body[place[-2]]) > 1
        found = changed(tenants.at_rest, now, but=tenants.a.id if partly else None)
        found += [] if who.knows_second else told(outcome, tenants.b)
        if not outcome.done and outcome.status not in (403, 404, 422):
            found.append(outcome.text)
        if outcome.done and not partly and not all(one.get("error") for one in outcome.items):
            found.append(f"answers {outcome.text[:200]}")
        if not partly and not who.knows_second:
            none = await self.send(
                operation, sample, who.bearer(tenants.a, tenants.b), at=place, others=tenants.nowhere
            )
            found += differing(outcome.apart_from(tenants.b.ids), none.apart_from(tenants.nowhere.ids))
        await tenants.restore(now)
        return [f"{'.'.join(map(str, place))} {outcome.status}: {one}" for one in found]


def misjudged(outcome: Outcome, expected_status: int, owners: Outcome) -> str | None:
    """What is wrong with the status."""
    if expected_status == AS_OWNER:
        return None if outcome.status == owners.status else f"{outcome.status} {outcome.text[:300]}"
    if (outcome.status, outcome.code) != (expected_status, CODES[expected_status]):
        return f"{outcome.status}, not {expected_status}: {outcome.text[:200]}"
    return None


def differing(one: tuple[int, str], other: tuple[int, str]) -> list[str]:
    return (
        []
        if one == other
        else [f"is told from what is not there: {one[0]} {one[1][:300]}; {other[0]} {other[1][:300]}"]
    )


def told(outcome: Outcome, account: Account) -> list[str]:
    found = outcome.tells_of(account)
    return [] if found is None else [f"tells {found}: {outcome.text[:300]}"]


def _sub(bearer: str | None) -> str | None:
    """Whose token it is."""
    try:
        subject = jwt.decode(bearer or "", options={"verify_signature": False}).get("sub")
    except jwt.DecodeError:
        return None
    return subject if isinstance(subject, str) else None


def changed(before: Digest, after: Digest, *, but: str | None = None) -> list[str]:
    """Tables with changes, of all accounts or of all but one."""
    differing = set(before.items()) ^ set(after.items())
    return sorted({f"changed {name} of {account or 'nobody'}" for (name, account), _ in differing if account != but})


def calls_of_api(tenants: Tenants) -> Callable[..., Awaitable[Outcome]]:
    routes = {
        one["operationId"]: (method.upper(), path)
        for path, methods in tenants.app.openapi()["paths"].items()
        for method, one in methods.items()
    }

    async def send(
        operation: str,
        sample: Sample,
        bearer: str | None,
        *,
        at: Place | None = None,
        of: Account | None = None,
        others: Account | None = None,
        **headers: str,
    ) -> Outcome:
        given = filled(sample.parts, (of or tenants.a).ids, others=(others or tenants.b).ids, at=at)
        method, path = routes[operation]
        for name, value in given["path"].items():
            path = path.replace(f"{{{name}}}", value)
        request: dict[str, Any] = {"params": given["query"], "headers": given["headers"] | headers | _signed(bearer)}
        if given["body"] is not None:
            request["json"] = given["body"]
        async with tenants.server.http.stream(method, path, **request) as answer:
            if "text/event-stream" in answer.headers.get("content-type", ""):
                # Its places in the stream differ.
                text = re.sub(r"id: .*", "", await anext(answer.aiter_text()))
            else:
                text = (await answer.aread()).decode()
        sent = f"{path} {orjson.dumps([given['query'], given['body'], given['headers']]).decode()}"
        return Outcome(answer.status_code, text, sent, _code(answer, text), "idempotent-replayed" in answer.headers)

    return send


def calls_of_tools(tenants: Tenants) -> Callable[..., Awaitable[Outcome]]:
    async def send(
        operation: str,
        sample: Sample,
        bearer: str | None,
        *,
        at: Place | None = None,
        of: Account | None = None,
        others: Account | None = None,
    ) -> Outcome:
        given = filled(sample.parts, (of or tenants.a).ids, others=(others or tenants.b).ids, at=at)
        name = Template(operation).substitute((of or tenants.a).ids)
        asked = {"name": name, "arguments": given["body"]}
        answer = await tenants.server.http.post(
            "/mcp",
            params=given["query"],
            headers=MCP | _signed(bearer),
            json={"jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": asked},
        )
        sent = orjson.dumps([asked, given["query"]]).decode()
        if answer.status_code != 200:
            return Outcome(answer.status_code, answer.text, sent, _code(answer, answer.text))
        (text,) = [line[6:] for line in answer.text.splitlines() if line.startswith("data: {")]
        result = orjson.loads(text)["result"]
        told_code = result["structuredContent"]["code"] if result.get("isError") else None
        shown = orjson.dumps(result["structuredContent"]).decode()
        return Outcome(200 if told_code is None else STATUS[told_code], shown, sent, told_code)

    return send


def _signed(bearer: str | None) -> dict[str, str]:
    return {} if bearer is None else {"Authorization": f"Bearer {bearer}"}


def _code(answer: Any, text: str) -> str | None:
    if answer.status_code < 400:
        return None
    assert answer.headers["content-type"] == "application/problem+json", (answer.status_code, text)
    return str(orjson.loads(text)["code"])

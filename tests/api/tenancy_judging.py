"""Calls the API and judges what came of it: the status, what the answer tells of others, and which rows changed."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import orjson
from tests.api.tenancy_calls import Place, Sample, filled
from tests.api.tenancy_personas import AS_OWNER
from tests.api.tenancy_world import UUID, Account, Digest, Tenants

CODES = {401: "not_signed_in", 403: "not_allowed", 404: "not_found", 409: "conflict"}


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


def tells_of(outcome: Outcome, account: Account) -> str | None:
    """What of the account is in the answer and was not sent: a marked text, or an id."""
    text = outcome.text.lower()
    if account.mark in text.replace(outcome.sent.lower(), "") and account.mark not in outcome.sent.lower():
        return account.mark
    told = set(UUID.findall(text)) - set(UUID.findall(outcome.sent.lower()))
    return next(iter(told & account.owned), None)


def items_of(value: Any) -> list[Any]:
    """Of a list, whatever it calls them."""
    if isinstance(value, dict):
        for name in ("items", "automations", "runs", "agents", "changes"):
            if isinstance(value.get(name), list):
                return list(value[name])
    return []


async def call(
    tenants: Tenants,
    operations: Mapping[str, tuple[str, str]],
    operation: str,
    sample: Sample,
    bearer: str | None,
    *,
    at: Place | None = None,
    **headers: str,
) -> Outcome:
    """Of the first account's things; the one `at` that place is the second one's."""
    given = filled(sample.parts, tenants.a.ids, others=tenants.b.ids, at=at)
    method, path = operations[operation]
    for name, value in given["path"].items():
        path = path.replace(f"{{{name}}}", value)
    headers = {**given["headers"], **headers, **({} if bearer is None else {"Authorization": f"Bearer {bearer}"})}
    sent = f"{path} {orjson.dumps([given['query'], given['body'], given['headers']]).decode()}"
    request: dict[str, Any] = {"params": given["query"], "headers": headers}
    if given["body"] is not None:
        request["json"] = given["body"]
    async with tenants.server.http.stream(method, path, **request) as answer:
        if "text/event-stream" in answer.headers.get("content-type", ""):
            text = await anext(answer.aiter_text())
        else:
            text = (await answer.aread()).decode()
    code = None
    if answer.status_code >= 400:
        assert answer.headers["content-type"] == "application/problem+json", (operation, answer.status_code, text)
        code = orjson.loads(text)["code"]
    return Outcome(answer.status_code, text, sent, code, "idempotent-replayed" in answer.headers)


def misjudged(outcome: Outcome, expected: int, owners: Outcome) -> str | None:
    """What is wrong with the status."""
    if expected == AS_OWNER:
        return None if outcome.status == owners.status else f"{outcome.status} {outcome.code}, the owner {owners.status}"
    if (outcome.status, outcome.code) != (expected, CODES[expected]):
        return f"{outcome.status} {outcome.code}, not {expected}: {outcome.text[:200]}"
    return None


def changed(before: Digest, after: Digest, *, but: str | None = None) -> list[str]:
    """Tables with changes, of all accounts or of all but one."""
    return sorted({f"{name} of {account}" for (name, account), _ in set(before.items()) ^ set(after.items()) if account != but})

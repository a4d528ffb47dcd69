"""Mails to those who may decide an approval: written with it, sent by whichever worker comes first."""

from __future__ import annotations

import asyncio
import hashlib
import secrets
from collections import Counter
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import structlog

from automations.db.approval_store import ApprovalStore, Notice
from automations.engine.bounds import described
from automations.engine.outside import Mailer
from automations.errors import StepError
from automations.flow.mail_address import on_one_line
from automations.flow.outside_ports import MailMessage

log = structlog.get_logger(__name__)

AT_ONCE = 20
FIRST_PAUSE = timedelta(seconds=30)
LONGEST_PAUSE = timedelta(hours=1)
TRIES = 10

# What went wrong, and when to try again.
Sent = tuple[str | None, datetime | None]


class ApprovalNotices:
    """A mail may be sent twice after a crash; each has a token of its own, and all of them open one decision.

    Shares the connection of whoever calls `beat`: mails are under way between the beats. `public_url`: where the
    installation is reached, None where nobody said.
    """

    def __init__(
        self, store: ApprovalStore, mailer: Mailer, clock: Callable[[], datetime], public_url: str | None
    ) -> None:
        self._store = store
        self._mailer = mailer
        self._clock = clock
        self._public_url = public_url
        self._under_way: dict[int, tuple[UUID, asyncio.Task[Sent]]] = {}

    async def beat(self) -> None:
        """Note what became of mails, and begin to send those that are due."""
        for notice_id, (_, task) in list(self._under_way.items()):
            if task.done():
                del self._under_way[notice_id]
                error, again = task.result()
                await self._store.note_notice(notice_id, error, again)
        tokens = [secrets.token_urlsafe(32) for _ in range(AT_ONCE - len(self._under_way))]
        by_hash = {hashlib.sha256(token.encode()).digest(): token for token in tokens}
        if not tokens:
            return
        busy = Counter(account for account, _ in self._under_way.values())
        full = [account for account, mails in busy.items() if mails >= AT_ONCE // 4]
        for notice in await self._store.take_notices(list(by_hash), full):
            task = asyncio.create_task(self._send(notice, by_hash[notice.hash]))
            self._under_way[notice.notice_id] = (notice.account_id, task)

    def stop(self) -> None:
        """What is under way is broken off, and sent again later."""
        for _, task in self._under_way.values():
            task.cancel()

    async def _send(self, notice: Notice, token: str) -> Sent:
        if not notice.approval["open"]:
            return "it was decided before", None
        try:
            await self._mailer.send(notice.account_id, notice_mail(notice, token, self._public_url))
        except Exception as error:
            reason = error.message if isinstance(error, StepError) else described(error)
            log.warning("the notice of an approval was not sent", approval=notice.approval["id"], reason=reason)
            if notice.attempts >= TRIES:
                return reason, None
            # Also what is refused for good now: a mail server may be set right while the approval waits.
            return reason, self._clock() + min(FIRST_PAUSE * 2 ** (notice.attempts - 1), LONGEST_PAUSE)
        return None, None


def notice_mail(notice: Notice, token: str, public_url: str | None) -> MailMessage:
    asked: dict[str, Any] = notice.approval
    form = asked["form"]
    fields = _fields(form) if isinstance(form, dict) else ""
    lines = [asked["title"], ""]
    if asked["message"]:
        lines += [asked["message"], ""]
    if asked["deadline"]:
        lines += [f"Decide before {asked['deadline']}.", ""]
    if public_url is not None:
        # Behind the #: a browser keeps it to itself, so that no server logs it.
        lines += [
            "Decide here:",
            "",
            f"  {public_url.rstrip('/')}/approve#{token}",
            "",
            "Or on a machine with automations:",
        ]
    else:
        lines.append("On a machine with automations:")
    lines.append("")
    lines.append(f"  automations approvals approve --token {token}{fields}")
    lines.append(f"  automations approvals reject --token {token}")
    lines += ["", "Whoever has this token can decide, once. Do not pass it on.", f"Automation: {asked['automation']}"]
    return MailMessage(
        to=[notice.email],
        subject=on_one_line(asked["title"])[:200],
        text="\n".join(lines),
        message_id=f"approval-{asked['id']}-{notice.notice_id}-{notice.attempts}",
    )


def _fields(form: dict[str, Any]) -> str:
    """As the command takes them; what may be left out in brackets, at the end."""
    properties, required = form.get("properties"), form.get("required")
    names = list(properties) if isinstance(properties, dict) else []
    needed = [name for name in names if isinstance(required, list) and name in required]
    words = [*(f" {name}=…" for name in needed), *(f" [{name}=…]" for name in names if name not in needed)]
    return "".join(words)

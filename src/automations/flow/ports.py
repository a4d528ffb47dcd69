"""What a node may ask of the world. The engine hands in implementations; a node never opens, reads or sleeps itself."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Literal, Protocol, TypeAlias

from automations.flow.commands import Resumed
from automations.flow.outcomes import Json, JsonObject
from automations.flow.outside_ports import Mail, Models, Sandbox
from automations.flow.record_changes import Changed, RecordChange

RecordTable: TypeAlias = str
"""leads, conversations, messages, or what a watched table is called."""


class Records(Protocol):
    """Rows of the account, reached with the account's rights: row-level security decides what is there.

    A step makes at most one write (`create`, `update` or `change`); reads are free. Every call raises `StepError` with
    a text for the flow's author: unknown column, wrong type, refused by a policy, constraint violated. Of a watched
    table only rows of the account are reached, whatever its policies say.
    """

    async def create(self, table: RecordTable, values: JsonObject) -> JsonObject:
        """Insert one row and return it whole."""
        ...

    async def update(self, table: RecordTable, record_id: str, values: JsonObject) -> JsonObject:
        """Change one row and return it whole; `StepError` code `record_not_found` when it is not there."""
        ...

    async def change(self, table: RecordTable, record_id: str, change: RecordChange) -> Changed:
        """`update` that depends on what is there: tags added and removed, an owner assigned."""
        ...

    async def find(
        self, table: RecordTable, *, condition: JsonObject | None, order_by: str | None, descending: bool, limit: int
    ) -> list[JsonObject]:
        """Rows that match `condition` (a condition tree over columns), at most `limit`."""
        ...


@dataclass(frozen=True, slots=True)
class HttpRequest:
    """`hidden_query` is added to the query. Its values and `hidden` go to no other server, however a redirect names
    them, and are not in the `url` of the answer. The engine adds the secrets of the step to `hidden`.
    """

    method: str
    url: str
    headers: Mapping[str, str] = field(default_factory=dict, repr=False)
    query: Sequence[tuple[str, str]] = field(default=(), repr=False)
    hidden_query: Sequence[tuple[str, str]] = field(default=(), repr=False)
    hidden: Sequence[str] = field(default=(), repr=False)
    content: bytes | None = field(default=None, repr=False)
    timeout_seconds: float = 30.0
    follow_redirects: bool = False
    max_response_bytes: int = 1_048_576


@dataclass(frozen=True, slots=True)
class HttpResponse:
    """`truncated` says that the body was longer than the request's `max_response_bytes` and was cut there."""

    status: int
    headers: Mapping[str, str]
    content: bytes
    url: str
    truncated: bool = False


class Http(Protocol):
    """Outgoing HTTP behind the SSRF guard."""

    async def send(self, request: HttpRequest) -> HttpResponse:
        """Raises `BlockedAddress` (not retryable) or `StepError` (retryable: connect, timeout, protocol)."""
        ...

    def rehearse(self, request: HttpRequest) -> None:
        """Raises the `StepError` of a request that cannot be sent as it is; nothing goes out, no name is looked up."""
        ...


@dataclass(frozen=True, slots=True)
class CallableAutomation:
    """An automation of the account, as far as whoever starts it has to know it."""

    id: str
    name: str
    trigger_type: str
    trigger_config: JsonObject


@dataclass(frozen=True, slots=True)
class RunResult:
    """How a run stands: pending, running, completed, failed or cancelled."""

    status: str
    output: Json
    error: str | None


class Runs(Protocol):
    """Runs of other automations of the account. Every call raises `StepError` with a text for the flow's author."""

    async def describe(self, automation_id: str) -> CallableAutomation:
        """`StepError` code `unknown_automation` where the account has none of that id."""
        ...

    async def start(
        self, automation_id: str, given: JsonObject, *, lead_id: str | None, conversation_id: str | None
    ) -> str:
        """Start a run in the transaction of the step, as its one write; the run's id.

        `StepError` codes: `unknown_automation`, `not_startable` (not published, not active, switched off), `loop` (that
        automation led to this run), `too_deep`, `not_found` (the lead or conversation).
        """
        ...

    async def result(self, run_id: str) -> RunResult | None:
        """None where the account has no such run (any more)."""
        ...


@dataclass(frozen=True, slots=True)
class Recipient:
    """Who is told of an approval by mail; `user_id`: who that is in the account, where it is known."""

    email: str
    user_id: str | None = None


@dataclass(frozen=True, slots=True)
class ApprovalRequest:
    """`assignees` are user ids; `role`: whoever has it, or a higher one, may decide too. `form`: a JSON Schema."""

    title: str
    message: str | None
    form: JsonObject | None
    assignees: Sequence[str]
    role: Literal["owner", "admin", "member"] | None
    self_approval: bool
    deadline: datetime | None
    notify: Sequence[Recipient] = ()
    conversation: str | None = None


@dataclass(frozen=True, slots=True)
class ApprovalDecision:
    """How an approval stands. `decided_via`: user, token or operator; `decided_as`: the address a token was sent to."""

    status: Literal["pending", "approved", "rejected", "timed_out"]
    decided_by: str | None = None
    decided_via: str | None = None
    decided_as: str | None = None
    decided_at: str | None = None
    comment: str | None = None
    answer: JsonObject | None = None


class Approvals(Protocol):
    """What a run asks people of its account. Both calls are the one write of their step."""

    async def request(self, request: ApprovalRequest) -> str:
        """The id of the approval; whoever decides sends the signal `approval:<id>`."""
        ...

    async def settle(self, approval_id: str, *, expire: bool) -> ApprovalDecision:
        """How it stands. `expire`: what is still open is closed, as `timed_out`."""
        ...


class Context(Protocol):
    """What one attempt of one step sees of its run."""

    @property
    def execution_id(self) -> str: ...
    @property
    def automation_id(self) -> str: ...
    @property
    def account_id(self) -> str: ...
    @property
    def step_key(self) -> str:
        """`<scope>/<node id>`; the scope is empty outside loops."""
        ...

    @property
    def attempt(self) -> int:
        """1 on the first try."""
        ...

    @property
    def resumed(self) -> Resumed | None:
        """Why a step that answered `Wait` runs again; None the first time."""
        ...

    @property
    def idempotency_key(self) -> str:
        """The same for every attempt of this step of this run; what outside systems use to see a repetition."""
        ...

    @property
    def now(self) -> datetime:
        """The recorded time of this step, UTC; the same again if the step's outcome is replayed."""
        ...

    @property
    def test_mode(self) -> bool: ...
    @property
    def trigger(self) -> JsonObject:
        """`trigger_data` of the run: event, table, old, new, previous, changed, timestamp; or the manual `input`."""
        ...

    @property
    def lead_id(self) -> str | None: ...
    @property
    def conversation_id(self) -> str | None: ...
    @property
    def scope(self) -> Mapping[str, Any]:
        """The data that templates see: `trigger`, `steps`, `vars`, `env`, and in loops `item` and `index`."""
        ...

    @property
    def records(self) -> Records: ...
    @property
    def runs(self) -> Runs: ...
    @property
    def approvals(self) -> Approvals: ...
    @property
    def http(self) -> Http: ...
    @property
    def mail(self) -> Mail: ...
    @property
    def models(self) -> Models: ...
    @property
    def sandbox(self) -> Sandbox: ...

"""Every error that reaches a user, as a tree.

AutomationsError                 says what is wrong (`message`) and what to do next (`hint`)
├── ConfigurationError           a setting is missing or makes no sense
├── DatabaseError                PostgreSQL cannot be used as it is
│   ├── DatabaseUnreachable      no connection could be made
│   ├── EmbeddedPostgresError    the bundled server cannot be started or attached to
│   └── MigrationError           the schema cannot be brought up to date
│       ├── MigrationChanged     a file that was applied has another text now
│       └── SchemaTooNew         the database is newer than this program
├── FlowInvalid                  a drawn flow has problems (`problems`, all at once)
├── StepError                    a step of a run fails; its text is shown to the flow's author
│   ├── TemplateError            a {{ template }} cannot be resolved
│   └── BlockedAddress           an outgoing request would reach a forbidden address
├── NotFound                     there is no such thing, or the caller may not see it
├── NotAllowed                   the caller's role does not permit it
├── Conflict                     the thing is in a state that does not allow this
├── TooManyRequests              the caller has to wait (`retry_after` seconds)
├── WebhookRefused               a delivery to a webhook is not taken (`code` says why)
└── Unusable                     the caller's input cannot be used as given
    ├── InputInvalid             it does not fit its JSON Schema (`problems`, all at once)
    └── SettingRefused           one of several settings is to blame (`name`, `reason`)
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass


class AutomationsError(Exception):
    """Base of all errors that we raise on purpose; `hint` says what to do next."""

    code = "error"

    def __init__(self, message: str, *, hint: str | None = None) -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint


class ConfigurationError(AutomationsError):
    code = "configuration"


class DatabaseError(AutomationsError):
    code = "database"


class DatabaseUnreachable(DatabaseError):
    code = "database_unreachable"


class EmbeddedPostgresError(DatabaseError):
    code = "embedded_postgres"


class MigrationError(DatabaseError):
    code = "migration"


class MigrationChanged(MigrationError):
    code = "migration_changed"


class SchemaTooNew(MigrationError):
    code = "schema_too_new"


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing wrong with a flow: where it is and what to do about it.

    `node_id` is None for problems of the flow as a whole; `field` is a dotted path inside the node's `config`
    (or `id`, `type`, `data.<name>`), None when the node itself is the problem.
    """

    code: str
    message: str
    hint: str
    node_id: str | None = None
    edge_id: str | None = None
    field: str | None = None


class FlowInvalid(AutomationsError):
    code = "flow_invalid"

    def __init__(self, problems: Sequence[Problem]) -> None:
        first = problems[0].message if problems else "the flow is not valid"
        more = f" (and {len(problems) - 1} more)" if len(problems) > 1 else ""
        super().__init__(first + more, hint=problems[0].hint if problems else None)
        self.problems = tuple(problems)


class StepError(AutomationsError):
    """A step fails for a reason its author can understand.

    `retryable` says that the same step may succeed later; `retry_after` is in seconds, where the other side named it.
    """

    code = "step_failed"

    def __init__(
        self,
        message: str,
        *,
        hint: str | None = None,
        code: str | None = None,
        retryable: bool = False,
        retry_after: float | None = None,
    ) -> None:
        super().__init__(message, hint=hint)
        if code is not None:
            self.code = code
        self.retryable = retryable
        self.retry_after = retry_after


class TemplateError(StepError):
    code = "template"


class BlockedAddress(StepError):
    code = "blocked_address"


class NotFound(AutomationsError):
    code = "not_found"


class NotAllowed(AutomationsError):
    code = "not_allowed"


class Conflict(AutomationsError):
    code = "conflict"


class TooManyRequests(AutomationsError):
    code = "too_many_requests"

    def __init__(self, message: str, *, hint: str, retry_after: int, per_minute: int) -> None:
        super().__init__(message, hint=hint)
        self.retry_after = retry_after
        self.per_minute = per_minute


class WebhookRefused(AutomationsError):
    """Told to a sender, who may be anybody: nothing about the account or the installation is in it.

    Codes: `not_found`, `wrong_method`, `unauthorized`, `stale`, `unsupported_body`, `bad_body`, `body_does_not_fit`,
    `id_reused`, `paused`, `switched_off`, `not_ready`. `allowed`: methods, for `wrong_method`.
    """

    def __init__(self, code: str, message: str, *, hint: str, allowed: Sequence[str] = ()) -> None:
        super().__init__(message, hint=hint)
        self.code = code
        self.allowed = tuple(allowed)


class Unusable(AutomationsError):
    code = "unusable"


class InputInvalid(Unusable):
    def __init__(self, problems: Sequence[str], *, hint: str) -> None:
        super().__init__(f"the input does not fit: {'; '.join(problems)}", hint=hint)
        self.problems = tuple(problems)


class SettingRefused(Unusable):
    """`name`: the setting at which it can be mended; `reason`: what is wrong, for whoever sees its name beside it."""

    def __init__(self, message: str, *, hint: str, name: str, reason: str) -> None:
        super().__init__(message, hint=hint)
        self.name = name
        self.reason = reason

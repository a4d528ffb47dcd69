"""Manual starts by the hundred a second: one round trip each, the input checked against the form that was seen last."""

from __future__ import annotations

from collections import OrderedDict
from typing import Any, Final
from uuid import UUID

from automations.db.execution_store import ExecutionStore
from automations.db.request_session import ApiKey, Role, claims_of
from automations.errors import Conflict, Unusable
from automations.flow.input_form import Form, form_of, read_input
from automations.services.connections import Connections
from automations.services.runs import Started

MOST_FORMS: Final = 1_000
# Somebody may publish between two looks, not all the time.
TRIES: Final = 5


class ManualStarts:
    """The forms of versions are kept: a version never changes, and the database says which one is published."""

    def __init__(self, connections: Connections) -> None:
        self._connections = connections
        self._forms: OrderedDict[UUID, tuple[UUID, Form]] = OrderedDict()

    async def start(
        self,
        caller: tuple[Role, UUID | None, ApiKey | None],
        automation_id: UUID,
        *,
        given: dict[str, Any],
        lead_id: UUID | None,
        conversation_id: UUID | None,
        key: str | None,
    ) -> Started:
        """With the rights of the caller; the same `key` gives the same run. `NotFound`, `NotAllowed`, `Conflict` for
        what is not live, `Unusable` for an input that does not fit."""
        claims = claims_of(*caller)
        version, form = self._forms.get(automation_id, (None, None))
        told = False
        for _ in range(TRIES):
            accepted = given
            if form is not None:
                try:
                    form.require_record(lead_id=lead_id, conversation_id=conversation_id)
                    accepted = read_input(form.schema, given)
                except Unusable:
                    # What a form asks for is for those who may see it: the database says so first.
                    if told:
                        raise
                    version = None
            async with self._connections.connection() as connection:
                answer = await ExecutionStore(connection).start_as(
                    caller[0],
                    claims,
                    automation_id,
                    version=version,
                    given=accepted,
                    lead_id=lead_id,
                    conversation_id=conversation_id,
                    key=key,
                )
            if answer.execution_id is not None:
                return Started(answer.execution_id, answer.account)
            told = True
            version, form = answer.version, form_of(answer.trigger_type or "", answer.trigger_config or {})
            self._keep(automation_id, version, form)
        raise Conflict("somebody publishes this automation again and again", hint="Send it again in a moment.")

    def _keep(self, automation_id: UUID, version: UUID, form: Form) -> None:
        self._forms[automation_id] = (version, form)
        self._forms.move_to_end(automation_id)
        if len(self._forms) > MOST_FORMS:
            self._forms.popitem(last=False)

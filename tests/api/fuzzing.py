"""schemathesis over the document of a server: what it is told beforehand, what it finds, what was answered to what."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from itertools import cycle
from typing import Any

from schemathesis import Case, HookContext, Response, openapi
from schemathesis.config import SchemathesisConfig
from schemathesis.core.result import Ok
from schemathesis.engine import events, from_schema
from schemathesis.engine.recorder import CaseNode
from schemathesis.generation.stateful.state_machine import StepOutput
from schemathesis.schemas import APIOperation
from schemathesis.specs.openapi.schemas import OpenApiSchema
from schemathesis.specs.openapi.stateful import collect_transitions
from schemathesis.specs.openapi.stateful.links import OpenApiLink

SEED = 20261126
Words = Mapping[str, list[Any]]

# By the name that a path, a query, a header or a body has for it: which words of the world are good there.
NAMES = {
    "automation_id": "automation_id",
    "execution_id": "execution_id",
    "agent_id": "agent_id",
    "lead_id": "lead_id",
    "conversation_id": "conversation_id",
    "message_id": "message_id",
    "approval_id": "approval_id",
    "invitation_id": "invitation_id",
    "key_id": "key_id",
    "member_id": "member_id",
    "account": "account",
    "account_id": "account",
    "user_id": "account",
    "record_id": "lead_id",
    "template": "template",
    "Approval-Token": "approval_token",
}
# By operation, where that is not good enough.
OWN = {
    "start_execution": {"path.automation_id": "manual"},
    "start_many_executions": {"path.automation_id": "manual"},
    "try_draft": {"path.automation_id": "asking"},
    "delete": {"path.automation_id": "idle_automation"},
    "delete_lead": {"path.lead_id": "idle_lead"},
    "delete_conversation": {"path.conversation_id": "idle_conversation"},
    "roll_back_automation": {"path.automation_id": "manual", "body.version": "version"},
    "pause_automation": {"path.automation_id": "hook"},
    "get_webhook": {"path.automation_id": "hook"},
    "get_version": {"path.number": "version"},
    "retry_execution": {"path.execution_id": "failed"},
    "delete_execution": {"path.execution_id": "ended"},
    "delete_agent": {"path.agent_id": "idle_agent"},
    "call_tool": {"path.name": "tool"},
    "get_node_type": {"path.name": "node_type"},
    "get_template": {"path.key": "template"},
    "set_secret": {"path.name": "secret"},
    "delete_secret": {"path.name": "secret"},
    "sign_in": {"body.code": "code"},
    "accept": {"body.code": "invitation_code"},
    "decide_by_token": {"body.token": "approval_token"},
    "import_automation": {"body.name": "file_name"},
    "create_from_template": {"body.agent_id": "agent_id"},
    "explain_change": {"query.record": "lead_id"},
}
# A stream has no end: a moment of it is looked at, a few times.
LIVE = {
    "include-operation-id": "watch_changes",
    "request-timeout": 0.3,
    "phases": {"fuzzing": {"generation": {"max-examples": 5}}},
}
# With an agent go its automations and conversations, with those their messages: that they are not there is right.
TAKING_OTHERS_ALONG = {"delete_agent", "delete_conversation"}
PLACES = ("path", "query", "header")


@dataclass
class Found:
    """`answers`: how often each status was answered to an operation, by its id. `wrong`: what checks say, once each.
    `followed`: links that led to an answer as asked, as the operations at both ends."""

    answers: dict[str, Counter[int]] = field(default_factory=lambda: defaultdict(Counter))
    wrong: dict[str, str] = field(default_factory=dict)
    followed: set[tuple[str, str]] = field(default_factory=set)

    def never_done(self) -> dict[str, Counter[int]]:
        """Operations that were not once answered as asked."""
        return {
            name: statuses for name, statuses in self.answers.items() if not any(200 <= one < 300 for one in statuses)
        }

    def told(self) -> str:
        return "\n\n".join(f"{what}\n{how}" for what, how in self.wrong.items())

    def add(self, other: Found) -> None:
        for name, statuses in other.answers.items():
            self.answers[name] += statuses
        self.wrong = {**other.wrong, **self.wrong}
        self.followed |= other.followed


def fuzz(document: dict[str, Any], config: dict[str, Any]) -> Found:
    """Blocks; the server has to run in another thread."""
    schema = openapi.from_dict(document, config=SchemathesisConfig.from_dict(config))
    _put_in_what_examples_have(schema)
    found = Found()
    for of in document["paths"].values():
        for operation in of.values():
            found.answers[operation["operationId"]].clear()
    for event in from_schema(schema).execute():
        match event:
            case events.ScenarioFinished():
                _take(found, event)
            case events.NonFatalError():
                found.wrong.setdefault(f"{event.label}: {event.info.title}", f"{event.info.message}\n{event.value!r}")
            case events.FatalError():
                raise event.exception
    return found


def follow(
    document: dict[str, Any], config: dict[str, Any], token: str, links: set[tuple[str, str]], bodies: Mapping[str, Any]
) -> Found:
    """Along `links` of the document itself, from examples: which of them chance follows differs from run to run.

    `bodies`: what is sent to an operation instead of what its example has.
    """
    schema = openapi.from_dict(document, config=SchemathesisConfig.from_dict(config))
    operations = {
        _id_of(one): one for one in (result.ok() for result in schema.get_all_operations() if isinstance(result, Ok))
    }
    outgoing = collect_transitions(list(operations.values())).operations
    found = Found()

    def ask(name: str, path: dict[str, Any]) -> StepOutput:
        content = operations[name].definition.raw.get("requestBody", {}).get("content", {})
        body: dict[str, Any] = (
            {"body": {**content["application/json"]["example"], **bodies.get(name, {})}} if content else {}
        )
        case = operations[name].Case(path_parameters=path, media_type="application/json" if content else None, **body)
        response = case.call(headers={"Authorization": f"Bearer {token}"})
        found.answers[name][response.status_code] += 1
        return StepOutput(response, case)

    def go_on(source: str, output: StepOutput) -> None:
        if not _succeeded(output.response):
            return
        for link in outgoing[operations[source].label].outgoing:
            target = _id_of(link.target)
            path = _path_by(link, output)
            if (source, target) not in links or link.status_code != str(output.response.status_code) or path is None:
                continue
            answer = ask(target, path)
            if _succeeded(answer.response):
                found.followed.add((source, target))
            go_on(target, answer)

    for root in sorted({source for source, _ in links} - {target for _, target in links}):
        go_on(root, ask(root, _examples_in_path(operations[root])))
    return found


def _path_by(link: OpenApiLink, output: StepOutput) -> dict[str, Any] | None:
    """What the link puts into the path; None where it leaves a part of it open."""
    taken = link.extract(output).parameters.get("path_parameters", {})
    values = {name: one.value.ok() for name, one in taken.items() if isinstance(one.value, Ok)}
    asked = _examples_in_path(link.target).keys()
    return values if values.keys() == asked and all(isinstance(one, str) for one in values.values()) else None


def _examples_in_path(operation: APIOperation[Any, Any, Any, Any]) -> dict[str, Any]:
    parameters = operation.definition.raw.get("parameters", [])
    return {one["name"]: one.get("example") for one in parameters if one["in"] == "path"}


def _put_in_what_examples_have(schema: OpenApiSchema) -> None:
    """Into half of the valid bodies: flows at random cannot be published, and chains would end there."""

    @schema.hook
    def map_case(_context: HookContext, case: Case[Any]) -> Case[Any]:
        content = case.operation.definition.raw.get("requestBody", {}).get("content", {})
        example = content.get("application/json", {}).get("example")
        valid = case.meta is not None and not case.meta.generation.mode.is_negative
        if valid and example and isinstance(case.body, dict) and len(repr(case.body)) % 2:
            case.body = {**case.body, **{name: value for name, value in example.items() if name not in NAMES}}
        return case


def _take(found: Found, event: events.ScenarioFinished) -> None:
    recorder = event.recorder
    for case_id, interaction in recorder.interactions.items():
        node = recorder.cases[case_id]
        if interaction.response is None or node.value.method != node.value.operation.method.upper():
            continue
        name, status = _id(node), interaction.response.status_code
        found.answers[name][status] += 1
        if node.is_transition_applied and node.parent_id is not None and _succeeded(interaction.response):
            found.followed.add((_id(recorder.cases[node.parent_id]), name))
    done = {_id(node) for one, node in recorder.cases.items() if _succeeded(recorder.find_response(case_id=one))}
    for case_id, checks in recorder.checks.items():
        for check in checks:
            gone = check.name == "ensure_resource_availability" and done & TAKING_OTHERS_ALONG
            if check.failure_info is None or gone:
                continue
            failure = check.failure_info.failure
            response = recorder.find_response(case_id=failure.case_id or case_id)
            answered = "" if response is None else response.content.decode(errors="replace")[:1_000]
            found.wrong.setdefault(
                f"{failure.operation}: {check.name}: {failure.title}",
                f"{event.phase.value}: {failure.message}\n{check.failure_info.code_sample[:3_000]}\n{answered}",
            )


def _succeeded(response: Response | None) -> bool:
    return response is not None and 200 <= response.status_code < 300


def _id(node: CaseNode) -> str:
    return _id_of(node.value.operation)


def _id_of(operation: APIOperation[Any, Any, Any, Any]) -> str:
    found: str = operation.definition.raw["operationId"]
    return found


def configured(
    url: str, token: str | None, words: Words, *, phases: dict[str, Any], checks: dict[str, Any], seed: int = 0
) -> dict[str, Any]:
    """What is there is named in most requests, so that not everything is a 404."""

    def bound(of: Mapping[str, str]) -> dict[str, Any]:
        return {key: {"dictionary": word, "probability": 0.8} for key, word in of.items()}

    everywhere = {f"{place}.{name}": word for name, word in NAMES.items() for place in (*PLACES, "body")}
    operations = [{"include-operation-id": name, "parameters": bound(of)} for name, of in OWN.items()]
    return {
        "seed": SEED + seed,
        "base-url": url,
        "dictionaries": {name: {"values": values} for name, values in words.items()},
        "parameters": bound(everywhere),
        "generation": {"database": "none"},
        "request-timeout": 30,
        "continue-on-failure": True,
        "auth": {"openapi": {"HTTPBearer": {"bearer": token}}} if token is not None else {},
        "checks": checks,
        "operations": [*operations, LIVE],
        "phases": phases,
    }


def with_examples_of(document: dict[str, Any], words: Words) -> dict[str, Any]:
    """The document with examples that name what is there. Each operation has things of its own: many delete theirs."""
    left = {name: cycle(values) for name, values in words.items()}
    schemas = document["components"]["schemas"]
    for of in document["paths"].values():
        for operation in of.values():
            own = OWN.get(operation["operationId"], {})
            for parameter in operation.get("parameters", []):
                word = own.get(f"{parameter['in']}.{parameter['name']}") or NAMES.get(parameter["name"])
                if word is not None and (parameter["required"] or f"{parameter['in']}.{parameter['name']}" in own):
                    parameter["example"] = next(left[word])
            for content in operation.get("requestBody", {}).get("content", {}).values():
                example = next(_examples(content["schema"], schemas))
                known = {name: NAMES[name] for name in example if name in NAMES}
                known |= {key.removeprefix("body."): word for key, word in own.items() if key.startswith("body.")}
                content["example"] = {**example, **{name: next(left[word]) for name, word in known.items()}}
    return document


def _examples(schema: dict[str, Any], schemas: dict[str, Any]) -> Iterator[dict[str, Any]]:
    yield from schema.get("examples", [])
    if "$ref" in schema:
        yield from _examples(schemas[schema["$ref"].rpartition("/")[2]], schemas)
    for one in schema.get("anyOf", []):
        yield from _examples(one, schemas)

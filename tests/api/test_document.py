"""The document of the API: what programs and agents read before they call, so it is whole and its examples are true."""

from __future__ import annotations

import uuid
from collections import Counter
from collections.abc import Iterator
from typing import Any

import orjson
import pytest
from fastapi.routing import APIRoute
from pydantic import TypeAdapter, ValidationError
from tests.api.conftest import ApiServer, refused
from tests.engine.world import World

from automations.api.app import PREFIX, ROUTES
from automations.api.router import REFUSALS

BY_CODE = {
    f"{method.lower()} {PREFIX}{route.path}": route
    for module in ROUTES
    for route in module.router.routes
    if isinstance(route, APIRoute)
    for method in route.methods or ()
}


@pytest.fixture
async def document(api: ApiServer) -> dict[str, Any]:
    told: dict[str, Any] = await api.bearer(None).ok("GET", "/openapi.json")
    return told


@pytest.fixture
def operations(document: dict[str, Any]) -> dict[str, dict[str, Any]]:
    return {f"{method} {path}": one for path, of in document["paths"].items() for method, one in of.items()}


async def test_every_route_is_in_the_document(document: dict[str, Any], operations: dict[str, dict[str, Any]]) -> None:
    assert document["openapi"].startswith("3.1")
    assert set(BY_CODE) - set(operations) == set()
    assert [name for name, one in operations.items() if not one.get("summary")] == []
    names = Counter(one["operationId"] for one in operations.values())
    assert [name for name, times in names.items() if times > 1] == []


async def test_every_refusal_is_documented(operations: dict[str, dict[str, Any]]) -> None:
    told = {name: operations[name]["responses"] for name in BY_CODE}
    for status in REFUSALS:
        others = [
            name
            for name, answers in told.items()
            if answers.get(str(status)) != {"$ref": f"#/components/responses/Refused{status}"}
        ]
        assert others == [], status
    # Routes of nobody who is signed in have fewer.
    for name, one in operations.items():
        assert PREFIX not in name or {"401", "404", "422"} <= set(one["responses"]), name
        assert "HTTPValidationError" not in str(one), name


async def test_every_answer_has_a_form(document: dict[str, Any], operations: dict[str, dict[str, Any]]) -> None:
    shapeless = [
        f"{name} {status}"
        for name in BY_CODE
        for status, answer in operations[name]["responses"].items()
        if status.startswith("2") and not answer.get("content", {}).get("application/json", {"schema": 1})["schema"]
    ]
    assert shapeless == []
    # Two models of one name get the names of their modules, which no program should have to write.
    assert [name for name in document["components"]["schemas"] if "__" in name] == []


async def test_every_body_has_an_example_that_is_taken(
    document: dict[str, Any], operations: dict[str, dict[str, Any]]
) -> None:
    without, refused = [], []
    for name, route in BY_CODE.items():
        if route.body_field is None or (model := route.body_field.field_info.annotation) is None:
            continue
        takes: TypeAdapter[Any] = TypeAdapter(model)
        for content in operations[name]["requestBody"]["content"].values():
            examples = _examples(content["schema"], document["components"]["schemas"])
            without += [] if examples else [name]
            refused += [f"{name}: {why}" for example in examples if (why := _why_not(takes, example))]
    assert without + refused == []


def _why_not(takes: TypeAdapter[Any], example: Any) -> str | None:
    try:
        takes.validate_json(orjson.dumps(example))
    except ValidationError as error:
        return str(error)
    return None


def _examples(schema: dict[str, Any], schemas: dict[str, Any]) -> list[Any]:
    """Of the model that it names, also where the body may be left out."""
    found = list(schema.get("examples", []))
    if "$ref" in schema:
        found += _examples(schemas[schema["$ref"].rpartition("/")[2]], schemas)
    for one in schema.get("anyOf", []):
        found += _examples(one, schemas)
    return found


async def test_every_name_of_the_document_is_in_it(
    document: dict[str, Any], operations: dict[str, dict[str, Any]]
) -> None:
    """Schemas that are referred to, and the operations and parameters of links."""
    by_id = {one["operationId"]: one for one in operations.values()}
    named = {f"#/components/{kind}/{name}" for kind, of in document["components"].items() for name in of}
    missing = set(_all(document, "$ref")) - named
    wrong = [
        f"{name} {status}: {link}"
        for name, one in operations.items()
        for status, answer in one["responses"].items()
        for link, said in answer.get("links", {}).items()
        if said["parameters"].keys() - {parameter["name"] for parameter in by_id[said["operationId"]]["parameters"]}
    ]
    assert (missing, wrong) == (set(), [])
    assert "get_execution" in by_id["start_execution"]["responses"]["202"]["links"]


def _all(found: Any, key: str) -> Iterator[Any]:
    if isinstance(found, dict):
        yield from [found[key]] if isinstance(found.get(key), str) else []
        found = list(found.values())
    for one in found if isinstance(found, list) else []:
        yield from _all(one, key)


async def test_an_address_takes_the_methods_of_the_document(world: World, api: ApiServer) -> None:
    """All of them are told, and `cancel` is no id of a run."""
    owner = api.signed_in(world.account)
    for method, path, allowed in (
        ("PATCH", "/automations", "GET, POST"),
        ("PATCH", f"/automations/{uuid.uuid4()}", "DELETE, GET, PUT"),
        ("GET", "/executions/cancel", "POST"),
        ("PUT", "/automations/import", "POST"),
        ("DELETE", "/invitations/accept", "POST"),
        ("OPTIONS", "/secrets/KEY", "DELETE, PUT"),
    ):
        answer = await owner(method, path)
        refused(answer, 405, "wrong_method")
        assert answer.headers["allow"] == allowed, path
    assert (await owner("GET", "/automations/import")).status_code == 405

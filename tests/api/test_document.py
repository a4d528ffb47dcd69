"""The document of the API: what programs and agents read before they call, so it is whole and its examples are true."""

from __future__ import annotations

from collections import Counter
from typing import Any

import orjson
import pytest
from fastapi.routing import APIRoute
from pydantic import TypeAdapter, ValidationError
from tests.api.conftest import ApiServer

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

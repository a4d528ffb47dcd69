"""The OpenAPI document: what FastAPI makes, with our errors in the place of its own, each of them told once."""

from __future__ import annotations

from typing import Any

from fastapi import FastAPI
from fastapi.openapi.utils import get_openapi

from automations.api.models.live import LiveEvent
from automations.api.router import REFUSALS, Problem


def openapi_document(app: FastAPI) -> dict[str, Any]:
    if app.openapi_schema is None:
        found = get_openapi(title=app.title, version=app.version, routes=app.routes)
        schemas = found["components"]["schemas"]
        for name in ("HTTPValidationError", "ValidationError"):
            schemas.pop(name, None)
        told = Problem.model_json_schema(ref_template="#/components/schemas/{model}")
        schemas.update(told.pop("$defs"))
        schemas["Problem"] = told
        # What is in a stream: no route answers with one alone.
        schemas["LiveEvent"] = LiveEvent.model_json_schema()
        found["components"]["responses"] = {f"Refused{status}": answer for status, answer in REFUSALS.items()}
        for operations in found["paths"].values():
            for operation in operations.values():
                _refer(operation["responses"])
        app.openapi_schema = found
    return app.openapi_schema


def _refer(responses: dict[str, Any]) -> None:
    for status, answer in REFUSALS.items():
        if responses.get(str(status)) == answer:
            responses[str(status)] = {"$ref": f"#/components/responses/Refused{status}"}

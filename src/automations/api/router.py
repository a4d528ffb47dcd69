"""Routers of the API: signed-in callers only, and a document that tells every refusal."""

from __future__ import annotations

from typing import Any, Final

from fastapi import APIRouter, Depends
from pydantic import BaseModel, ConfigDict, Field

from automations.api.request_scope import BEARER, ScopedRoute


class ProblemOfField(BaseModel):
    """One thing that is wrong: of a request its `field` and `message`, of a flow also where it is and what to do."""

    model_config = ConfigDict(extra="allow")

    message: str


class Problem(BaseModel):
    """An error as RFC 9457 has it: `code` for programs, `detail` and `hint` for people."""

    model_config = ConfigDict(
        extra="allow",
        json_schema_extra={
            "examples": [
                {
                    "title": "Not Found",
                    "status": 404,
                    "code": "not_found",
                    "detail": "there is no such automation",
                    "hint": "Check the id, and who is signed in.",
                }
            ]
        },
    )

    title: str
    status: int
    code: str
    detail: str
    hint: str
    problems: list[ProblemOfField] = Field(default_factory=list)


_REFUSALS: Final = {
    400: "The body cannot be read.",
    401: "Nobody is signed in, or not any more.",
    403: "Your role, or the scope of your key, does not reach so far.",
    404: "It is not there, or not yours.",
    408: "The body was not complete in time.",
    409: "It is in another state, or somebody changed it.",
    413: "The body is too large.",
    422: "Something that was sent cannot be used; the problems are named.",
    429: "Too many requests; `Retry-After` says when.",
    500: "An error of ours.",
    503: "The database does not answer now.",
}
REFUSALS: Final[dict[int | str, dict[str, Any]]] = {
    status: {
        "description": text,
        "content": {"application/problem+json": {"schema": {"$ref": "#/components/schemas/Problem"}}},
    }
    for status, text in _REFUSALS.items()
}


def links(parameter: str, *operations: str, found: str = "id") -> dict[str, Any]:
    """Of an answer: what `found` in it is good for, as OpenAPI says it."""
    given = {parameter: f"$response.body#/{found}"}
    return {"links": {name: {"operationId": name, "parameters": given} for name in operations}}


_OF_DRAFT: Final = ("get_automation", "save_automation", "publish_automation", "enable_automation", "delete")
DRAFT_LINKS: Final = links("automation_id", *_OF_DRAFT)
LIVE_LINKS: Final = links("automation_id", *_OF_DRAFT, "start_execution")
_OF_RUN: Final = ("get_execution", "list_steps", "cancel_execution", "retry_execution", "delete_execution")
EXECUTION_LINKS: Final = links("execution_id", *_OF_RUN)
EXECUTION_ID_LINKS: Final = links("execution_id", *_OF_RUN, found="execution_id")


def api_router(prefix: str, tag: str) -> APIRouter:
    return APIRouter(
        prefix=prefix, tags=[tag], route_class=ScopedRoute, responses=REFUSALS, dependencies=[Depends(BEARER)]
    )

"""`/api/v1/node-types` and `/expressions`: what a flow is drawn of, for forms and for agents."""

from __future__ import annotations

from functools import lru_cache
from typing import Any, Final

import orjson
from fastapi.responses import Response

from automations.api.api_words import in_words_of_the_api
from automations.api.etags import NOT_MODIFIED, IfNoneMatch, answer
from automations.api.models.catalogue import Expressions, NodeType, NodeTypes
from automations.api.request_scope import InApi, Reader
from automations.api.router import api_router
from automations.flow.expression_catalogue import FILTERS, OPERATORS, ROOTS
from automations.flow.registry import NodeRegistry
from automations.flow.template_syntax import FUNCTIONS
from automations.services.catalogue import catalogue, condition_operators, node_type

router: Final = api_router("", "catalogue")

# The same for everybody who may ask, until the program is started anew with other packages.
_CACHED: Final = {"Cache-Control": "private, no-cache"}


@router.get(
    "/node-types", response_model=NodeTypes, responses=NOT_MODIFIED, summary="List the node types, each with its schema"
)
async def list_node_types(_caller: Reader, api: InApi, if_none_match: IfNoneMatch = None) -> Response:
    return answer(_written(api.registry), if_none_match, headers=_CACHED)


@router.get("/node-types/{name}", response_model=NodeType, responses=NOT_MODIFIED, summary="One node type")
async def get_node_type(name: str, _caller: Reader, api: InApi, if_none_match: IfNoneMatch = None) -> Response:
    return answer(_in_our_words(node_type(api.registry, name)), if_none_match, headers=_CACHED)


@router.get("/expressions", response_model=Expressions, responses=NOT_MODIFIED, summary="What templates may use")
async def list_expressions(_caller: Reader, if_none_match: IfNoneMatch = None) -> Response:
    content = {
        "roots": [{"name": name, "meaning": meaning} for name, meaning in ROOTS.items()],
        "filters": [{"name": name, "example": example} for name, example in FILTERS.items()],
        "functions": sorted(FUNCTIONS),
        "operators": OPERATORS,
        "conditions": condition_operators(),
    }
    return answer(orjson.dumps(content), if_none_match, headers=_CACHED)


@lru_cache(maxsize=4)
def _written(registry: NodeRegistry) -> str:
    return _in_our_words({"items": catalogue(registry)})


def _in_our_words(content: dict[str, Any]) -> str:
    """Documentation names commands; routes have no character that JSON would escape."""
    return in_words_of_the_api(orjson.dumps(content).decode())

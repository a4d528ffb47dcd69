"""How many tokens a call may come to, before anybody has counted them. Pure."""

from __future__ import annotations

import json
from typing import Final

from automations.flow.outside_ports import ModelCall

# UTF-8 bytes of a token. Of English text a token has four and more, of Chinese three: rather too many than too few.
BYTES: Final = 3
# What the protocol adds around the texts of a call.
AROUND: Final = 50


def estimated_tokens(call: ModelCall) -> int:
    """Of the prompt and all that goes with it. A schema is sent twice: as such, and in the instructions."""
    schema = "" if call.schema is None else json.dumps(call.schema, ensure_ascii=False)
    return AROUND + _tokens(call.prompt) + _tokens(call.system or "") + 2 * _tokens(schema)


def estimated_answer(text: str) -> int:
    return _tokens(text)


def _tokens(text: str) -> int:
    return -(-len(text.encode("utf-8", "surrogatepass")) // BYTES)

"""Numbers and times of a request, taken as the document says: nothing else is made into one."""

from __future__ import annotations

import re
from datetime import datetime
from typing import Annotated, Any, Final

from pydantic import AwareDatetime, BeforeValidator
from pydantic_core import PydanticCustomError

_DAY: Final = re.compile(r"\d{4}-\d\d-\d\d")


def _no_truth_or_text(value: Any) -> Any:
    if isinstance(value, bool | str):
        raise PydanticCustomError("not_a_number", "has to be a number")
    return value


def _no_number(value: Any) -> Any:
    """Of `0.5` pydantic makes a moment of 1970."""
    if isinstance(value, datetime) or (isinstance(value, str) and _DAY.match(value)):
        return value
    raise PydanticCustomError("not_a_time", "has to be a time as 2026-11-26T09:00:00Z")


# In JSON; what stands in an address is text always. Behind its bounds where a field may be null, or the document has
# not got them.
A_NUMBER: Final = BeforeValidator(_no_truth_or_text)
Whole = Annotated[int, A_NUMBER]
Number = Annotated[float, A_NUMBER]

Moment = Annotated[datetime, BeforeValidator(_no_number)]
# With an offset from UTC.
ExactMoment = Annotated[AwareDatetime, BeforeValidator(_no_number)]

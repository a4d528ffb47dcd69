"""Lists that come page by page: where the items are, which page comes next, when it is enough."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Annotated, Any, Final, Literal, assert_never
from urllib.parse import parse_qsl, urlencode, urljoin, urlsplit, urlunsplit

from pydantic import BaseModel, ConfigDict, Field
from pydantic.config import JsonDict

from automations.errors import StepError
from automations.flow.condition_values import MISSING
from automations.flow.conditions import finder
from automations.flow.outcomes import Json

LITERAL: JsonDict = {"template": False}
LONGEST_PATH: Final = 500
_LINK: Final = re.compile(r"<([^<>]*)>((?:\s*;\s*[^\s=;,]+\s*(?:=\s*(?:\"[^\"]*\"|[^\s\";,]*))?)*)")
_PARAMETER: Final = re.compile(r";\s*([^\s=;,]+)\s*(?:=\s*(?:\"([^\"]*)\"|([^\s\";,]*)))?")
_PORTS: Final = {"http": 80, "https": 443}


class _Pages(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")

    items: str = Field(
        default="",
        max_length=LONGEST_PATH,
        title="Items",
        description="Path to the list in each answer, such as `data.items`. Empty: the answer is the list.",
        json_schema_extra=LITERAL,
    )
    max_pages: int = Field(
        default=10,
        ge=1,
        le=1_000,
        title="Pages at most",
        description="Then it stops, and `more` is true.",
        json_schema_extra=LITERAL,
    )
    max_items: int = Field(
        default=10_000,
        ge=1,
        le=100_000,
        title="Items at most",
        description="Then it stops, and `more` is true.",
        json_schema_extra=LITERAL,
    )


class LinkPages(_Pages):
    mode: Literal["link"] = Field(
        title="Next page", description='The `Link` header names it, with rel="next".', json_schema_extra=LITERAL
    )


class NextUrlPages(_Pages):
    mode: Literal["next_url"] = Field(
        title="Next page", description="The answer holds its address.", json_schema_extra=LITERAL
    )
    next: str = Field(
        min_length=1,
        max_length=LONGEST_PATH,
        title="Address",
        description="Path to it in the answer; nothing or null there: it was the last page.",
        examples=["paging.next"],
        json_schema_extra=LITERAL,
    )


class CursorPages(_Pages):
    mode: Literal["cursor"] = Field(
        title="Next page", description="The answer holds a cursor to send along.", json_schema_extra=LITERAL
    )
    cursor: str = Field(
        min_length=1,
        max_length=LONGEST_PATH,
        title="Cursor",
        description="Path to it in the answer; nothing, null or an empty text there: it was the last page.",
        examples=["next_cursor"],
        json_schema_extra=LITERAL,
    )
    parameter: str = Field(
        default="cursor",
        min_length=1,
        max_length=256,
        title="Parameter",
        description="Parameter of the address that takes it. Left out: named as the mode.",
        json_schema_extra=LITERAL,
    )


class NumberedPages(_Pages):
    mode: Literal["page"] = Field(
        title="Next page", description="Pages are numbered; one without items is the end.", json_schema_extra=LITERAL
    )
    parameter: str = Field(
        default="page",
        min_length=1,
        max_length=256,
        title="Parameter",
        description="Parameter of the address that takes it. Left out: named as the mode.",
        json_schema_extra=LITERAL,
    )
    start: int = Field(
        default=1,
        ge=0,
        le=1_000_000_000,
        title="First",
        description="Number of the first page.",
        json_schema_extra=LITERAL,
    )


class OffsetPages(_Pages):
    mode: Literal["offset"] = Field(
        title="Next page",
        description="By the number of items to pass over; a page with fewer items than `size` is the end.",
        json_schema_extra=LITERAL,
    )
    parameter: str = Field(
        default="offset",
        min_length=1,
        max_length=256,
        title="Parameter",
        description="Parameter of the address that takes it. Left out: named as the mode.",
        json_schema_extra=LITERAL,
    )
    size: int = Field(
        default=100, ge=1, le=10_000, title="Page size", description="Items of a full page.", json_schema_extra=LITERAL
    )
    size_parameter: str | None = Field(
        default=None,
        min_length=1,
        max_length=256,
        title="Size parameter",
        description="Of the address, that takes the page size. Empty: it is not sent.",
        examples=["limit"],
        json_schema_extra=LITERAL,
    )


Pagination = Annotated[
    LinkPages | NextUrlPages | CursorPages | NumberedPages | OffsetPages, Field(discriminator="mode")
]


@dataclass(frozen=True, slots=True)
class Page:
    """Where a page is: `url` None is the step's own; `query` is added to the step's, in place of what is there."""

    url: str | None = None
    query: Mapping[str, str] = field(default_factory=dict)


@dataclass(slots=True)
class Pages:
    """The pages of one step, one after another: `first`, then `take` each answer until it says that there is no next.

    `home`: the address of the step. `more`: there is more than was taken. `take` raises `StepError`
    for answers that make no sense.
    """

    how: Pagination
    home: str
    items: list[Json] = field(default_factory=list)
    count: int = 0
    more: bool = False
    _seen: set[str] = field(default_factory=set)

    def first(self) -> Page:
        match self.how:
            case NumberedPages():
                return Page(query={self.how.parameter: str(self.how.start)})
            case OffsetPages():
                return self._offset(0)
            case _:
                return Page()

    def take(self, body: Json, headers: Mapping[str, str], url: str, content: bytes) -> Page | None:
        """Keep the items of an answer. `headers`: by lower-case name; `url`: the address that answered."""
        self.count += 1
        found = self._items_of(body)
        following = self._next(body, headers, url, found, content)
        room = self.how.max_items - len(self.items)
        self.items += found[:room]
        if len(found) > room or (following is not None and (len(found) == room or self.count == self.how.max_pages)):
            self.more = True
            return None
        return following

    def _items_of(self, body: Json) -> list[Json]:
        found = _at(body, self.how.items)
        if not isinstance(found, list):
            place = f"at {self.how.items}" if self.how.items else "in the answer"
            raise StepError(
                f"there is no list {place} on page {self.count}",
                code="no_items",
                hint="Set pagination.items to the path of the list in the answer.",
            )
        return found

    def _next(self, body: Json, headers: Mapping[str, str], url: str, found: list[Json], content: bytes) -> Page | None:
        match self.how:
            case LinkPages():
                return self._address(next_link(headers.get("link", "")), url)
            case NextUrlPages():
                return self._address(_text_at(body, self.how.next, "next", self.count), url)
            case CursorPages():
                cursor = _text_at(body, self.how.cursor, "cursor", self.count)
                if not cursor:
                    return None
                self._once(cursor, "cursor")
                return Page(query={self.how.parameter: cursor})
            case NumberedPages():
                if not found:
                    return None
                self._once(hashlib.sha256(content).hexdigest(), "page")
                return Page(query={self.how.parameter: str(self.how.start + self.count)})
            case OffsetPages():
                if len(found) < self.how.size:
                    return None
                self._once(hashlib.sha256(content).hexdigest(), "page")
                return self._offset(self.count * self.how.size)
            case _:
                assert_never(self.how)

    def _offset(self, offset: int) -> Page:
        how = self.how
        assert isinstance(how, OffsetPages)
        sized = {} if how.size_parameter is None else {how.size_parameter: str(how.size)}
        return Page(query={how.parameter: str(offset), **sized})

    def _address(self, following: str, url: str) -> Page | None:
        if not following:
            return None
        try:
            address = urljoin(url, following)
        except ValueError:
            raise StepError(f"page {self.count} names a next page that is no address", code="bad_page") from None
        if not is_same_server(self.home, address):
            # Headers and keys of this step are for the server that the author named.
            raise StepError(
                f"the page after page {self.count} is on another server",
                code="other_origin",
                hint="Pages are only fetched from the server (scheme, name and port) of the first one.",
            )
        self._once(address, "address")
        return Page(url=address)

    def _once(self, mark: str, what: str) -> None:
        if mark in self._seen:
            raise StepError(
                f"the same {what} came twice, the second time on page {self.count}",
                code="repeated_page",
                hint="The other side goes round in a circle, or does not look at the parameter of `pagination`.",
            )
        self._seen.add(mark)


def next_link(header: str) -> str:
    """The target of the link with rel="next" in a `Link` header (RFC 8288); "" without one."""
    for match in _LINK.finditer(header):
        relations = [quoted or plain for name, quoted, plain in _PARAMETER.findall(match[2]) if name.lower() == "rel"]
        if relations and "next" in relations[0].lower().split():
            return match[1].strip()
    return ""


def is_same_server(home: str, url: str) -> bool:
    """Whether it may be sent what was meant for `home`; the same name with encryption is."""
    at_home, there = _origin_of(home), _origin_of(url)
    if at_home is None or there is None:
        return False
    return there == at_home or (at_home[0::2] == ("http", 80) and there == ("https", at_home[1], 443))


def _origin_of(url: str) -> tuple[str, str, int | None] | None:
    """Scheme, host and port; None for what is no address."""
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:
        return None
    return parts.scheme, (parts.hostname or "").lower(), port or _PORTS.get(parts.scheme)


def without_parameters(url: str, names: set[str]) -> str:
    """The address without these parameters of its query; itself where none of them is there."""
    if not names:
        return url
    try:
        parts = urlsplit(url)
    except ValueError:
        # No address at all, which whoever sends to it says better.
        return url
    pairs = parse_qsl(parts.query, keep_blank_values=True)
    if not names.intersection(name for name, _ in pairs):
        return url
    kept = [(name, value) for name, value in pairs if name not in names]
    return urlunsplit(parts._replace(query=urlencode(kept)))


def _at(body: Json, path: str) -> Any:
    """`MISSING` where nothing is."""
    return finder(tuple(path.split(".")) if path else ())(body)


def _text_at(body: Json, path: str, what: str, page: int) -> str:
    """ "" for nothing, null and false."""
    found = _at(body, path)
    if found is MISSING or found is None or found is False:
        return ""
    if isinstance(found, str):
        return found
    if isinstance(found, int | float) and not isinstance(found, bool):
        return str(found)
    raise StepError(
        f"what is at {path} on page {page} is neither a text nor a number",
        code="bad_page",
        hint=f"Set pagination.{what} to the path of the next page in the answer.",
    )

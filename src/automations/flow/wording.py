"""How problems speak of what people wrote: values of theirs, and complaints without the names of Python's types."""

from __future__ import annotations


def shorten(text: object, limit: int = 80) -> str:
    """User text for a message: quoted, and cut where it is long."""
    value = text if isinstance(text, str) else str(type(text).__name__)
    return repr(value if len(value) <= limit else value[: limit - 1] + "…")


def in_words(kind: str, message: str) -> str:
    """A complaint of pydantic without the names of Python's types."""
    if kind.endswith("_type"):
        if kind.removesuffix("_type") in ("list", "tuple", "set", "frozen_set", "iterable"):
            return "has to be a list"
        if kind.removesuffix("_type") in ("dict", "model", "model_attributes", "dataclass", "mapping"):
            return "has to be an object"
    return message.removeprefix("Value error, ")

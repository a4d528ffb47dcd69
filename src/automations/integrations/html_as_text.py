"""The text of a page of HTML, for mail programs and people that show none.

The HTML is anybody's, so the work grows with its length and not faster. `html.parser` of the standard library looks for
the end of a tag that has none again at every `<`: 60 kB of `<a x='` took it half a minute.
"""

from __future__ import annotations

import re
from html import unescape
from typing import Final

LONGEST: Final = 200_000
"""Characters that are read; of more, the beginning."""

_BREAKS: Final = frozenset({"br", "tr", "li", "hr"})
_BLOCKS: Final = frozenset({"p", "div", "table", "ul", "ol", "blockquote", "pre", "h1", "h2", "h3", "h4", "h5", "h6"})
_FLAGS: Final = re.IGNORECASE | re.ASCII
# What is in these is no HTML, whatever it looks like.
_RAW: Final = {name: re.compile(rf"</{name}(?=[\s/>])", _FLAGS) for name in ("script", "style")}
_UNSEEN: Final = frozenset({*_RAW, "head", "title", "template"})

_MARKUP: Final = re.compile(r"<(?=[a-z/!?])", _FLAGS)
_IS_TAG: Final = re.compile(r"</?[a-z]", _FLAGS)
# Nothing gives back what it has taken (`++`): a text is gone through once, also where it is no tag in the end.
_TAG: Final = re.compile(r"""<(/?)([a-z][^\s/>]*+)((?:[^=>]++|=\s*+(?:"[^"]*+"|'[^']*+')?+)*+)>""", _FLAGS)
_ATTRIBUTE: Final = re.compile(r"""([^\s/=>]++)(?:\s*+=\s*+(?:"([^"]*+)"|'([^']*+)'|([^\s>]*+)))?+""", _FLAGS)
# `unescape` makes a number of all digits, and Python refuses numbers of some thousand.
_NO_CHARACTER: Final = re.compile(r"&#[0-9]{8,};?")


def html_as_text(html: str) -> str:
    """Words and line breaks; a link is followed by its address. Nothing of scripts, styles and the head."""
    pieces = _Reader(_beginning(html)).pieces
    lines = (re.sub(r"[ \t\r\f\xa0]+", " ", line).strip() for line in "".join(pieces).split("\n"))
    text = re.sub(r"\n{3,}", "\n\n", "\n".join(lines)).strip()
    return f"{text}\n" if len(html) <= LONGEST else f"{text}\n\n…\n"


def _beginning(html: str) -> str:
    if len(html) <= LONGEST:
        return html
    cut = html[:LONGEST]
    # Not with half a tag at its end.
    return cut[: cut.rfind("<")] if cut.rfind("<") > cut.rfind(">") else cut


class _Reader:
    def __init__(self, html: str) -> None:
        self.pieces: list[str] = []
        self._unseen = 0
        # The address of the link that is open, and where in `pieces` it began. One at a time, as in browsers: no text
        # is put together for two links.
        self._link: tuple[str, int] | None = None
        position: int | None = 0
        while position is not None:
            position = self._next(html, position)
        self._end_of_link()

    def _next(self, html: str, position: int) -> int | None:
        """Take the text from `position` on and the markup after it; where that ends, None at the end of everything."""
        markup = _MARKUP.search(html, position)
        if markup is None:
            self._text(html[position:])
            return None
        begun = markup.start()
        self._text(html[position:begun])
        if html.startswith("<!--", begun):
            end = html.find("-->", begun + 4)
            # As in browsers: one that is never closed is a comment to the end.
            return None if end < 0 else end + 3
        if _IS_TAG.match(html, begun) is not None:
            tag = _TAG.match(html, begun)
            if tag is not None:
                return self._tag(html, tag)
        elif (end := html.find(">", begun)) >= 0:
            return end + 1
        # It does not end. Taken as text with all that follows: whether that ends would be looked for again and again.
        self._text(html[begun:])
        return None

    def _tag(self, html: str, tag: re.Match[str]) -> int | None:
        closing, name, attributes = tag[1], tag[2].lower(), tag[3]
        if closing:
            self._end(name)
            return tag.end()
        self._begin(name, attributes)
        if attributes.endswith("/") and name in _UNSEEN:
            self._end(name)
        elif name in _RAW:
            closed = _RAW[name].search(html, tag.end())
            return None if closed is None else closed.start()
        return tag.end()

    def _begin(self, name: str, attributes: str) -> None:
        if name in _UNSEEN:
            self._unseen += 1
        elif name in _BLOCKS:
            self.pieces.append("\n\n")
        elif name in _BREAKS:
            self.pieces.append("\n- " if name == "li" else "\n")
        elif name in ("td", "th"):
            self.pieces.append(" ")
        elif name == "a":
            self._end_of_link()
            self._link = (_address(attributes), len(self.pieces))

    def _end(self, name: str) -> None:
        if name in _UNSEEN:
            self._unseen = max(0, self._unseen - 1)
        elif name in _BLOCKS:
            self.pieces.append("\n\n")
        elif name == "a":
            self._end_of_link()

    def _end_of_link(self) -> None:
        if self._link is None:
            return
        (address, begun), self._link = self._link, None
        if address.startswith(("http://", "https://", "mailto:")):
            address = address.removeprefix("mailto:")
            if address not in "".join(self.pieces[begun:]):
                self.pieces.append(f" ({address})")

    def _text(self, raw: str) -> None:
        if raw and not self._unseen:
            self.pieces.append(re.sub(r"\s+", " ", _plain(raw)))


def _address(attributes: str) -> str:
    for name, *values in _ATTRIBUTE.findall(attributes):
        if name.lower() == "href":
            return _plain("".join(values))
    return ""


def _plain(raw: str) -> str:
    return unescape(_NO_CHARACTER.sub("\ufffd", raw)) if "&" in raw else raw

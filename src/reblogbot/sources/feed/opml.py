"""Subscription lists of other programs: the outlines of an OPML document (OPML 1 and 2).

The document is foreign text, and is read in the parser child. Entities are refused, and size,
depth and the number of outlines are bounded.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from itertools import islice
from xml.parsers import expat

from reblogbot.core.text import one_line
from reblogbot.errors import SourceError
from reblogbot.sources.feed import xml_repair
from reblogbot.sources.shared.response_body import ResponseBody

MAX_BYTES = 16_000_000
MAX_OUTLINES = 50_000
MAX_DEPTH = 50
_MAX_TEXT = 300
_MAX_URL = 4096
_MAX_CATEGORIES = 20
# Some programs write the address of a feed into the attribute of a link.
_FEED_TYPES = frozenset({"rss", "rss1", "atom", "feed", "jsonfeed"})


@dataclass(frozen=True, slots=True)
class Outline:
    """An outline without outlines in it, or with a URL: mostly the subscription of a feed.

    `url` is as it is written, "" where the outline names no feed. `folders` are the texts of the
    outlines around it, the outermost first, and then its own categories.
    """

    title: str
    url: str
    folders: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class OutlineList:
    """The outlines of a document, in its order."""

    title: str
    outlines: tuple[Outline, ...]


def read_opml(body: ResponseBody) -> OutlineList:
    """The outlines in an OPML document, of any encoding that it declares or shows.

    Bare ampersands and control characters are repaired, as in feeds. Raises SourceError
    `opml_invalid`, and (refused) `entity_declared` and `opml_too_large`.
    """
    if len(body.octets) > MAX_BYTES:
        raise _too_large(f"it has more than {MAX_BYTES // 1_000_000} MB")
    written = body.text()
    text = _repaired(written)
    reader = _OpmlReader()
    parser = expat.ParserCreate()
    parser.buffer_text = True
    parser.StartElementHandler = reader.start
    parser.EndElementHandler = reader.end
    parser.CharacterDataHandler = reader.add_text
    try:
        parser.Parse(text.encode("utf-8", "replace"), True)  # noqa: FBT003  it takes no keywords
    except expat.ExpatError as error:
        if not reader.is_opml:
            raise _not_opml() from error
        # the repair has put another declaration before the text
        line = error.lineno + written.count("\n") - text.count("\n")
        reason = expat.ErrorString(error.code)
        raise SourceError(
            "opml_invalid", f"line {line} is broken: {reason}; export the list again"
        ) from error
    return OutlineList(reader.title, tuple(reader.outlines))


def _repaired(text: str) -> str:
    try:
        return xml_repair.repair(text)[0]
    except SourceError as error:
        if error.slug != "entity_declared":
            raise
        message = "the subscription list declares entities, which no program exports; not read"
        raise SourceError("entity_declared", message, outcome="refused") from error


class _OpmlReader:
    """Collects outlines while expat reads a document."""

    def __init__(self) -> None:
        self.is_opml = False
        self.title = ""
        self.outlines: list[Outline] = []
        self._elements: list[str] = []
        self._folders: list[str] = []
        """The texts of the open outlines."""
        self._pending: Outline | None = None
        """The last opened outline that names no feed: a folder if an outline follows in it."""

    def start(self, name: str, attributes: Mapping[str, str]) -> None:
        name = name.lower()
        if not self._elements:
            if name != "opml":
                raise _not_opml()
            self.is_opml = True
        self._elements.append(name)
        if len(self._elements) > MAX_DEPTH:
            raise _too_large(f"its outlines are nested more than {MAX_DEPTH} levels deep")
        if name == "outline":
            self._start_outline({key.lower(): value for key, value in attributes.items()})

    def _start_outline(self, attributes: Mapping[str, str]) -> None:
        self._pending = None
        title = one_line((attributes.get("text") or attributes.get("title") or "")[:_MAX_TEXT])
        outline = Outline(
            title, _feed_url(attributes), (*filter(None, self._folders), *_categories(attributes))
        )
        if outline.url:
            self._add(outline)
        else:
            self._pending = outline
        self._folders.append(title)

    def end(self, name: str) -> None:
        self._elements.pop()
        if name.lower() == "outline":
            self._folders.pop()
            if self._pending is not None:
                self._add(self._pending)
                self._pending = None

    def add_text(self, text: str) -> None:
        if self._elements == ["opml", "head", "title"] and len(self.title) < _MAX_TEXT:
            self.title = one_line(f"{self.title}{text}"[:_MAX_TEXT])

    def _add(self, outline: Outline) -> None:
        if len(self.outlines) == MAX_OUTLINES:
            raise _too_large(f"it has more than {MAX_OUTLINES} outlines")
        self.outlines.append(outline)


def _feed_url(attributes: Mapping[str, str]) -> str:
    url = attributes.get("xmlurl", "").strip()
    if not url and attributes.get("type", "").strip().lower() in _FEED_TYPES:
        url = attributes.get("url", "").strip()
    # One character beyond the bound is enough for the caller to see that it is too long.
    return url[: _MAX_URL + 1]


def _categories(attributes: Mapping[str, str]) -> list[str]:
    """The categories of OPML 2.0: separated by commas, their levels by slashes."""
    written = attributes.get("category", "")[: _MAX_TEXT * _MAX_CATEGORIES]
    levels = (
        level for category in written.split(",") for level in category.split("/") if level.strip()
    )
    return [one_line(level[:_MAX_TEXT]) for level in islice(levels, _MAX_CATEGORIES)]


def _not_opml() -> SourceError:
    return SourceError(
        "opml_invalid",
        "this is no OPML document: its root element must be <opml>; export the subscriptions "
        "as OPML",
    )


def _too_large(reason: str) -> SourceError:
    message = f"the subscription list is too large: {reason}; split it into several"
    return SourceError("opml_too_large", message, outcome="refused")

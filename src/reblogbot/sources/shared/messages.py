"""Parts of the messages about documents that cannot be read."""

from __future__ import annotations

from reblogbot.errors import SourceError
from reblogbot.web.addresses import redacted_url
from reblogbot.words import Words


def excerpt(text: str) -> str:
    """The beginning of a text for a message: printable, one line, at most 60 characters."""
    printable = "".join(char if char.isprintable() else " " for char in text[:400])
    line = " ".join(printable.split())
    return line if len(line) <= 60 else line[:59] + "…"


def empty_body(url: str) -> SourceError:
    """The error for a document without any text, which came from `url`."""
    return SourceError(
        "empty_body",
        Words("{where}: the answer is empty; it is tried again later", where=redacted_url(url)),
    )

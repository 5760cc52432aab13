"""The feeds of a config as an OPML 2.0 document (http://opml.org/spec2.opml)."""

from __future__ import annotations

from datetime import datetime
from email.utils import format_datetime
from xml.sax.saxutils import escape

from reblogbot.config.settings import Config, SourceSettings


def opml_text(config: Config, now: datetime) -> str:
    """The document, with a subscription for each source of kind `feed`, in the config's order.

    Its text is the name of the source, and its categories are the source's tags, so that
    `sources import` makes the same sources of it.
    """
    feeds = [source for source in config.sources.values() if source.kind == "feed"]
    lines = [
        '<?xml version="1.0" encoding="UTF-8"?>',
        '<opml version="2.0">',
        "  <head>",
        "    <title>Feeds of reblogbot</title>",
        f"    <dateCreated>{format_datetime(now, usegmt=True)}</dateCreated>",
        "  </head>",
        "  <body>",
        *map(_outline, feeds),
        "  </body>",
        "</opml>",
    ]
    return "\n".join(lines) + "\n"


def _outline(source: SourceSettings) -> str:
    attributes = {"type": "rss", "text": source.name, "title": source.title or source.name}
    attributes["xmlUrl"] = source.url
    if source.tags:
        attributes["category"] = ",".join(source.tags)
    written = " ".join(f'{name}="{_escaped(value)}"' for name, value in attributes.items())
    return f"    <outline {written}/>"


def _escaped(value: str) -> str:
    # XML has no form for control characters, which a title in TOML may hold
    printable = "".join(char if char.isprintable() else " " for char in value)
    return escape(printable, {'"': "&quot;"})

"""The header of a feed: what it says of itself, as far as it decides how its entries are read."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from typing import Any, NamedTuple
from urllib.parse import urlsplit

from reblogbot.core.text import language_tag
from reblogbot.sources.shared.urls import web_url

_PERIODS = {"hourly": 1, "daily": 24, "weekly": 24 * 7, "monthly": 24 * 30, "yearly": 24 * 365}
_LONGEST_TTL = 366 * 24 * 60


class FeedHeader(NamedTuple):
    """The version and language of a feed, and the URL that relative links resolve against."""

    version: str
    language: str
    is_chinese: bool
    base: str

    @property
    def is_atom(self) -> bool:
        return self.version.startswith("atom")


def read_header(parsed: Mapping[str, Any], url: str, *, looks_chinese: bool) -> FeedHeader:
    """The header of what feedparser parsed from a document at `url`.

    `looks_chinese` counts where the feed does not declare its language.
    """
    feed = parsed["feed"]
    language = language_of(feed) or language_of(feed.get("title_detail", {}))
    is_chinese = language.lower().startswith("zh") if language else looks_chinese
    version = str(parsed.get("version", ""))
    return FeedHeader(version, language, is_chinese, base_of(url, str(feed.get("link") or "")))


def base_of(url: str, homepage: str) -> str:
    """The URL that relative links resolve against in a feed from `url`, without xml:base.

    That is the document itself (RFC 4287 §2; RSS does not say), unless it is served by another
    host than that of the `homepage` it names: then the homepage.
    """
    home = web_url(url, homepage)
    return home if home and urlsplit(home).hostname != urlsplit(url).hostname else url


def language_of(element: Mapping[str, Any]) -> str:
    """The language tag of a feed, an entry or a text of it; "" when it has none."""
    return language_tag(str(element.get("language") or ""))


def fresh_for(feed: Mapping[str, Any]) -> timedelta | None:
    """How long the feed says it stays fresh: the longer of its ttl and its update period."""
    minutes = count_of(feed.get("ttl")) or 0
    period = _PERIODS.get(str(feed.get("sy_updateperiod") or "").strip().lower(), 0)
    minutes = max(minutes, period * 60 // max(count_of(feed.get("sy_updatefrequency")) or 1, 1))
    return timedelta(minutes=min(minutes, _LONGEST_TTL)) if minutes else None


def count_of(value: Any) -> int | None:
    """A non-negative decimal number of at most nine digits; None for anything else."""
    text = str(value or "")
    return int(text) if text.isascii() and text.isdigit() and len(text) < 10 else None

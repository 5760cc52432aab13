"""The document of `sources discover`."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypedDict

if TYPE_CHECKING:
    from reblogbot.sources.feed.discovery import Discovery


class FeedRow(TypedDict):
    """A feed that was read."""

    url: str
    title: str
    kind: str
    """The kind of source that reads it."""
    entries: int


class FailedFeedRow(TypedDict):
    """A feed that the page names and that cannot be read."""

    url: str
    error: str


class DiscoveryDocument(TypedDict):
    """The feeds of a web page."""

    feeds: list[FeedRow]
    failures: list[FailedFeedRow]


def discovery_json(discovery: Discovery) -> DiscoveryDocument:
    """The result of `sources discover`."""
    return {
        "feeds": [
            {"url": feed.url, "title": feed.title, "kind": feed.kind, "entries": feed.entries}
            for feed in discovery.feeds
        ],
        "failures": [{"url": url, "error": error} for url, error in discovery.failures.items()],
    }

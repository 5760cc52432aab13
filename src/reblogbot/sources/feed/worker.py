"""The jobs that the parser child runs for a feed; the main process imports nothing heavier."""

from __future__ import annotations

from reblogbot.model import Batch, Entry
from reblogbot.sources.shared.response_body import ResponseBody


def read_feed(body: ResponseBody) -> Batch:
    """The Batch in the body of a feed. Raises SourceError; see `parse.parse_body`."""
    from reblogbot.sources.feed import parse  # noqa: PLC0415  spares the main process the import

    return parse.parse_body(body)


def outline_feed(body: ResponseBody) -> Batch:
    """The same Batch with outlines of entries. Raises SourceError; see `parse.outline_body`."""
    from reblogbot.sources.feed import parse  # noqa: PLC0415  spares the main process the import

    return parse.outline_body(body)


def read_entries(body: ResponseBody, positions: tuple[int, ...]) -> tuple[Entry, ...]:
    """The whole entries of the outlines at these positions, within all bounds of one poll.

    Raises SourceError.
    """
    from reblogbot.core import bounds  # noqa: PLC0415  only the parser child needs it
    from reblogbot.sources.feed import parse  # noqa: PLC0415  spares the main process the import

    return bounds.bounded(Batch(parse.read_entries(body, positions))).entries

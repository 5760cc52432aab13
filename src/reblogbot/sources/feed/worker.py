"""The job that the parser child runs for a feed; the main process imports nothing heavier."""

from __future__ import annotations

from reblogbot.model import Batch
from reblogbot.sources.shared.body import Body


def read_feed(body: Body) -> Batch:
    """The Batch in the body of a feed. Raises SourceError; see `parse.parse`."""
    from reblogbot.sources.feed import parse  # noqa: PLC0415  spares the main process the import

    return parse.parse_body(body)

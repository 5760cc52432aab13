"""The job that the parser child runs for a feed; the main process imports nothing heavier."""

from __future__ import annotations

from reblogbot.model import Batch
from reblogbot.sources.shared.response_body import ResponseBody


def read_feed(body: ResponseBody) -> Batch:
    """The Batch in the body of a feed. Raises SourceError; see `parse.parse`."""
    from reblogbot.sources.feed import parse  # noqa: PLC0415  spares the main process the import

    return parse.parse_body(body)

"""What came of a document, as it is handed to whoever reads it in the parse worker."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any, NamedTuple
from zoneinfo import ZoneInfo

from reblogbot.model import Batch
from reblogbot.sources.shared.encoding import decode


class Body(NamedTuple):
    """The bytes, what the server called them, and whence they came at last.

    `encoding` is the admin's word or "", `timezone` where dates without a zone were written.
    """

    octets: bytes
    content_type: str
    url: str
    encoding: str
    timezone: str
    now: datetime

    def text(self) -> str:
        """The text the bytes are."""
        return decode(self.octets, content_type=self.content_type, wanted=self.encoding)

    def zone(self) -> ZoneInfo:
        """Where dates without a zone were written."""
        return ZoneInfo(self.timezone)


def read_bounded(parse: Callable[..., Batch], body: Body, own: tuple[Any, ...]) -> Batch:
    """What `parse` makes of the body and of `own`, within the bounds of one poll."""
    from reblogbot.core import bounds  # noqa: PLC0415  only the worker reads

    return bounds.bounded(parse(body, *own))


def read_feed(body: Body) -> Batch:
    """The Batch in the body of a feed; see `parse_feed.parse`.

    Named by those who never read one themselves: only the worker imports what it takes.
    """
    from reblogbot.sources.feed import parse as parse_feed  # noqa: PLC0415

    return parse_feed.parse_body(body)

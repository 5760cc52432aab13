"""The body of a response, as the main process hands it to a parse function in the parser child."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any, NamedTuple
from zoneinfo import ZoneInfo

from reblogbot.model import Batch
from reblogbot.sources.shared.encoding import decode


class ResponseBody(NamedTuple):
    """The bytes of a response, its Content-Type, and the final URL it came from.

    `encoding` is the one that the config sets for the source, or "". `timezone` is the zone of
    dates that are written without one.
    """

    octets: bytes
    content_type: str
    url: str
    encoding: str
    timezone: str
    now: datetime

    def text(self) -> str:
        """The decoded text. Raises SourceError when the configured encoding is unknown."""
        return decode(self.octets, content_type=self.content_type, configured=self.encoding)

    def zone(self) -> ZoneInfo:
        """The zone of dates that are written without one."""
        return ZoneInfo(self.timezone)


def read_bounded(
    parse: Callable[..., Batch], body: ResponseBody, arguments: tuple[Any, ...]
) -> Batch:
    """The Batch that `parse(body, *arguments)` returns, cut to the bounds of one poll."""
    from reblogbot.core import bounds  # noqa: PLC0415  only the parser child needs it

    return bounds.bounded(parse(body, *arguments))

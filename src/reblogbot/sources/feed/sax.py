"""The driver by which feedparser reads XML: the standard library's, with its text in one piece."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any
from xml.sax.expatreader import ExpatParser


@contextmanager
def preferred(drivers: list[str]) -> Iterator[None]:
    """Meanwhile this driver comes first in `drivers`, feedparser's own list of names."""
    drivers.insert(0, __name__)
    try:
        yield
    finally:
        drivers.remove(__name__)


class _Buffered(ExpatParser):
    """Hands on a text once, not once for each line and reference in it: a fifth of the time."""

    _parser: Any

    def reset(self) -> None:
        """Begin anew, with a new expat."""
        super().reset()
        self._parser.buffer_text = True


def create_parser() -> ExpatParser:
    """A parser of one document; the name is what `xml.sax.make_parser` asks a driver for."""
    return _Buffered()

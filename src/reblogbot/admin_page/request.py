"""What a view gets, and what it returns. Views are synchronous functions; they run in a thread."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta, tzinfo
from typing import Any, Literal
from urllib.parse import urlencode

from reblogbot.admin_page.sessions import Session
from reblogbot.admin_page.tools import Tools

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)
MAX_BODY = 300_000
"""Bytes of a form, which may hold a whole config file."""
MAX_FILE = 5_000_000
"""Bytes of an uploaded file."""


@dataclass(frozen=True, slots=True)
class File:
    """An uploaded file."""

    name: str
    content: bytes


@dataclass(frozen=True, slots=True)
class PageRequest:
    """A request of a browser.

    `parts` are the variables of the route's path. `query` and `form` have all values of each name,
    in their order. `admin` is the name of the person logged in, "" for none. `origin` is the
    address of all pages for browsers, without a slash at its end. `is_live` tells that a page that
    is open in the browser asks for its news by itself.
    """

    tools: Tools
    session: Session
    language: str
    zone: tzinfo
    path: str = "/"
    address: str = ""
    origin: str = ""
    admin: str = ""
    parts: Mapping[str, str] = field(default_factory=dict)
    query: Mapping[str, Sequence[str]] = field(default_factory=dict)
    form: Mapping[str, Sequence[str]] = field(default_factory=dict)
    files: Mapping[str, File] = field(default_factory=dict)
    is_live: bool = False

    def value(self, name: str, default: str = "") -> str:
        """The first value of a field of the form or, in a GET, of the query."""
        values = self.form.get(name) or self.query.get(name)
        return values[0] if values else default

    def values(self, name: str) -> Sequence[str]:
        """All values of a field of the form or, in a GET, of the query."""
        return self.form.get(name) or self.query.get(name) or ()

    def place(self, name: str) -> tuple[datetime, int] | None:
        """A value as a place in a list, as `place_text` writes it; None for anything else."""
        micros, _, number = self.value(name)[:40].partition("-")
        if not (micros.isdecimal() and number.isdecimal() and max(len(micros), len(number)) < 17):
            return None
        return _EPOCH + int(micros) * _MICROSECOND, int(number)

    def number(self, name: str, default: int = 0, most: int = 2**63 - 1) -> int:
        """A value as a number of 0 to `most`; the default for anything else."""
        written = self.value(name)
        if not (written.isascii() and written.isdigit() and len(written) < 20):
            return default
        return min(int(written), most)


@dataclass(frozen=True, slots=True)
class Page:
    """A page: a template and its values."""

    template: str
    values: Mapping[str, Any] = field(default_factory=dict)
    status: int = 200


@dataclass(frozen=True, slots=True)
class Redirect:
    """Another page of ours, for the result of a change; `message` is shown there once.

    `path` begins with a slash and has no prefix; `query` is added to it. An empty `path` is the
    page that the form was on.
    """

    path: str = ""
    message: str = ""
    is_error: bool = False
    query: Mapping[str, str] = field(default_factory=dict)

    @property
    def target(self) -> str:
        """The path with its query."""
        return f"{self.path}?{urlencode(self.query)}" if self.query else self.path


@dataclass(frozen=True, slots=True)
class Reload:
    """The same page again, as a request that begins on a page of ours.

    A browser that comes from another site sends no cookie of ours before.
    """

    query: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Download:
    """A file that the browser saves."""

    name: str
    content: bytes
    content_type: str


Reply = Page | Redirect | Reload | Download
View = Callable[[PageRequest], Reply]


@dataclass(frozen=True, slots=True)
class Route:
    """A view and the requests that it answers.

    A public one needs no login. A slow one talks to other servers. Only one that `takes_files`
    accepts them.
    """

    method: Literal["GET", "POST"]
    path: str
    view: View
    is_public: bool = False
    is_slow: bool = False
    takes_files: bool = False


def place_text(place: tuple[datetime, int] | None) -> str:
    """A place in a list, an instant and the number of a row, for the query of the next page."""
    return f"{(place[0] - _EPOCH) // _MICROSECOND}-{place[1]}" if place is not None else ""


class NotThere(Exception):
    """The page, or the thing that it shows, does not exist (any more)."""

"""The result of polling a source once."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import timedelta

from reblogbot.model.entry import Entry


@dataclass(frozen=True, slots=True)
class Validators:
    """Values of the last response that make the next request conditional (RFC 9110, 13.1).

    `etag` and `last_modified` are verbatim; `digest` is of the decoded body, in hex;
    `cursor` is text in a format of the source's kind, such as the id of the last status read.
    """

    etag: str = ""
    last_modified: str = ""
    digest: str = ""
    cursor: str = ""


@dataclass(frozen=True, slots=True)
class Batch:
    """The result of one poll: all entries the source shows now, in the source's own order.

    With `not_modified` the entries are empty and the previous batch is still valid.
    `fresh_for` is how long the source declares its response fresh, `skipped_hours` are the
    hours of the week (UTC, 0 is Monday's first) in which it wants no polls; `moved_to` is the
    URL that responded after permanent redirects alone, "" when it did not move. `left_out`
    counts the oldest entries of a document with more entries than are read of one.
    """

    entries: tuple[Entry, ...] = ()
    title: str = ""
    language: str = ""
    validators: Validators = field(default_factory=Validators)
    not_modified: bool = False
    fresh_for: timedelta | None = None
    skipped_hours: frozenset[int] = frozenset()
    moved_to: str = ""
    left_out: int = 0

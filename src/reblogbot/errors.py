"""All exceptions that reblogbot raises on purpose.

    ReblogbotError                 slug, message, exit code
    ├── ConfigError           2    the config or the command line is wrong; lists every fault
    ├── StoreError            3    the store cannot be used
    │   └── StoreInterrupted       the database server aborted the transaction: it may be repeated
    ├── SourceError                one source could not be polled; has the outcome
    ├── StepError                  a step returned no result for an entry
    └── TargetError                one call to an account's server failed
        ├── Unreachable            no connection: nothing was posted
        ├── Lapsed                 the lease ended before the request was sent: nothing was posted
        ├── RateLimited            429: nothing was posted, and no request is allowed for a while
        ├── Unauthorised           401, 403: nothing was posted, the token or this post is at fault
        ├── Rejected               the server refused this post: nothing was posted
        │   └── TooLong            the post is over the server's limit
        └── Doubtful               unknown whether it was posted

Each slug has a paragraph in docs/operations.md. Messages must not refer to it, because an
installed copy does not have it.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from difflib import get_close_matches
from enum import IntEnum
from typing import TYPE_CHECKING, Literal, NamedTuple

if TYPE_CHECKING:
    from datetime import datetime


class Exit(IntEnum):
    """The program's exit codes."""

    OK = 0
    FAILED = 1
    CONFIG = 2
    STORE = 3
    INTERRUPTED = 130


class ReblogbotError(Exception):
    """An error an admin can act on: the message says what, where and what to do."""

    exit_code: Exit = Exit.FAILED

    def __init__(self, slug: str, message: str) -> None:
        super().__init__(message)
        self.slug = slug
        self.message = message


class ConfigFault(NamedTuple):
    """One error in a config file; `line` is 0 where the line is unknown."""

    # no dataclass: their module would be a tenth of what `--help` imports

    path: str
    message: str
    line: int = 0
    slug: str = "value_invalid"


class ConfigError(ReblogbotError):
    """The config or the command line is wrong; `faults` lists all errors."""

    exit_code = Exit.CONFIG

    def __init__(self, slug: str, message: str, faults: Sequence[ConfigFault] = ()) -> None:
        super().__init__(slug, message)
        self.faults = tuple(faults)


class StoreError(ReblogbotError):
    """The store cannot be used: not a store, another version, read-only, full or locked."""

    exit_code = Exit.STORE


class StoreInterrupted(StoreError):
    """The database server aborted a transaction or the connection broke: it may be repeated.

    Nothing of it was stored, unless the connection broke during the commit.
    """


Failure = Literal["failed", "refused", "retry_later", "gone"]


class SourceError(ReblogbotError):
    """One source could not be polled.

    `outcome` is what `sync --json` prints. Before `retry_at` (aware UTC) the server must not be
    polled again: it is the server's wish, within our bounds.
    """

    def __init__(
        self,
        slug: str,
        message: str,
        *,
        outcome: Failure = "failed",
        retry_at: datetime | None = None,
    ) -> None:
        super().__init__(slug, message)
        self.outcome: Failure = outcome
        self.retry_at = retry_at

    @property
    def asks_to_wait(self) -> bool:
        """True when the server asked to wait: by 429, or by a time to retry at."""
        return self.retry_at is not None or self.slug == "rate_limited"


class StepError(ReblogbotError):
    """A step returned no result for an entry.

    With `is_final` another call cannot succeed before the config changes. With `is_of_service` the
    fault is none of this entry: all calls of the step wait, at least until `retry_at` (aware UTC).
    """

    def __init__(
        self,
        slug: str,
        message: str,
        *,
        is_final: bool = False,
        is_of_service: bool = False,
        retry_at: datetime | None = None,
    ) -> None:
        super().__init__(slug, message)
        self.is_final = is_final
        self.is_of_service = is_of_service
        self.retry_at = retry_at


class TargetError(ReblogbotError):
    """One call to an account's server failed."""


class Unreachable(TargetError):
    """No connection was made (refused, DNS, TLS): certainly nothing was posted."""


class LeaseExpired(TargetError):
    """The lease ended before the request was sent: this process posted nothing."""


class RateLimited(TargetError):
    """The server answered 429: nothing was posted, and no request may be sent before `until`."""

    def __init__(self, slug: str, message: str, until: datetime) -> None:
        super().__init__(slug, message)
        self.until = until


class Unauthorised(TargetError):
    """The server answered 401 or 403, or no longer knows the token: nothing was posted."""


class Rejected(TargetError):
    """The server refused this post: certainly nothing was posted."""


class TooLong(Rejected):
    """The server refused the post as too long for its limit."""


class Doubtful(TargetError):
    """No answer, or none that says whether the post was made: it must be read back."""


def did_you_mean(word: str, names: Collection[str]) -> str:
    """`; did you mean "every"?`, or "" where no name is similar."""
    by_folded_name = {name.casefold(): name for name in names}
    similar = get_close_matches(word.casefold(), by_folded_name, 1) if len(word) <= 60 else []
    return f'; did you mean "{by_folded_name[similar[0]]}"?' if similar else ""


def unknown_name_message(noun: str, word: str, names: Collection[str]) -> str:
    """`no source "choti"; did you mean "chouti"?`, or a list of names where none is similar."""
    listed = ", ".join(list(names)[:20])
    if len(names) > 20:
        listed += f" and {len(names) - 20} more"
    others = f"; there are {listed}" if listed else "; there is none"
    return f'no {noun} "{word}"{did_you_mean(word, names) or others}'

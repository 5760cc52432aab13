"""Every exception reblogbot raises on purpose.

    ReblogbotError                 slug, message, exit code
    ├── ConfigError           2    the config or the command line is wrong; carries every fault
    ├── StoreError            3    the store cannot be used
    │   └── StoreInterrupted       … this very moment: what was asked of it may be asked again
    ├── SourceError                one source could not be polled; carries the outcome
    └── TargetError                one call to an account's server did not end in success
        ├── Unreachable            the request was never made: nothing was posted
        ├── Lapsed                 nor by us any more: another process may do it now
        ├── RateLimited            429: nothing was posted, ask again later
        ├── Unauthorised           401, 403: nothing was posted, the token or this post is at fault
        ├── Rejected               the server said no to this very post: nothing was posted
        │   └── TooLong            … because it is over the server's limit
        └── Doubtful               nobody knows whether it was posted

Each slug has a paragraph in docs/operations.md, which an installed copy does not have: messages
must not send anybody there.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from difflib import get_close_matches
from enum import IntEnum
from typing import Literal


class Exit(IntEnum):
    """The program's exit codes, as the contract names them."""

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


@dataclass(frozen=True, slots=True)
class Fault:
    """One thing wrong in a config file; `line` is 0 where no line can be named."""

    path: str
    message: str
    line: int = 0
    slug: str = "value_invalid"

    def as_json(self) -> dict[str, str | int]:
        """The fault as `check --json` lists it."""
        return {
            "path": self.path,
            "line": self.line,
            "message": self.message,
            "slug": self.slug,
        }


class ConfigError(ReblogbotError):
    """The config or the command line is wrong; `faults` lists everything found at once."""

    exit_code = Exit.CONFIG

    def __init__(self, slug: str, message: str, faults: Sequence[Fault] = ()) -> None:
        super().__init__(slug, message)
        self.faults = tuple(faults)


class StoreError(ReblogbotError):
    """The store cannot be used: garbage, another version, read-only, full or locked."""

    exit_code = Exit.STORE


class StoreInterrupted(StoreError):
    """A transaction that a database server took back, or cut off, may be done once more.

    Nothing of it stands, unless the cut came while it was committed.
    """


Failure = Literal["failed", "refused", "retry_later", "gone"]


class SourceError(ReblogbotError):
    """One source could not be polled.

    `outcome` is what `sync --json` shows; `retry_at` (aware UTC) is the instant the
    server named, already clamped, before which it must not be asked again.
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
    def asks_for_rest(self) -> bool:
        """True when the server asked to be left alone: by 429, or by naming a time."""
        return self.retry_at is not None or self.slug == "rate_limited"


class TargetError(ReblogbotError):
    """One call to an account's server did not end in success."""


class Unreachable(TargetError):
    """The connection was never made (refused, DNS, TLS): certainly nothing was posted."""


class Lapsed(TargetError):
    """The lease ended before the request was written: nothing was posted, by us."""


class RateLimited(TargetError):
    """The server answered 429: nothing was posted, and nothing may be asked before `until`."""

    def __init__(self, slug: str, message: str, until: datetime) -> None:
        super().__init__(slug, message)
        self.until = until


class Unauthorised(TargetError):
    """The server answered 401 or 403, or knows the token no more: nothing was posted."""


class Rejected(TargetError):
    """The server refused this very post: certainly nothing was posted."""


class TooLong(Rejected):
    """The server refused the post as too long for its limit."""


class Doubtful(TargetError):
    """No answer, or none that tells whether the post was made: it must be read back."""


def did_you_mean(word: str, known: Collection[str]) -> str:
    """`; did you mean "every"?`, or "" where nothing is near."""
    by_case = {name.casefold(): name for name in known}
    near = get_close_matches(word.casefold(), by_case, 1) if len(word) <= 60 else []
    return f'; did you mean "{by_case[near[0]]}"?' if near else ""


def unknown(noun: str, word: str, known: Collection[str]) -> str:
    """`no source "choti"; did you mean "chouti"?`; the known names where none is near."""
    listed = list(known)
    names = ", ".join(listed[:20]) + (f" and {len(listed) - 20} more" if len(listed) > 20 else "")
    others = f"; there are {names}" if listed else "; there is none"
    return f'no {noun} "{word}"{did_you_mean(word, listed) or others}'

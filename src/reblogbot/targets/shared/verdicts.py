"""What an answer, or no answer, means for the caller: by the table of the kind of server."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from reblogbot.errors import (
    Doubtful,
    LeaseExpired,
    RateLimited,
    Rejected,
    TargetError,
    TooLong,
    Unauthorised,
    Unreachable,
)
from reblogbot.targets.shared import rate_limit
from reblogbot.targets.shared.answers import (
    NoAnswer,
    Phase,
    Purpose,
    ServerAnswer,
    Shape,
    words_of,
)
from reblogbot.words import Words

# characters of an answer that are searched for words
_MAX_SEARCHED = 2000
WITH_WORDS: frozenset[Shape] = frozenset({"json", "plain"})
ANY_SHAPE: frozenset[Shape] = frozenset({"json", "plain", "html", "empty"})
CLIENT_ERRORS = frozenset(range(400, 500))
ALL_PURPOSES: frozenset[Purpose] = frozenset({"create", "read", "verify", "delete"})


class Verdict(StrEnum):
    """What an outcome means for the caller. All but OK become a TargetError."""

    OK = "ok"
    RATE_LIMITED = "rate_limited"
    UNAUTHORISED = "unauthorised"
    TOO_LONG = "too_long"
    REJECTED = "rejected"
    UNREACHABLE = "unreachable"
    LAPSED = "lapsed"
    DOUBTFUL = "doubtful"


@dataclass(frozen=True, slots=True)
class Row:
    """One row of the table. It matches by purpose, status and shape, and where `words` occur."""

    purposes: frozenset[Purpose]
    statuses: frozenset[int]
    shapes: frozenset[Shape]
    words: str
    verdict: Verdict
    slug: str


@dataclass(frozen=True, slots=True)
class AnswerTable:
    """What the answers of a kind of server mean.

    The first row that matches decides about an error; what matches no row is doubtful. `is_good`
    tells whether an answer with a 2xx status is good for its purpose. `advice` has what to do for
    each slug that differs from ADVICE.
    """

    rows: tuple[Row, ...]
    is_good: Callable[[ServerAnswer, Purpose], bool]
    advice: Mapping[str, str]

    def classify(self, outcome: ServerAnswer | NoAnswer, purpose: Purpose) -> tuple[Verdict, str]:
        """The verdict and its slug."""
        if isinstance(outcome, NoAnswer):
            return _NO_ANSWER[outcome.phase]
        if 200 <= outcome.status < 300:
            is_good = self.is_good(outcome, purpose)
            return (Verdict.OK, "") if is_good else (Verdict.DOUBTFUL, "unreadable_answer")
        for row in self.rows:
            if _matches(row, outcome, purpose):
                return row.verdict, row.slug
        return Verdict.DOUBTFUL, "unreadable_answer"

    def good_answer(
        self,
        outcome: ServerAnswer | NoAnswer,
        purpose: Purpose,
        *,
        where: str,
        now: datetime,
        secret: str = "",
    ) -> ServerAnswer:
        """The answer, if it is good for its purpose. Raises the TargetError of the verdict.

        `where` names the server and the request; `secret` is kept out of the message.
        """
        verdict, slug = self.classify(outcome, purpose)
        if isinstance(outcome, ServerAnswer):
            if verdict is Verdict.OK:
                return outcome
            if verdict is Verdict.RATE_LIMITED:
                at = rate_limit.ends_at(outcome.headers, now)
                raise RateLimited(
                    slug,
                    Words(
                        "{where}: too many requests; waiting until {time} UTC",
                        where=where,
                        time=f"{at:%H:%M}",
                    ),
                    at,
                )
        raise _ERROR_CLASSES[verdict](slug, self.error_message(slug, outcome, where, secret))

    def error_message(
        self, slug: str, outcome: ServerAnswer | NoAnswer, where: str, secret: str = ""
    ) -> str:
        """One line: where, what to do, and the server's words."""
        words = words_of(outcome, secret)
        reason = self.advice.get(slug) or ADVICE[slug]
        if not words:
            return Words("{where}: {reason}", where=where, reason=reason)
        return Words("{where}: {reason} ({words})", where=where, reason=reason, words=words)


def _matches(row: Row, answer: ServerAnswer, purpose: Purpose) -> bool:
    return (
        purpose in row.purposes
        and answer.status in row.statuses
        and answer.shape in row.shapes
        and re.search(row.words, answer.text[:_MAX_SEARCHED], re.IGNORECASE) is not None
    )


_NO_ANSWER: dict[Phase, tuple[Verdict, str]] = {
    "preparing": (Verdict.REJECTED, "unsendable"),
    "connecting": (Verdict.UNREACHABLE, "unreachable"),
    "lapsed": (Verdict.LAPSED, "lapsed"),
    "sent": (Verdict.DOUBTFUL, "no_answer"),
}
_ERROR_CLASSES: dict[Verdict, type[TargetError]] = {
    Verdict.UNAUTHORISED: Unauthorised,
    Verdict.TOO_LONG: TooLong,
    Verdict.REJECTED: Rejected,
    Verdict.UNREACHABLE: Unreachable,
    Verdict.LAPSED: LeaseExpired,
    Verdict.DOUBTFUL: Doubtful,
}
ADVICE = {
    "not_retracted": Words("the server does not delete it; delete it there by hand"),
    "not_there": Words("the server finds nothing there"),
    "redirected": Words("the server redirects; set the account's server to its final address"),
    "server_error": Words("the server has an error; it is tried again later"),
    "unreadable_answer": Words("an answer that cannot be read; it is tried again later"),
    "unsendable": Words("the text cannot be put into a request; skip it"),
    "unreachable": Words("no connection; check the account's server address and the network"),
    "lapsed": Words(
        "nothing was sent: the lease had ended, because this process was stopped or the"
        " machine slept"
    ),
    "no_answer": Words("the connection broke before an answer came; it is tried again later"),
}
"""What to do, by the slug of the error."""

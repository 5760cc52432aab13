"""What a server's answer, or no answer, means for a post: one literal table."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any, Literal
from urllib.parse import parse_qs, urlsplit

from reblogbot.config.secrets import without_secret
from reblogbot.core.mastodon_json import id_of
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
from reblogbot.targets.mastodon import rate_limit
from reblogbot.words import Words

_NEXT = re.compile(r'\brel="?next\b')
_PREVIOUS = re.compile(r'\brel="?prev\b')

Purpose = Literal["create", "read", "verify", "delete"]
Shape = Literal["json", "plain", "html", "empty"]
Phase = Literal["preparing", "connecting", "lapsed", "sent"]


@dataclass(frozen=True, slots=True)
class ServerAnswer:
    """An answer. `headers` have lower-case names; `is_whole` is False for a body cut short."""

    status: int
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes = b""
    is_whole: bool = True

    @property
    def text(self) -> str:
        return self.body.decode("utf-8", "replace")

    @property
    def shape(self) -> Shape:
        """What the body contains, by its first bytes: servers mislabel errors and pages."""
        start = self.body[:512].lstrip(b"\xef\xbb\xbf \t\r\n")
        if not start:
            return "empty"
        if start.startswith(b"<"):
            return "html"
        if self.json() is not None:
            return "json"
        return "html" if "html" in self.headers.get("content-type", "").lower() else "plain"

    @property
    def next_max_id(self) -> str | None:
        """The max_id of the next page in the Link header (RFC 8288).

        "" where the header links to a previous page only, None where it links to no page.
        """
        max_id = None
        for part in self.headers.get("link", "").split(","):
            address, _, rest = part.partition(">")
            if _NEXT.search(rest):
                query = parse_qs(urlsplit(address.strip().lstrip("<")).query)
                return query["max_id"][0] if "max_id" in query else None
            if _PREVIOUS.search(rest):
                max_id = ""
        return max_id

    def json(self) -> Any:
        """The parsed body, None when it is not JSON (or is `null`, which says nothing either)."""
        try:
            return json.loads(self.body)
        except (ValueError, RecursionError):
            return None


@dataclass(frozen=True, slots=True)
class NoAnswer:
    """A call without an answer: how far it got, and the reason in a few words."""

    phase: Phase
    reason: str


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


LENGTH_WORDS = (
    r"too long|character limit|over the limit|exceeds? (the )?max|max(imum)?[ _]?(char|length)"
    r"|(max|exceed)\w{0,20}.{0,20} characters|(longer|greater|more) than \d+ char|at most \d+ char"
    r"|字.{0,4}限制|文字数?.{0,6}(上限|超)|上限.{0,8}文字"
    r"|글자.{0,8}초과|Zeichen|caract[eè]res|caracteres|caratteri|символ|знаков"
)
SCOPE_WORDS = "scope|insufficient permissions"
# characters of an answer that are searched for words
_MAX_SEARCHED = 2000
_MAX_WORDS = 200
WITH_WORDS: frozenset[Shape] = frozenset({"json", "plain"})
ANY_SHAPE: frozenset[Shape] = frozenset({"json", "plain", "html", "empty"})
CLIENT_ERRORS = frozenset(range(400, 500))


@dataclass(frozen=True, slots=True)
class Row:
    """One row of the table. It matches by purpose, status and shape, and where `words` occur."""

    purposes: frozenset[Purpose]
    statuses: frozenset[int]
    shapes: frozenset[Shape]
    words: str
    verdict: Verdict
    slug: str


_ALL: frozenset[Purpose] = frozenset({"create", "read", "verify", "delete"})
_CREATE: frozenset[Purpose] = frozenset({"create"})
_VERIFY: frozenset[Purpose] = frozenset({"verify"})
_DELETE: frozenset[Purpose] = frozenset({"delete"})
_V = Verdict

# The first row that matches decides. What matches no row is doubtful.
ERRORS: tuple[Row, ...] = (
    Row(_ALL, frozenset({429}), ANY_SHAPE, "", _V.RATE_LIMITED, "rate_limited"),
    # Takahē's answer on verify_credentials to a token without the whole of `read`
    Row(_ALL, frozenset({401, 403}), WITH_WORDS, SCOPE_WORDS, _V.UNAUTHORISED, "scope_missing"),
    Row(_VERIFY, CLIENT_ERRORS, ANY_SHAPE, "", _V.UNAUTHORISED, "token_refused"),
    Row(_ALL, frozenset({401, 403}), ANY_SHAPE, "", _V.UNAUTHORISED, "not_allowed"),
    # Takahē
    Row(
        _ALL, frozenset({400}), WITH_WORDS, "invalid bearer token", _V.UNAUTHORISED, "token_refused"
    ),
    # Mastodon's answer to a text that mentions others than `allowed_mentions` names
    Row(_CREATE, frozenset({422}), WITH_WORDS, "unexpected_accounts", _V.REJECTED, "would_notify"),
    # Pixelfed
    Row(
        _CREATE, frozenset({400}), WITH_WORDS, "duplicate idempotency", _V.DOUBTFUL, "duplicate_key"
    ),
    Row(_CREATE, frozenset({400, 413, 422}), WITH_WORDS, LENGTH_WORDS, _V.TOO_LONG, "too_long"),
    Row(_CREATE, frozenset({400, 410, 413, 422}), WITH_WORDS, "", _V.REJECTED, "rejected"),
    Row(_DELETE, frozenset({400, 405, 422}), WITH_WORDS, "", _V.REJECTED, "not_retracted"),
    # Mastodon's answer to a repeated key whose first post was deleted
    Row(_CREATE, frozenset({404}), frozenset({"json"}), "", _V.DOUBTFUL, "not_found"),
    Row(_ALL, frozenset({404, 410}), ANY_SHAPE, "", _V.DOUBTFUL, "not_there"),
    Row(_ALL, frozenset(range(300, 400)), ANY_SHAPE, "", _V.DOUBTFUL, "redirected"),
    Row(_ALL, frozenset(range(500, 600)), ANY_SHAPE, "", _V.DOUBTFUL, "server_error"),
)


def classify(outcome: ServerAnswer | NoAnswer, purpose: Purpose) -> tuple[Verdict, str]:
    """The verdict and its slug. For a creation only JSON with an id is OK.

    A page in answer to a deletion may be that of a proxy: it does not tell that anything happened.
    """
    if isinstance(outcome, NoAnswer):
        return _NO_ANSWER[outcome.phase]
    if 200 <= outcome.status < 300:
        content = outcome.json()
        if purpose == "delete":
            is_good = outcome.shape in ("json", "empty")
        else:
            is_good = content is not None if purpose == "read" else bool(id_of(content))
        return (Verdict.OK, "") if is_good else (Verdict.DOUBTFUL, "unreadable_answer")
    for row in ERRORS:
        if _matches(row, outcome, purpose):
            return row.verdict, row.slug
    return Verdict.DOUBTFUL, "unreadable_answer"


def good_answer(
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
    verdict, slug = classify(outcome, purpose)
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
    raise _ERROR_CLASSES[verdict](slug, error_message(slug, outcome, where, secret))


def error_message(slug: str, outcome: ServerAnswer | NoAnswer, where: str, secret: str = "") -> str:
    """One line: where, what to do, and the server's words."""
    words = words_of(outcome, secret)
    if not words:
        return Words("{where}: {reason}", where=where, reason=_ADVICE[slug])
    return Words("{where}: {reason} ({words})", where=where, reason=_ADVICE[slug], words=words)


def words_of(outcome: ServerAnswer | NoAnswer, secret: str = "") -> str:
    """The server's words, or the reason for no answer: one printable line of 200 characters."""
    if isinstance(outcome, NoAnswer):
        return _one_line(outcome.reason, secret)
    content = outcome.json()
    words: object = ""
    if isinstance(content, Mapping):
        words = content.get("error_description") or content.get("error") or content.get("message")
    elif 300 <= outcome.status < 400:
        target = host_of(outcome.headers.get("location", ""))
        words = f"to {target}" if target else ""
    elif outcome.shape == "html":
        words = "a page"
    else:
        words = outcome.text[:1000] if content is None else content
    return _one_line(f"HTTP {outcome.status} {words if isinstance(words, str) else ''}", secret)


def host_of(url: str) -> str:
    """The host and port of an account's server, for messages."""
    return urlsplit(url).netloc.rpartition("@")[2]


def _one_line(text: str, secret: str) -> str:
    printable = "".join(
        char if char.isprintable() else " " for char in without_secret(text, secret)[:1000]
    )
    line = " ".join(printable.split())
    return line if len(line) <= _MAX_WORDS else line[: _MAX_WORDS - 1] + "…"


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
_ADVICE = {
    "token_refused": Words(
        "the token is refused; put a new one into the account's token_file, as"
        " `reblogbot login` does, or token_env"
    ),
    "scope_missing": Words(
        "the token lacks a scope; make one with read:accounts read:statuses read:search"
        " write:statuses write:media, or with read write:statuses write:media where the"
        " server wants the whole of read, as Takahē does"
    ),
    "not_allowed": Words(
        "refused as not allowed; see whether the account is suspended or the token revoked"
    ),
    "duplicate_key": Words(
        "the idempotency key of this post was used before; the account's statuses are"
        " searched for it"
    ),
    "would_notify": Words(
        "the text mentions people who would be notified; take them out of it with"
        " replace, or skip it"
    ),
    "too_long": Words("the post is over the server's limit"),
    "rejected": Words("the server refused this post; change it or skip it"),
    "not_retracted": Words("the server does not delete it; delete it there by hand"),
    "not_found": Words(
        "the server finds nothing there; the account's statuses are searched for the post"
    ),
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

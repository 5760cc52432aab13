"""What a server's answer, or its silence, says of a post: one literal table."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any, Literal
from urllib.parse import parse_qs, urlsplit

from reblogbot.config.tokens import SHORT_TOKEN
from reblogbot.errors import (
    Doubtful,
    Lapsed,
    RateLimited,
    Rejected,
    TargetError,
    TooLong,
    Unauthorised,
    Unreachable,
)
from reblogbot.targets.mastodon import rate_limit

_NEXT = re.compile(r'\brel="?next\b')
_PREVIOUS = re.compile(r'\brel="?prev\b')

Purpose = Literal["create", "read", "verify"]
Shape = Literal["json", "plain", "html", "empty"]
Phase = Literal["preparing", "connecting", "lapsed", "asked"]


@dataclass(frozen=True, slots=True)
class Answer:
    """What came back. `headers` have lower-case names; `whole` is False for a body cut short."""

    status: int
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes = b""
    whole: bool = True

    @property
    def text(self) -> str:
        return self.body.decode("utf-8", "replace")

    @property
    def shape(self) -> Shape:
        """What the body is, by its look first: servers mislabel both errors and pages."""
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

        "" where the header links to a previous page alone, None where it says nothing of the kind.
        """
        found = None
        for part in self.headers.get("link", "").split(","):
            address, _, rest = part.partition(">")
            if _NEXT.search(rest):
                query = parse_qs(urlsplit(address.strip().lstrip("<")).query)
                return query["max_id"][0] if "max_id" in query else None
            if _PREVIOUS.search(rest):
                found = ""
        return found

    def json(self) -> Any:
        """The parsed body; None when it is no JSON (or is `null`, which says as little)."""
        try:
            return json.loads(self.body)
        except (ValueError, RecursionError):
            return None


@dataclass(frozen=True, slots=True)
class Silence:
    """No answer: how far the call had come, and the reason in a few words."""

    phase: Phase
    reason: str


class Verdict(StrEnum):
    """What an outcome means for the caller; all but OK become an error."""

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
# what is read of an answer to find words in it
_READ = 2000
SPOKEN: frozenset[Shape] = frozenset({"json", "plain"})
ANY: frozenset[Shape] = frozenset({"json", "plain", "html", "empty"})
CLIENT_ERRORS = frozenset(range(400, 500))


@dataclass(frozen=True, slots=True)
class Row:
    """One line of the table: it holds when purpose, status and shape fit and `words` are found."""

    purposes: frozenset[Purpose]
    statuses: frozenset[int]
    shapes: frozenset[Shape]
    words: str
    verdict: Verdict
    slug: str


_ALL: frozenset[Purpose] = frozenset({"create", "read", "verify"})
_CREATE: frozenset[Purpose] = frozenset({"create"})
_VERIFY: frozenset[Purpose] = frozenset({"verify"})
_V = Verdict

# The first row that holds decides; what no row holds for is doubtful.
ERRORS: tuple[Row, ...] = (
    Row(_ALL, frozenset({429}), ANY, "", _V.RATE_LIMITED, "rate_limited"),
    # Takahē says so on verify_credentials to every token without the whole of `read`
    Row(_ALL, frozenset({401, 403}), SPOKEN, SCOPE_WORDS, _V.UNAUTHORISED, "scope_missing"),
    Row(_VERIFY, CLIENT_ERRORS, ANY, "", _V.UNAUTHORISED, "token_refused"),
    Row(_ALL, frozenset({401, 403}), ANY, "", _V.UNAUTHORISED, "not_allowed"),
    # Takahē
    Row(_ALL, frozenset({400}), SPOKEN, "invalid bearer token", _V.UNAUTHORISED, "token_refused"),
    # Mastodon, to a text that mentions others than `allowed_mentions` names
    Row(_CREATE, frozenset({422}), SPOKEN, "unexpected_accounts", _V.REJECTED, "would_notify"),
    # Pixelfed
    Row(_CREATE, frozenset({400}), SPOKEN, "duplicate idempotency", _V.DOUBTFUL, "duplicate_key"),
    Row(_CREATE, frozenset({400, 413, 422}), SPOKEN, LENGTH_WORDS, _V.TOO_LONG, "too_long"),
    Row(_CREATE, frozenset({400, 410, 413, 422}), SPOKEN, "", _V.REJECTED, "rejected"),
    # Mastodon, to a repeat of a key whose first post was deleted
    Row(_CREATE, frozenset({404}), frozenset({"json"}), "", _V.DOUBTFUL, "not_found"),
    Row(_ALL, frozenset({404, 410}), ANY, "", _V.DOUBTFUL, "not_there"),
    Row(_ALL, frozenset(range(300, 400)), ANY, "", _V.DOUBTFUL, "redirected"),
    Row(_ALL, frozenset(range(500, 600)), ANY, "", _V.DOUBTFUL, "server_error"),
)


def classify(outcome: Answer | Silence, purpose: Purpose) -> tuple[Verdict, str]:
    """The verdict and its slug. For a creation only JSON with an id is OK."""
    if isinstance(outcome, Silence):
        return _silence(outcome)
    if 200 <= outcome.status < 300:
        good = _good(outcome, purpose)
        return (Verdict.OK, "") if good else (Verdict.DOUBTFUL, "unreadable_answer")
    for row in ERRORS:
        if _holds(row, outcome, purpose):
            return row.verdict, row.slug
    return Verdict.DOUBTFUL, "unreadable_answer"


def remote_id(status: object) -> str:
    """The id of a status as the server wrote it, "" when there is none."""
    found = status.get("id") if isinstance(status, Mapping) else None
    return str(found) if isinstance(found, str | int) and not isinstance(found, bool) else ""


def good(
    outcome: Answer | Silence, purpose: Purpose, *, where: str, now: datetime, secret: str = ""
) -> Answer:
    """The answer, if it is good for its purpose. Raises TargetError, of the verdict's class.

    `where` names the server and what it was asked; `secret` is kept out of the message.
    """
    verdict, slug = classify(outcome, purpose)
    if isinstance(outcome, Answer):
        if verdict is Verdict.OK:
            return outcome
        if verdict is Verdict.RATE_LIMITED:
            at = rate_limit.ends_at(outcome.headers, now)
            raise RateLimited(slug, f"{where}: too many requests; waiting until {at:%H:%M} UTC", at)
    raise _CLASSES[verdict](slug, message(slug, outcome, where, secret))


def message(slug: str, outcome: Answer | Silence, where: str, secret: str = "") -> str:
    """One line: where, what the server said (at most 200 characters of it), what to do."""
    said = words(outcome, secret)
    return f"{where}: {_ADVICE[slug]} ({said})" if said else f"{where}: {_ADVICE[slug]}"


def words(outcome: Answer | Silence, secret: str = "") -> str:
    """The server's words, or ours for its silence: printable, one line, at most 200 characters."""
    if isinstance(outcome, Silence):
        return _one_line(outcome.reason, secret)
    said = outcome.json()
    if isinstance(said, Mapping):
        said = said.get("error_description") or said.get("error") or said.get("message") or ""
    elif 300 <= outcome.status < 400:
        target = host(outcome.headers.get("location", ""))
        said = f"to {target}" if target else ""
    elif outcome.shape == "html":
        said = "a page"
    elif said is None:
        said = outcome.text[:1000]
    spoken = said if isinstance(said, str) else ""
    return _one_line(f"HTTP {outcome.status} {spoken}", secret)


def host(url: str) -> str:
    """The host and port of an account's server, for messages."""
    return urlsplit(url).netloc.rpartition("@")[2]


def _one_line(text: str, secret: str) -> str:
    printable = "".join(
        char if char.isprintable() else " " for char in _hidden(text, secret)[:1000]
    )
    flat = " ".join(printable.split())
    return flat if len(flat) <= 200 else flat[:199] + "…"


def _hidden(text: str, secret: str) -> str:
    """The text without the secret; one as short as a word only where it stands alone."""
    if not secret:
        return text
    whole = re.escape(secret)
    if len(secret) < SHORT_TOKEN:
        whole = rf"(?<![A-Za-z0-9]){whole}(?![A-Za-z0-9])"
    return re.sub(whole, "***", text)


def _silence(silence: Silence) -> tuple[Verdict, str]:
    match silence.phase:
        case "preparing":
            return Verdict.REJECTED, "unsendable"
        case "connecting":
            return Verdict.UNREACHABLE, "unreachable"
        case "lapsed":
            return Verdict.LAPSED, "lapsed"
        case "asked":
            return Verdict.DOUBTFUL, "no_answer"


def _good(answer: Answer, purpose: Purpose) -> bool:
    if purpose == "read":
        return answer.json() is not None
    return bool(remote_id(answer.json()))


def _holds(row: Row, answer: Answer, purpose: Purpose) -> bool:
    return (
        purpose in row.purposes
        and answer.status in row.statuses
        and answer.shape in row.shapes
        and re.search(row.words, answer.text[:_READ], re.IGNORECASE) is not None
    )


_CLASSES: dict[Verdict, type[TargetError]] = {
    Verdict.UNAUTHORISED: Unauthorised,
    Verdict.TOO_LONG: TooLong,
    Verdict.REJECTED: Rejected,
    Verdict.UNREACHABLE: Unreachable,
    Verdict.LAPSED: Lapsed,
    Verdict.DOUBTFUL: Doubtful,
}
_ADVICE = {
    "token_refused": "the token is refused; put a new one into the account's token_file or"
    " token_env",
    "scope_missing": "the token lacks a scope; make one with read:accounts read:statuses"
    " read:search write:statuses write:media, or with read write:statuses write:media where the"
    " server wants the whole of read, as Takahē does",
    "not_allowed": "refused as not allowed; see whether the account is suspended or the token"
    " revoked",
    "duplicate_key": "the key of this post was used before; it is being looked for",
    "would_notify": "the text mentions people who would be notified; take them out of it with"
    " replace, or skip it",
    "too_long": "the post is over the server's limit",
    "rejected": "the server refused this post; change it or skip it",
    "not_found": "the server finds nothing there; it is being looked for",
    "not_there": "the server finds nothing there",
    "redirected": "the server redirects; set the account's server to its final address",
    "server_error": "the server is in trouble; it is asked again later",
    "unreadable_answer": "an answer that cannot be read; it is asked again later",
    "unsendable": "the text cannot be put into a request; skip it",
    "unreachable": "no connection; check the account's server address and the network",
    "lapsed": "nothing was sent: the lease had ended before, for this process was stopped or the"
    " machine slept",
    "no_answer": "the connection broke before an answer came; it is asked again later",
}

"""A server's answer, or what is known where none came."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal
from urllib.parse import parse_qs, urlsplit

from reblogbot.config.secrets import without_secret

_NEXT = re.compile(r'\brel="?next\b')
_PREVIOUS = re.compile(r'\brel="?prev\b')
_MAX_WORDS = 200

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

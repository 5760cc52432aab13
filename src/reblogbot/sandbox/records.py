"""What a server keeps: accounts, statuses, media, tokens, apps, lists and notifications."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any


@dataclass(slots=True)
class Account:
    """Somebody here, or, where `host` is set, somebody of another server."""

    id: str
    rank: int
    name: str
    created_at: datetime
    host: str = ""
    display_name: str = ""
    note: str = ""
    bot: bool = False
    locked: bool = False
    discoverable: bool | None = True
    indexable: bool = True
    privacy: str = "public"
    language: str = ""
    standing: str = ""
    """Why the account may not do anything: "suspended", "unconfirmed", or ""."""
    fields: list[dict[str, str]] = field(default_factory=list)

    @property
    def acct(self) -> str:
        return f"{self.name}@{self.host}" if self.host else self.name


@dataclass(slots=True)
class Edit:
    """One form a status once had."""

    text: str
    spoiler: str
    sensitive: bool
    media: list[str]
    at: datetime


@dataclass(slots=True)
class Status:
    """A post, or, where `boost_of` names another one, a boost."""

    id: str
    rank: int
    account_id: str
    created_at: datetime
    text: str = ""
    visibility: str = "public"
    language: str | None = None
    spoiler: str = ""
    sensitive: bool = False
    media: list[str] = field(default_factory=list)
    reply_to: str = ""
    quote: str = ""
    boost_of: str = ""
    uri: str = ""
    """Set for statuses of other servers only, like `url`; ours follow from the id."""
    url: str = ""
    application: str = ""
    card: dict[str, Any] | None = None
    tags: list[str] = field(default_factory=list)
    mentions: list[str] = field(default_factory=list)
    edits: list[Edit] = field(default_factory=list)
    edited_at: datetime | None = None
    seen_boosts: int = 0
    """Boosts, and below favourites, of people nobody here knows."""
    seen_favourites: int = 0


@dataclass(slots=True)
class Media:
    """An uploaded file; `unready` counts the looks at it that still find it in the works."""

    id: str
    account_id: str
    mime: str
    name: str
    alt: str = ""
    unready: int = 0
    status_id: str = ""

    @property
    def kind(self) -> str:
        """Mastodon's word for the type."""
        family = self.mime.partition("/")[0]
        return family if family in ("image", "video", "audio") else "unknown"


@dataclass(slots=True)
class App:
    """A registered client."""

    id: str
    name: str
    website: str
    redirect_uris: list[str]
    scopes: list[str]
    client_id: str
    client_secret: str


@dataclass(slots=True)
class Token:
    """A bearer token; without an account it speaks for its app alone."""

    value: str
    account_id: str
    scopes: list[str]
    app: str = ""
    created_at: datetime | None = None


@dataclass(slots=True)
class Roster:
    """A list of accounts that somebody made for reading."""

    id: str
    account_id: str
    title: str
    replies_policy: str = "list"
    exclusive: bool = False
    members: list[str] = field(default_factory=list)


@dataclass(slots=True)
class Notice:
    """A notification: `account_id` is told that `by` did something."""

    id: str
    rank: int
    kind: str
    account_id: str
    by: str
    at: datetime
    status_id: str = ""


@dataclass(slots=True)
class KeyUse:
    """What came of an Idempotency-Key: a status, or a whole answer, `seq` acts into the journal."""

    seq: int
    at: datetime
    status_id: str = ""
    answer: dict[str, Any] | None = None


@dataclass(slots=True)
class Schedule:
    """A status that is to be posted later."""

    id: str
    account_id: str
    at: datetime
    fields: dict[str, Any]

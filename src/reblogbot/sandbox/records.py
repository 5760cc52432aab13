"""The records of a server: accounts, statuses, media, apps, tokens, lists and notifications.

The journal holds them by the names of their fields: a renamed field is lost in old journals.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any


@dataclass(slots=True)
class Account:
    """A local account, or, where `host` is set, an account of another server."""

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
    """The visibility of its statuses where none is asked for."""
    language: str = ""
    standing: str = ""
    """Why the account may do nothing: "suspended", "unconfirmed", or ""."""
    fields: list[dict[str, str]] = field(default_factory=list)

    @property
    def acct(self) -> str:
        return f"{self.name}@{self.host}" if self.host else self.name


@dataclass(slots=True)
class Status:
    """A post, or, where `boost_of` is set, a boost of that status."""

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
    """Ids of media, as `reply_to`, `quote` and `boost_of` are ids of statuses."""
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
    """Ids of accounts."""
    edited_at: datetime | None = None
    seen_boosts: int = 0
    """Boosts by accounts unknown here, like `seen_favourites`."""
    seen_favourites: int = 0


@dataclass(slots=True)
class Media:
    """An uploaded file."""

    id: str
    account_id: str
    mime: str
    name: str
    """The last part of its path under `/media/`."""
    alt: str = ""
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
    """A bearer token; without an account it authorizes its app alone."""

    value: str
    account_id: str
    scopes: list[str]
    app: str = ""
    created_at: datetime | None = None


@dataclass(slots=True)
class AccountList:
    """A list of accounts whose statuses its owner reads together."""

    id: str
    account_id: str
    title: str
    members: list[str] = field(default_factory=list)


@dataclass(slots=True)
class Notification:
    """A notification to `account_id` of something that the account `by` did."""

    id: str
    rank: int
    kind: str
    account_id: str
    by: str
    at: datetime
    status_id: str = ""


@dataclass(frozen=True, slots=True)
class KeyUse:
    """The use of an Idempotency-Key."""

    at: datetime
    status_id: str

"""Entries of a source: one item of a feed, one status of an account, with author and media."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Literal

Visibility = Literal["public", "unlisted", "private", "direct"]


@dataclass(frozen=True, slots=True)
class Media:
    """An image, video or sound that belongs to an entry; `alt` describes it, "" when unknown."""

    url: str
    mime: str = ""
    alt: str = ""


@dataclass(frozen=True, slots=True)
class Author:
    """The account that wrote a fediverse status, as a server describes it.

    `id` is the account's id on the server that was asked. `address` is `name@host` in lower case,
    taken from the address of the profile. `tags` are the hashtags in the display name, the bio and
    the fields, normalised by `consent.fold_tag`. A flag is None when the server does not state it.
    `standing` is the reason why the account must not be boosted (suspended, moved …), or "".
    """

    id: str = ""
    address: str = ""
    name: str = ""
    tags: tuple[str, ...] = ()
    is_bot: bool = False
    is_discoverable: bool | None = None
    is_indexable: bool | None = None
    standing: str = ""


# The store keeps entries as JSON under these field names, so that renaming a field needs a
# migration. The same holds for Post, ServerLimits and SourceHabits.
@dataclass(frozen=True, slots=True)
class Entry:
    """One item of a source (RFC 4287 `atom:entry`), in plain text.

    Every string is unescaped exactly once and free of markup; "" means absent, and any
    field may be absent. `link` is absolute and as the source gave it. `uri` is the
    ActivityPub id where the entry is a fediverse status. Instants are aware UTC.
    """

    title: str = ""
    link: str = ""
    guid: str = ""
    uri: str = ""
    summary: str = ""
    authors: tuple[str, ...] = ()
    published_at: datetime | None = None
    updated_at: datetime | None = None
    score: float | None = None
    comments: int | None = None
    categories: tuple[str, ...] = ()
    language: str = ""
    media: tuple[Media, ...] = ()
    visibility: Visibility = "public"
    is_reply: bool = False
    spoiler: str = ""
    """The content warning of its author, or ""."""
    author: Author | None = None
    """The author of a fediverse status, None for anything else."""
    status_id: str = ""
    """The id of a status on the server it was read from, opaque and never folded."""
    forbidden: str = ""
    """The reason why it must not be published whatever the config says (a block), or ""."""
    redirector: str = ""
    """The address under which the source counts clicks on `link`, or ""."""
    is_permalink: bool = False
    """Whether `guid` is the address of its page (RSS 2.0 `isPermaLink`, Atom, JSON Feed)."""
    text: str = ""
    """The main text of the page it links to, where the source reads it (`page_text`), or ""."""
    ai_refusal: str = ""
    """The signal by which its site refuses that its texts are given to a model, or ""."""
    text_digest: str = ""
    """A digest of its texts as the source wrote them, in hex; "" for a kind that computes none."""
    outline_position: int | None = None
    """Its position in the document, where only the outline of the entry was read (ADR 0039).

    An outline has the fields that identify an entry: ids, links, title, dates and `text_digest`.
    """

    def outline(self, position: int) -> Entry:
        """The outline of this entry, which is at that position in its document."""
        return Entry(
            title=self.title,
            link=self.link,
            guid=self.guid,
            uri=self.uri,
            published_at=self.published_at,
            updated_at=self.updated_at,
            redirector=self.redirector,
            is_permalink=self.is_permalink,
            text_digest=self.text_digest,
            outline_position=position,
        )

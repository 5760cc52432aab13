"""Posts: what is published, within which limits, and what the server returns for it."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime
from typing import Literal

from reblogbot.model.entry import Media, Visibility

Action = Literal["post", "boost", "quote", "edit"]
Markup = Literal["plain", "gotosocial", "hollo", "snac"]
"""How a server interprets the text of a status; `core.text.escaping` has the rules of each."""


@dataclass(frozen=True, slots=True)
class ServerLimits:
    """The limits of a server for one post, in characters as *it* counts them.

    `per_link` is what a link of any length counts, None where links count in full.
    `image_bytes` and `image_pixels` are the most that one image may have. `markup` tells how the
    server interprets the text.
    """

    characters: int = 500
    per_link: int | None = None
    media: int = 4
    alt: int = 1500
    image_bytes: int = 10_000_000
    image_pixels: int = 16_777_216
    markup: Markup = "plain"


@dataclass(frozen=True, slots=True)
class Span:
    """A piece of text within a block; `link` is where it leads, "" for plain text."""

    text: str
    link: str = ""


@dataclass(frozen=True, slots=True)
class Block:
    """A paragraph, heading, or paragraph of a quotation. A line feed in a text is a line break."""

    kind: Literal["paragraph", "heading", "quotation"]
    spans: tuple[Span, ...]


@dataclass(frozen=True, slots=True)
class Article:
    """A post for a place whose posts have a title: a blog, or a folder of files.

    The texts are plain: a target writes them as HTML or Markdown of its own. `tags` are without #.
    """

    title: str
    body: tuple[Block, ...] = ()
    tags: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Post:
    """A post as it will be sent: rendered once, then never changed.

    For a boost or quote, `uri` names the status; for an edit, it is the remote id of our own post.
    `status_id` is the id of the status on the account's own server, "" while that is not known.
    `is_status` tells that the source declared it a status; otherwise `uri` is a link that may be
    one. `link` is the link within the text.
    `length` and `limit` are in the server's own counting. `shorter` is an alternative text for a
    server that rejects this one as too long although its declared limit allows it; "" for none.
    """

    action: Action
    text: str = ""
    link: str = ""
    uri: str = ""
    visibility: Visibility = "unlisted"
    language: str = ""
    spoiler: str = ""
    media: tuple[Media, ...] = ()
    length: int = 0
    limit: int = 500
    shorter: str = ""
    is_bundle: bool = False
    """Whether it is a digest, which must not become part of another digest."""
    continues: int = 0
    """The id of the delivery whose status it replies to, its post or in a thread; 0 for none."""
    may_mention: bool = False
    """Whether the admin's own template mentions an account, which is then notified."""
    status_id: str = ""
    is_status: bool = False
    is_edited: bool = False
    """Whether the admin wrote its text: then only the admin has it rendered again."""
    is_requested: bool = False
    """Whether the admin asked for it, whatever the source's filters say."""
    article: Article | None = None
    """The same with a title, for an account of a blog or a folder; None for the fediverse."""
    is_generated: bool = False
    """Whether it contains text that a step has written."""
    part: int = 1
    """Its number in a thread of several posts that belong together."""
    rest: tuple[str, ...] = ()
    """The texts of the further parts of its thread; each is queued when the one before is sent."""

    @property
    def is_follow_up(self) -> bool:
        """Whether it replies to another post of its entry, or is a further part of a thread."""
        return bool(self.continues) and not self.is_bundle

    def next_part(self, delivery_id: int) -> Post:
        """The next part of the thread, after this one was published as that delivery."""
        text, *rest = self.rest
        return replace(
            self,
            action="post",
            text=text,
            link="",
            media=(),
            length=len(text),
            shorter="",
            continues=delivery_id,
            part=self.part + 1,
            rest=tuple(rest),
        )


@dataclass(frozen=True, slots=True)
class Image:
    """An image to be attached: its bytes, their MIME type, and its description."""

    content: bytes
    mime: str
    alt: str = ""


@dataclass(frozen=True, slots=True)
class Receipt:
    """The server's confirmation of a post: its id, opaque and never folded, and its page.

    `left_out` is how many of the post's images the server did not accept, or not in time.
    """

    remote_id: str
    url: str = ""
    left_out: int = 0


@dataclass(frozen=True, slots=True)
class PublishedStatus:
    """One of our own recent statuses, as read back from the server.

    `links` are the URLs in its content, `text` is its plain text,
    `boosted_uri` is the URI of the status it boosts, "" for a post.
    """

    receipt: Receipt
    text: str = ""
    links: tuple[str, ...] = ()
    boosted_uri: str = ""
    created_at: datetime | None = None
    is_reply: bool = False
    identity: bytes = b""
    """The identity of the delivery that made it, where the place keeps it (a blog, a folder)."""

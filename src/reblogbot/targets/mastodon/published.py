"""Statuses in a server's JSON as receipts and standings; any field may be absent or odd."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from html.parser import HTMLParser
from typing import Any

from reblogbot.core.text import html_to_text
from reblogbot.core.text.markup import read_by, unescape_once
from reblogbot.model import PublishedStatus, Receipt
from reblogbot.targets.mastodon.responses import remote_id

_BARE_LINK = re.compile(r"https?://[^\s<>\"]+")
_NOT_OURS = frozenset({"mention", "hashtag", "tag"})


def standing(status: object) -> PublishedStatus | None:
    """What one status of an account's timeline says; None for what is no status."""
    if not isinstance(status, Mapping) or not remote_id(status):
        return None
    created_at = instant(status.get("created_at"))
    boosted = status.get("reblog")
    if isinstance(boosted, Mapping):
        names = names_of(boosted)
        uri = names[0] if names else remote_id(boosted)
        return PublishedStatus(receipt(status), boosted_uri=uri, links=names, created_at=created_at)
    content = text(status, "content")
    links = (*links_in(content), *_card_links(status), *_media_links(status))
    return PublishedStatus(receipt(status), html_to_text(content), links, created_at=created_at)


def receipt(status: Mapping[str, Any]) -> Receipt:
    """The receipt of a status with its page; of a boost, which has none, the boosted page."""
    boosted = status.get("reblog")
    # what Mastodon calls the url of a boost is an activity, and no page
    pages = (page_of(boosted) if isinstance(boosted, Mapping) else ()) or page_of(status)
    return Receipt(remote_id(status), pages[0] if pages else "")


def last_id(page: Sequence[object]) -> str:
    """The id to ask for older statuses with, where the server links to no next page.

    A boost on snac has the id of the boosted status, which stands elsewhere in the timeline.
    """
    ids = [remote_id(status) for status in page if not _has_foreign_id(status)]
    return next(filter(None, reversed(ids)), "")


def _has_foreign_id(status: object) -> bool:
    boosted = status.get("reblog") if isinstance(status, Mapping) else None
    return remote_id(boosted).lower() == remote_id(status).lower()


def names_of(status: Mapping[str, Any]) -> tuple[str, ...]:
    """The addresses a status goes by: its URI first, then its page."""
    return tuple(dict.fromkeys(filter(None, (text(status, "uri"), text(status, "url")))))


def page_of(status: Mapping[str, Any]) -> tuple[str, ...]:
    """The web pages of a status, the best first."""
    named = (text(status, "url"), text(status, "uri"))
    return tuple(name for name in named if name.startswith(("https://", "http://")))


def links_in(content: str) -> tuple[str, ...]:
    """Every link in a status's HTML, mentions and hashtags aside, bare ones included."""
    anchors = _Anchors()
    read_by(anchors, content)
    bare = _BARE_LINK.findall(" ".join(anchors.outside))
    return tuple(dict.fromkeys((*anchors.links, *bare)))


def text(holder: Mapping[str, Any], name: str) -> str:
    """A text field, "" when it is missing or something else."""
    value = holder.get(name)
    return value if isinstance(value, str) else ""


def instant(value: object) -> datetime | None:
    """An ISO 8601 instant as aware UTC; None when it cannot be read."""
    try:
        at = datetime.fromisoformat(value) if isinstance(value, str) else None
        return at and (at if at.tzinfo else at.replace(tzinfo=UTC)).astimezone(UTC)
    except (ValueError, OverflowError):
        return None


def _card_links(status: Mapping[str, Any]) -> tuple[str, ...]:
    card = status.get("card")
    url = text(card, "url") if isinstance(card, Mapping) else ""
    return (url,) if url else ()


def _media_links(status: Mapping[str, Any]) -> tuple[str, ...]:
    """The addresses of attachments: snac makes one of a link to an image."""
    media = status.get("media_attachments")
    attached = [one for one in media if isinstance(one, Mapping)] if isinstance(media, list) else []
    urls = (text(one, name) for one in attached for name in ("url", "remote_url"))
    return tuple(dict.fromkeys(filter(None, urls)))


class _Anchors(HTMLParser):
    """Collects the targets of anchors, and the text outside them."""

    def __init__(self) -> None:
        super().__init__()
        self.links: list[str] = []
        self.outside: list[str] = []
        self._inside = False

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag != "a":
            return
        self._inside = True
        given = dict(attrs)
        marks = {*(given.get("class") or "").split(), *(given.get("rel") or "").split()}
        if given.get("href") and not marks & _NOT_OURS:
            self.links.append(unescape_once(str(given["href"])))

    def handle_endtag(self, tag: str) -> None:
        self._inside = self._inside and tag != "a"

    def handle_data(self, data: str) -> None:
        if not self._inside:
            self.outside.append(unescape_once(data))

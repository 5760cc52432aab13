"""Statuses in the Mastodon API's JSON as published statuses and receipts.

`core.mastodon_json` reads the single fields. Any field may be missing or of another type.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from reblogbot.core.mastodon_json import (
    addresses_of,
    boosted,
    has_borrowed_id,
    id_of,
    instant,
    original,
    text,
)
from reblogbot.core.text import html_to_text
from reblogbot.model import PublishedStatus, Receipt
from reblogbot.targets.shared.html_links import links_in

_QUOTABLE = frozenset({"automatic", "manual"})


def entity(parent: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    """An entity in a field, {} when it is missing or of another type."""
    value = parent.get(name)
    return value if isinstance(value, Mapping) else {}


def entities(values: object) -> list[Mapping[str, Any]]:
    """The entities of a list; what is not an entity is left out."""
    listed = values if isinstance(values, list) else []
    return [value for value in listed if isinstance(value, Mapping)]


def published_status(status: object) -> PublishedStatus | None:
    """A status of an account's timeline, None for anything else."""
    if not isinstance(status, Mapping) or not id_of(status):
        return None
    created_at = instant(status, "created_at")
    inner = boosted(status)
    if inner is not None:
        addresses = addresses_of(inner)
        uri = addresses[0] if addresses else id_of(inner)
        return PublishedStatus(
            receipt(status), boosted_uri=uri, links=addresses, created_at=created_at
        )
    # not by `text`, which cuts long texts: the link of a long post is at its end
    written = status.get("content")
    content = written if isinstance(written, str) else ""
    links = (*links_in(content), *_card_links(status), *_media_links(status))
    return PublishedStatus(
        receipt(status),
        html_to_text(content),
        links,
        created_at=created_at,
        is_reply=bool(status.get("in_reply_to_id")),
    )


def receipt(status: Mapping[str, Any]) -> Receipt:
    """The receipt of a status: its id and its web page.

    A boost has no page of its own: the page is that of the boosted status. Mastodon fills the
    `url` of a boost with the address of an activity.
    """
    pages = (*web_pages_of(original(status)), *web_pages_of(status))
    return Receipt(id_of(status), pages[0] if pages else "")


def web_pages_of(status: Mapping[str, Any]) -> tuple[str, ...]:
    """The web pages of a status, the best first."""
    addresses = (text(status, "url"), text(status, "uri"))
    return tuple(filter(_is_web_page, addresses))


def may_quote(status: Mapping[str, Any]) -> bool | None:
    """Whether the account may quote the status (Mastodon 4.5); None where the server is silent."""
    approval = status.get("quote_approval")
    if not isinstance(approval, Mapping):
        return None
    return text(approval, "current_user") in _QUOTABLE


def last_id(page: Sequence[object]) -> str:
    """The id that asks for older statuses, where the server links to no next page.

    A boost on snac has the id of the boosted status, whose place in the timeline is another.
    """
    ids = [id_of(status) for status in page if not has_borrowed_id(status)]
    return next(filter(None, reversed(ids)), "")


def _card_links(status: Mapping[str, Any]) -> tuple[str, ...]:
    return tuple(filter(_is_web_page, [text(entity(status, "card"), "url")]))


def _media_links(status: Mapping[str, Any]) -> tuple[str, ...]:
    """The addresses of attachments. snac turns a link to an image into an attachment."""
    urls = (
        text(attachment, name)
        for attachment in entities(status.get("media_attachments"))
        for name in ("url", "remote_url")
    )
    return tuple(dict.fromkeys(filter(_is_web_page, urls)))


def _is_web_page(address: str) -> bool:
    return address.startswith(("https://", "http://"))

"""Deliveries, their posts and their waits, as several documents show them."""

from __future__ import annotations

from typing import Literal, TypedDict

from reblogbot.admin.documents.instants import instant_json
from reblogbot.core.waits import Wait, WaitReason
from reblogbot.model import Action, Delivery, DeliveryState, Post, Visibility


class DeliveryRow(TypedDict):
    """A delivery as every command shows it."""

    id: int
    account: str
    source: str
    link: str
    """The link of the post, or the address of the status that is boosted or quoted."""
    state: DeliveryState
    url: str
    """The address of the published post; empty before it is published."""
    error: str
    action: Action


class WaitFields(TypedDict):
    """Why a delivery waits and until when; empty values where it waits for nothing."""

    reason: WaitReason | Literal[""]
    cause: str
    """The reason in words."""
    waits_until: str | None
    """An instant in UTC; null where the wait ends with an event, or never."""


class ImageRow(TypedDict):
    """An image of a post."""

    url: str
    alt: str


class PostRow(TypedDict):
    """A post as it will be published. A boost has no text of its own, and no length."""

    account: str
    source: str
    action: Action
    title: str
    """The title where posts have one: of a blog, or a folder; else empty."""
    text: str
    visibility: Visibility
    language: str
    spoiler: str
    link: str
    length: int
    """In the server's own counting."""
    limit: int
    media: list[ImageRow]


def delivery_json(delivery: Delivery) -> DeliveryRow:
    """A delivery as every command shows it."""
    return {
        "id": delivery.id,
        "account": delivery.account,
        "source": delivery.source,
        "link": delivery.post.link or delivery.post.uri,
        "state": delivery.state,
        "url": delivery.receipt.url if delivery.receipt else "",
        "error": delivery.error,
        "action": delivery.post.action,
    }


def wait_json(wait: Wait | None) -> WaitFields:
    """Why a delivery waits and until when."""
    return {
        "reason": wait.reason if wait else "",
        "cause": wait.cause if wait else "",
        "waits_until": instant_json(wait.until) if wait else None,
    }


def post_json(account: str, source: str, post: Post) -> PostRow:
    """A post as it will be published."""
    is_boost = post.action == "boost"
    return {
        "account": account,
        "source": source,
        "action": post.action,
        "title": post.article.title if post.article else "",
        "text": "" if is_boost else post.text,
        "visibility": post.visibility,
        "language": post.language,
        "spoiler": post.spoiler,
        "link": post.uri if is_boost else post.link,
        "length": 0 if is_boost else post.length,
        "limit": post.limit,
        "media": [{"url": image.url, "alt": image.alt} for image in post.media],
    }

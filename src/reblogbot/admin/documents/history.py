"""What was published, and what of it was retracted."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Literal, TypedDict, cast

from reblogbot.admin.documents.instants import instant_json
from reblogbot.core.waits import Wait
from reblogbot.model import Action
from reblogbot.store.posted import PostedPost

PostedState = Literal["sent", "retracting", "retracted"]


class HistoryRow(TypedDict):
    """A post, boost, quote or edit that was published."""

    id: int
    """The number of the delivery."""
    title: str
    link: str
    """The link of the post, or the address of the status that is boosted or quoted."""
    url: str
    """The address of the published post; empty where the server did not tell it."""
    account: str
    source: str
    action: Action
    state: PostedState
    at: str
    """When it was published: an instant in UTC."""
    retracted_at: str | None
    """When it was deleted; null where it was not."""


class RetractionRow(HistoryRow):
    """A post that was to be retracted."""

    error: str
    """Why it is not deleted, or a remark on how it was."""


class HistoryDocument(TypedDict):
    """The result of `history`, newest first."""

    posts: list[HistoryRow]


class RetractionDocument(TypedDict):
    """The result of `retract`, newest first."""

    posts: list[RetractionRow]
    """All that was named and published, as it is now; an edit and the parts of a thread too."""
    problems: list[str]
    """What was named and cannot be retracted, with the reasons."""
    dry_run: bool
    """True where nothing was done."""


def link_of(post: PostedPost) -> str:
    """The link of a post, or the status that it boosts or quotes."""
    sent = post.delivery.post
    return sent.link or (sent.uri if sent.action in ("boost", "quote") else "") or post.link


def title_of(post: PostedPost) -> str:
    """The title of the entry; the first line of the post where the entry has none."""
    return post.title or post.delivery.post.text.partition("\n")[0]


def history_row(post: PostedPost) -> HistoryRow:
    """One post."""
    delivery = post.delivery
    return {
        "id": delivery.id,
        "title": title_of(post),
        "link": link_of(post),
        "url": delivery.receipt.url if delivery.receipt else "",
        "account": delivery.account,
        "source": delivery.source,
        "action": delivery.post.action,
        "state": cast("PostedState", delivery.state.value),
        "at": instant_json(delivery.settled_at or delivery.queued_at),
        "retracted_at": instant_json(post.retracted_at),
    }


def history_document(posts: Iterable[PostedPost]) -> HistoryDocument:
    """The result of `history`."""
    return {"posts": list(map(history_row, posts))}


def retraction_document(
    posts: Iterable[PostedPost],
    problems: Sequence[str],
    waits: Mapping[int, Wait | None],
    *,
    dry_run: bool,
) -> RetractionDocument:
    """The result of `retract`; `waits` are what deliveries wait for, by their numbers."""
    rows: list[RetractionRow] = []
    for post in posts:
        wait = waits.get(post.delivery.id)
        rows.append({**history_row(post), "error": wait.cause if wait else post.delivery.error})
    return {"posts": rows, "problems": list(problems), "dry_run": dry_run}

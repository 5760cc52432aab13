"""Another text for a delivery that waits, written by the admin."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

from reblogbot.admin.queue_actions import BUSY, STATES, ActionResult
from reblogbot.core.articles import article_of_text
from reblogbot.core.compose import placeholder
from reblogbot.core.text import clean
from reblogbot.core.text.links import LINK
from reblogbot.core.text.measure import length
from reblogbot.core.text.mentions import mentions
from reblogbot.model import Article, Delivery, DeliveryState, Post, ServerLimits
from reblogbot.store import Store
from reblogbot.words import Words

EDITED_NOTE = Words("edited by the admin")
"""The note on a delivery whose text the admin wrote."""

_EDITABLE = frozenset({DeliveryState.QUEUED, DeliveryState.HELD})


def why_not_editable(delivery: Delivery) -> Words | None:
    """Why a delivery can have no other text, as the message of an ActionResult; None if it can."""
    state = STATES[delivery.state]
    if delivery.state in {DeliveryState.SKIPPED, DeliveryState.DEAD}:
        return Words(
            "is {state}; `queue retry {id}` brings it back, then it can be edited",
            state=state,
            id=delivery.id,
        )
    if delivery.state not in _EDITABLE:
        return Words("is {state}; only what is queued or held can be edited", state=state)
    if delivery.post.action == "boost":
        return Words("is a boost, which has no text of its own")
    if delivery.failed_lookups:
        return Words(
            "may be on the server already, since its last attempt got no answer; another text"
            " would hide that"
        )
    return None


def edit(store: Store, delivery: Delivery, text: str, now: datetime) -> ActionResult:
    """Give a queued or held delivery this text, if it is within its server's limit.

    Nothing renders it again by itself. The text may mention accounts, since an admin wrote it; the
    message names them. It also says where the link is lost.
    """
    refusal = why_not_editable(delivery)
    if refusal is not None:
        return ActionResult(delivery, refusal, succeeded=False)
    text = clean(text)
    if not text:
        message = Words(
            "is not changed: the text is empty; `queue skip {id}` drops the delivery",
            id=delivery.id,
        )
        return ActionResult(delivery, message, succeeded=False)
    post = delivery.post
    if text == post.text:
        return ActionResult(delivery, Words("is not changed: its text reads like that already"))
    limits = store.outbox.account(delivery.account).limits
    size = length(text, limits, post.spoiler)
    fault = _fault(delivery, text, size, limits)
    if fault is not None:
        return ActionResult(delivery, fault, succeeded=False)
    mentioned = mentions(text)
    link = _link_in(text, post.link)
    edited = replace(
        post,
        text=text,
        link=link,
        article=_article(post, text, link),
        length=size,
        limit=limits.characters,
        shorter="",
        may_mention=bool(mentioned),
        is_edited=True,
    )
    # with another key: a server that remembers an earlier attempt would answer with that one
    changed = replace(
        delivery,
        post=edited,
        key_version=delivery.key_version + 1,
        sent_from=None,
        # the admin's text needs no results; a reply waits for its post nevertheless
        waits_for=() if _is_post_published(store, delivery) else delivery.waits_for,
    )
    rewritten = store.outbox.rewrite(delivery, changed, now, EDITED_NOTE)
    if rewritten is None:
        return ActionResult(delivery, BUSY, succeeded=False)
    message = Words(
        "is edited and {state}: {size} of {limit} characters",
        state=STATES[delivery.state],
        size=size,
        limit=limits.characters,
    )
    if post.link not in text:
        message = Words("{message}; WITHOUT its link {link}", message=message, link=post.link)
    if mentioned:
        names = ", ".join(mentioned)
        message = Words(
            "{message}; mentions {names}, who may be notified", message=message, names=names
        )
    return ActionResult(rewritten, message)


def _fault(delivery: Delivery, text: str, size: int, limits: ServerLimits) -> Words | None:
    """Why the delivery cannot have this text, None if it can."""
    missing = [name for name in delivery.waits_for if placeholder(name) in text]
    if missing:
        return Words(
            "is not changed: {place} stands for a text that is not written yet; take it out",
            place=placeholder(missing[0]),
        )
    if size > limits.characters:
        return Words(
            "is not changed: the text has {size} characters as its server counts, {limit} fit",
            size=size,
            limit=limits.characters,
        )
    return None


def _is_post_published(store: Store, delivery: Delivery) -> bool:
    """Whether a reply has its post to reply to; True for what is no reply."""
    previous = store.outbox.find([delivery.post.continues]) if delivery.post.continues else []
    return all(each.state == DeliveryState.SENT for each in previous)


def _article(post: Post, text: str, link: str) -> Article | None:
    """The same text as an article, for an account whose posts have a title."""
    if post.article is None:
        return None
    return replace(article_of_text(text, link), tags=post.article.tags)


def _link_in(text: str, link: str) -> str:
    """The post's own link if the text has it, else the first link of the text, "" for none."""
    if link and link in text:
        return link
    match = LINK.search(text)
    return match[0] if match else ""

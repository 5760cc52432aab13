"""Another text for a delivery that waits, written by the admin."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

from reblogbot.admin.queue_actions import BUSY, ActionResult
from reblogbot.core.text import clean
from reblogbot.core.text.links import LINK
from reblogbot.core.text.measure import length
from reblogbot.core.text.mentions import mentions
from reblogbot.model import Delivery, DeliveryState
from reblogbot.store import Store

EDITED_NOTE = "edited by the admin"
"""The note on a delivery whose text the admin wrote."""

_EDITABLE = frozenset({DeliveryState.QUEUED, DeliveryState.HELD})


def why_not_editable(delivery: Delivery) -> str:
    """Why a delivery can have no other text, as the message of an ActionResult; "" if it can."""
    if delivery.state in {DeliveryState.SKIPPED, DeliveryState.DEAD}:
        hint = f"`queue retry {delivery.id}` brings it back"
        return f"is {delivery.state.value}; {hint}, then it can be edited"
    if delivery.state not in _EDITABLE:
        return f"is {delivery.state.value}; only what is queued or held can be edited"
    if delivery.post.action == "boost":
        return "is a boost, which has no text of its own"
    if delivery.failed_lookups:
        return (
            "may be on the server already, since its last attempt got no answer; another text"
            " would hide that"
        )
    return ""


def edit(store: Store, delivery: Delivery, text: str, now: datetime) -> ActionResult:
    """Give a queued or held delivery this text, if it is within its server's limit.

    Nothing renders it again by itself. The text may mention accounts, since an admin wrote it; the
    message names them. It also says where the link is lost.
    """
    refusal = why_not_editable(delivery)
    if refusal:
        return ActionResult(delivery, refusal, succeeded=False)
    text = clean(text)
    if not text:
        hint = f"`queue skip {delivery.id}` drops the delivery"
        return ActionResult(delivery, f"is not changed: the text is empty; {hint}", succeeded=False)
    post = delivery.post
    if text == post.text:
        return ActionResult(delivery, "is not changed: its text reads like that already")
    limits = store.outbox.account(delivery.account).limits
    size = length(text, limits, post.spoiler)
    if size > limits.characters:
        reason = f"the text has {size} characters as its server counts, {limits.characters} fit"
        return ActionResult(delivery, f"is not changed: {reason}", succeeded=False)
    mentioned = mentions(text)
    edited = replace(
        post,
        text=text,
        link=_link_in(text, post.link),
        length=size,
        limit=limits.characters,
        shorter="",
        may_mention=bool(mentioned),
        is_edited=True,
    )
    # with another key: a server that remembers an earlier attempt would answer with that one
    changed = replace(delivery, post=edited, key_version=delivery.key_version + 1, sent_from=None)
    rewritten = store.outbox.rewrite(delivery, changed, now, EDITED_NOTE)
    if rewritten is None:
        return ActionResult(delivery, BUSY, succeeded=False)
    remarks = [f"{size} of {limits.characters} characters"]
    if post.link not in text:
        remarks.append(f"WITHOUT its link {post.link}")
    if mentioned:
        remarks.append(f"mentions {', '.join(mentioned)}, who may be notified")
    return ActionResult(rewritten, f"is edited and {delivery.state.value}: {'; '.join(remarks)}")


def _link_in(text: str, link: str) -> str:
    """The post's own link if the text has it, else the first link of the text, "" for none."""
    if link and link in text:
        return link
    match = LINK.search(text)
    return match[0] if match else ""

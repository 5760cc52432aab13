"""Asking the server what already stands there, before anything is sent that might be a double."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta

from reblogbot.config.settings import DeliverySettings
from reblogbot.core import delivery
from reblogbot.engine.access import Access, is_open_doubt
from reblogbot.errors import TargetError
from reblogbot.model import Delivery, PublishedStatus, Receipt, State

log = logging.getLogger(__name__)

CLOCKS_DIFFER = timedelta(hours=1)
"""By so much a server's clock may differ from the one an entry was dated by."""
LOOK_BACK = timedelta(days=1)
"""How far back private and direct posts are looked for before an account's first delivery."""


async def read_back(access: Access, settings: DeliverySettings) -> bool:
    """Whether nothing is in doubt any more; what is due for it is looked for on the server.

    While anything is in doubt the whole account waits, so that its order is kept.
    """
    doubts = await access.in_store(access.rows.in_doubt, access.name)
    if not doubts:
        return True
    access.note(*doubts)
    if any(one.due > access.clock.now() for one in doubts):
        return False
    asked = [one.sent_from or one.queued_at for one in doubts if _is_hidden(one)]
    try:
        standings = await _own_standings(access, min(asked, default=None))
        receipts = [await _receipt(access, one, standings) for one in doubts]
    except TargetError as error:
        await access.pause_unanswered(error)
        return False
    settled = []
    for one, found in zip(doubts, receipts, strict=True):
        decision = delivery.after_read_back(one, found, access.clock.now(), settings)
        settled.append(await access.settle(one, decision.delivery))
    return not any(map(is_open_doubt, settled))


async def look_back(access: Access, *, hidden: bool) -> list[PublishedStatus] | None:
    """What stands there and no delivery knows of; None where the server could not be asked.

    `hidden` tells whether the account makes private posts.
    """
    since = access.clock.now() - LOOK_BACK if hidden else None
    try:
        return await _own_standings(access, since)
    except TargetError as error:
        await access.pause_unanswered(error)
        return None


async def recognise(
    access: Access, waiting: Sequence[Delivery], stood: Sequence[PublishedStatus]
) -> bool:
    """Whether any of what waits stood there already: that is now `sent`.

    This is what makes an old backup, or a lost store, harmless. A text without a link may be
    meant twice: it is held for the admin.
    """
    known = False
    for one in waiting:
        found = _stood_already(one, stood)
        if found is not None:
            log.info("stood there already", extra={"account": access.name, "id": one.id})
            await access.settle(one, _recognised(one, found))
            known = True
    return known


def _recognised(one: Delivery, found: Receipt) -> Delivery:
    if one.post.link or one.post.uri:
        return replace(one, state=State.SENT, receipt=found)
    where = f" ({found.url})" if found.url else ""
    reason = f"the same text stands there already{where}; release it to post it again, or skip it"
    return replace(one, state=State.HELD, error=reason)


def _stood_already(one: Delivery, stood: Sequence[PublishedStatus]) -> Receipt | None:
    """The receipt of what stands there and may be this; never for an edit.

    A text without a link is not that of a status made before the entry was published.
    """
    if one.post.action == "edit":
        return None
    if not (one.post.link or one.post.uri):
        stood = [there for there in stood if not _is_older(there, one)]
    return _match(one, stood)


def _is_older(there: PublishedStatus, one: Delivery) -> bool:
    if there.created_at is None or one.published_at is None:
        return False
    return there.created_at < one.published_at - CLOCKS_DIFFER


def _is_hidden(one: Delivery) -> bool:
    """Whether it is for followers or named people alone, which some servers show only at home."""
    return one.post.action != "boost" and one.post.visibility in ("private", "direct")


async def _own_standings(access: Access, hidden_since: datetime | None) -> list[PublishedStatus]:
    """Our recent statuses that are not the receipt of any delivery yet."""
    standings = await access.call(access.target.recent, hidden_since)
    ids = [one.receipt.remote_id for one in standings]
    taken = await access.in_store(access.rows.receipts, access.name, ids)
    return [one for one in standings if one.receipt.remote_id not in taken]


async def _receipt(
    access: Access, one: Delivery, standings: Sequence[PublishedStatus]
) -> Receipt | None:
    found = _match(one, standings)
    if found is None and one.post.action == "boost":
        return await access.call(access.target.standing, one.post)
    return found


def _match(one: Delivery, standings: Sequence[PublishedStatus]) -> Receipt | None:
    return next((there.receipt for there in standings if delivery.matches(one, there)), None)

"""Reading back what is on the server already, before anything is sent that may be a double."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta

from reblogbot.config.settings import DeliverySettings
from reblogbot.core import delivery as decisions
from reblogbot.engine.account import Account
from reblogbot.errors import TargetError
from reblogbot.model import Delivery, DeliveryState, PublishedStatus, Receipt
from reblogbot.ports import Clock
from reblogbot.store import AsyncStore
from reblogbot.words import Words

log = logging.getLogger(__name__)

CLOCKS_DIFFER = timedelta(hours=1)
"""A server's clock may differ by this much from the one that an entry was dated by."""
LOOK_BACK = timedelta(days=1)
"""How far back private and direct posts are looked for before an account's first delivery."""


async def read_back(
    account: Account,
    store: AsyncStore,
    settings: DeliverySettings,
    doubts: Sequence[Delivery],
    clock: Clock,
) -> bool:
    """Look on the server for what is in doubt; return whether nothing is in doubt any more.

    While anything is in doubt the whole account waits, so that its order is kept.
    """
    account.report.add_changed(doubts)
    if any(doubt.due > clock.now() for doubt in doubts):
        return False
    hidden = [doubt.sent_from or doubt.queued_at for doubt in doubts if _is_hidden(doubt)]
    try:
        recent = await account.recent(min(hidden, default=None))
        receipts_of_others = await store.outbox.receipts(account.name, _ids(recent))
        unclaimed = _unclaimed(recent, receipts_of_others)
        receipts = [await _find_receipt(account, doubt, unclaimed) for doubt in doubts]
    except TargetError as error:
        await account.pause_unanswered(error)
        return False
    settled = []
    for doubt, receipt in zip(doubts, receipts, strict=True):
        decision = decisions.after_read_back(doubt, receipt, clock.now(), settings)
        settled.append(await account.settle(doubt, decision.delivery))
    # what another process changed meanwhile may be in doubt still
    return all(after is not None and after.state != DeliveryState.DOUBT for after in settled)


async def look_back(
    account: Account, store: AsyncStore, clock: Clock, *, is_private: bool
) -> tuple[list[PublishedStatus], list[Delivery]] | None:
    """Return recent statuses that no delivery knows of, and what waits for the account by now.

    None where the server could not be asked. `is_private` tells whether the account makes private
    posts.
    """
    try:
        recent = await account.recent(clock.now() - LOOK_BACK if is_private else None)
    except TargetError as error:
        await account.pause_unanswered(error)
        return None
    receipts, waiting = await store.posted_and_waiting(account.name, _ids(recent))
    return _unclaimed(recent, receipts), waiting


async def recognise(
    account: Account, waiting: Sequence[Delivery], unclaimed: list[PublishedStatus]
) -> bool:
    """Settle deliveries as `sent` that are on the server already; return whether there are any.

    Their statuses are taken out of the `unclaimed` ones. This is what makes an old backup, or a
    lost store, harmless. A text without a link may be meant twice: it is held for the admin, unless
    the place keeps the identities of deliveries.
    """
    is_any = False
    for delivery in waiting:
        existing = _existing_status(delivery, unclaimed)
        if existing is not None:
            log.info(
                "found on the server already", extra={"account": account.name, "id": delivery.id}
            )
            await account.settle(delivery, _recognised(delivery, existing))
            unclaimed[:] = [status for status in unclaimed if status.receipt != existing.receipt]
            is_any = True
    return is_any


async def find_receipt(account: Account, store: AsyncStore, delivery: Delivery) -> Receipt | None:
    """Return the receipt of a post whose id is not known, None where it is not found.

    It is looked for among the account's recent statuses that no delivery knows of. Raises
    TargetError.
    """
    hidden_since = (delivery.sent_from or delivery.queued_at) if _is_hidden(delivery) else None
    recent = await account.recent(hidden_since)
    receipts_of_others = await store.outbox.receipts(account.name, _ids(recent))
    unclaimed = _unclaimed(recent, receipts_of_others)
    return await _find_receipt(account, delivery, unclaimed)


def _recognised(delivery: Delivery, status: PublishedStatus) -> Delivery:
    post, receipt = delivery.post, status.receipt
    # nobody else replies as the bot to its own post
    is_same_reply = post.is_follow_up and status.is_reply
    if status.identity or post.link or post.uri or is_same_reply:
        return replace(delivery, state=DeliveryState.SENT, receipt=receipt, error="")
    place = f" ({receipt.url})" if receipt.url else ""
    reason = Words(
        "the same text is on the server already{place}; release it to post it again, or skip it",
        place=place,
    )
    return replace(delivery, state=DeliveryState.HELD, error=reason)


def _existing_status(
    delivery: Delivery, unclaimed: Sequence[PublishedStatus]
) -> PublishedStatus | None:
    """Return the status that may be this delivery; never for an edit.

    A text without a link is not that of a status made before the entry was published.
    """
    if delivery.post.action == "edit":
        return None
    if not (delivery.post.link or delivery.post.uri):
        unclaimed = [status for status in unclaimed if not _is_older(status, delivery)]
    return _match(delivery, unclaimed)


def _is_older(status: PublishedStatus, delivery: Delivery) -> bool:
    if status.created_at is None or delivery.published_at is None:
        return False
    return status.created_at < delivery.published_at - CLOCKS_DIFFER


def _is_hidden(delivery: Delivery) -> bool:
    """Whether it is private or direct: some servers show these only in the home timeline."""
    post = delivery.post
    return post.action != "boost" and post.visibility in ("private", "direct")


def _ids(statuses: Sequence[PublishedStatus]) -> list[str]:
    return [status.receipt.remote_id for status in statuses]


def _unclaimed(statuses: Sequence[PublishedStatus], receipts: set[str]) -> list[PublishedStatus]:
    """Return the statuses that are not the receipt of any delivery yet."""
    return [status for status in statuses if status.receipt.remote_id not in receipts]


async def _find_receipt(
    account: Account, delivery: Delivery, statuses: Sequence[PublishedStatus]
) -> Receipt | None:
    """Return the receipt of a delivery in doubt; None when the server does not have it."""
    status = _match(delivery, statuses)
    return status.receipt if status else await account.existing(delivery)


def _match(delivery: Delivery, statuses: Sequence[PublishedStatus]) -> PublishedStatus | None:
    """Return the status that the delivery became.

    A post and its reply may have the same link: what replies as the delivery does comes first.
    """
    matching = [status for status in statuses if decisions.matches(delivery, status)]
    is_reply = bool(delivery.post.continues)
    matching.sort(key=lambda status: status.is_reply != is_reply)
    return matching[0] if matching else None

"""What an admin can take back: choose published posts, and delete them at their servers."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from reblogbot.config.settings import Config
from reblogbot.core import recognition
from reblogbot.engine.engine import Engine
from reblogbot.model import POSTED_STATES, Delivery, DeliveryState
from reblogbot.ports import ProgressCallback, no_progress
from reblogbot.store import Store
from reblogbot.store.posted import PostedFilter, PostedPost
from reblogbot.words import Words

LEASE_WAIT = 15.0
"""Seconds to wait for an account for which another process works at the moment."""
LEASE_CHECK_INTERVAL = 0.5
_WAITS_STILL = {
    DeliveryState.QUEUED: Words("it is queued; `queue skip {id}` keeps it from being posted"),
    DeliveryState.HELD: Words("it is held; `queue skip {id}` keeps it from being posted"),
    DeliveryState.SKIPPED: Words("it was skipped"),
    DeliveryState.DEAD: Words("it is dead"),
    DeliveryState.SENDING: Words("it is being sent now; try again in a moment"),
    DeliveryState.DOUBT: Words("it is in doubt; try again when the account was read back"),
}


@dataclass(frozen=True, slots=True)
class Selection:
    """The posts that an admin means, newest first, and why other things cannot be retracted.

    `posts` are those to be retracted, with all that is deleted together with them; `done` were
    retracted before.
    """

    posts: tuple[PostedPost, ...]
    done: tuple[PostedPost, ...]
    problems: tuple[str, ...]


def select(
    store: Store,
    config: Config,
    names: Sequence[str],
    wanted: PostedFilter,
    limit: int | None = None,
) -> Selection:
    """The posts under these names (number, link, address) that pass the filter.

    Without names they are all that pass it, or the newest of them up to a limit. What an earlier
    call has left unfinished is among them.
    """
    problems: list[str] = []
    ids = [each.id for each in store.retractions.pending()]
    if names:
        for name in dict.fromkeys(names):
            posted, problem = _find(store, name, wanted)
            ids += [each.id for each in posted]
            problems += [problem] if problem else []
    elif wanted != PostedFilter():
        ids += [
            post.delivery.id
            for post in store.posted.newest(wanted, limit)
            if post.delivery.state != DeliveryState.RETRACTED
        ]
    posts = store.posted.of(store.retractions.whole(ids))
    posts.sort(key=lambda post: (_posted_at(post.delivery), post.delivery.id), reverse=True)
    lost = [post for post in posts if post.delivery.account not in config.accounts]
    problems += [_lost_problem(post) for post in lost if _is_due(post)]
    return Selection(
        tuple(post for post in posts if _is_due(post) and post not in lost),
        tuple(post for post in posts if post.delivery.state == DeliveryState.RETRACTED),
        tuple(problems),
    )


async def retract(
    engine: Engine, posts: Iterable[PostedPost], on_progress: ProgressCallback = no_progress
) -> list[PostedPost]:
    """Delete these posts at their servers; returns them as they are then.

    That they are to be deleted is stored first. What remains is deleted by the next call, and by
    every `sync` and `run`.
    """
    store = engine.store
    ids = [post.delivery.id for post in posts]
    begun = await store.retractions.begin(ids, engine.clock.now())
    accounts = dict.fromkeys(delivery.account for delivery in begun)
    await asyncio.gather(*(_retract_of(engine, name, on_progress) for name in accounts))
    return await store.posted.of(ids)


async def _retract_of(engine: Engine, name: str, on_progress: ProgressCallback) -> None:
    """Delete what is retracted of one account, or wait until another process has done it."""
    for _ in range(int(LEASE_WAIT / LEASE_CHECK_INTERVAL)):
        if await engine.retract(name, on_progress) is not None or engine.is_stopping:
            return
        await asyncio.sleep(LEASE_CHECK_INTERVAL)
        pending = await engine.store.retractions.pending()
        if name not in {each.account for each in pending}:
            return


def _find(store: Store, name: str, wanted: PostedFilter) -> tuple[list[Delivery], str]:
    """The published deliveries of this name; without one, what is wrong with the name."""
    written = name.strip()
    deliveries = (
        store.posted.named(recognition.keys_of_written(written), written) if written else []
    )
    if not deliveries:
        return [], (
            Words(
                "{name}: no such post; name it by its number, link or address, as `reblogbot "
                "history` shows them",
                name=name,
            )
        )
    posted = [each for each in deliveries if each.state in POSTED_STATES]
    if not posted:
        reason = _WAITS_STILL[deliveries[-1].state].filled(id=deliveries[-1].id)
        return [], Words("{name}: not posted: {reason}", name=name, reason=reason)
    chosen = [each for each in posted if _passes(each, wanted)]
    if not chosen:
        return [], Words(
            "{name}: posted, but not as --account, --source, --since and --until say", name=name
        )
    return chosen, ""


def _passes(delivery: Delivery, wanted: PostedFilter) -> bool:
    at = _posted_at(delivery)
    return (
        wanted.account in ("", delivery.account)
        and wanted.source in ("", delivery.source)
        and (wanted.since is None or at >= wanted.since)
        and (wanted.until is None or at < wanted.until)
    )


def _posted_at(delivery: Delivery) -> datetime:
    return delivery.settled_at or delivery.queued_at


def _is_due(post: PostedPost) -> bool:
    return post.delivery.state in (DeliveryState.SENT, DeliveryState.RETRACTING)


def _lost_problem(post: PostedPost) -> str:
    delivery = post.delivery
    url = f": {delivery.receipt.url}" if delivery.receipt and delivery.receipt.url else ""
    return (
        f"{delivery.id}: its account {delivery.account} is not in the config any more; put it back,"
        f" or delete the post by hand{url}"
    )

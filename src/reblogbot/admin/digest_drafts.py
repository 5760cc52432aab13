"""What digests would look like if they went out with what waits now."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime

from reblogbot.config.settings import Config
from reblogbot.core import digest
from reblogbot.engine.digests import may_be_bundled
from reblogbot.model import Delivery, DeliveryState, Post
from reblogbot.store import Store

MOST_BUNDLED = 100
"""So many deliveries of one source are put into a draft."""


@dataclass(frozen=True, slots=True)
class DigestDraft:
    """The digest of a source for an account: its posts, and the deliveries that become them."""

    source: str
    account: str
    due: datetime
    posts: tuple[Post, ...]
    deliveries: tuple[Delivery, ...]


def digest_drafts(
    store: Store, config: Config, routes: Iterable[tuple[str, str]]
) -> Iterator[DigestDraft]:
    """The digests of these pairs of a source and an account, as far as anything waits for them."""
    for name, account in routes:
        source = config.sources.get(name)
        if source is None or source.digest is None or account not in config.accounts:
            continue
        waiting, _ = store.outbox.page(
            {DeliveryState.QUEUED}, accounts=[account], sources=[name], limit=MOST_BUNDLED
        )
        members = tuple(each for each in waiting if may_be_bundled(each, config, each.due))
        if not members:
            continue
        due = min(each.due for each in members)
        title = source.title or store.sources.title(name) or name
        limits = store.outbox.account(account).limits
        heading = digest.heading(title, source, due)
        bundles = digest.bundles([each.post for each in members], limits, heading)
        yield DigestDraft(name, account, due, tuple(part.post for part in bundles), members)

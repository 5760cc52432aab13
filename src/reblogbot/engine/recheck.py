"""A status read again before it is boosted or quoted: it is judged as it reads now (ADR 0022)."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import replace
from typing import Any
from urllib.parse import urlsplit

from reblogbot.config.settings import Config, SourceSettings
from reblogbot.core import consent, filters, queue_order
from reblogbot.core import delivery as decisions
from reblogbot.engine.account import Account
from reblogbot.errors import Doubtful, SourceError
from reblogbot.model import Delivery, Entry, Post
from reblogbot.ports import Clock, FoundStatus, Offload
from reblogbot.sources.fediverse import statuses
from reblogbot.words import Words

log = logging.getLogger(__name__)

Addresses = Callable[[], Awaitable[Mapping[str, str]]]
"""Returns the known addresses of the config's accounts, by name."""


class Recheck:
    """Judges statuses for one account in one round, with at most two requests each, no write.

    Nothing is claimed yet: whatever fails or dies here leaves the delivery queued. For each author
    the relationship is asked for once.
    """

    def __init__(
        self,
        config: Config,
        account: Account,
        offload: Offload,
        addresses: Addresses,
        clock: Clock,
    ) -> None:
        self._config = config
        self._account = account
        self._offload = offload
        self._addresses = addresses
        self._clock = clock
        self._relationships: dict[str, Mapping[str, Any]] = {}

    async def check(self, delivery: Delivery) -> Post | decisions.Decision:
        """Return the post to send, with its status's id on the server, or what follows instead.

        Raises TargetError when the server cannot be asked.
        """
        status, now = await self._account.status(delivery.post), self._clock.now()
        if status is None:
            host = urlsplit(self._account.settings.server).netloc
            return decisions.after_not_found(delivery, host, now)
        if status.boosted is not None and delivery.post.action == "boost":
            return decisions.after_success(delivery, status.boosted, now)
        reason = await self._refusal(delivery, status)
        if reason:
            return decisions.after_refusal(delivery, reason)
        return replace(delivery.post, status_id=status.id)

    async def _refusal(self, delivery: Delivery, status: FoundStatus) -> str:
        """Return why the status is not published now, or ""."""
        source, entry = self._config.sources[delivery.source], await self._entry(status)
        return (
            consent.own_account_reason(entry, source, delivery.account, await self._addresses())
            # in a thread: the admin's patterns take their time with some texts
            or await asyncio.to_thread(self._filtered, delivery, entry, source)
            or _unquotable(delivery.post, status)
            or await self._blocked(entry, source)
        )

    async def _entry(self, status: FoundStatus) -> Entry:
        """Return the status as an entry, read in the parser child: it may be hostile."""
        now = self._clock.now()
        try:
            entry = await self._offload(statuses.read, status.element, "status", now)
        except (SourceError, RecursionError) as error:
            message = Words(
                "{name}: its server shows a status that cannot be read: {error}",
                name=self._account.name,
                error=str(error),
            )
            raise Doubtful("unreadable_answer", message) from error
        return entry or Entry()

    def _filtered(self, delivery: Delivery, entry: Entry, source: SourceSettings) -> str:
        if delivery.post.is_requested:
            return filters.refusal_of_requested(entry, source)
        now, is_status = self._clock.now(), delivery.post.is_status
        # its age counts from the date its source gave it, which may be that of a boost; a link
        # without one, from the date of the status
        published_at = delivery.published_at or (None if is_status else entry.published_at)
        pace = self._account.settings.pace
        undated = replace(entry, published_at=None, updated_at=None)
        return filters.refusal_now(
            undated, source, now, is_status=is_status
        ) or queue_order.too_old_reason(
            replace(delivery, published_at=published_at), self._config, pace, now
        )

    async def _blocked(self, entry: Entry, source: SourceSettings) -> str:
        author = entry.author.id if entry.author else ""
        if author and author not in self._relationships:
            self._relationships[author] = await self._account.relationship(author)
        followers_only = getattr(source.options, "whose", "") == "followers"
        relationship = self._relationships.get(author, {})
        reason = consent.blocked_reason(relationship, followers_only=followers_only)
        return Words("forbidden: {reason}", reason=reason) if reason else ""


def _unquotable(post: Post, status: FoundStatus) -> str:
    """Return why a status may not be quoted, "" where it may, and for a boost."""
    if post.action != "quote" or status.may_quote:
        return ""
    if status.may_quote is None:
        return Words('quote: the server knows no quotes; set action = "boost"')
    return Words("quote: its author does not want it to be quoted")

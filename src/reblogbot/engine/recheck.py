"""The last look at a status before it is boosted or quoted: it is judged as it reads now."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import replace
from typing import Any
from urllib.parse import urlsplit

from reblogbot.config.settings import Config, SourceSettings
from reblogbot.core import consent, delivery, filters, queue_order
from reblogbot.engine.access import Access
from reblogbot.errors import Doubtful, SourceError
from reblogbot.model import Delivery, Entry, Post
from reblogbot.ports import FoundStatus, Offload
from reblogbot.sources.fediverse import statuses

log = logging.getLogger(__name__)

Addresses = Callable[[], Awaitable[Mapping[str, str]]]
"""Finds out the addresses of the config's accounts, by name, as far as they can be known."""


class Recheck:
    """Judges for one account; costs two requests a status at most, none of them a write.

    Nothing is claimed yet: whatever fails or dies here leaves the delivery queued.
    """

    def __init__(
        self, config: Config, access: Access, offload: Offload, addresses: Addresses
    ) -> None:
        self._config = config
        self._access = access
        self._offload = offload
        self._addresses = addresses
        self._relations: dict[str, Mapping[str, Any]] = {}

    def start_round(self) -> None:
        """Forget how the account stands to others: a round asks once for each author."""
        self._relations = {}

    async def check(self, one: Delivery) -> Post | delivery.Decision:
        """The post to send, with the id its status has on the server; or what follows instead.

        Raises TargetError when the server cannot be asked.
        """
        access, now = self._access, self._access.clock.now()
        account = self._config.accounts[access.name]
        found = await access.call(access.target.status, one.post)
        if found is None:
            return delivery.after_not_found(one, urlsplit(account.server).netloc, now)
        if found.boosted is not None and one.post.action == "boost":
            return delivery.after_success(one, found.boosted, now)
        reason = await self._refusal(one, found)
        if reason:
            return delivery.after_refusal(one, reason)
        return replace(one.post, status_id=found.id)

    async def _refusal(self, one: Delivery, found: FoundStatus) -> str:
        """Why the status is not published now, "" if it is."""
        source, entry = self._config.sources[one.source], await self._entry(found)
        return (
            consent.own_account(entry, source, one.account, await self._addresses())
            # the admin's patterns take their time with some texts
            or await asyncio.to_thread(self._filtered, one, entry, source)
            or _unquotable(one.post, found)
            or await self._blocked(entry, source)
        )

    async def _entry(self, found: FoundStatus) -> Entry:
        """The status as an entry, read where a hostile one can be stopped."""
        now = self._access.clock.now()
        try:
            entry = await self._offload(statuses.read, found.element, "status", now)
        except (SourceError, RecursionError) as error:
            unreadable = f"{self._access.name}: its server shows a status that cannot be read"
            raise Doubtful("unreadable_answer", f"{unreadable}: {error}") from error
        return entry or Entry()

    def _filtered(self, one: Delivery, entry: Entry, source: SourceSettings) -> str:
        now, is_status = self._access.clock.now(), one.post.is_status
        # its age counts from the date its source gave it, which may be that of a boost; a link
        # without one, from the date of the status
        dated = one.published_at or (None if is_status else entry.published_at)
        pace = self._config.accounts[one.account].pace
        undated = replace(entry, published_at=None, updated_at=None)
        return filters.refusal_now(
            undated, source, now, is_status=is_status
        ) or queue_order.too_old(replace(one, published_at=dated), self._config, pace, now)

    async def _blocked(self, entry: Entry, source: SourceSettings) -> str:
        author = entry.author.id if entry.author else ""
        if author and author not in self._relations:
            access = self._access
            self._relations[author] = await access.call(access.target.relationship, author)
        only = getattr(source.options, "whose", "") == "followers"
        reason = consent.blocked(self._relations.get(author, {}), followers_only=only)
        return f"forbidden: {reason}" if reason else ""


def _unquotable(post: Post, found: FoundStatus) -> str:
    """Why a status may not be quoted, "" for a boost."""
    if post.action != "quote" or found.may_quote:
        return ""
    if found.may_quote is None:
        return 'quote: the server knows no quotes; set action = "boost"'
    return "quote: its author does not want it to be quoted"

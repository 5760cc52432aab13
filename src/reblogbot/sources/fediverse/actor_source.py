"""The kind `actor`: what an ActivityPub actor publishes and boosts, read from its outbox."""

from __future__ import annotations

import asyncio
import hashlib
import logging
from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import replace
from datetime import timedelta
from ipaddress import ip_address
from typing import TypeVar
from urllib.parse import quote, urlsplit

from pydantic import Field, model_validator

from reblogbot.config.settings import SourceSettings, Table
from reblogbot.config.values import HttpUrl
from reblogbot.core import http_headers
from reblogbot.errors import SourceError
from reblogbot.model import Author, Batch, Entry, Validators
from reblogbot.ports import Response, Tools
from reblogbot.sources.fediverse import activitypub
from reblogbot.sources.fediverse.acct import Acct
from reblogbot.sources.fediverse.activitypub import Activity, Actor, Note
from reblogbot.sources.fediverse.timeline import (
    MAX_SECONDS,
    TimelineItem,
    TimelinePage,
    catch_up,
)
from reblogbot.sources.fediverse.timeline_cursor import TimelineCursor
from reblogbot.sources.shared.origins import host_of, origin_of
from reblogbot.sources.shared.response_body import ResponseBody
from reblogbot.web.addresses import is_address, redacted_url
from reblogbot.words import Words

log = logging.getLogger(__name__)
T = TypeVar("T")

ACCEPT = (
    "application/activity+json, "
    'application/ld+json; profile="https://www.w3.org/ns/activitystreams"'
)
_ACCEPT_WEBFINGER = "application/jrd+json, application/json"
_PAGE_SIZE = 20
MAX_OBJECTS = 40
"""How many objects of others one poll fetches, and how many of their authors."""
_UNREADABLE_AUTHOR = Author(standing=Words("its author's profile cannot be read"))
# Errors that the same request will meet again.
_FINAL = frozenset({"http_status", "not_json", "empty_body", "not_activitypub"})


class ActorOptions(Table):
    """`acct` is resolved by WebFinger; `url` is the id of the actor or its page."""

    acct: Acct = Field(
        "",
        description=Words("The fediverse address of the actor; its url will do instead."),
        examples=['"@blog@blog.example"'],
    )
    url: HttpUrl = Field(
        "",
        description=Words("The address of the actor or its page, instead of its acct."),
        examples=['"https://blog.example/@blog"'],
    )

    @model_validator(mode="after")
    def _has_acct_or_url(self) -> ActorOptions:
        if not self.acct and not self.url:
            raise ValueError('the kind "actor" needs acct = "@user@host", or the actor\'s url')
        return self


class ActorSource:
    """The outbox of one actor.

    Requests are not signed: what a server shows only for signed requests stays unread.
    """

    Options = ActorOptions
    needs = ()

    def __init__(self, name: str, settings: SourceSettings, tools: Tools) -> None:
        self.name = name
        self._settings = settings
        self._tools = tools
        self._acct: str = settings.options.acct

    async def poll(self, known: Validators) -> Batch:
        """All entries of the newest pages, down to those that the last poll has read."""
        cursor = TimelineCursor.load(known.cursor, self._settings_digest())
        fetcher = _DocumentFetcher(self._settings, self._tools, self._start_url())
        actor = await self._actor(fetcher, cursor.resolved_id)
        outbox = _Outbox(fetcher, actor)
        before = replace(cursor, resolved_id=actor.id)
        items, after = await catch_up(outbox, before, fetcher.now, self._settings.first, _PAGE_SIZE)
        marks = {*cursor.known_marks, *cursor.above_gap}
        entries, unread = await self._entries(fetcher, actor, items, marks)
        return Batch(
            tuple(entries),
            actor.author.name,
            validators=Validators(cursor=after.without(item.id for item in unread).dump()),
            fresh_for=outbox.fresh_for,
        )

    async def _entries(
        self,
        fetcher: _DocumentFetcher,
        actor: Actor,
        items: Sequence[TimelineItem],
        known_marks: Collection[str],
    ) -> tuple[list[Entry], list[TimelineItem]]:
        """The entries of the items, and the items that could not be read now but may be later.

        Objects of others are fetched only for items whose marks are not in `known_marks`: the
        entries of known items are in the store.
        """
        activities: list[tuple[TimelineItem, Activity]] = [(item, item.element) for item in items]
        unknown = [activity for item, activity in activities if item.mark not in known_marks]
        notes: dict[str, Note | None] = {
            activity.object_id: activity.note for _, activity in activities if activity.note
        }
        remote = [each.object_id for each in unknown if each.object_id not in notes]
        notes |= await fetcher.read_all(reversed(remote), activitypub.note)
        readable = [note for _, each in activities if (note := notes.get(each.object_id))]
        authors: dict[str, Author | None] = {"": None, actor.id: actor.author}
        others = (note.author_id for note in reversed(readable) if note.author_id not in authors)
        authors |= await fetcher.read_all(others, activitypub.author)
        entries, unread = [], []
        for item, activity in activities:
            note = notes.get(activity.object_id)
            if note is not None and note.author_id in authors:
                if note.entry.uri:
                    author = authors[note.author_id] or _UNREADABLE_AUTHOR
                    entries.append(_entry(note.entry, author, item))
            elif item.mark not in known_marks and (
                note is not None or activity.object_id not in notes
            ):
                unread.append(item)
        return entries, unread

    async def _actor(self, fetcher: _DocumentFetcher, stored_id: str) -> Actor:
        """The actor by its stored id or, if that is gone, by the settings."""
        if stored_id:
            try:
                return await fetcher.read(stored_id, activitypub.actor)
            except SourceError as error:
                if not _is_final(error):
                    raise
        if not self._acct:
            return await fetcher.read(self._settings.url, activitypub.actor)
        id_ = await fetcher.read(self._start_url(), activitypub.webfinger, _ACCEPT_WEBFINGER)
        return await fetcher.read(id_, activitypub.actor)

    def _start_url(self) -> str:
        """The configured URL, or that of WebFinger on the account's server (RFC 7033)."""
        if not self._acct:
            return self._settings.url
        host = self._acct.partition("@")[2]
        # WebFinger requires https; a server on this machine rarely has a certificate.
        scheme = "http" if _is_this_machine(host) else "https"
        resource = quote(f"acct:{self._acct}", safe="")
        return f"{scheme}://{host}/.well-known/webfinger?resource={resource}"

    def _settings_digest(self) -> str:
        settings = repr((self._acct, self._settings.url))
        return hashlib.blake2b(settings.encode(), digest_size=8).hexdigest()


class _DocumentFetcher:
    """Fetches and parses documents during one poll; those of others within bounds."""

    def __init__(self, settings: SourceSettings, tools: Tools, start_url: str) -> None:
        self._settings = settings
        self._tools = tools
        self._start_url = start_url
        self.now = tools.clock.now()
        self._until = asyncio.get_running_loop().time() + MAX_SECONDS

    async def read(self, url: str, parse: Callable[[ResponseBody], T], accept: str = ACCEPT) -> T:
        """The parsed document at `url`. Raises SourceError."""
        return (await self.read_with_response(url, parse, accept))[0]

    async def read_with_response(
        self, url: str, parse: Callable[[ResponseBody], T], accept: str = ACCEPT
    ) -> tuple[T, Response]:
        """The parsed document at `url`, and its response. Raises SourceError."""
        # The configured headers may hold secrets: they are for the source's own server alone.
        is_own = origin_of(url) == origin_of(self._start_url)
        response = await self._tools.fetch(
            url,
            headers=self._settings.headers if is_own else {},
            accept=accept,
            proxy=self._settings.proxy,
        )
        body = ResponseBody(
            response.body,
            response.headers.get("content-type", ""),
            response.url,
            "",
            self._settings.timezone,
            self.now,
        )
        return await self._tools.offload(parse, body), response

    async def read_all(
        self, urls: Iterable[str], parse: Callable[[ResponseBody], T]
    ) -> dict[str, T | None]:
        """The parsed documents by URL; None for a final error, nothing for one that may pass.

        Hosts are asked concurrently; a host that fails is not asked again in this poll.
        """
        by_host: dict[str, list[str]] = {}
        for url in list(dict.fromkeys(urls))[:MAX_OBJECTS]:
            by_host.setdefault(host_of(url), []).append(url)
        parsed: dict[str, T | None] = {}
        await asyncio.gather(*(self._read_host(urls, parse, parsed) for urls in by_host.values()))
        return parsed

    async def _read_host(
        self, urls: Sequence[str], parse: Callable[[ResponseBody], T], parsed: dict[str, T | None]
    ) -> None:
        for url in urls:
            if asyncio.get_running_loop().time() > self._until:
                return
            try:
                parsed[url] = await self.read(url, parse)
            except SourceError as error:
                log.info("object not read", extra={"host": host_of(url), "slug": error.slug})
                if not _is_final(error):
                    return
                parsed[url] = None


class _Outbox:
    """A Timeline that is an actor's outbox; `fresh_for` is how long its newest page is fresh."""

    def __init__(self, fetcher: _DocumentFetcher, actor: Actor) -> None:
        self._fetcher = fetcher
        self._url = actor.outbox
        self.fresh_for: timedelta | None = None

    async def page(self, older: str) -> TimelinePage:
        read = self._fetcher.read_with_response
        page, response = await read(older or self._url, activitypub.outbox_page)
        total = page.total
        if not older and page.first:
            page, response = await read(page.first, activitypub.outbox_page)
        if not older and total and not page.size and not page.next:
            raise SourceError(
                "outbox_hidden",
                Words(
                    "{where}: this outbox counts {total} posts and shows none of them; follow the "
                    'account with kind = "account" and via = one of your own',
                    where=redacted_url(self._url),
                    total=total,
                ),
            )
        if not older:
            self.fresh_for = http_headers.freshness(response.headers, self._fetcher.now)
        items = (TimelineItem(activity.id, activity.at, activity) for activity in page.activities)
        return TimelinePage(tuple(items), page.next)

    async def longest(self) -> TimelinePage | None:
        return None


def _entry(entry: Entry, author: Author, item: TimelineItem) -> Entry:
    """The entry with its author, and the date of the boost if it was boosted."""
    return replace(
        entry,
        authors=(author.name,) if author.name else (),
        author=author,
        published_at=item.at or entry.published_at,
    )


def _is_final(error: SourceError) -> bool:
    return error.slug in _FINAL or error.outcome in ("gone", "refused")


def _is_this_machine(host: str) -> bool:
    """True when a host, with or without a port, is the loopback."""
    name = urlsplit(f"//{host}").hostname or ""
    return name == "localhost" or (is_address(name) and ip_address(name).is_loopback)

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

from pydantic import model_validator

from reblogbot.config.settings import SourceSettings, Table
from reblogbot.config.values import HttpUrl
from reblogbot.core import schedule
from reblogbot.errors import SourceError
from reblogbot.model import Author, Batch, Entry, Validators
from reblogbot.ports import Response, Tools
from reblogbot.sources.fediverse import activitypub
from reblogbot.sources.fediverse.activitypub import Actor, Note
from reblogbot.sources.fediverse.source import Acct
from reblogbot.sources.fediverse.timeline import SECONDS, Memory, Page, Shown, catch_up
from reblogbot.sources.shared.body import Body
from reblogbot.sources.shared.document import host_of, origin_of
from reblogbot.web.addresses import is_address
from reblogbot.web.addresses import shown as shown_url

log = logging.getLogger(__name__)
T = TypeVar("T")

ACCEPT = (
    "application/activity+json, "
    'application/ld+json; profile="https://www.w3.org/ns/activitystreams"'
)
_ACCEPT_FINGER = "application/jrd+json, application/json"
_PER_PAGE = 20
MOST_OBJECTS = 40
"""How many things of others are fetched in one poll, and how many of their authors."""
_UNREADABLE = Author(standing="its author's profile cannot be read")
# what was answered so will be answered so again
_FINAL = frozenset({"http_status", "not_json", "empty_body", "not_activitypub"})


class ActorOptions(Table):
    """`acct` is looked up by WebFinger, `url` is the actor's own address or its page."""

    acct: Acct = ""
    url: HttpUrl = ""

    @model_validator(mode="after")
    def _names_somebody(self) -> ActorOptions:
        if not self.acct and not self.url:
            raise ValueError('the kind "actor" needs acct = "@user@host", or the actor\'s url')
        return self


class ActorSource:
    """The outbox of one actor; requests are not signed, so what asks for that stays unread."""

    Options = ActorOptions
    needs = ()

    def __init__(self, name: str, settings: SourceSettings, tools: Tools) -> None:
        self.name = name
        self._settings = settings
        self._tools = tools
        self._acct: str = settings.options.acct

    async def poll(self, known: Validators) -> Batch:
        """All entries the newest pages show, down to what the last poll has read."""
        memory = Memory.of(known.cursor, self._fingerprint())
        web = _Web(self._settings, self._tools, self._start())
        actor = await self._actor(web, memory.place)
        outbox = _Outbox(web, actor)
        before = replace(memory, place=actor.id)
        shown, after = await catch_up(outbox, before, web.now, self._settings.first, _PER_PAGE)
        marks = {*memory.known, *memory.above}
        entries, unread = await self._entries(web, actor, shown, marks)
        return Batch(
            tuple(entries),
            actor.author.name,
            validators=Validators(cursor=after.without(unread).cursor()),
            fresh_for=outbox.fresh_for,
        )

    async def _entries(
        self, web: _Web, actor: Actor, shown: Sequence[Shown], known: Collection[str]
    ) -> tuple[list[Entry], list[Shown]]:
        """The entries, and what could not be read now but may be later.

        Things of others are fetched only while they are unknown: the store has the rest.
        """
        unknown = [one for one in shown if one.mark not in known]
        notes: dict[str, Note | None] = {
            one.element.object_id: one.element.note for one in shown if one.element.note
        }
        away = [one.element.object_id for one in unknown if one.element.object_id not in notes]
        notes |= await web.each(reversed(away), activitypub.note)
        found = [note for one in shown if (note := notes.get(one.element.object_id))]
        authors: dict[str, Author | None] = {"": None, actor.id: actor.author}
        strangers = (note.by for note in reversed(found) if note.by not in authors)
        authors |= await web.each(strangers, activitypub.author)
        entries, unread = [], []
        for one in shown:
            place = one.element.object_id
            note = notes.get(place)
            if note is not None and note.by in authors:
                entry = _by(note.entry, authors[note.by] or _UNREADABLE)
                # what was boosted came here when it was boosted
                entry = replace(entry, published_at=one.at or entry.published_at)
                entries += [entry] if entry.uri else []
            elif one.mark not in known and (note is not None or place not in notes):
                unread.append(one)
        return entries, unread

    async def _actor(self, web: _Web, place: str) -> Actor:
        """The actor, where it stood last time or where it is said to stand."""
        if place:
            try:
                return await web.read(place, activitypub.actor)
            except SourceError as error:
                if not _is_final(error):
                    raise
        if not self._acct:
            return await web.read(self._settings.url, activitypub.actor)
        found = await web.read(self._start(), activitypub.webfinger, _ACCEPT_FINGER)
        return await web.read(found, activitypub.actor)

    def _start(self) -> str:
        """What is asked first: the actor, or the WebFinger of its server (RFC 7033)."""
        if not self._acct:
            return self._settings.url
        host = self._acct.partition("@")[2]
        # WebFinger is https only, but on this very machine
        scheme = "http" if _is_here(host) else "https"
        named = quote(f"acct:{self._acct}", safe="")
        return f"{scheme}://{host}/.well-known/webfinger?resource={named}"

    def _fingerprint(self) -> str:
        own = repr((self._acct, self._settings.url))
        return hashlib.blake2b(own.encode(), digest_size=8).hexdigest()


class _Web:
    """Fetches and reads documents: those of others within bounds, for as long as a poll lasts."""

    def __init__(self, settings: SourceSettings, tools: Tools, start: str) -> None:
        self._settings = settings
        self._tools = tools
        self._start = start
        self.now = tools.clock.now()
        self._until = asyncio.get_running_loop().time() + SECONDS

    async def read(self, url: str, parse: Callable[[Body], T], accept: str = ACCEPT) -> T:
        """What a document says. Raises SourceError."""
        return (await self.answered(url, parse, accept))[0]

    async def answered(
        self, url: str, parse: Callable[[Body], T], accept: str = ACCEPT
    ) -> tuple[T, Response]:
        """What a document says, and the answer it came with. Raises SourceError."""
        # the admin's headers are for the source's own server alone
        is_own = origin_of(url) == origin_of(self._start)
        answer = await self._tools.fetch(
            url,
            headers=self._settings.headers if is_own else {},
            accept=accept,
            proxy=self._settings.proxy,
        )
        body = Body(
            answer.body,
            answer.headers.get("content-type", ""),
            answer.url,
            "",
            self._settings.timezone,
            self.now,
        )
        return await self._tools.offload(parse, body), answer

    async def each(self, urls: Iterable[str], parse: Callable[[Body], T]) -> dict[str, T | None]:
        """What stands at each, None where nothing readable ever will; later ones are left out.

        Hosts are asked beside each other; one that fails is left alone until the next poll.
        """
        hosts: dict[str, list[str]] = {}
        for url in list(dict.fromkeys(urls))[:MOST_OBJECTS]:
            hosts.setdefault(host_of(url), []).append(url)
        found: dict[str, T | None] = {}
        await asyncio.gather(*(self._at_host(urls, parse, found) for urls in hosts.values()))
        return found

    async def _at_host(
        self, urls: Sequence[str], parse: Callable[[Body], T], found: dict[str, T | None]
    ) -> None:
        for url in urls:
            if asyncio.get_running_loop().time() > self._until:
                return
            try:
                found[url] = await self.read(url, parse)
            except SourceError as error:
                log.info("object not read", extra={"host": host_of(url), "slug": error.slug})
                if not _is_final(error):
                    return
                found[url] = None


class _Outbox:
    """An actor's outbox, page by page; `fresh_for` is how long its newest page says it is fresh."""

    def __init__(self, web: _Web, actor: Actor) -> None:
        self._web = web
        self._url = actor.outbox
        self.fresh_for: timedelta | None = None

    async def page(self, older: str) -> Page:
        leaf, answer = await self._web.answered(older or self._url, activitypub.leaf)
        total = leaf.total
        if not older and leaf.first:
            leaf, answer = await self._web.answered(leaf.first, activitypub.leaf)
        if not older and total and not leaf.size and not leaf.next:
            raise SourceError(
                "outbox_hidden",
                f"{shown_url(self._url)}: this outbox counts {total} posts and shows none of them;"
                ' follow the account with kind = "account" and via = one of your own',
            )
        if not older:
            self.fresh_for = schedule.freshness(answer.headers, self._web.now)
        shown = tuple(Shown(one.id, one.at, one) for one in leaf.acts)
        return Page(shown, leaf.next)

    async def longest(self) -> Page | None:
        return None


def _by(entry: Entry, author: Author) -> Entry:
    return replace(entry, authors=(author.name,) if author.name else (), author=author)


def _is_final(error: SourceError) -> bool:
    return error.slug in _FINAL or error.outcome in ("gone", "refused")


def _is_here(host: str) -> bool:
    """Whether a host, with its port or without, is this very machine."""
    name = urlsplit(f"//{host}").hostname or ""
    return name == "localhost" or (is_address(name) and ip_address(name).is_loopback)

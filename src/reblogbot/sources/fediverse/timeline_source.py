"""The kinds that read a timeline through one of our accounts, by the Mastodon API."""

from __future__ import annotations

import hashlib
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, Literal

from pydantic import Field

from reblogbot.config.settings import SourceSettings, Table
from reblogbot.config.values import Hashtag
from reblogbot.core import mastodon_json
from reblogbot.errors import SourceError
from reblogbot.model import Batch, Entry, Validators
from reblogbot.ports import Tools
from reblogbot.sources.fediverse import endpoints, statuses
from reblogbot.sources.fediverse.acct import Acct
from reblogbot.sources.fediverse.endpoints import Endpoint
from reblogbot.sources.fediverse.home_server import HomeServer
from reblogbot.sources.fediverse.relationships import forbid_blocked
from reblogbot.sources.fediverse.statuses import Form
from reblogbot.sources.fediverse.timeline import TimelineItem, TimelinePage, catch_up
from reblogbot.sources.fediverse.timeline_cursor import TimelineCursor
from reblogbot.words import Words

PAGE_SIZE = 40
_LONGEST_PAGE = 400
_SCOPES = ("read:accounts", "read:follows")


class Via(Table):
    """`via` names the account that reads: its server is asked, and shows what it may see."""

    via: str = Field(
        description=Words("The account of this config that reads: its server is asked."),
        examples=['"news"'],
    )


class AccountOptions(Via):
    acct: Acct = Field(
        description=Words("The fediverse address of the account that is read."),
        examples=['"@friend@social.example"'],
    )


class HashtagOptions(Via):
    tag: Hashtag = Field(
        description=Words("The hashtag whose statuses are read."), examples=['"python"']
    )


class ListOptions(Via):
    list: str = Field(
        description=Words("The title or the id of one of the account's lists."),
        examples=['"People"'],
    )


class MentionsOptions(Via):
    # The store keeps this name as a part of the source's address. With another name the store
    # would take the source for a new one.
    whose: Literal["followers", "anyone"] = Field(
        "followers",
        validation_alias="from",
        description=Words("Whose mentions of the account are boosted."),
        examples=['"anyone"'],
    )


class TrendsOptions(Via):
    trends: Literal["statuses", "links"] = Field(
        description=Words("Which trends of the account's server are read."), examples=['"links"']
    )


@dataclass(frozen=True, slots=True)
class Kind:
    """One kind of source: a factory of its sources, and the settings they have.

    `find` resolves the settings to an endpoint of the server; an id that it had to ask for is
    stored and passed in again. `scopes` are those that the token must have.
    """

    Options: type[Table]
    find: Callable[[HomeServer, Any, str], Awaitable[Endpoint]]
    form: Form = "status"
    scopes: tuple[str, ...] = (*_SCOPES, "read:statuses")
    needs: tuple[str, ...] = ()

    def __call__(self, name: str, settings: SourceSettings, tools: Tools) -> TimelineSource:
        return TimelineSource(name, settings, tools, self)


class TimelineSource:
    """A timeline as one of our accounts sees it."""

    def __init__(self, name: str, settings: SourceSettings, tools: Tools, kind: Kind) -> None:
        self.name = name
        self._settings = settings
        self._options = settings.options
        self._tools = tools
        self._kind = kind
        self._server = HomeServer(tools, settings.options.via, kind.scopes)

    async def poll(self, known: Validators) -> Batch:
        """All entries of the newest pages, down to those that the last poll has read."""
        before = TimelineCursor.load(known.cursor, self._settings_digest())
        try:
            endpoint, items, after = await self._read(before)
        except SourceError as error:
            # The stored id may be outdated: a server that was set up anew assigns other ids.
            if error.slug != "not_there" or not before.resolved_id:
                raise
            endpoint, items, after = await self._read(replace(before, resolved_id=""))
        entries = await self._entries(items, before)
        return Batch(entries, endpoint.title, validators=Validators(cursor=after.dump()))

    async def _read(
        self, cursor: TimelineCursor
    ) -> tuple[Endpoint, list[TimelineItem], TimelineCursor]:
        now = self._tools.clock.now()
        endpoint = await self._kind.find(self._server, self._options, cursor.resolved_id)
        timeline = _ApiTimeline(self._server, endpoint, self._form, now)
        cursor = replace(cursor, resolved_id=endpoint.resolved_id)
        items, after = await catch_up(timeline, cursor, now, self._settings.first, PAGE_SIZE)
        return endpoint, items, after

    @property
    def _form(self) -> Form:
        wants_links = isinstance(self._options, TrendsOptions) and self._options.trends == "links"
        return "card" if wants_links else self._kind.form

    async def _entries(
        self, items: Sequence[TimelineItem], before: TimelineCursor
    ) -> tuple[Entry, ...]:
        elements = [item.element for item in items]
        try:
            read = await self._tools.offload(
                statuses.read_all, elements, self._form, self._tools.clock.now()
            )
        except RecursionError as error:
            raise _unreadable(self._server.via, Words("its answer is nested too deeply")) from error
        if self._form == "card":
            return tuple(filter(None, read))
        entries = {number: entry for number, entry in enumerate(read) if entry}
        # The authors of known statuses are not asked about again: those entries are in the store.
        marks = {*before.known_marks, *before.above_gap}
        unknown = [number for number in entries if items[number].mark not in marks]
        if unknown:
            followers_only = getattr(self._options, "whose", "") == "followers"
            checked = await forbid_blocked(
                self._server,
                [entries[number] for number in unknown],
                followers_only=followers_only,
            )
            entries |= dict(zip(unknown, checked, strict=True))
        return tuple(entries.values())

    def _settings_digest(self) -> str:
        settings = repr((self._settings.kind, self._options))
        return hashlib.blake2b(settings.encode(), digest_size=8).hexdigest()


class _ApiTimeline:
    """A Timeline that is an endpoint of the server."""

    def __init__(self, server: HomeServer, endpoint: Endpoint, form: Form, now: datetime) -> None:
        self._server = server
        self._endpoint = endpoint
        self._form = form
        self._now = now

    async def page(self, older: str) -> TimelinePage:
        items, linked = await self._read(older, PAGE_SIZE)
        following = _last_id(items) if linked is None else linked
        if self._endpoint.is_ranking or not items:
            following = ""
        return TimelinePage(tuple(items), following, is_short=len(items) < PAGE_SIZE)

    async def longest(self) -> TimelinePage | None:
        items, _ = await self._read("", _LONGEST_PAGE)
        return TimelinePage(tuple(items))

    async def _read(self, older: str, limit: int) -> tuple[list[TimelineItem], str | None]:
        params = {**self._endpoint.params, "limit": limit} | ({"max_id": older} if older else {})
        answer, linked = await self._server.page(self._endpoint.path, params)
        if not isinstance(answer, list):
            raise _unreadable(
                self._server.via, Words("{path} answers no list", path=self._endpoint.path)
            )
        items = [item for element in answer if (item := self._item(element))]
        if answer and not items:
            raise _unreadable(
                self._server.via,
                Words("{path} answers a list of nothing known", path=self._endpoint.path),
            )
        return items, linked

    def _item(self, element: Any) -> TimelineItem | None:
        id_ = mastodon_json.text(element, "url" if self._form == "card" else "id")
        at = None if self._form == "mark" else statuses.appeared_at(element, self._now)
        return TimelineItem(id_, at, element) if id_ else None


def _last_id(items: Sequence[TimelineItem]) -> str:
    """The id to go on from where the server links to no next page.

    On snac a boost has the id of the boosted status, which is elsewhere in the timeline, so a
    boost is not used. To go on from further up costs nothing but reading some statuses twice.
    """
    own = [item for item in items if not mastodon_json.has_borrowed_id(item.element)]
    return next((item.id for item in reversed(own or items)), "")


def _unreadable(via: str, reason: str) -> SourceError:
    return SourceError(
        "unreadable_answer",
        Words(
            "read through {via}: {reason}; see whether its server is in order",
            via=via,
            reason=reason,
        ),
    )


account = Kind(AccountOptions, endpoints.account, scopes=(*_SCOPES, "read:statuses", "read:search"))
hashtag = Kind(HashtagOptions, endpoints.hashtag)
of_list = Kind(ListOptions, endpoints.of_list, scopes=(*_SCOPES, "read:lists"))
home = Kind(Via, endpoints.home)
mentions = Kind(
    MentionsOptions, endpoints.mentions, "notification", scopes=(*_SCOPES, "read:notifications")
)
trends = Kind(TrendsOptions, endpoints.trends)
bookmarks = Kind(Via, endpoints.bookmarks, "mark", scopes=(*_SCOPES, "read:bookmarks"))
favourites = Kind(Via, endpoints.favourites, "mark", scopes=(*_SCOPES, "read:favourites"))

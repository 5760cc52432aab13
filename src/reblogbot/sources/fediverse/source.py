"""The kinds that read the fediverse through one of our accounts, by the Mastodon API."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, replace
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, Field

from reblogbot.config.settings import SourceSettings, Table
from reblogbot.config.values import Hashtag
from reblogbot.errors import SourceError
from reblogbot.model import Batch, Entry, Validators
from reblogbot.ports import Tools
from reblogbot.sources.fediverse import places, statuses
from reblogbot.sources.fediverse.consent import judged
from reblogbot.sources.fediverse.home_server import HomeServer
from reblogbot.sources.fediverse.places import Place
from reblogbot.sources.fediverse.statuses import Form
from reblogbot.sources.fediverse.timeline import Memory, Page, Shown, catch_up
from reblogbot.sources.shared.json_text import text_of

LIMIT = 40
_LONGEST_LIMIT = 400
_SCOPES = ("read:accounts", "read:follows")
_ACCT = re.compile(r"@?([^@\s/]+)@([^@\s/]+)")


def read_acct(written: str) -> str:
    """A person's full address without the first @: "user@host"."""
    found = _ACCT.fullmatch(written.strip())
    if found is None:
        raise ValueError('must be a full fediverse address: "@user@social.example"')
    return f"{found[1]}@{found[2]}"


Acct = Annotated[str, AfterValidator(read_acct)]


class Via(Table):
    """`via` names the account whose server is asked, as that account sees it."""

    via: str


class AccountOptions(Via):
    acct: Acct


class HashtagOptions(Via):
    tag: Hashtag


class ListOptions(Via):
    """`list` is the title of one of the account's lists, or its id."""

    list: str


class MentionsOptions(Via):
    whose: Literal["followers", "anyone"] = Field("followers", validation_alias="from")


class TrendsOptions(Via):
    trends: Literal["statuses", "links"]


@dataclass(frozen=True, slots=True)
class Kind:
    """One kind of source: a factory of its sources, and what the config must say for them.

    `find` tells at which place of the server the timeline stands; what it costs to find out is
    remembered as text. `scopes` are what a token must allow.
    """

    Options: type[Table]
    find: Callable[[HomeServer, Any, str], Awaitable[Place]]
    form: Form = "status"
    scopes: tuple[str, ...] = (*_SCOPES, "read:statuses")
    needs: tuple[str, ...] = ()

    def __call__(self, name: str, settings: SourceSettings, tools: Tools) -> FediverseSource:
        return FediverseSource(name, settings, tools, self)


class FediverseSource:
    """A timeline as one of our accounts sees it."""

    def __init__(self, name: str, settings: SourceSettings, tools: Tools, kind: Kind) -> None:
        self.name = name
        self._settings = settings
        self._options = settings.options
        self._tools = tools
        self._kind = kind
        self._home = HomeServer(tools, settings.options.via, kind.scopes)

    async def poll(self, known: Validators) -> Batch:
        """All entries the newest pages show, down to what the last poll has read."""
        memory = Memory.of(known.cursor, self._fingerprint())
        try:
            place, shown, after = await self._read(memory)
        except SourceError as error:
            # what was found once may go by another id now, as on a server that was set up anew
            if error.slug != "not_there" or not memory.place:
                raise
            place, shown, after = await self._read(replace(memory, place=""))
        entries = await self._entries(shown, memory)
        return Batch(entries, place.title, validators=Validators(cursor=after.cursor()))

    async def _read(self, memory: Memory) -> tuple[Place, list[Shown], Memory]:
        now = self._tools.clock.now()
        place = await self._kind.find(self._home, self._options, memory.place)
        line = _Timeline(self._home, place, self._form, now)
        memory = replace(memory, place=place.known_as)
        shown, after = await catch_up(line, memory, now, self._settings.first, LIMIT)
        return place, shown, after

    @property
    def _form(self) -> Form:
        wants_links = isinstance(self._options, TrendsOptions) and self._options.trends == "links"
        return "card" if wants_links else self._kind.form

    async def _entries(self, shown: list[Shown], before: Memory) -> tuple[Entry, ...]:
        elements = [one.element for one in shown]
        try:
            read = await self._tools.offload(
                statuses.read_all, elements, self._form, self._tools.clock.now()
            )
        except RecursionError as error:
            raise _unreadable(self._home.via, "what it answers is nested too deeply") from error
        if self._form == "card":
            return tuple(filter(None, read))
        marks = {*before.known, *before.above}
        entries = {number: entry for number, entry in enumerate(read) if entry}
        unknown = [number for number in entries if shown[number].mark not in marks]
        if unknown:
            asked = [entries[number] for number in unknown]
            only = getattr(self._options, "whose", "") == "followers"
            allowed = await judged(self._home, asked, followers_only=only)
            entries |= dict(zip(unknown, allowed, strict=True))
        return tuple(entries.values())

    def _fingerprint(self) -> str:
        own = repr((self._settings.kind, self._options))
        return hashlib.blake2b(own.encode(), digest_size=8).hexdigest()


class _Timeline:
    """A place of the server, page by page."""

    def __init__(self, home: HomeServer, place: Place, form: Form, now: Any) -> None:
        self._home = home
        self._place = place
        self._form = form
        self._now = now

    async def page(self, older: str) -> Page:
        found, linked = await self._read(older, LIMIT)
        following = _last_id(found) if linked is None else linked
        if self._place.is_ranking or not found:
            # a list of what trends has no past
            following = ""
        return Page(tuple(found), following, is_short=len(found) < LIMIT)

    async def longest(self) -> Page | None:
        found, _ = await self._read("", _LONGEST_LIMIT)
        return Page(tuple(found))

    async def _read(self, older: str, limit: int) -> tuple[list[Shown], str | None]:
        params = {**self._place.params, "limit": limit} | ({"max_id": older} if older else {})
        answer, linked = await self._home.page(self._place.path, params)
        if not isinstance(answer, list):
            raise _unreadable(self._home.via, f"{self._place.path} answers no list")
        found = [one for element in answer if (one := self._shown(element))]
        if answer and not found:
            raise _unreadable(self._home.via, f"{self._place.path} answers a list of nothing known")
        return found, linked

    def _shown(self, element: Any) -> Shown | None:
        named = element if isinstance(element, Mapping) else {}
        by = text_of(named.get("url" if self._form == "card" else "id"))
        at = None if self._form == "mark" else statuses.came_at(element, self._now)
        return Shown(by, at, element) if by else None


def _last_id(found: list[Shown]) -> str:
    """The id to go on from where the server links to no next page.

    On snac a boost has no id of its own, so that one stands wherever somebody boosted the same;
    what is read twice for going on further up does not matter.
    """
    own = [one for one in found if not _borrows_its_id(one)]
    return next((one.id for one in reversed(own or found)), "")


def _borrows_its_id(one: Shown) -> bool:
    boosted = one.element.get("reblog")
    return isinstance(boosted, Mapping) and text_of(boosted.get("id")).lower() == one.id.lower()


def _unreadable(via: str, what: str) -> SourceError:
    return SourceError(
        "unreadable_answer", f"read through {via}: {what}; look whether its server is well"
    )


_MARKED: dict[str, Any] = {"Options": Via, "form": "mark"}
account = Kind(AccountOptions, places.account, scopes=(*_SCOPES, "read:statuses", "read:search"))
hashtag = Kind(HashtagOptions, places.hashtag)
of_list = Kind(ListOptions, places.of_list, scopes=(*_SCOPES, "read:lists"))
home = Kind(Via, places.home)
mentions = Kind(MentionsOptions, places.mentions, "notice", scopes=(*_SCOPES, "read:notifications"))
trends = Kind(TrendsOptions, places.trends)
bookmarks = Kind(Via, places.bookmarks, "mark", scopes=(*_SCOPES, "read:bookmarks"))
favourites = Kind(Via, places.favourites, "mark", scopes=(*_SCOPES, "read:favourites"))

"""Where a server of the Mastodon API shows what a source reads, and how that is found out."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import quote

from reblogbot.core.consent import address
from reblogbot.errors import SourceError
from reblogbot.sources.fediverse.home_server import HomeServer
from reblogbot.sources.shared.json_text import start, text_of

V1 = "/api/v1"
_SEARCHED = 5
# what a server that does not know somebody may answer: a page, an error of its own, a 404
_NOT_FOUND = frozenset({"not_there", "unreadable_answer", "server_error", "not_found"})


@dataclass(frozen=True, slots=True)
class Place:
    """A path with its parameters; `known_as` spares finding it again, "" where that costs nothing.

    A ranking shows what leads now, and has no older pages.
    """

    path: str
    params: Mapping[str, Any] = field(default_factory=dict)
    title: str = ""
    known_as: str = ""
    is_ranking: bool = False


async def account(home: HomeServer, options: Any, known_as: str) -> Place:
    """The statuses of `options.acct`, under the id that person has on this server."""
    found = known_as or await _account_id(home, options.acct)
    path = f"{V1}/accounts/{quote(found, safe='')}/statuses"
    return Place(path, title=f"@{options.acct}", known_as=found)


async def of_list(home: HomeServer, options: Any, known_as: str) -> Place:
    """The list `options.list` names by its title or its id."""
    found = known_as or await _list_id(home, options.list)
    return Place(f"{V1}/timelines/list/{quote(found, safe='')}", title=options.list, known_as=found)


async def hashtag(_home: HomeServer, options: Any, _known_as: str) -> Place:
    return Place(f"{V1}/timelines/tag/{quote(options.tag, safe='')}", title=f"#{options.tag}")


async def home(_home: HomeServer, _options: Any, _known_as: str) -> Place:
    return Place(f"{V1}/timelines/home")


async def mentions(_home: HomeServer, _options: Any, _known_as: str) -> Place:
    return Place(f"{V1}/notifications", {"types[]": ["mention"]})


async def trends(_home: HomeServer, options: Any, _known_as: str) -> Place:
    return Place(f"{V1}/trends/{options.trends}", is_ranking=True)


async def bookmarks(_home: HomeServer, _options: Any, _known_as: str) -> Place:
    return Place(f"{V1}/bookmarks")


async def favourites(_home: HomeServer, _options: Any, _known_as: str) -> Place:
    return Place(f"{V1}/favourites")


async def _account_id(home: HomeServer, acct: str) -> str:
    """The id at home of whoever is called `acct` ("user@host")."""
    try:
        found = await home.get(f"{V1}/accounts/lookup", {"acct": acct})
    except SourceError as error:
        if error.slug not in _NOT_FOUND:
            raise
        found = None
    # not every server minds the host; the one that answers this knows the person already
    if _is_called(found, acct):
        return text_of(found.get("id"))
    asked = {"q": f"@{acct}", "type": "accounts", "resolve": "true", "limit": _SEARCHED}
    answer = await home.get("/api/v2/search", asked)
    accounts = answer.get("accounts") if isinstance(answer, Mapping) else None
    for one in accounts if isinstance(accounts, list) else ():
        if _is_called(one, acct):
            return text_of(one.get("id"))
    raise SourceError(
        "account_unknown",
        f"read through {home.via}: its server does not find @{acct}; look whether it is spelt"
        " so, or follow it once from that account",
    )


def _is_called(account: Any, acct: str) -> bool:
    """Whether an account is `acct`; one of the server itself goes by its name alone."""
    if not isinstance(account, Mapping) or not text_of(account.get("id")):
        return False
    written = text_of(account.get("acct")).lower()
    if "@" in written:
        return written == acct.lower()
    pages = (text_of(account.get(name)) for name in ("url", "uri"))
    return acct.lower() in {address(written, page) for page in pages}


async def _list_id(home: HomeServer, wanted: str) -> str:
    answer = await home.get(f"{V1}/lists")
    lists = [one for one in answer if isinstance(one, Mapping)] if isinstance(answer, list) else []
    for name in ("id", "title"):
        found = [one for one in lists if text_of(one.get(name)) == wanted.strip()]
        if len(found) == 1 and text_of(found[0].get("id")):
            return text_of(found[0].get("id"))
        if found:
            ids = ", ".join(start(text_of(one.get("id"))) for one in found)
            raise SourceError(
                "list_ambiguous",
                f"read through {home.via}: several lists are called {wanted!r};"
                f" write the id of one: {ids}",
            )
    there = ", ".join(start(text_of(one.get("title"))) for one in lists[:20]) or "none at all"
    raise SourceError(
        "list_unknown",
        f"read through {home.via}: there is no list {wanted!r}; there are: {there}",
    )

"""The endpoint of the Mastodon API that a kind of source reads, found out from its settings."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import quote

from reblogbot.core import mastodon_json
from reblogbot.core.consent import account_address
from reblogbot.errors import SourceError
from reblogbot.sources.fediverse.home_server import HomeServer
from reblogbot.sources.shared.messages import excerpt
from reblogbot.words import Words

V1 = "/api/v1"
_SEARCH_LIMIT = 5
# Servers answer a lookup of an unknown account with a page, an error of their own or a 404.
_NOT_FOUND = frozenset({"not_there", "unreadable_answer", "server_error", "not_found"})


@dataclass(frozen=True, slots=True)
class Endpoint:
    """A path and its parameters; `resolved_id` is stored when it cost a request, else "".

    A ranking shows the current leaders and has no older pages.
    """

    path: str
    params: Mapping[str, Any] = field(default_factory=dict)
    title: str = ""
    resolved_id: str = ""
    is_ranking: bool = False


async def account(server: HomeServer, options: Any, resolved_id: str) -> Endpoint:
    """The statuses of the account `options.acct`, by its id on this server."""
    id_ = resolved_id or await _account_id(server, options.acct)
    path = f"{V1}/accounts/{quote(id_, safe='')}/statuses"
    return Endpoint(path, title=f"@{options.acct}", resolved_id=id_)


async def of_list(server: HomeServer, options: Any, resolved_id: str) -> Endpoint:
    """The list that `options.list` names by its title or its id."""
    id_ = resolved_id or await _list_id(server, options.list)
    path = f"{V1}/timelines/list/{quote(id_, safe='')}"
    return Endpoint(path, title=options.list, resolved_id=id_)


async def hashtag(_server: HomeServer, options: Any, _resolved_id: str) -> Endpoint:
    return Endpoint(f"{V1}/timelines/tag/{quote(options.tag, safe='')}", title=f"#{options.tag}")


async def home(_server: HomeServer, _options: Any, _resolved_id: str) -> Endpoint:
    return Endpoint(f"{V1}/timelines/home")


async def mentions(_server: HomeServer, _options: Any, _resolved_id: str) -> Endpoint:
    return Endpoint(f"{V1}/notifications", {"types[]": ["mention"]})


async def trends(_server: HomeServer, options: Any, _resolved_id: str) -> Endpoint:
    return Endpoint(f"{V1}/trends/{options.trends}", is_ranking=True)


async def bookmarks(_server: HomeServer, _options: Any, _resolved_id: str) -> Endpoint:
    return Endpoint(f"{V1}/bookmarks")


async def favourites(_server: HomeServer, _options: Any, _resolved_id: str) -> Endpoint:
    return Endpoint(f"{V1}/favourites")


async def _account_id(server: HomeServer, acct: str) -> str:
    """The id on this server of the account `acct` ("user@host")."""
    try:
        account_ = await server.get(f"{V1}/accounts/lookup", {"acct": acct})
    except SourceError as error:
        if error.slug not in _NOT_FOUND:
            raise
        account_ = None
    # Some servers ignore the host and answer with a local account of the same name.
    if _has_address(account_, acct):
        return mastodon_json.id_of(account_)
    params = {"q": f"@{acct}", "type": "accounts", "resolve": "true", "limit": _SEARCH_LIMIT}
    answer = await server.get("/api/v2/search", params)
    accounts = answer.get("accounts") if isinstance(answer, Mapping) else None
    for account_ in accounts if isinstance(accounts, list) else ():
        if _has_address(account_, acct):
            return mastodon_json.id_of(account_)
    raise SourceError(
        "account_unknown",
        Words(
            "read through {via}: its server does not find @{acct}; correct the spelling, "
            "or follow the account once from there",
            via=server.via,
            acct=acct,
        ),
    )


def _has_address(account_: Any, acct: str) -> bool:
    """True for the account `acct`; a local account is written without its host."""
    if not mastodon_json.id_of(account_):
        return False
    written = mastodon_json.text(account_, "acct").lower()
    if "@" in written:
        return written == acct.lower()
    pages = (mastodon_json.text(account_, name) for name in ("url", "uri"))
    return acct.lower() in {account_address(written, page) for page in pages}


async def _list_id(server: HomeServer, wanted: str) -> str:
    """The id of the list that has this id or this title."""
    answer = await server.get(f"{V1}/lists")
    lists = (
        [each for each in answer if isinstance(each, Mapping)] if isinstance(answer, list) else []
    )
    for name in ("id", "title"):
        matches = [each for each in lists if mastodon_json.text(each, name) == wanted.strip()]
        if len(matches) == 1 and mastodon_json.id_of(matches[0]):
            return mastodon_json.id_of(matches[0])
        if matches:
            ids = ", ".join(excerpt(mastodon_json.id_of(each)) for each in matches)
            raise SourceError(
                "list_ambiguous",
                Words(
                    "read through {via}: several lists are called {wanted}; write the id of one: "
                    "{ids}",
                    via=server.via,
                    wanted=f"{wanted!r}",
                    ids=ids,
                ),
            )
    titles = ", ".join(excerpt(mastodon_json.text(each, "title")) for each in lists[:20])
    raise SourceError(
        "list_unknown",
        Words(
            "read through {via}: there is no list {wanted}; there are: {titles}",
            via=server.via,
            wanted=f"{wanted!r}",
            titles=titles or "none",
        ),
    )

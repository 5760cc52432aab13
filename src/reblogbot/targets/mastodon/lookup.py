"""Looks up the status to boost or quote, and the account's relationship to its author."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Protocol
from urllib.parse import quote

from reblogbot.core.identity import canonical_link
from reblogbot.core.mastodon_json import addresses_of, id_of, original
from reblogbot.errors import Doubtful
from reblogbot.model import Post
from reblogbot.ports import FoundStatus
from reblogbot.targets.mastodon.entities import entities, may_quote, receipt
from reblogbot.words import Words

NOT_THERE = frozenset({"not_found", "not_there"})
"""The slugs of a 404 or 410: the resource, or the endpoint itself, does not exist."""


class Get(Protocol):
    """The JSON answer of a GET; raises TargetError."""

    def __call__(self, path: str, params: Mapping[str, Any] | None = None) -> Any: ...


def status(get: Get, post: Post, server: str) -> FoundStatus | None:
    """The status that a boost or quote names, None where the server has none. One request."""
    try:
        if post.status_id:
            element = _by_id(get, post, server)
        else:
            element = _by_address(get, post.uri, server)
    except Doubtful as error:
        if error.slug in NOT_THERE:
            return None
        raise
    if element is None:
        return None
    own_boost = receipt(element) if element.get("reblogged") is True else None
    return FoundStatus(id_of(element), element, own_boost, may_quote(element))


def relationship(get: Get, account_id: str) -> Mapping[str, Any] | None:
    """The Relationship to another account.

    {} for an answer without one, None where the server has no such endpoint.
    """
    try:
        answer = get("/api/v1/accounts/relationships", {"id[]": [account_id]})
    except Doubtful as error:
        if error.slug in NOT_THERE:
            return None
        raise
    return next(iter(entities(answer)), {})


def _by_id(get: Get, post: Post, server: str) -> Mapping[str, Any] | None:
    """The status with the post's id, None where that id is now another status's.

    Ids are given out again when a server is set up anew.
    """
    answer = get(f"/api/v1/statuses/{quote(post.status_id, safe='')}")
    element = original(answer) if isinstance(answer, Mapping) else {}
    if not id_of(element):
        raise Doubtful(
            "unreadable_answer", Words("{server}: a status was expected.", server=server)
        )
    is_same = post.uri == post.status_id or _has_address(element, post.uri)
    return element if is_same else None


def _by_address(get: Get, uri: str, server: str) -> Mapping[str, Any] | None:
    """The status with that URI or page, None where the server knows none.

    A search may also return statuses that only mention the address: they are left out.
    """
    # Hollo wants `resolve` spelled like this
    answer = get("/api/v2/search", {"q": uri, "resolve": "true", "type": "statuses"})
    if not isinstance(answer, Mapping) or not isinstance(answer.get("statuses"), list):
        raise Doubtful(
            "unreadable_answer", Words("{server}: a search result was expected.", server=server)
        )
    for element in entities(answer["statuses"]):
        if _has_address(element, uri):
            return original(element) if id_of(original(element)) else None
    return None


def _has_address(element: Mapping[str, Any], uri: str) -> bool:
    """Whether a status, or the one it boosts, has that URI or page."""
    addresses = (*addresses_of(element), *addresses_of(original(element)))
    link = canonical_link(uri)
    return uri in addresses or (bool(link) and link in map(canonical_link, addresses))

"""Finds a status that is to be boosted or quoted, and how the account stands to its author."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Protocol
from urllib.parse import quote

from reblogbot.core.identity import canonical_link
from reblogbot.errors import Doubtful
from reblogbot.model import Post
from reblogbot.ports import FoundStatus
from reblogbot.targets.mastodon import published as standings
from reblogbot.targets.mastodon.responses import remote_id

GONE = frozenset({"not_found", "not_there"})
"""The slugs of a 404 or 410: what was asked for, or the endpoint itself, is not there."""
_QUOTABLE = frozenset({"automatic", "manual"})


class Get(Protocol):
    """The JSON answer of a GET; raises TargetError."""

    def __call__(self, path: str, params: Mapping[str, Any] | None = None) -> Any: ...


def status(get: Get, post: Post, server: str) -> FoundStatus | None:
    """The status that a boost or quote names, None where the server has none. One request."""
    try:
        found = _by_id(get, post, server) if post.status_id else _by_address(get, post.uri, server)
    except Doubtful as error:
        if error.slug in GONE:
            return None
        raise
    if found is None:
        return None
    return FoundStatus(
        remote_id(found),
        found,
        standings.receipt(found) if found.get("reblogged") is True else None,
        _may_quote(found),
    )


def relationship(get: Get, account_id: str) -> Mapping[str, Any] | None:
    """How the account stands to another; {} for an odd answer, None where nobody can be asked."""
    try:
        found = get("/api/v1/accounts/relationships", {"id[]": [account_id]})
    except Doubtful as error:
        if error.slug in GONE:
            return None
        raise
    relations = found if isinstance(found, list) else ()
    return next((one for one in relations if isinstance(one, Mapping)), {})


def _by_id(get: Get, post: Post, server: str) -> Mapping[str, Any] | None:
    """The status of that id, None where another one has it by now (a server set up anew)."""
    found = get(f"/api/v1/statuses/{quote(post.status_id, safe='')}")
    original = _original(found) if isinstance(found, Mapping) else {}
    if not remote_id(original):
        raise Doubtful("unreadable_answer", f"{server}: a status was expected.")
    is_it = post.uri == post.status_id or _is_named(original, post.uri)
    return original if is_it else None


def _by_address(get: Get, uri: str, server: str) -> Mapping[str, Any] | None:
    """The status of that URI or page as the server knows it, None when it does not.

    A search may bring statuses that merely mention the address: they are left out.
    `resolve` is spelled as Hollo wants it.
    """
    found = get("/api/v2/search", {"q": uri, "resolve": "true", "type": "statuses"})
    statuses = found.get("statuses") if isinstance(found, Mapping) else None
    if not isinstance(statuses, list):
        raise Doubtful("unreadable_answer", f"{server}: a search result was expected.")
    for one in statuses:
        if isinstance(one, Mapping) and _is_named(one, uri):
            original = _original(one)
            return original if remote_id(original) else None
    return None


def _original(found: Mapping[str, Any]) -> Mapping[str, Any]:
    """The status itself, of a boost the one that it boosts."""
    boosted = found.get("reblog")
    return boosted if isinstance(boosted, Mapping) else found


def _is_named(found: Mapping[str, Any], uri: str) -> bool:
    """Whether a status, or the boost of one, goes by that URI or page."""
    names = (*standings.names_of(found), *standings.names_of(_original(found)))
    wanted = canonical_link(uri)
    return uri in names or (bool(wanted) and wanted in map(canonical_link, names))


def _may_quote(found: Mapping[str, Any]) -> bool | None:
    """Whether the account may quote it (Mastodon 4.5), None where the server does not say."""
    approval = found.get("quote_approval")
    if not isinstance(approval, Mapping):
        return None
    return standings.text(approval, "current_user") in _QUOTABLE

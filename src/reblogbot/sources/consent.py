"""Whether those who wrote something may be boosted by us, as only a server can tell."""

from __future__ import annotations

import logging
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Any

from reblogbot.errors import SourceError
from reblogbot.model import Entry
from reblogbot.ports import Tools
from reblogbot.sources.home_server import HomeServer
from reblogbot.sources.json_text import text_of
from reblogbot.sources.people import between, of_account
from reblogbot.sources.statuses import Told

log = logging.getLogger(__name__)

RELATIONS = "/api/v1/accounts/relationships"
OURS = "our own"
_AT_ONCE = 40
# a server that answers like this has no such endpoint
_UNKNOWN = frozenset({"not_there", "unreadable_answer"})


async def our_addresses(tools: Tools, names: Sequence[str], scopes: Sequence[str]) -> set[str]:
    """`name@host` of each of our accounts of these names; one out of reach is left out."""
    found = set()
    for name in names:
        try:
            me = await HomeServer(tools, name, scopes).me()
        except SourceError as error:
            log.info("own account out of reach", extra={"account": name, "slug": error.slug})
            continue
        found.add(_address(me))
    return found - {""}


async def judged(
    home: HomeServer, told: Sequence[Told], ours: set[str], *, followers_only: bool = False
) -> list[Entry]:
    """The entries, those forbidden that are ours, or whose authors we must leave alone.

    With `followers_only` so are those of people who do not follow us. Raises SourceError.
    """
    me = _address(await home.me())
    ours = ours | {me} if me else ours
    strangers = {one.author.id for one in told if one.author.id and one.author.address not in ours}
    relations = await _relations(home, sorted(strangers))
    return [
        _judged(one, ours, relations.get(one.author.id, {}), followers_only=followers_only)
        for one in told
    ]


def _judged(
    told: Told, ours: set[str], relation: Mapping[str, Any], *, followers_only: bool
) -> Entry:
    entry, author = told.entry, told.author
    if author.address in ours:
        return replace(entry, forbidden=OURS)
    reason = entry.forbidden or between(relation)
    if not reason and followers_only and relation.get("followed_by") is not True:
        reason = 'its author does not follow the account, and from = "followers"'
    return replace(entry, forbidden=reason)


async def _relations(home: HomeServer, ids: Sequence[str]) -> dict[str, Mapping[str, Any]]:
    """How we stand to the accounts of these ids; {} from a server that does not tell."""
    found: dict[str, Mapping[str, Any]] = {}
    for start in range(0, len(ids), _AT_ONCE):
        try:
            answer = await home.get(RELATIONS, {"id[]": ids[start : start + _AT_ONCE]})
        except SourceError as error:
            if error.slug not in _UNKNOWN:
                raise
            log.info("relationships unknown", extra={"via": home.via, "slug": error.slug})
            return {}
        found.update(_by_id(answer if isinstance(answer, list) else ()))
    return found


def _by_id(relations: Iterable[Any]) -> dict[str, Mapping[str, Any]]:
    return {
        text_of(relation.get("id")): relation
        for relation in relations
        if isinstance(relation, Mapping)
    }


def _address(me: Any) -> str:
    return of_account(me).address

"""How the account that reads stands to the authors of what it reads, as its server tells."""

from __future__ import annotations

import logging
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Any

from reblogbot.core import consent
from reblogbot.errors import SourceError
from reblogbot.model import Entry
from reblogbot.sources.fediverse.home_server import HomeServer
from reblogbot.sources.shared.json_text import text_of

log = logging.getLogger(__name__)

RELATIONS = "/api/v1/accounts/relationships"
_AT_ONCE = 40
# a server that answers like this has no such endpoint
_UNKNOWN = frozenset({"not_there", "unreadable_answer"})


async def judged(
    home: HomeServer, entries: Sequence[Entry], *, followers_only: bool = False
) -> list[Entry]:
    """The entries, those forbidden whose authors are blocked, or block the account.

    With `followers_only` so are those of people who do not follow it. Raises SourceError.
    """
    ids = {one.author.id for one in entries if one.author and one.author.id}
    relations = await _relations(home, sorted(ids))
    return [
        replace(
            one,
            forbidden=one.forbidden
            or consent.blocked(
                relations.get(one.author.id if one.author else "", {}),
                followers_only=followers_only,
            ),
        )
        for one in entries
    ]


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

"""Blocks between the reading account and the authors of what it reads, asked of its server."""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from reblogbot.core import consent, mastodon_json
from reblogbot.errors import SourceError
from reblogbot.model import Entry
from reblogbot.sources.fediverse.home_server import HomeServer

log = logging.getLogger(__name__)

RELATIONSHIPS = "/api/v1/accounts/relationships"
_PER_REQUEST = 40
# Errors of a server that does not have this endpoint.
_UNSUPPORTED = frozenset({"not_there", "unreadable_answer"})


async def forbid_blocked(
    server: HomeServer, entries: Sequence[Entry], *, followers_only: bool = False
) -> list[Entry]:
    """The entries; those whose authors are blocked, or block the account, are forbidden.

    With `followers_only`, so are those of authors who do not follow it. Raises SourceError.
    """
    ids = {entry.author.id for entry in entries if entry.author and entry.author.id}
    relationships = await _relationships(server, sorted(ids))
    return [
        replace(
            entry,
            forbidden=entry.forbidden
            or consent.blocked_reason(
                relationships.get(entry.author.id if entry.author else "", {}),
                followers_only=followers_only,
            ),
        )
        for entry in entries
    ]


async def _relationships(server: HomeServer, ids: Sequence[str]) -> dict[str, Mapping[str, Any]]:
    """The relationships by account id; {} from a server that does not support them."""
    by_id: dict[str, Mapping[str, Any]] = {}
    for start in range(0, len(ids), _PER_REQUEST):
        try:
            answer = await server.get(RELATIONSHIPS, {"id[]": ids[start : start + _PER_REQUEST]})
        except SourceError as error:
            if error.slug not in _UNSUPPORTED:
                raise
            log.info("relationships unknown", extra={"via": server.via, "slug": error.slug})
            return {}
        for relationship in answer if isinstance(answer, list) else ():
            if isinstance(relationship, Mapping):
                by_id[mastodon_json.id_of(relationship)] = relationship
    return by_id

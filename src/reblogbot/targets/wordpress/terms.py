"""The categories and tags of a blog, found or made by their names."""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from html import escape, unescape
from typing import Literal

from reblogbot.core.mastodon_json import text
from reblogbot.errors import RateLimited, TargetError, Unreachable
from reblogbot.targets.shared.answers import NoAnswer, ServerAnswer
from reblogbot.targets.wordpress.responses import number
from reblogbot.targets.wordpress.site import Site

log = logging.getLogger(__name__)

Taxonomy = Literal["categories", "tags"]


class Terms:
    """The terms of one blog; an id is asked for once."""

    def __init__(self, site: Site) -> None:
        self._site = site
        self._ids: dict[tuple[Taxonomy, str], int] = {}

    def ids(self, taxonomy: Taxonomy, names: Sequence[str]) -> list[int]:
        """The ids of the terms with these names; those that the user may not make are left out.

        Raises Unreachable and RateLimited: then no part of the post exists.
        """
        ids = []
        for name in names:
            try:
                ids.append(self._id(taxonomy, name))
            except (Unreachable, RateLimited):
                raise
            except TargetError as error:
                log.warning(
                    "posted without a term",
                    extra={"term": name, "slug": error.slug, "error": error.message},
                )
        return list(dict.fromkeys(ids))

    def forget(self) -> None:
        """Ask for all ids again: a person may have deleted a term."""
        self._ids.clear()

    def _id(self, taxonomy: Taxonomy, name: str) -> int:
        key = taxonomy, name.casefold()
        if key not in self._ids:
            self._ids[key] = self._existing(taxonomy, name) or self._create(taxonomy, name)
        return self._ids[key]

    def _existing(self, taxonomy: Taxonomy, name: str) -> int:
        """The id of the term of this name in any case, 0 where there is none."""
        # WordPress keeps names escaped, and searches in what it keeps
        search = escape(name, quote=False)
        terms = self._site.get(
            taxonomy, "looking for a term", search=search, per_page=100, _fields="id,name"
        )
        for term in terms if isinstance(terms, list) else ():
            if unescape(text(term, "name")).casefold() == name.casefold():
                return number(term, "id")
        return 0

    def _create(self, taxonomy: Taxonomy, name: str) -> int:
        outcome = self._site.send("POST", taxonomy, body={"name": name})
        return _id_of_existing(outcome) or number(
            self._site.created(outcome, "making a term"), "id"
        )


def _id_of_existing(outcome: ServerAnswer | NoAnswer) -> int:
    """The id of the term that a refusal says is there already, 0 for any other answer."""
    error = outcome.json() if isinstance(outcome, ServerAnswer) else None
    if not isinstance(error, Mapping) or error.get("code") != "term_exists":
        return 0
    return number(error.get("data"), "term_id")

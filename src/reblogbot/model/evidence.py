"""The fields that entries are matched by, and what was learnt of a source about them."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class SourceHabits:
    """What was learnt of a source's ids, links and dates; see ADR 0025.

    `has_stable_ids` tells that an entry was once shown again under its id. `parameters` are names
    in the query of its links whose values change from poll to poll.
    `reused_ids` counts ids that were given to another entry later. Each count of `_changes` is the
    number of consecutive polls in which every known entry had another id, link or date than
    before. `sample` holds links of the last batch by the key of their title, in hex.
    """

    has_stable_ids: bool = False
    reused_ids: int = 0
    id_changes: int = 0
    link_changes: int = 0
    date_changes: int = 0
    parameters: tuple[str, ...] = ()
    sample: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class MatchFields:
    """The fields of an entry that it is matched by, normalised; "" for absent or ambiguous ones.

    `page` is the link as `page_link` gives it, even when several entries share it; `link` is the
    same when no other entry has it. `guid` is the id, normalised like a link when it is one.
    `headline` is the title, or the text of an entry without one; `words` is all of the text, or a
    digest of it.
    """

    uri: str = ""
    page: str = ""
    link: str = ""
    redirector: str = ""
    guid: str = ""
    is_permalink: bool = False
    headline: str = ""
    words: str = ""
    date: str = ""

"""What entries are recognised by, and what was learnt of a source that shows them."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Habits:
    """What was learnt of a source's ids, links and dates; see ADR 0025.

    `has_stable_ids` tells that an entry was once shown again under its id. `parameters` are names
    in the query of its links whose values change from poll to poll.
    `reused_ids` counts ids that came again for another entry. The three counts of `_changes` are
    polls in a row in which every known entry had another id, link or date than before.
    `sample` holds links of the last batch by the key of their title, in hex.
    """

    has_stable_ids: bool = False
    reused_ids: int = 0
    id_changes: int = 0
    link_changes: int = 0
    date_changes: int = 0
    parameters: tuple[str, ...] = ()
    sample: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class Traits:
    """What an entry can be recognised by; "" for what is absent or tells nothing.

    `page` is the link in the form in which links to one page are equal, also where several
    entries share it; `link` the same where it is this entry's alone. `guid` is the id, a web
    address in that form too. `headline` is the title, else the text; `words` all of the text.
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

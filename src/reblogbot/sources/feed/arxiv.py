"""Papers of arXiv, and of sites that list them, freed of what their feeds wrap them in."""

from __future__ import annotations

import re
from dataclasses import replace

from reblogbot.core.text import one_line
from reblogbot.model import Entry

_PLACE = re.compile(r"\barxiv(?:\.org)?[:/]", re.IGNORECASE)
_ANNOUNCED = re.compile(
    r"arXiv:\S{1,40}\s{1,20}Announce Type:\s{0,20}[\w-]{1,40}\s{1,20}(?:Abstract:)?"
)


def is_paper(*places: str) -> bool:
    """True when one of these links, ids or URLs is arXiv's or under a path of that name."""
    return any(_PLACE.search(place) for place in places)


def unwrapped(entry: Entry) -> Entry:
    """The paper, its authors one by one and nothing but the abstract in its summary.

    The feeds of arXiv pack all authors into one name, precede the abstract with its number and
    the kind of announcement, and break its lines.
    """
    authors = [part.strip() for name in entry.authors for part in name.split(", ")]
    return replace(
        entry,
        authors=tuple(dict.fromkeys(name for name in authors if name)),
        summary=one_line(_ANNOUNCED.sub("", entry.summary, count=1)),
    )

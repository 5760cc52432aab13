"""Papers of arXiv, from its own feeds and others: clean authors and abstracts."""

from __future__ import annotations

import re
from dataclasses import replace

from reblogbot.core.text import one_line
from reblogbot.model import Entry

_ARXIV_URL = re.compile(r"\barxiv(?:\.org)?[:/]", re.IGNORECASE)
_ANNOUNCEMENT = re.compile(
    r"arXiv:\S{1,40}\s{1,20}Announce Type:\s{0,20}[\w-]{1,40}\s{1,20}(?:Abstract:)?"
)


def is_paper(*addresses: str) -> bool:
    """True when one of these links, ids or URLs is arXiv's, or has a path of that name."""
    return any(_ARXIV_URL.search(address) for address in addresses)


def unwrapped(entry: Entry) -> Entry:
    """The entry with separate authors, and only the abstract as its summary.

    The feeds of arXiv put all authors into one name, put the number and the kind of announcement
    before the abstract, and break its lines.
    """
    authors = [part.strip() for name in entry.authors for part in name.split(", ")]
    return replace(
        entry,
        authors=tuple(dict.fromkeys(name for name in authors if name)),
        summary=one_line(_ANNOUNCEMENT.sub("", entry.summary, count=1)),
    )

"""Which time zone is meant by a name that is none."""

from __future__ import annotations

import re
from difflib import get_close_matches
from importlib import resources
from zoneinfo import available_timezones

_OFFSET = re.compile(r"(?:UTC|GMT)?([+-])0?(\d{1,2})(?::?00)?", re.IGNORECASE)


def hint(written: str) -> str:
    """`did you mean "Asia/Shanghai"?`, or how a zone is written."""
    zones = available_timezones()
    place = written.rpartition("/")[2].replace("_", " ").strip()
    namesakes = [
        zone for zone in sorted(zones) if zone.rpartition("/")[2].casefold() == place.casefold()
    ]
    near = _by_place(place) or namesakes or get_close_matches(written, zones, 1, 0.8)
    offset = _OFFSET.fullmatch(written.strip())
    if offset:
        sign = "-" if offset[1] == "+" else "+"
        fixed = f"Etc/GMT{sign}{int(offset[2])}"
        also = f', or "{fixed}" (its sign is reversed)' if fixed in zones else ""
        return f'write a place, which knows of summer time: "Asia/Shanghai"{also}'
    return f'did you mean "{near[0]}"?' if near else 'write one such as "Asia/Shanghai"'


def _by_place(place: str) -> list[str]:
    """The zones whose comment in the database names the place (zone1970.tab)."""
    if len(place) < 4:
        return []
    table = resources.files("tzdata").joinpath("zoneinfo", "zone1970.tab")
    rows = [line.split("\t") for line in table.read_text(encoding="utf-8").splitlines()]
    word = re.compile(rf"\b{re.escape(place)}\b", re.IGNORECASE)
    return [
        row[2]
        for row in rows
        if len(row) > 3 and not row[0].startswith("#") and word.search(row[3])
    ]

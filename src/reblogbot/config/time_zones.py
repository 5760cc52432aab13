"""The time zone that was probably meant by a wrong name."""

from __future__ import annotations

import re
from difflib import get_close_matches
from importlib import resources
from zoneinfo import available_timezones

_OFFSET = re.compile(r"(?:UTC|GMT)?([+-])0?(\d{1,2})(?::?00)?", re.IGNORECASE)


def zone_hint(name: str) -> str:
    """`did you mean "Asia/Shanghai"?`, or how a zone is written."""
    zones = available_timezones()
    offset = _OFFSET.fullmatch(name.strip())
    if offset:
        sign = "-" if offset[1] == "+" else "+"
        fixed = f"Etc/GMT{sign}{int(offset[2])}"
        alternative = f', or "{fixed}" (its sign is reversed)' if fixed in zones else ""
        return f'write a place, which includes summer time: "Asia/Shanghai"{alternative}'
    city = name.rpartition("/")[2].replace("_", " ").strip()
    same_city = [
        zone for zone in sorted(zones) if zone.rpartition("/")[2].casefold() == city.casefold()
    ]
    near = _zones_of_city(city) or same_city or get_close_matches(name, zones, 1, 0.8)
    return f'did you mean "{near[0]}"?' if near else 'write one such as "Asia/Shanghai"'


def _zones_of_city(city: str) -> list[str]:
    """The zones whose comment in the database (zone1970.tab) names the city."""
    if len(city) < 4:
        return []
    table = resources.files("tzdata").joinpath("zoneinfo", "zone1970.tab")
    rows = [line.split("\t") for line in table.read_text(encoding="utf-8").splitlines()]
    word = re.compile(rf"\b{re.escape(city)}\b", re.IGNORECASE)
    return [
        row[2]
        for row in rows
        if len(row) > 3 and not row[0].startswith("#") and word.search(row[3])
    ]

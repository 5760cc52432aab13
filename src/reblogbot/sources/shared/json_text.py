"""JSON as hot lists serve it, and its values as text, numbers and instants."""

from __future__ import annotations

import json
import math
import re
from datetime import datetime, tzinfo
from typing import Any

from reblogbot.errors import SourceError
from reblogbot.sources.shared import dates
from reblogbot.web.addresses import shown

_NOT_TEXT = re.compile(r"[\ud800-\udfff\x00-\x08\x0b\x0c\x0e-\x1f]")
_LONGEST = 50_000
_LONGEST_END = 100
# "callback({", "/**/ a.b('…" with or without a test that there is such a function
_CALL = re.compile(
    r"\ufeff?\s{0,99}(?:/\*.{0,200}?\*/\s{0,99})?(?:typeof\s[^&]{1,200}&&\s{0,9})?"
    r"(?:[A-Za-z_$][\w$.]{0,200}\s{0,9})\(\s{0,99}(?=[\[{])",
    re.ASCII,
)
_AMOUNT = re.compile(
    r"(-?\d{1,15}(?:,\d{3}){0,5}(?:\.\d{1,9})?)\s*([万萬亿億]|[kKmM](?![A-Za-z])|)"
)
_TIMES = {"万": 1e4, "萬": 1e4, "亿": 1e8, "億": 1e8, "k": 1e3, "m": 1e6}


def loads(text: str, url: str) -> Any:
    """What the JSON `text`, from `url`, says; also within a call (JSONP).

    Raises SourceError where it is none.
    """
    if not text.strip():
        raise SourceError(
            "empty_body", f"{shown(url)}: the answer is empty; it is asked again later"
        )
    try:
        return json.loads(_argument(text), strict=False)
    except (ValueError, RecursionError) as error:
        what = "a web page" if text.lstrip()[:1] == "<" else f'"{start(text)}"'
        raise SourceError(
            "not_json",
            f"{shown(url)}: no JSON came but {what}; look at it in a browser: it may want "
            "a login or headers, or have moved",
        ) from error


def _argument(text: str) -> str:
    """The object or list with which a script calls a function; else the text itself."""
    call = _CALL.match(text)
    end = text[-_LONGEST_END:].rstrip("; \t\r\n")
    if call is None or not end.endswith(")"):
        return text
    return text[call.end() : len(text) - len(text[-_LONGEST_END:]) + len(end) - 1]


def start(text: str) -> str:
    """How a text begins, in at most 60 characters, fit for a message."""
    printable = "".join(char if char.isprintable() else " " for char in text[:400])
    words = " ".join(printable.split())
    return words if len(words) <= 60 else words[:59] + "…"


def described(value: Any) -> str:
    """What a JSON value is, in words for an admin: `an object with code, message`."""
    match value:
        case dict():
            keys = ", ".join(start(str(key)) for key in list(value)[:8])
            return f"an object with {keys}" if keys else "an empty object"
        case list():
            return f"a list of {len(value)}"
        case str():
            return f'the text "{start(value)}"'
        case None:
            return "nothing (null)"
        case _:
            return start(str(value))


def text_of(value: Any) -> str:
    """A string or number as text; "" for anything else. 5.0 is "5"."""
    if isinstance(value, bool) or not isinstance(value, str | int | float):
        return ""
    if isinstance(value, float) and not math.isfinite(value):
        return ""
    if isinstance(value, float) and value.is_integer() and abs(value) < 1e15:
        value = int(value)
    return _NOT_TEXT.sub("\ufffd", str(value)[:_LONGEST]).strip()


def number_of(value: Any) -> float | None:
    """A number, also one written as text: "1,234", "56.7 万热度"; None when there is none."""
    if isinstance(value, bool) or not isinstance(value, str | int | float):
        return None
    try:
        number = float(value)
    except (OverflowError, ValueError):
        return _amount(str(value)[:100]) if isinstance(value, str) else None
    return number if math.isfinite(number) else None


def _amount(text: str) -> float | None:
    found = _AMOUNT.search(text)
    if found is None:
        return None
    return float(found[1].replace(",", "")) * _TIMES.get(found[2].lower(), 1)


def count_of(value: Any) -> int | None:
    """A number that counts something; None when it is none, or negative."""
    number = number_of(value)
    return int(number) if number is not None and 0 <= number < 1e12 else None


def instant_of(
    value: Any, zone: tzinfo, now: datetime, *, chinese: bool = False
) -> datetime | None:
    """A date, or an epoch number in s, ms, µs or ns; None when it is neither."""
    if isinstance(value, int | float) and not isinstance(value, bool):
        number = number_of(value)
        return dates.from_number(number, now=now) if number and abs(number) < 1e20 else None
    if isinstance(value, str):
        return dates.parse(value, zone=zone, now=now, chinese=chinese)
    return None

"""Values of foreign JSON as text, numbers and counts, whatever type a server gives them."""

from __future__ import annotations

import json
import math
import re
from collections.abc import Mapping
from typing import Any

LONGEST_TEXT = 50_000
_NOT_TEXT = re.compile(r"[\ud800-\udfff\x00-\x08\x0b\x0c\x0e-\x1f]")
_AMOUNT = re.compile(
    r"(-?\d{1,15}(?:,\d{3}){0,5}(?:\.\d{1,9})?)\s*([万萬亿億]|[kKmM](?![A-Za-z])|)"
)
_FACTORS = {"万": 1e4, "萬": 1e4, "亿": 1e8, "億": 1e8, "k": 1e3, "m": 1e6}


def text_of(value: Any) -> str:
    """A string or number as text, at most LONGEST_TEXT long; "" for anything else. 5.0 is "5"."""
    if isinstance(value, bool) or not isinstance(value, str | int | float):
        return ""
    if isinstance(value, float) and not math.isfinite(value):
        return ""
    if isinstance(value, float) and value.is_integer() and abs(value) < 1e15:
        value = int(value)
    return _NOT_TEXT.sub("\ufffd", str(value)[:LONGEST_TEXT]).strip()


def number_of(value: Any) -> float | None:
    """A number, also one written as text: "1,234", "56.7 万热度"; None for anything else."""
    if isinstance(value, bool) or not isinstance(value, str | int | float):
        return None
    try:
        number = float(value)
    except (OverflowError, ValueError):
        return _amount(str(value)[:100]) if isinstance(value, str) else None
    return number if math.isfinite(number) else None


def _amount(text: str) -> float | None:
    amount = _AMOUNT.search(text)
    if amount is None:
        return None
    return float(amount[1].replace(",", "")) * _FACTORS.get(amount[2].lower(), 1)


def count_of(value: Any) -> int | None:
    """A number that counts something; None for anything else, and for a negative number."""
    number = number_of(value)
    return int(number) if number is not None and 0 <= number < 1e12 else None


def object_of(text: str) -> Mapping[str, Any] | None:
    """The JSON object that the text is; None where it is anything else, or nested too deeply."""
    try:
        document = json.loads(text)
    except (ValueError, RecursionError):
        return None
    return document if isinstance(document, dict) else None


def without_surrogates(text: str) -> str:
    """The text with its lone surrogates, which cannot be stored, replaced."""
    return text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")

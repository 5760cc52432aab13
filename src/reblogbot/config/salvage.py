"""What can be read of a file that is no TOML as a whole: each table by itself."""

from __future__ import annotations

import re
import tomllib
from typing import Any

# a line that can only open a table, and not go on with an array
_HEADER = re.compile(r"^(?=[ \t]*\[[^\n,=]*\][ \t]*(?:#[^\n]*)?\r?$)", re.MULTILINE)


def tables(toml: str) -> tuple[dict[str, Any], str]:
    """The tables that can be read by themselves, merged; and the text of those that cannot."""
    document: dict[str, Any] = {}
    lost = []
    for block in _HEADER.split(toml):
        try:
            _merge(document, tomllib.loads(block))
        except (ValueError, RecursionError):
            lost.append(block)
    return document, "".join(lost)


def _merge(document: dict[str, Any], table: dict[str, Any]) -> None:
    """Add a table to the document. Raises ValueError where it is there already."""
    for key, value in table.items():
        known = document.setdefault(key, value)
        if known is value:
            continue
        if not (isinstance(known, dict) and isinstance(value, dict)):
            raise ValueError(f"{key} is there twice")  # noqa: TRY004  as tomllib raises it
        _merge(known, value)

"""What can be read of a file that is not valid TOML: each table by itself."""

from __future__ import annotations

import re
import tomllib
from typing import Any

# a line that can only be a table's header, not a part of an array
_HEADER = re.compile(r"^(?=[ \t]*\[[^\n,=]*\][ \t]*(?:#[^\n]*)?\r?$)", re.MULTILINE)


def readable_tables(toml: str) -> tuple[dict[str, Any], str]:
    """The tables that are valid by themselves, merged; and the text of the others."""
    document: dict[str, Any] = {}
    unreadable = []
    for block in _HEADER.split(toml):
        try:
            _merge(document, tomllib.loads(block))
        except (ValueError, RecursionError):
            unreadable.append(block)
    return document, "".join(unreadable)


def _merge(document: dict[str, Any], table: dict[str, Any]) -> None:
    """Add a table to the document. Raises ValueError if it holds the table already."""
    for key, value in table.items():
        present = document.setdefault(key, value)
        if present is value:
            continue
        if not (isinstance(present, dict) and isinstance(value, dict)):
            raise ValueError(f"{key} is there twice")  # noqa: TRY004  as tomllib raises it
        _merge(present, value)

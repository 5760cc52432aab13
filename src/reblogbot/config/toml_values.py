"""Keys and values as TOML writes them, each on a single line."""

from __future__ import annotations

import json
import re
from datetime import date, time
from typing import Any


def toml_key(name: str) -> str:
    """The name as a TOML key, in quotes where it needs them."""
    return name if re.fullmatch(r"[A-Za-z0-9_-]+", name) else toml_string(name)


def toml_string(text: str) -> str:
    """The text as a TOML string."""
    # JSON and TOML escape alike, except that JSON does not escape DEL
    return json.dumps(text, ensure_ascii=False).replace("\x7f", "\\u007f")


def toml_value(value: Any) -> str:
    """The value as TOML; a dict becomes an inline table."""
    match value:
        case str():
            return toml_string(value)
        case bool():
            return str(value).lower()
        case int() | float():
            return repr(value)
        case date() | time():
            return value.isoformat()
        case dict():
            pairs = [f"{toml_key(key)} = {toml_value(inner)}" for key, inner in value.items()]
            return f"{{{', '.join(pairs)}}}"
        case _:
            return f"[{', '.join(toml_value(element) for element in value)}]"

"""The names of sources, accounts and steps in a config file, which need not be valid."""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import Literal

from reblogbot.config.partial_toml import readable_tables


def configured_names(path: Path, section: Literal["sources", "accounts", "steps"]) -> list[str]:
    """The names in a section, in their order; none where the file cannot be read.

    Of a file that is not valid TOML, those in tables that are valid by themselves.
    """
    try:
        # anything but a file, such as a pipe, could keep a shell waiting
        toml = path.read_text(encoding="utf-8-sig") if path.is_file() else ""
    except (OSError, ValueError):
        return []
    try:
        document = tomllib.loads(toml)
    except (ValueError, RecursionError):
        document, _ = readable_tables(toml)
    table = document.get(section)
    # other names are faults, and would not fit into a line
    return [name for name in table if name.isprintable()] if isinstance(table, dict) else []

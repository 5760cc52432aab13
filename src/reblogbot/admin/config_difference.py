"""The difference between two versions of the config file, for --dry-run."""

from __future__ import annotations

from difflib import unified_diff
from pathlib import Path


def unified_difference(path: Path, before: str, after: str) -> str:
    """The unified difference of two texts of the file at `path`, "" where they are equal."""
    return "\n".join(
        line.rstrip("\r\n")
        for line in unified_diff(
            before.splitlines(), after.splitlines(), str(path), f"{path} (new)", lineterm=""
        )
    )

"""Files that an admin edits while the daemon runs."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path


class FileWatch:
    """Tells which of these files have changed since the last look."""

    def __init__(self, paths: Iterable[Path]) -> None:
        self._versions: dict[Path, tuple[int, int, int]] = {}
        self.watch(paths)

    def watch(self, paths: Iterable[Path]) -> None:
        """Look at these files from now on; what is known of those among them stays known."""
        self._versions = {path: self._versions.get(path) or _version(path) for path in paths}

    def changed(self) -> set[Path]:
        """Return the files that were written, replaced, made or deleted since the last call."""
        before, self._versions = self._versions, {path: _version(path) for path in self._versions}
        return {path for path, version in self._versions.items() if version != before[path]}


def _version(path: Path) -> tuple[int, int, int]:
    """Return what tells one version of a file from another; all zero while it is missing."""
    try:
        stat = path.stat()
    except (OSError, ValueError):
        return (0, 0, 0)
    return (stat.st_mtime_ns, stat.st_size, stat.st_ino)

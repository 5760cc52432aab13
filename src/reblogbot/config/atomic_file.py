"""Files that are replaced as a whole: readers and crashes see the old content or the new one."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path


def write_atomically(path: Path, content: bytes, *, mode: int | None = None) -> None:
    """Write a file in one step, durably.

    `mode` is that of the file from the first byte on; by default a file that exists keeps mode and
    owner, and a new one may be read by its user alone. A symbolic link at `path` is replaced, not
    followed. Raises OSError, and leaves the old file and nothing else behind.
    """
    write_together({path: content}, mode=mode)


def write_together(contents: Mapping[Path, bytes], *, mode: int | None = None) -> None:
    """Write several files, each as `write_atomically` does, or none where one has no room.

    All contents are on the disk before the first file is replaced. The files are replaced in their
    order: a crash between two of them leaves the earlier ones new and the later ones old.
    """
    parts: dict[Path, Path] = {}
    try:
        for path, content in contents.items():
            descriptor, name = tempfile.mkstemp(
                prefix=f".{path.name}.", suffix=".part", dir=path.parent
            )
            parts[path] = Path(name)
            with open(descriptor, "wb") as file:  # noqa: PTH123 - a descriptor has no path
                _set_owner_and_mode(descriptor, path, mode)
                file.write(content)
                file.flush()
                os.fsync(descriptor)
        for path, part in parts.items():
            part.replace(path)
    except BaseException:
        for part in parts.values():
            part.unlink(missing_ok=True)
        raise
    for folder in {path.parent for path in contents}:
        _sync_folder(folder)


def _set_owner_and_mode(descriptor: int, path: Path, mode: int | None) -> None:
    """Give the new file the mode, or owner and mode of the file that it replaces."""
    if mode is not None:
        os.fchmod(descriptor, mode)
        return
    with suppress(FileNotFoundError):
        status = path.lstat()
        if (status.st_uid, status.st_gid) != (os.geteuid(), os.getegid()):
            os.fchown(descriptor, status.st_uid, status.st_gid)
        os.fchmod(descriptor, status.st_mode & 0o7777)


def _sync_folder(folder: Path) -> None:
    """Make the new name durable, where the file system can."""
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        with suppress(OSError):
            os.fsync(descriptor)
    finally:
        os.close(descriptor)

"""The files of an SQLite store: created whole and private, and read in read-only folders."""

from __future__ import annotations

import errno
import glob
import os
import stat
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from tempfile import TemporaryDirectory

from reblogbot.errors import StoreError

SLUG_BY_ERRNO = {
    errno.ENOSPC: "store_full",
    errno.EDQUOT: "store_full",
    errno.EROFS: "store_read_only",
    errno.EACCES: "store_read_only",
    errno.EPERM: "store_read_only",
}
_NO_HARD_LINKS = frozenset({errno.EPERM, errno.ENOTSUP, errno.EOPNOTSUPP, errno.ENOSYS})
"""What FAT on a USB stick, network shares and phones answer to a hard link."""


def file_error(path: Path | None, error: OSError) -> StoreError:
    """The StoreError for an error of the file system."""
    slug = SLUG_BY_ERRNO.get(error.errno or 0, "store_unreachable")
    return StoreError(slug, f"{path}: cannot be used: {error.strerror}; check path, owner and mode")


@contextmanager
def atomic_file(path: Path) -> Iterator[Path]:
    """An empty private file in a temporary folder, moved to `path` once the block has succeeded.

    Raises FileExistsError when another file has come to `path` meanwhile, and OSError.
    """
    with TemporaryDirectory(dir=path.parent, prefix=f".{path.name}.") as folder:
        part = Path(folder) / path.name
        # Whatever the umask. What SQLite creates beside a file gets that file's mode.
        part.touch(mode=0o600)
        part.chmod(0o600)
        yield part
        _move_into_place(part, path)


@contextmanager
def new_store_file(path: Path) -> Iterator[Path]:
    """An atomic file for a new store. Raises FileExistsError, and StoreError for other errors."""
    if not path.parent.is_dir():
        raise StoreError("store_unreachable", f"{path}: the folder {path.parent} does not exist")
    try:
        with atomic_file(path) as part:
            yield part
    except FileExistsError:
        raise
    except OSError as error:
        raise file_error(path, error) from error


def _move_into_place(part: Path, path: Path) -> None:
    try:
        # Unlike a rename, a hard link never replaces a file that another process put there first.
        path.hardlink_to(part)
    except OSError as error:
        if error.errno not in _NO_HARD_LINKS:
            raise
        if path.exists():
            raise FileExistsError(errno.EEXIST, "already exists", str(path)) from error
        part.rename(path)


def make_private(path: Path) -> list[str]:
    """Take other users' rights on the store away; returns the names of files that had any.

    The files are the store itself, what SQLite keeps beside it, and backups before migrations.
    """
    beside = [_beside(path, suffix) for suffix in ("-wal", "-shm", "-journal")]
    backups = sorted(path.parent.glob(f"{glob.escape(path.name)}.*.backup"))
    return [file.name for file in (path, *beside, *backups) if _remove_rights_of_others(file)]


def _remove_rights_of_others(path: Path) -> bool:
    """Whether other users had rights on the file, and have none any more."""
    # By name, never opened: closing a file gives up all POSIX locks this process holds on it
    # (https://www.sqlite.org/howtocorrupt.html, 2.2).
    with suppress(OSError):
        mode = path.lstat().st_mode
        if stat.S_ISREG(mode) and mode & 0o077:
            path.chmod(0o600)
            # File systems without modes accept every change and make none.
            return not path.stat().st_mode & 0o077
    return False


def file_version(path: Path) -> tuple[int, ...]:
    """Time, size and inode of the store's file; () while a process may be writing it."""
    try:
        status = path.stat()
    except OSError:
        return ()
    if _beside(path, "-wal").exists():
        return ()
    return status.st_mtime_ns, status.st_size, status.st_ino


def must_read_as_immutable(path: Path) -> bool:
    """Whether no process has the store open, and its folder may not be written by us.

    Raises StoreError when a -wal file has changes that cannot be read from here.
    """
    if not path.exists() or os.access(path.parent, os.W_OK):
        return False
    log, index = _beside(path, "-wal"), _beside(path, "-shm")
    if not log.exists():
        return True
    if os.access(log, os.R_OK) and os.access(index, os.R_OK):
        return False
    raise StoreError(
        "store_read_only",
        f"{path}: its latest changes cannot be read: that needs the right to read {log.name} and"
        f" {index.name}, or to write in {path.parent}; run the command as the user who runs the"
        " daemon",
    )


def _beside(path: Path, suffix: str) -> Path:
    return path.with_name(path.name + suffix)

"""The files of an SQLite store: put in place whole, and read where nothing may be written."""

from __future__ import annotations

import errno
import glob
import os
import stat
from contextlib import suppress
from pathlib import Path

from reblogbot.errors import StoreError

BY_NUMBER = {
    errno.ENOSPC: "store_full",
    errno.EDQUOT: "store_full",
    errno.EROFS: "store_read_only",
    errno.EACCES: "store_read_only",
    errno.EPERM: "store_read_only",
}
# FAT on a stick, network shares, phones
_NO_LINKS = frozenset({errno.EPERM, errno.ENOTSUP, errno.EOPNOTSUPP, errno.ENOSYS})


def put_in_place(part: Path, path: Path) -> None:
    """Give a finished file its name. Raises FileExistsError where something stands already."""
    try:
        # a link, not a rename: of two who try, the first one's file stays
        path.hardlink_to(part)
    except OSError as error:
        if error.errno not in _NO_LINKS:
            raise
        if path.exists():
            raise FileExistsError(errno.EEXIST, "stands already", str(path)) from error
        part.rename(path)


def make_private(path: Path) -> None:
    """Make an empty file that its owner alone may read, whatever the umask."""
    path.touch(mode=0o600)
    # what SQLite makes beside a file gets the file's own mode
    path.chmod(0o600)


def close_to_others(path: Path) -> list[str]:
    """Take from others what they may do with the store, and name the files that were open to them.

    Those are the file, what SQLite keeps beside it, and the backups made before migrations.
    """
    beside = [_beside(path, suffix) for suffix in ("-wal", "-shm", "-journal")]
    backups = path.parent.glob(f"{glob.escape(path.name)}.*.backup")
    return [each.name for each in (path, *beside, *sorted(backups)) if _is_closed_now(each)]


def _is_closed_now(path: Path) -> bool:
    """Whether others had rights on the file, and have none any more."""
    # by name, never opened: closing a file gives up the locks this process holds on it
    with suppress(OSError):
        mode = path.lstat().st_mode
        if stat.S_ISREG(mode) and mode & 0o077:
            path.chmod(0o600)
            # file systems without modes take every change, and make none
            return not path.stat().st_mode & 0o077
    return False


def file_error(path: Path | None, error: OSError) -> StoreError:
    """What an error of the file system means for the admin."""
    slug = BY_NUMBER.get(error.errno or 0, "store_unreachable")
    return StoreError(slug, f"{path}: cannot be used: {error.strerror}; check path, owner and mode")


def rest_mark(path: Path) -> tuple[int, ...]:
    """What tells one version of a store from another; () while somebody may be writing it."""
    try:
        found = path.stat()
    except OSError:
        return ()
    if _beside(path, "-wal").exists():
        return ()
    return found.st_mtime_ns, found.st_size, found.st_ino


def _beside(path: Path, suffix: str) -> Path:
    return path.with_name(path.name + suffix)


def is_at_rest(path: Path) -> bool:
    """Whether to read the file alone, for nobody has it open and nothing may be made beside it.

    Raises StoreError where changes stand beside it that cannot be read from here.
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
        f"{path}: its latest changes stand in {log.name}, which cannot be read without {index.name}"
        f" and the right to read both, or to write in {path.parent}; ask as the user who runs the"
        " daemon",
    )

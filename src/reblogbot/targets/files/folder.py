"""A folder of files that are written whole or not at all, by several processes at once.

Everything is done relative to the open folder, so that a name never leads out of it, and no
symbolic link in it is followed.
"""

from __future__ import annotations

import errno
import fcntl
import os
import stat
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

LOCK_SECONDS = 10.0
"""How long another process is waited for. It holds the lock while it writes one post."""
_LOCK_INTERVAL = 0.02
# what file systems without hard links say (vfat, some of FUSE and of network shares)
_NO_HARD_LINKS = frozenset({errno.EPERM, errno.ENOTSUP, errno.ENOSYS, errno.EOPNOTSUPP})
# what file systems say that cannot lock a folder
_NO_LOCKS = frozenset({errno.ENOLCK, errno.EBADF, errno.ENOTSUP, errno.ENOSYS, errno.EINVAL})


class Folder:
    """An open folder. Every method raises OSError."""

    def __init__(self, descriptor: int) -> None:
        self._descriptor = descriptor

    def names(self) -> Iterator[str]:
        """The names of everything in the folder, in no order."""
        with os.scandir(self._descriptor) as entries:
            yield from (entry.name for entry in entries)

    def read(self, name: str, limit: int) -> bytes | None:
        """The content of a file, None where there is no regular file of this name.

        Raises OSError (EFBIG) for one of more than `limit` bytes.
        """
        flags = os.O_RDONLY | os.O_NOFOLLOW | os.O_CLOEXEC | os.O_NONBLOCK
        try:
            descriptor = os.open(name, flags, dir_fd=self._descriptor)
        except FileNotFoundError:
            return None
        except OSError as error:
            if error.errno == errno.ELOOP:
                return None
            raise
        with open(descriptor, "rb") as file:  # noqa: PTH123 - a descriptor has no path
            if not stat.S_ISREG(os.fstat(descriptor).st_mode):
                return None
            content = file.read(limit + 1)
        if len(content) > limit:
            raise OSError(errno.EFBIG, os.strerror(errno.EFBIG), name)
        return content

    def prepare(self, name: str, content: bytes) -> str:
        """Write the content beside the file of this name, durably; return the name of that part.

        Site generators ignore a name with a dot before it. What an earlier attempt left is
        replaced.
        """
        part = part_of(name)
        self.remove(part)
        flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC
        # the umask of the process decides who may read it, as for files that an editor writes
        descriptor = os.open(part, flags, 0o666, dir_fd=self._descriptor)
        try:
            with open(descriptor, "wb") as file:  # noqa: PTH123 - a descriptor has no path
                file.write(content)
                file.flush()
                os.fsync(descriptor)
        except BaseException:
            with suppress(OSError):
                self.remove(part)
            raise
        return part

    def add(self, part: str, name: str) -> None:
        """Give the part its name. Raises FileExistsError where the name is taken."""
        try:
            os.link(
                part,
                name,
                src_dir_fd=self._descriptor,
                dst_dir_fd=self._descriptor,
                follow_symlinks=False,
            )
        except OSError as error:
            if error.errno not in _NO_HARD_LINKS:
                raise
            if self.has(name):
                raise FileExistsError(errno.EEXIST, os.strerror(errno.EEXIST), name) from None
            # the lock keeps other processes of ours away meanwhile
            self.replace(part, name)
        else:
            self.remove(part)

    def replace(self, part: str, name: str) -> None:
        """Give the part its name; a file of this name is replaced, or a link, and not followed."""
        os.replace(part, name, src_dir_fd=self._descriptor, dst_dir_fd=self._descriptor)

    def write(self, name: str, content: bytes) -> None:
        """Write a file, or replace it, in one step; its mode is kept."""
        part = self.prepare(name, content)
        with suppress(FileNotFoundError):
            status = os.stat(name, dir_fd=self._descriptor, follow_symlinks=False)
            if stat.S_ISREG(status.st_mode):
                os.chmod(part, status.st_mode & 0o777, dir_fd=self._descriptor)
        self.replace(part, name)
        self.sync()

    def remove(self, name: str) -> bool:
        """Remove a file; return whether it was there."""
        try:
            os.unlink(name, dir_fd=self._descriptor)
        except FileNotFoundError:
            return False
        return True

    def has(self, name: str) -> bool:
        """Whether there is anything of this name."""
        try:
            os.stat(name, dir_fd=self._descriptor, follow_symlinks=False)
        except FileNotFoundError:
            return False
        return True

    def sync(self) -> None:
        """Make the names durable, where the file system can."""
        with suppress(OSError):
            os.fsync(self._descriptor)


def part_of(name: str) -> str:
    """The name of a file while it is written."""
    return f".{name}.part"


@contextmanager
def opened(path: Path, *, is_locked: bool) -> Iterator[Folder]:
    """Open a folder, which is made if it is missing; no other process has it locked meanwhile.

    Raises OSError; TimeoutError where another process keeps it locked.
    """
    path.mkdir(parents=True, exist_ok=True)
    descriptor = os.open(path, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        if is_locked:
            _lock(descriptor, path)
        # closing it ends the lock
        yield Folder(descriptor)
    finally:
        os.close(descriptor)


def _lock(descriptor: int, path: Path) -> None:
    end = time.monotonic() + LOCK_SECONDS
    while True:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            if time.monotonic() >= end:
                raise TimeoutError(
                    errno.ETIMEDOUT, "another process keeps it locked", path
                ) from None
            time.sleep(_LOCK_INTERVAL)
        except OSError as error:
            if error.errno not in _NO_LOCKS:
                raise
            return
        else:
            return

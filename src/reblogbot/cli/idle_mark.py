"""The idle mark: a file that says until when `sync --due` has nothing to do (ADR 0036).

Cron starts `sync --due` every few minutes, and mostly nothing is due. The first round that finds
nothing due leaves a mark beside the config, or in the state directory that systemd names. While it
is valid, later ones print the same at once, without the libraries for configs and stores. A mark is
valid while nothing has changed that decides what a round does:

* The config, the arguments, the installed packages and what the config reads of the environment.
  A digest covers these; it is of the same bytes of the config that the round has loaded.
* The store. A round stamps its file before it reads anything of it, and leaves no mark unless the
  stamp is current after the store was closed. In WAL mode a change is in the log beside the file
  until it is copied into the file, and only then the log is deleted. So a file with an old stamp
  and without a log holds exactly what the round has read, and a change by another process makes
  the mark invalid, whatever step it comes between. One case is left: a file may be changed twice
  within one tick of the file system's clock. So a file that was changed just now gets no mark.
* The time: before the first instant at which something is due, and not before the mark was made,
  as after a clock was set back.

In any doubt there is no mark. It is not needed for anything and may be deleted at any time.
"""

from __future__ import annotations

import json
import os
import sys
import time
from codecs import BOM_UTF8
from collections.abc import Sequence
from hashlib import blake2b
from pathlib import Path
from typing import NamedTuple

from reblogbot import __version__
from reblogbot.cli.output import CommandOutput

LONGEST_TICK = 2.0
"""Seconds between two times that a file system can tell apart; FAT has the coarsest."""


class StoreStamp(NamedTuple):
    """What tells one state of a store's file from another. Times are in nanoseconds.

    A restored backup may have its old `modified`; `changed` is st_ctime, which no program can set.
    """

    path: str
    device: int
    inode: int
    size: int
    modified: int
    changed: int

    @classmethod
    def of(cls, path: str) -> StoreStamp:
        """The stamp of the file as it is now. Raises OSError."""
        status = os.stat(path)  # noqa: PTH116  a Path would be made for this alone
        return cls(
            path,
            status.st_dev,
            status.st_ino,
            status.st_size,
            status.st_mtime_ns,
            status.st_ctime_ns,
        )

    @property
    def is_current(self) -> bool:
        """Whether the file is unchanged, and has no log with changes beside it."""
        has_log = os.path.lexists(f"{self.path}-wal")
        return not has_log and StoreStamp.of(self.path) == self

    @property
    def is_writable(self) -> bool:
        """Whether this user may write the file and in its folder; else a round fails."""
        folder = os.path.dirname(self.path)  # noqa: PTH120
        return os.access(self.path, os.W_OK) and os.access(folder, os.W_OK)


def idle_output(config: Path, arguments: Sequence[str]) -> CommandOutput | None:
    """What `sync --due` would print now; None where only a round can tell."""
    try:
        if not config.is_file():
            # a pipe can be read only once, by the round
            return None
        content = config.read_bytes().removeprefix(BOM_UTF8)
        return IdleMark(config, content, arguments).read()
    except (OSError, ValueError):
        return None


def settled_stamp(path: Path | None) -> StoreStamp | None:
    """The stamp of a file; None without one, and where the next change could leave it as it is."""
    if path is None:
        return None
    # before the stamp: a file must not seem older because this process had to wait between both
    now = time.time()
    try:
        stamp = StoreStamp.of(str(path))
    except OSError:
        return None
    return stamp if now - stamp.modified / 1e9 > LONGEST_TICK else None


class IdleMark:
    """The mark of the rounds with one config and the same arguments.

    `content` is the config file without a byte order mark.
    """

    def __init__(self, config: Path, content: bytes, arguments: Sequence[str]) -> None:
        # under systemd the config's folder may be read-only, but a state directory is not
        folder = os.environ.get("STATE_DIRECTORY", "").partition(":")[0] or config.parent
        self._path = Path(folder) / f".{config.name}.idle"
        self._digest = _digest(config, content, arguments)

    def read(self) -> CommandOutput | None:
        """What a round would print now; None where only a round can tell."""
        try:
            mark = json.loads(_read_private(self._path))
            stamp = StoreStamp(*mark["store"])
            is_valid = (
                mark["digest"] == self._digest
                and mark["made_at"] <= time.time() < mark["until"]
                and stamp.is_current
                and stamp.is_writable
            )
            output = CommandOutput([str(line) for line in mark["lines"]], mark["document"])
        except (OSError, ValueError, TypeError, LookupError, RecursionError):
            return None
        return output if is_valid else None

    def leave(self, stamp: StoreStamp, made_at: float, until: float, output: CommandOutput) -> None:
        """Write the mark of a round that has closed the store and printed `output`.

        `stamp` was taken before the round. The times are in seconds since 1970. Where it cannot be
        written, as in a read-only folder, there is no mark.
        """
        mark = {
            "about": "reblogbot sync --due has nothing to do; this file may be deleted",
            "digest": self._digest,
            "store": stamp,
            "made_at": made_at,
            "until": until,
            "lines": output.lines,
            "document": output.document,
        }
        part = self._path.with_name(f"{self._path.name}.part")
        try:
            if stamp.is_current:
                _write_private(part, json.dumps(mark).encode())
                part.replace(self._path)
        except OSError:
            # also a part that a killed process left here, which would refuse the next one
            _delete(part)


def _digest(config: Path, content: bytes, arguments: Sequence[str]) -> str:
    """A digest of what decides, apart from the store and the time.

    Packages may bring kinds of source; installing one changes the time of its folder. The config
    may name files in the home, and relies on credentials for accounts without a token.
    """
    packages = [folder for folder in sys.path if folder.endswith("-packages")]
    facts = (
        str(config.absolute()),
        tuple(arguments),
        (__version__, sys.version),
        [(folder, _changed_at(folder)) for folder in packages],
        os.path.expanduser("~"),  # noqa: PTH111
        _names_in(os.environ.get("CREDENTIALS_DIRECTORY", "")),
    )
    return blake2b(json.dumps(facts).encode() + b"\n" + content, digest_size=16).hexdigest()


def _changed_at(folder: str) -> int:
    try:
        return os.stat(folder).st_mtime_ns  # noqa: PTH116
    except OSError:
        return 0


def _names_in(folder: str) -> list[str]:
    try:
        return sorted(os.listdir(folder)) if folder else []  # noqa: PTH208
    except OSError:
        return []


def _read_private(path: Path) -> bytes:
    """The content of a file that is ours alone. Raises OSError for any other file."""
    # a symbolic link is refused, and a named pipe must not keep us waiting
    descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC | os.O_NOFOLLOW | os.O_NONBLOCK)
    with open(descriptor, "rb") as file:  # noqa: PTH123
        status = os.fstat(descriptor)
        is_private = status.st_uid == os.geteuid() and not status.st_mode & 0o077
        if not is_private:
            raise PermissionError(f"{path} is not a file of this user alone")
        return file.read()


def _write_private(path: Path, content: bytes) -> None:
    """Write a new file that is ours alone. Raises OSError, also where there is one already."""
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
    with open(descriptor, "wb") as file:  # noqa: PTH123
        file.write(content)


def _delete(path: Path) -> None:
    try:
        path.unlink()
    except OSError:
        return

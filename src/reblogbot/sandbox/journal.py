"""The append-only record of everything the server accepted, written before it answers."""

from __future__ import annotations

import contextlib
import fcntl
import json
import os
from collections.abc import Iterator
from pathlib import Path
from typing import IO, Any

from reblogbot.errors import ReblogbotError

Fact = dict[str, Any]


class Journal:
    """One fsynced line of JSON per fact in `journal.jsonl`; without a folder nothing is kept."""

    def __init__(self, folder: Path | None) -> None:
        self._file: IO[bytes] | None = None
        if folder is not None:
            folder.mkdir(parents=True, exist_ok=True)
            self._file = _open(folder / "journal.jsonl")

    def read(self) -> Iterator[Fact]:
        """Every fact written so far. An incomplete last line was never accepted and is removed."""
        if self._file is None:
            return
        self._file.seek(0)
        complete = 0
        for number, line in enumerate(self._file, 1):
            if not line.endswith(b"\n"):
                break
            yield _parse(line, number, self._file.name)
            complete += len(line)
        self._file.truncate(complete)

    def append(self, fact: Fact) -> None:
        """Return once the fact is on the disk."""
        if self._file is not None:
            self._file.seek(0, os.SEEK_END)
            self._file.write(json.dumps(fact, ensure_ascii=False).encode() + b"\n")
            self._file.flush()
            os.fsync(self._file.fileno())

    def close(self) -> None:
        if self._file is not None:
            self._file.close()
            self._file = None


def _open(path: Path) -> IO[bytes]:
    """The file, locked and readable by its owner alone: it holds tokens."""
    with contextlib.suppress(FileExistsError):
        os.close(os.open(path, os.O_CREAT | os.O_EXCL, 0o600))
    file = path.open("r+b")
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError as error:
        file.close()
        raise ReblogbotError(
            "sandbox_folder_busy",
            f"{path.parent}: another sandbox is using this folder; stop it or name another folder",
        ) from error
    return file


def _parse(line: bytes, number: int, name: str) -> Fact:
    try:
        fact: Fact = json.loads(line)
    except ValueError as error:
        raise ReblogbotError(
            "sandbox_journal_unreadable",
            f"{name}:{number}: not a line of a sandbox's journal; "
            "move the file away to begin with an empty sandbox",
        ) from error
    return fact

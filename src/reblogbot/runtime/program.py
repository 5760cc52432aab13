"""Programs that the config names: run without a shell, bounded in time and in output."""

from __future__ import annotations

import asyncio
import os
import signal
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryFile
from typing import Self

_CHUNK = 65_536
_PIPE_CHUNKS = 16
"""Chunks that the largest pipe of a user holds (pipe(7))."""
_TAIL = 4096


class OutputTooLong(Exception):
    """A program wrote more than it may, and was killed."""


@dataclass(frozen=True, slots=True)
class EndedProgram:
    """A program that has ended: its exit code, or minus the signal, and what it wrote.

    `errors` is the end of its standard error.
    """

    code: int
    output: bytes
    errors: bytes


async def run_program(
    words: Sequence[str],
    text: bytes,
    *,
    folder: Path,
    env: Mapping[str, str],
    seconds: float,
    most_output: int = 0,
    keep_children: bool = False,
) -> EndedProgram:
    """Run a program in `folder` with `text` on its standard input.

    It has a process group of its own. The group is killed after `seconds`, after more than
    `most_output` bytes on standard output (0: all of it is discarded), when the caller is
    cancelled, and, unless `keep_children`, when the program ends. Raises TimeoutError,
    OutputTooLong, and OSError or ValueError where the program cannot be started.
    """
    # standard input is a file: a program that reads nothing leaves nobody waiting
    with TemporaryFile() as stdin, _Pipe(most_output) as stdout, _Pipe(0) as stderr:
        stdin.write(text)
        stdin.seek(0)
        process = await asyncio.create_subprocess_exec(
            *words,
            stdin=stdin,
            stdout=stdout.write_end if most_output else asyncio.subprocess.DEVNULL,
            stderr=stderr.write_end,
            cwd=folder,
            env=dict(env),
            start_new_session=True,
        )
        try:
            stdout.collect(on_excess=lambda: _kill_group(process.pid))
            stderr.collect()
            async with asyncio.timeout(seconds):
                await process.wait()
        finally:
            if process.returncode is None or not keep_children:
                _kill_group(process.pid)
            await process.wait()
        stdout.collect_rest()
        stderr.collect_rest()
        if stdout.is_exceeded:
            raise OutputTooLong
        return EndedProgram(process.returncode or 0, bytes(stdout.first), stderr.last)


def _kill_group(leader: int) -> None:
    """Kill a group; the number of its leader stays taken as long as a member lives."""
    with suppress(ProcessLookupError):
        os.killpg(leader, signal.SIGKILL)


class _Pipe:
    """Collects what is written into a pipe: the `first` bytes, `most` of them, and the `last`.

    It does not wait for the end of the pipe, which a process that left the group could hold open.
    """

    def __init__(self, most: int) -> None:
        self.first, self.last = bytearray(), b""
        self.is_exceeded = False
        self._most = most
        self._on_excess: Callable[[], None] | None = None
        self._read_end, self.write_end = os.pipe()
        os.set_blocking(self._read_end, False)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        asyncio.get_running_loop().remove_reader(self._read_end)
        os.close(self._read_end)
        self._close_write_end()

    def collect(self, on_excess: Callable[[], None] | None = None) -> None:
        """Collect what arrives. Call `on_excess` once, when there are more than `most` bytes."""
        self._on_excess = on_excess
        self._close_write_end()
        asyncio.get_running_loop().add_reader(self._read_end, self._read_or_stop)

    def collect_rest(self) -> None:
        """Collect what is still in the pipe."""
        for _ in range(_PIPE_CHUNKS):
            if not self._read():
                break

    def _read_or_stop(self) -> None:
        if not self._read():
            asyncio.get_running_loop().remove_reader(self._read_end)

    def _read(self) -> bool:
        """Read one chunk; False where there is none, or the pipe has ended."""
        try:
            chunk = os.read(self._read_end, _CHUNK)
        except BlockingIOError:
            return False
        self.last = (self.last + chunk)[-_TAIL:]
        if self._on_excess is not None and not self.is_exceeded:
            self.first += chunk
            if len(self.first) > self._most:
                self.is_exceeded = True
                self._on_excess()
        return bool(chunk)

    def _close_write_end(self) -> None:
        if self.write_end >= 0:
            os.close(self.write_end)
            self.write_end = -1

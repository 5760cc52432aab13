"""Pure functions run in re-used child processes that have no rights, little time and memory."""

from __future__ import annotations

import asyncio
import json
import logging
import math
import mimetypes
import os
import pickle
import sys
import zoneinfo
from collections.abc import Callable, Mapping
from contextlib import suppress
from datetime import timedelta
from pathlib import Path
from typing import Any, Self, TypeVar
from weakref import WeakValueDictionary

from reblogbot.errors import SourceError
from reblogbot.runtime import parser_child, parser_replies
from reblogbot.runtime.parser_replies import ReplyError

T = TypeVar("T")

log = logging.getLogger(__name__)

_START = (
    "import json, sys; start = json.loads(sys.argv[1]); sys.path[:] = start.pop('path'); "
    "from reblogbot.runtime import parser_child; parser_child.serve(**start)"
)
# Starting an interpreter has a bound of its own: it does not come out of the call's time.
_START_SECONDS = 60.0
# How long after its deadline a child ends itself; only one whose parent was stopped gets there.
_GRACE_SECONDS = 5
# Bytes of a reply that carries no result.
_MOST_WORDS = 16 * 1024
# Where the dynamic loader finds what Python's own libraries need.
_LIBRARIES = (
    *("/lib", "/lib64", "/usr/lib", "/usr/lib64", "/usr/local/lib", "/etc/ld.so.cache"),
    *("/nix/store", "/gnu/store"),
)
_LOADER = ("LD_LIBRARY_PATH", "DYLD_LIBRARY_PATH")


class WorkerPool:
    """At most `workers` children, started when first needed and used again; implements Offload.

    A call has `deadline`, a child at most `memory` bytes of address space, a reply at most
    `reply` bytes. A child that breaks a bound, or is no longer waited for, is killed, and the
    next call starts another.
    """

    def __init__(
        self,
        *,
        workers: int = 2,
        deadline: timedelta = timedelta(seconds=30),
        memory: int = 512 * 1024 * 1024,
        reply: int = 32 * 1024 * 1024,
    ) -> None:
        self._deadline = deadline.total_seconds()
        self._memory = memory
        self._bounds = {
            parser_child.VALUE: reply,
            parser_child.ERROR: _MOST_WORDS,
            parser_child.MEMORY: 0,
        }
        self._turns = asyncio.Semaphore(workers)
        self._idle: list[_Child] = []
        self._locks: WeakValueDictionary[str, asyncio.Lock] = WeakValueDictionary()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.close()

    async def close(self) -> None:
        """End all children; those at work are killed by their callers' cancellation."""
        while self._idle:
            await self._idle.pop().end()

    async def protections(self) -> tuple[str, ...]:
        """What the kernel holds a child to; see `confinement.confine`.

        Raises SourceError `parser_died` where no child can be started.
        """
        async with self._turns:
            child = await self._take()
            self._idle.append(child)
            return child.protections

    def share(self, name: str, deadline: timedelta | None = None) -> Share:
        """The share of the source called `name`; its calls have `deadline`, or else the pool's."""
        # the lock lives as long as any share of that name
        lock = self._locks.setdefault(name, asyncio.Lock())
        return Share(self, lock, deadline)

    async def __call__(
        self, function: Callable[..., T], *args: Any, deadline: timedelta | None = None
    ) -> T:
        """What `function(*args)` returns, of the type that it is annotated to return.

        `deadline` counts from when a child is free, and is the pool's where it is None.
        It must be importable, its arguments picklable; `replies` says which results can be sent.
        Raises the SourceError the function raised, but without an instant to try again; else
        SourceError `parse_deadline`, `parse_memory` or `parse_reply` (refused), `parser_died` or
        `parse_failed`.
        """
        try:
            returned = parser_replies.returned(function)
        except TypeError as error:
            raise SourceError("parse_failed", f"{error}; report it to its author") from error
        request = pickle.dumps((function, args))
        seconds = deadline.total_seconds() if deadline else self._deadline
        async with self._turns:
            child = await self._take()
            try:
                async with asyncio.timeout(seconds):
                    kind, body = await child.ask(request, self._bounds)
                result = self._read(kind, body, returned)
            except BaseException as error:
                # its answer would come when another one is waited for
                await child.kill()
                if failure := self._failure(error, child, seconds):
                    raise failure from error
                raise
            if kind != parser_child.MEMORY:
                self._idle.append(child)
        if isinstance(result, SourceError):
            raise result
        return result

    async def _take(self) -> _Child:
        while self._idle:
            child = self._idle.pop()
            if child.exit_code is None:
                return child
        try:
            return await _Child.start(self._memory, self._deadline)
        except (OSError, EOFError, ReplyError) as error:
            raise SourceError(
                "parser_died",
                f"no process to read the source in could be started ({error!r}); "
                "look at the limits on memory and processes; it is tried again later",
            ) from error

    def _read(self, kind: bytes, body: bytes, returned: type[T]) -> T | SourceError:
        """What a reply says. Raises ReplyError."""
        if kind == parser_child.VALUE:
            return parser_replies.decode(returned, body)
        if kind == parser_child.ERROR:
            fault = parser_replies.decode(parser_child.Fault, body)
            return SourceError(_line(fault.slug), _line(fault.message), outcome=fault.outcome)
        return SourceError(
            "parse_memory",
            f"reading what the source sent took more than {self._memory >> 20} MB of memory; "
            "it is made to be a bomb or far too large, drop the source if this goes on",
            outcome="refused",
        )

    def _failure(self, error: BaseException, child: _Child, seconds: float) -> SourceError | None:
        """The words for a call that brought no reply; None for an error that is not the child's."""
        match error:
            case TimeoutError():
                return SourceError(
                    "parse_deadline",
                    f"reading what the source sent took longer than {seconds:g} s; "
                    "it is made to be slow or far too large, drop the source if this goes on",
                    outcome="refused",
                )
            case ReplyError():
                return SourceError(
                    "parse_reply",
                    f"the parser's reply was refused ({error}); what the source sent is far too "
                    "large, or has taken the parser over: look at the source, report it",
                    outcome="refused",
                )
            case EOFError() | OSError():
                return SourceError(
                    "parser_died",
                    "the process that read what the source sent died (exit code "
                    f"{child.exit_code}); another one is started for the next; report the source "
                    "if this goes on",
                )
        return None


class Share:
    """A source's share of a pool: one call at a time, the others wait; implements Offload.

    The pool serves its callers in turn. So a source with many documents waits for itself, and
    another source waits for one call of each source before it.
    """

    def __init__(self, pool: WorkerPool, lock: asyncio.Lock, deadline: timedelta | None) -> None:
        self._pool = pool
        self._lock = lock
        self._deadline = deadline

    async def __call__(self, function: Callable[..., T], *args: Any) -> T:
        """What the pool returns."""
        async with self._lock:
            return await self._pool(function, *args, deadline=self._deadline)


class _Child:
    """One child process; `worker` has the frames that go to and fro."""

    protections: tuple[str, ...] = ()

    def __init__(
        self,
        process: asyncio.subprocess.Process,
        requests: asyncio.StreamWriter,
        answers: asyncio.StreamReader,
    ) -> None:
        self._process = process
        self._requests = requests
        self._answers = answers

    @classmethod
    async def start(cls, memory: int, deadline: float) -> Self:
        start = {
            "path": sys.path,
            "parent": os.getpid(),
            "readable": _readable(),
            "memory": memory,
            "lifetime": math.ceil(deadline) + _GRACE_SECONDS,
        }
        process = await asyncio.create_subprocess_exec(
            *(sys.executable, "-I", "-c", _START, json.dumps(start)),
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.DEVNULL,
            # tokens and proxy passwords may stand in ours
            env={name: os.environ[name] for name in _LOADER if name in os.environ},
            # Ctrl-C in a terminal is meant for the program, which then ends its children
            start_new_session=True,
        )
        child = cls(process, *_pipes(process))
        try:
            async with asyncio.timeout(_START_SECONDS):
                _, body = await child._reply({parser_child.READY: _MOST_WORDS})
            child.protections = parser_replies.decode(tuple[str, ...], body)
        except BaseException:
            await child.kill()
            raise
        log.debug("parser child started", extra={"protections": ", ".join(child.protections)})
        return child

    @property
    def exit_code(self) -> int | None:
        return self._process.returncode

    async def ask(self, request: bytes, bounds: Mapping[bytes, int]) -> tuple[bytes, bytes]:
        """The kind and body of the child's reply, of at most `bounds[kind]` bytes.

        Raises ReplyError for any other, EOFError or OSError when the child died.
        """
        self._requests.write(parser_child.FRAME.pack(parser_child.REQUEST, len(request)) + request)
        await self._requests.drain()
        return await self._reply(bounds)

    async def _reply(self, bounds: Mapping[bytes, int]) -> tuple[bytes, bytes]:
        head = await self._answers.readexactly(parser_child.FRAME.size)
        kind, length = parser_child.FRAME.unpack(head)
        if length > bounds.get(kind, -1):
            raise ReplyError(f"kind {kind!r}, {length} bytes")
        return kind, await self._answers.readexactly(length)

    async def kill(self) -> None:
        with suppress(ProcessLookupError):
            self._process.kill()
        await asyncio.shield(self._process.wait())

    async def end(self) -> None:
        """Tell the child by end-of-file that it is no longer needed."""
        self._requests.close()
        with suppress(TimeoutError):
            async with asyncio.timeout(_GRACE_SECONDS):
                await self._process.wait()
        await self.kill()


def _pipes(
    process: asyncio.subprocess.Process,
) -> tuple[asyncio.StreamWriter, asyncio.StreamReader]:
    if process.stdin is None or process.stdout is None:
        raise EOFError
    return process.stdin, process.stdout


def _readable() -> list[str]:
    """What a child may read: Python, its packages, their libraries, time zones, types of files.

    A folder of Python's path that the working directory is in, or below, is left out: a bot's
    config and tokens often stand there.
    """
    here = _working_directory()
    packages = [one for one in sys.path if one and not here.is_relative_to(os.path.realpath(one))]
    loader = ":".join(filter(None, map(os.environ.get, _LOADER))).split(":")
    return [
        *packages,
        str(Path(__file__).parent),
        str(Path(sys.base_prefix, "lib")),
        *filter(None, loader),
        *_LIBRARIES,
        *zoneinfo.TZPATH,
        *(os.fspath(one) for one in mimetypes.knownfiles),
    ]


def _working_directory() -> Path:
    try:
        return Path(os.path.realpath(os.curdir))
    except FileNotFoundError:
        # it has been removed meanwhile
        return Path("/")


def _line(words: str) -> str:
    """The child's words on one line, without anything that a terminal obeys."""
    return "".join(one if one.isprintable() else " " for one in words)

"""Runs pure functions in reused child processes, confined and bounded in time and memory."""

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
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager, suppress
from datetime import timedelta
from pathlib import Path
from typing import Any, Self, TypeVar
from weakref import WeakValueDictionary

from reblogbot.errors import SourceError
from reblogbot.runtime import parser_child, parser_replies
from reblogbot.runtime.parser_replies import ReplyError
from reblogbot.words import Words

T = TypeVar("T")

log = logging.getLogger(__name__)

_START = (
    "import json, sys; start = json.loads(sys.argv[1]); sys.path[:] = start.pop('path'); "
    "from reblogbot.runtime import parser_child; parser_child.serve(**start)"
)
# The start of an interpreter is bounded on its own, and does not count as time of the call.
_START_SECONDS = 60.0
# Seconds after its deadline at which a child ends itself. The parent kills it earlier, unless the
# parent is stopped.
_GRACE_SECONDS = 5
# Bytes of a reply other than a result
_MAX_MESSAGE = 16 * 1024
# where the dynamic loader finds what Python's own libraries need
_LIBRARIES = (
    *("/lib", "/lib64", "/usr/lib", "/usr/lib64", "/usr/local/lib", "/etc/ld.so.cache"),
    *("/nix/store", "/gnu/store"),
)
_LOADER_VARIABLES = ("LD_LIBRARY_PATH", "DYLD_LIBRARY_PATH")


class ParserProcessPool:
    """At most `workers` children, started when needed and reused; implements Offload.

    A call ends within `deadline`. A child has at most `memory` bytes of address space, a reply at
    most `reply` bytes. A child that exceeds a bound, or whose caller is cancelled, is killed; the
    next call starts a new one.

    To start a child costs as much as to read many documents, and it holds memory. So one child
    serves all calls, in the order in which they come. Another one is started when a call has waited
    for `patience`, behind a slow document or many small ones: that is how long a document that is
    made to be slow can hold up the others. A child without a call for `idle` is killed.
    """

    def __init__(
        self,
        *,
        workers: int = 2,
        deadline: timedelta = timedelta(seconds=30),
        memory: int = 512 * 1024 * 1024,
        reply: int = 32 * 1024 * 1024,
        patience: timedelta = timedelta(seconds=2),
        idle: timedelta = timedelta(minutes=1),
    ) -> None:
        self._deadline = deadline.total_seconds()
        self._memory = memory
        self._bounds = {
            parser_child.VALUE: reply,
            parser_child.ERROR: _MAX_MESSAGE,
            parser_child.OUT_OF_MEMORY: 0,
        }
        self._patience = patience.total_seconds()
        self._idle_seconds = idle.total_seconds()
        self._workers = workers
        # How many children there may be now. Each of them, started or not, is a turn for one call.
        self._allowed = 1
        self._turns = asyncio.Semaphore(self._allowed)
        # The idle children with their timers, the one that was used last at the end.
        self._idle: dict[_Child, asyncio.TimerHandle] = {}
        self._ending: set[asyncio.Task[None]] = set()
        self._locks: WeakValueDictionary[str, asyncio.Lock] = WeakValueDictionary()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.close()

    async def close(self) -> None:
        """Kill all idle children. A busy one is killed when its caller is cancelled."""
        while self._idle:
            child, timer = self._idle.popitem()
            timer.cancel()
            await child.kill()
        await asyncio.gather(*self._ending)

    async def protections(self) -> tuple[str, ...]:
        """The protections that the kernel enforces on a child; see `confinement.confine`.

        Raises SourceError `parser_died` where no child can be started.
        """
        async with self._turn():
            child = await self._take()
            self._keep(child)
            return child.protections

    def share(self, name: str, deadline: timedelta | None = None) -> SourceShare:
        """An Offload for the source `name`. Its calls have `deadline`, by default the pool's."""
        # weakly kept: the lock exists as long as any share of that name
        lock = self._locks.setdefault(name, asyncio.Lock())
        return SourceShare(self, lock, deadline)

    async def __call__(
        self, function: Callable[..., T], *args: Any, deadline: timedelta | None = None
    ) -> T:
        """The result of `function(*args)`, of the function's annotated return type.

        The function must be importable and its arguments picklable; `parser_replies.encode` says
        which results can be sent. `deadline` counts from when a child is free.
        Raises the SourceError that the function raised, without its `retry_at`, or SourceError
        `parse_deadline`, `parse_memory` or `parse_reply` (refused), `parser_died` or
        `parse_failed`.
        """
        try:
            return_type = parser_replies.return_type(function)
        except TypeError as error:
            raise SourceError("parse_failed", f"{error}; report it to its author") from error
        request = pickle.dumps((function, args))
        seconds = deadline.total_seconds() if deadline else self._deadline
        async with self._turn():
            child = await self._take()
            try:
                async with asyncio.timeout(seconds):
                    kind, body = await child.ask(request, self._bounds)
                result = self._read(kind, body, return_type)
            except BaseException as error:
                # otherwise its late reply would be taken for the reply to the next request
                await child.kill()
                if failure := self._failure(error, child, seconds):
                    raise failure from error
                raise
            if kind != parser_child.OUT_OF_MEMORY:
                self._keep(child)
        if isinstance(result, SourceError):
            raise result
        return result

    @asynccontextmanager
    async def _turn(self) -> AsyncIterator[None]:
        """A turn to use a child. Another child is allowed when that takes too long."""
        timer = asyncio.get_running_loop().call_later(self._patience, self._allow_another)
        try:
            await self._turns.acquire()
        finally:
            timer.cancel()
        try:
            yield
        finally:
            self._turns.release()

    def _allow_another(self) -> None:
        if self._allowed < self._workers:
            self._allowed += 1
            # the call that has waited the longest gets it
            self._turns.release()

    async def _take(self) -> _Child:
        while self._idle:
            child, timer = self._idle.popitem()
            timer.cancel()
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

    def _keep(self, child: _Child) -> None:
        """Keep the child for the next call, but not for longer than `idle`."""
        loop = asyncio.get_running_loop()
        self._idle[child] = loop.call_later(self._idle_seconds, self._end_unused, child)

    def _end_unused(self, child: _Child) -> None:
        # from here on no call can take it
        del self._idle[child]
        task = asyncio.create_task(self._end(child))
        self._ending.add(task)
        task.add_done_callback(self._ending.discard)

    async def _end(self, child: _Child) -> None:
        await child.kill()
        if self._allowed > 1:
            self._allowed -= 1
            await self._turns.acquire()

    def _read(self, kind: bytes, body: bytes, return_type: type[T]) -> T | SourceError:
        """The result or the error in a child's reply; an error too when it ran out of memory.

        Raises ReplyError for a reply of another form.
        """
        if kind == parser_child.VALUE:
            return parser_replies.decode(return_type, body)
        if kind == parser_child.ERROR:
            error = parser_replies.decode(parser_child.ErrorReply, body)
            return SourceError(
                _printable(error.slug), _printable(error.message), outcome=error.outcome
            )
        return SourceError(
            "parse_memory",
            Words(
                "reading what the source sent took more than {value} MB of memory; it is a "
                "decompression bomb or far too large; drop the source if this goes on",
                value=self._memory >> 20,
            ),
            outcome="refused",
        )

    def _failure(self, error: BaseException, child: _Child, seconds: float) -> SourceError | None:
        """The error of a call without a reply; None for an error that is not the child's."""
        match error:
            case TimeoutError():
                return SourceError(
                    "parse_deadline",
                    Words(
                        "reading what the source sent took longer than {seconds} s; it is made to "
                        "be slow or far too large; drop the source if this goes on",
                        seconds=f"{seconds:g}",
                    ),
                    outcome="refused",
                )
            case ReplyError():
                return SourceError(
                    "parse_reply",
                    Words(
                        "the parser's reply was refused ({error}); what the source sent is far too "
                        "large, or an attack on the parser: look at the source, and report it",
                        error=str(error),
                    ),
                    outcome="refused",
                )
            case EOFError() | OSError():
                return SourceError(
                    "parser_died",
                    Words(
                        "the process that read what the source sent died (exit code {exit_code}); "
                        "the next document gets a new one; report the source if this goes on",
                        exit_code=child.exit_code,
                    ),
                )
        return None


class SourceShare:
    """A source's share of a pool: one call at a time, the others wait; implements Offload.

    The pool serves its callers in turn. So a source with many documents does not hold up the
    others: each of them waits for at most one call of every other source.
    """

    def __init__(
        self, pool: ParserProcessPool, lock: asyncio.Lock, deadline: timedelta | None
    ) -> None:
        self._pool = pool
        self._lock = lock
        self._deadline = deadline

    async def __call__(self, function: Callable[..., T], *args: Any) -> T:
        """The pool's result."""
        async with self._lock:
            return await self._pool(function, *args, deadline=self._deadline)


class _Child:
    """One child process, on the parent's side; `parser_child` has the other side."""

    protections: tuple[str, ...] = ()

    def __init__(
        self,
        process: asyncio.subprocess.Process,
        requests: asyncio.StreamWriter,
        replies: asyncio.StreamReader,
    ) -> None:
        self._process = process
        self._requests = requests
        self._replies = replies

    @classmethod
    async def start(cls, memory: int, deadline: float) -> Self:
        """Start a child that uses at most `memory` bytes; a request may take `deadline` seconds.

        A child that the pool has not killed by then ends itself `_GRACE_SECONDS` later.
        """
        arguments = {
            "path": sys.path,
            "parent": os.getpid(),
            "readable": _readable(),
            "memory": memory,
            "lifetime": math.ceil(deadline) + _GRACE_SECONDS,
        }
        process = await asyncio.create_subprocess_exec(
            *(sys.executable, "-I", "-c", _START, json.dumps(arguments)),
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.DEVNULL,
            # our environment may contain tokens and proxy passwords
            env={name: os.environ[name] for name in _LOADER_VARIABLES if name in os.environ},
            # Ctrl-C in a terminal would reach the child too; the program ends its children itself
            start_new_session=True,
        )
        child = cls(process, *_pipes(process))
        try:
            async with asyncio.timeout(_START_SECONDS):
                _, body = await child._reply({parser_child.READY: _MAX_MESSAGE})
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
        head = await self._replies.readexactly(parser_child.FRAME.size)
        kind, length = parser_child.FRAME.unpack(head)
        if length > bounds.get(kind, -1):
            raise ReplyError(f"kind {kind!r}, {length} bytes")
        return kind, await self._replies.readexactly(length)

    async def kill(self) -> None:
        with suppress(ProcessLookupError):
            self._process.kill()
        await asyncio.shield(self._process.wait())


def _pipes(
    process: asyncio.subprocess.Process,
) -> tuple[asyncio.StreamWriter, asyncio.StreamReader]:
    if process.stdin is None or process.stdout is None:
        raise EOFError
    return process.stdin, process.stdout


def _readable() -> list[str]:
    """The paths a child may read: Python, packages, their libraries, time zones, media types.

    Folders of Python's path that contain the working directory are left out, because a bot's
    config and tokens are often there.
    """
    current = _working_directory()
    packages = [
        path for path in sys.path if path and not current.is_relative_to(os.path.realpath(path))
    ]
    loader = ":".join(filter(None, map(os.environ.get, _LOADER_VARIABLES))).split(":")
    return [
        *packages,
        str(Path(__file__).parent),
        str(Path(sys.base_prefix, "lib")),
        *filter(None, loader),
        *_LIBRARIES,
        *zoneinfo.TZPATH,
        *(os.fspath(path) for path in mimetypes.knownfiles),
    ]


def _working_directory() -> Path:
    try:
        return Path(os.path.realpath(os.curdir))
    except FileNotFoundError:
        # the working directory was removed
        return Path("/")


def _printable(text: str) -> str:
    """The child's text on one line, without control characters, which terminals obey."""
    return "".join(char if char.isprintable() else " " for char in text)

"""Pure functions run in re-used child processes, where time and memory can be taken away."""

from __future__ import annotations

import asyncio
import math
import os
import pickle
import resource
import signal
import struct
import sys
from collections.abc import Callable
from contextlib import suppress
from datetime import timedelta
from typing import Any, BinaryIO, Self, TypeVar, cast
from weakref import WeakValueDictionary

from reblogbot.errors import SourceError

T = TypeVar("T")

_LENGTH = struct.Struct("!Q")
_START = "import sys; sys.path[:] = sys.argv[3:]; from reblogbot import offload; offload.serve()"
# Starting an interpreter has a bound of its own: it does not come out of the call's time.
_START_SECONDS = 60.0
# How long after its deadline a child ends itself; only one whose parent was killed gets there.
_GRACE_SECONDS = 5


class WorkerPool:
    """At most `workers` children, started when first needed and used again; implements Offload.

    A call has `deadline`, a child at most `memory` bytes of address space. Whoever breaks a
    bound, or is no longer waited for, is killed, and the next call starts another child.
    """

    def __init__(
        self,
        *,
        workers: int = 2,
        deadline: timedelta = timedelta(seconds=30),
        memory: int = 512 * 1024 * 1024,
    ) -> None:
        self._deadline = deadline.total_seconds()
        self._memory = memory
        self._turns = asyncio.Semaphore(workers)
        self._idle: list[_Child] = []
        self._locks: WeakValueDictionary[str, asyncio.Lock] = WeakValueDictionary()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.close()

    async def close(self) -> None:
        """Ends all children; those at work are killed by their callers' cancellation."""
        while self._idle:
            await self._idle.pop().end()

    def share(self, name: str, deadline: timedelta | None = None) -> Share:
        """The share of the source called `name`; its calls have `deadline`, or else the pool's."""
        # the lock lives as long as any share of that name
        lock = self._locks.setdefault(name, asyncio.Lock())
        return Share(self, lock, deadline)

    async def __call__(
        self, function: Callable[..., T], *args: Any, deadline: timedelta | None = None
    ) -> T:
        """What `function(*args)` returns. It must be importable, its values picklable.

        `deadline` counts from when a child is free, and is the pool's where it is None. Raises
        the SourceError the function raised; else SourceError `parse_deadline` or `parse_memory`
        (refused), `parser_died` or `parse_failed`.
        """
        request = pickle.dumps((function, args))
        seconds = deadline.total_seconds() if deadline else self._deadline
        async with self._turns:
            child = await self._take()
            try:
                async with asyncio.timeout(seconds):
                    kind, value = await child.ask(request)
            except TimeoutError:
                await child.kill()
                raise SourceError(
                    "parse_deadline",
                    f"reading what the source sent took longer than {seconds:g} s; "
                    "it is made to be slow or far too large, drop the source if this goes on",
                    outcome="refused",
                ) from None
            except (EOFError, OSError) as error:
                await child.kill()
                raise _died(child.exit_code) from error
            except BaseException:
                # its answer would come when another one is waited for
                await child.kill()
                raise
            return cast("T", self._settle(child, kind, value))

    async def _take(self) -> _Child:
        while self._idle:
            child = self._idle.pop()
            if child.exit_code is None:
                return child
        try:
            return await _Child.start(self._memory, self._deadline)
        except (OSError, EOFError, TimeoutError) as error:
            raise SourceError(
                "parser_died",
                f"no process to read the source in could be started ({error!r}); "
                "look at the limits on memory and processes; it is tried again later",
            ) from error

    def _settle(self, child: _Child, kind: str, value: Any) -> Any:
        if kind == "memory":
            # the child ends itself: its heap stays as large as it became
            raise SourceError(
                "parse_memory",
                f"reading what the source sent took more than {self._memory >> 20} MB of memory; "
                "it is made to be a bomb or far too large, drop the source if this goes on",
                outcome="refused",
            )
        self._idle.append(child)
        if kind == "error":
            slug, message, outcome, retry_at = value
            raise SourceError(slug, message, outcome=outcome, retry_at=retry_at)
        return value


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
    """One child process; requests and replies are pickles with their length before them."""

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
        lifetime = math.ceil(deadline) + _GRACE_SECONDS
        process = await asyncio.create_subprocess_exec(
            sys.executable,
            "-I",
            "-c",
            _START,
            str(memory),
            str(lifetime),
            *sys.path,
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.DEVNULL,
            # Ctrl-C in a terminal is meant for the program, which then ends its children
            start_new_session=True,
        )
        child = cls(process, *_pipes(process))
        try:
            async with asyncio.timeout(_START_SECONDS):
                await child.reply()
        except BaseException:
            await child.kill()
            raise
        return child

    @property
    def exit_code(self) -> int | None:
        return self._process.returncode

    async def ask(self, request: bytes) -> tuple[str, Any]:
        """The child's reply. Raises EOFError or OSError when it died."""
        self._requests.write(_LENGTH.pack(len(request)) + request)
        await self._requests.drain()
        return await self.reply()

    async def reply(self) -> tuple[str, Any]:
        (length,) = _LENGTH.unpack(await self._replies.readexactly(_LENGTH.size))
        pickled = await self._replies.readexactly(length)
        reply: tuple[str, Any] = pickle.loads(pickled)  # noqa: S301  our own child's word
        return reply

    async def kill(self) -> None:
        with suppress(ProcessLookupError):
            self._process.kill()
        await asyncio.shield(self._process.wait())

    async def end(self) -> None:
        """Tells the child by end-of-file that it is no longer needed."""
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


def _died(exit_code: int | None) -> SourceError:
    return SourceError(
        "parser_died",
        f"the process that read what the source sent died (exit code {exit_code}); "
        "another one is started for the next; report the source if this goes on",
    )


def serve() -> None:
    """The child's whole life: answers requests on standard input until it is closed."""
    memory, lifetime = int(sys.argv[1]), int(sys.argv[2])
    requests, replies = os.fdopen(0, "rb"), _take_standard_output()
    # not every system can bound an address space; the deadline holds on all
    with suppress(OSError, ValueError):
        resource.setrlimit(resource.RLIMIT_AS, (memory, memory))
    _send(replies, pickle.dumps(("value", None)))
    while (request := _receive(requests)) is not None:
        # should the parent be killed, nobody else would end an endless loop
        signal.alarm(lifetime)
        kind, pickled = _answer(request)
        signal.alarm(0)
        _send(replies, pickled)
        if kind == "memory":
            return


def _answer(request: bytes) -> tuple[str, bytes]:
    """What came of it, and the pickled reply that says so."""
    try:
        function, args = pickle.loads(request)  # noqa: S301  our own parent's word
        return "value", pickle.dumps(("value", function(*args)))
    except MemoryError:
        return "memory", pickle.dumps(("memory", None))
    except SourceError as error:
        known = (error.slug, error.message, error.outcome, error.retry_at)
        return "error", pickle.dumps(("error", known))
    except Exception as error:  # noqa: BLE001  whatever it is, the admin gets one line of it
        text = " ".join(f"{type(error).__name__}: {error}".split())[:200]
        message = f"what the source sent cannot be read ({text}); report it with the source's url"
        return "error", pickle.dumps(("error", ("parse_failed", message, "failed", None)))


def _take_standard_output() -> BinaryIO:
    """The pipe to the parent; whatever else prints from now on, prints into the void."""
    replies = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)
    return replies


def _receive(requests: BinaryIO) -> bytes | None:
    head = requests.read(_LENGTH.size)
    if len(head) < _LENGTH.size:
        return None
    (length,) = _LENGTH.unpack(head)
    return requests.read(length)


def _send(replies: BinaryIO, pickled: bytes) -> None:
    replies.write(_LENGTH.pack(len(pickled)) + pickled)
    replies.flush()

"""Processes of the program that begin where everything is imported.

An interpreter that has imported the program forks each of them: that takes a hundredth of the CPU
that starting Python and importing would. The process is one of its own in all else: arguments,
environment, folder, standard streams, signals, exit code.
"""

from __future__ import annotations

import atexit
import ctypes
import os
import pickle
import selectors
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Mapping, Sequence
from contextlib import suppress
from functools import cache
from pathlib import Path
from typing import IO, Any

# of linux/prctl.h
PR_SET_CHILD_SUBREAPER = 36
INTERPRETER = ("PYTHON", "LC_", "LANG", "LD_", "MALLOC_", "GCONV_")
"""Beginnings of the variables that Python or the C library reads once, when it starts."""
LOCALE = ("LC_ALL", "PYTHONCOERCECLOCALE", "PYTHONUTF8", "PYTHONIOENCODING")
"""Those of them for which there is a server of its own: several tests use each."""

SERVER = """
import gc, importlib, io, os, pickle, pkgutil, runpy, signal, socket, sys, time

import reblogbot
for module in pkgutil.walk_packages(reblogbot.__path__, "reblogbot."):
    if ".migrations" not in module.name and not module.name.endswith("__main__"):
        importlib.import_module(module.name)
gc.collect()
gc.freeze()
signal.signal(signal.SIGINT, signal.SIG_IGN)
control = socket.socket(fileno=int(sys.argv[1]))
while True:
    message, streams, _, _ = socket.recv_fds(control, 1 << 20, 3)
    if not message:
        sys.exit()
    reading, writing = os.pipe()
    middle = os.fork()
    if not middle:
        # the test's process adopts the one that is left when this ends
        pid = os.fork()
        if not pid:
            break
        os.write(writing, b"%d" % pid)
        os._exit(0)
    os.waitpid(middle, 0)
    control.send(os.read(reading, 20))
    for descriptor in (*streams, reading, writing):
        os.close(descriptor)

for number, descriptor in enumerate(streams):
    os.dup2(descriptor, number)
for descriptor in (*streams, reading, writing):
    os.close(descriptor)
control.close()
# as Python makes them when it starts: it looks what kind of file each is
for number, name in enumerate(("stdin", "stdout", "stderr")):
    is_raw = number and os.environ.get("PYTHONUNBUFFERED")
    file = open(number, "wb" if number else "rb", 0 if is_raw else -1, closefd=False)
    old = getattr(sys, name)
    options = {"line_buffering": number == 2, "write_through": bool(is_raw)}
    new = io.TextIOWrapper(file, old.encoding, old.errors, **options)
    setattr(sys, name, new)
    setattr(sys, f"__{name}__", new)
signal.signal(signal.SIGINT, signal.default_int_handler)
# bytes, as the kernel would give them: the locale decides what letters they are
arguments, environ, folder, umask, script = pickle.loads(message)
os.environ.clear()
os.environb.update(environ)
time.tzset()
os.umask(umask)
os.chdir(folder)
sys.argv[1:] = map(os.fsdecode, arguments)
if script:
    exec(compile(script, "<string>", "exec"), {"__name__": "__main__"})
else:
    runpy.run_module("reblogbot", run_name="__main__", alter_sys=True)
"""

_turn = threading.Lock()


class ForkedProgram:
    """A process that was forked, as `subprocess.Popen` shows one."""

    returncode: int | None = None
    stdin = stderr = None

    def __init__(self, pid: int, arguments: Sequence[str], stdout: IO[str]) -> None:
        self.pid, self.args, self.stdout = pid, list(arguments), stdout

    def poll(self) -> int | None:
        if self.returncode is None:
            pid, status = os.waitpid(self.pid, os.WNOHANG)
            if pid:
                self.returncode = os.waitstatus_to_exitcode(status)
        return self.returncode

    def wait(self, timeout: float | None = None) -> int:
        """The exit code. Raises TimeoutExpired."""
        if timeout is None and self.returncode is None:
            self.returncode = os.waitstatus_to_exitcode(os.waitpid(self.pid, 0)[1])
        end, pause = time.monotonic() + (timeout or 0), 0.0005
        while self.poll() is None:
            if time.monotonic() >= end:
                raise subprocess.TimeoutExpired(self.args, timeout or 0)
            time.sleep(pause)
            pause = min(2 * pause, 0.02)
        assert self.returncode is not None
        return self.returncode

    def communicate(self, timeout: float | None = None) -> tuple[str, None]:
        """All of standard output, read to its end. Raises TimeoutExpired."""
        end = time.monotonic() + timeout if timeout else None
        output = bytearray()
        with selectors.DefaultSelector() as selector:
            selector.register(self.stdout, selectors.EVENT_READ)
            while True:
                left = None if end is None else end - time.monotonic()
                if not selector.select(left):
                    raise subprocess.TimeoutExpired(self.args, timeout or 0)
                if not (part := os.read(self.stdout.fileno(), 1 << 16)):
                    break
                output += part
        self.stdout.close()
        self.wait(None if end is None else max(end - time.monotonic(), 0.1))
        return output.decode(), None

    def send_signal(self, number: int) -> None:
        if self.poll() is None:
            os.kill(self.pid, number)

    def terminate(self) -> None:
        self.send_signal(signal.SIGTERM)

    def kill(self) -> None:
        self.send_signal(signal.SIGKILL)


@cache
def environment() -> dict[str, str]:
    """The environment of this process when it was first asked for, before any test."""
    return dict(os.environ)


def may_fork(environ: Mapping[str, str]) -> bool:
    """Whether a process with these variables may be forked: not where Python itself reads others."""
    if sys.platform != "linux" or any(name.startswith("COVERAGE_") for name in environ):
        return False
    of_both = (dict(_interpreter(variables)) for variables in (environ, environment()))
    first, second = ({**variables, **dict.fromkeys(LOCALE)} for variables in of_both)
    return first == second


def fork(
    arguments: Sequence[str],
    environ: Mapping[str, str],
    stderr: IO[Any],
    *,
    folder: Path | None = None,
    script: str = "",
) -> ForkedProgram:
    """The program, running with these arguments; its standard input is empty.

    It runs in this process's folder, if none is given. `script` is run in its place.
    """
    control = _server(_interpreter(environ))
    umask = os.umask(0)
    os.umask(umask)
    request = (
        [os.fsencode(argument) for argument in arguments],
        {os.fsencode(name): os.fsencode(value) for name, value in environ.items()},
        os.fsencode(folder or Path.cwd()),
        umask,
        script,
    )
    output, its_output = os.pipe()
    empty = os.open(os.devnull, os.O_RDONLY)
    _adopt(orphans=True)
    try:
        socket.send_fds(control, [pickle.dumps(request)], [empty, its_output, stderr.fileno()])
        pid = int(control.recv(20))
    finally:
        _adopt(orphans=False)
        os.close(its_output)
        os.close(empty)
    return ForkedProgram(pid, arguments, os.fdopen(output, encoding="utf-8"))


def _interpreter(environ: Mapping[str, str]) -> tuple[tuple[str, str], ...]:
    return tuple(sorted(pair for pair in environ.items() if pair[0].startswith(INTERPRETER)))


def _adopt(*, orphans: bool) -> None:
    """Become the parent of processes whose own parent ends, or no longer."""
    ctypes.CDLL(None).prctl(PR_SET_CHILD_SUBREAPER, int(orphans), 0, 0, 0)


@cache
def _server(variables: tuple[tuple[str, str], ...]) -> socket.socket:
    """The socket of the interpreter that forks, started with these variables."""
    ours, its = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    others = {name: value for name, value in os.environ.items() if not name.startswith(INTERPRETER)}
    with its:
        process = subprocess.Popen(
            [sys.executable, "-c", SERVER, str(its.fileno())],
            pass_fds=[its.fileno()],
            cwd="/",
            env={**others, **dict(variables)},
        )

    def end() -> None:
        ours.close()
        with suppress(subprocess.TimeoutExpired):
            process.wait(10)

    atexit.register(end)
    return ours

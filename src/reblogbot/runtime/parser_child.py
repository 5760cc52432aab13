"""The parser child: one function call after another, without files, network or secrets.

A frame is a letter for its kind, the length of its body, and the body: requests are pickles from
the parent, replies are of `parser_replies`. Nothing the child sends is ever unpickled.
"""

from __future__ import annotations

import os
import pickle
import signal
import struct
from collections.abc import Sequence
from typing import BinaryIO, NamedTuple

from reblogbot.errors import Failure, SourceError
from reblogbot.runtime import confinement, parser_replies

FRAME = struct.Struct("!cQ")
REQUEST = b"c"
READY = b"r"
VALUE = b"v"
ERROR = b"e"
MEMORY = b"m"
"""It ran out of memory and ends: its heap stays as large as it became."""


class Fault(NamedTuple):
    """A SourceError on its way to the parent."""

    slug: str
    message: str
    outcome: Failure


def serve(parent: int, readable: Sequence[str], *, memory: int, lifetime: int) -> None:
    """The child's whole life: answer requests on standard input until it is closed.

    `lifetime` are the seconds after which a request ends it, `memory` the bytes it may use.
    """
    if not confinement.end_with(parent):
        return
    requests, answers = os.fdopen(0, "rb"), _take_standard_output()
    _send(answers, READY, parser_replies.encode(confinement.confine(readable, memory)))
    while (request := _receive(requests)) is not None:
        # should the parent be stopped, nobody else would end an endless loop
        signal.alarm(lifetime)
        kind, body = _answer(request)
        signal.alarm(0)
        _send(answers, kind, body)
        if kind == MEMORY:
            return


def _answer(request: bytes) -> tuple[bytes, bytes]:
    try:
        function, args = pickle.loads(request)  # noqa: S301  of our own parent
        return VALUE, parser_replies.encode(function(*args))
    except MemoryError:
        return MEMORY, b""
    except SourceError as error:
        return ERROR, parser_replies.encode(Fault(error.slug, error.message[:2000], error.outcome))
    except Exception as error:  # noqa: BLE001  whatever it is, the admin gets one line of it
        text = " ".join(f"{type(error).__name__}: {error}".split())[:200]
        message = f"what the source sent cannot be read ({text}); report it with the source's url"
        return ERROR, parser_replies.encode(Fault("parse_failed", message, "failed"))


def _take_standard_output() -> BinaryIO:
    """The pipe to the parent; whatever else prints from now on, prints into the void."""
    answers = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)
    return answers


def _receive(requests: BinaryIO) -> bytes | None:
    head = requests.read(FRAME.size)
    if len(head) < FRAME.size:
        return None
    _, length = FRAME.unpack(head)
    return requests.read(length)


def _send(answers: BinaryIO, kind: bytes, body: bytes) -> None:
    answers.write(FRAME.pack(kind, len(body)) + body)
    answers.flush()

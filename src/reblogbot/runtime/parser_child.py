"""The parser child: runs one function call after the other, without files, network or secrets.

Parent and child exchange frames: one byte for the kind, eight for the length of the body, and the
body. A request is a pickle from the parent, a reply is encoded by `parser_replies`. The parent
unpickles nothing that the child sends (ADR 0019).
"""

from __future__ import annotations

import os
import pickle
import signal
import struct
from collections.abc import Sequence
from typing import BinaryIO, NamedTuple

from reblogbot.errors import Failure, SourceError
from reblogbot.runtime import confinement, garbage, parser_replies

FRAME = struct.Struct("!cQ")
REQUEST = b"c"
READY = b"r"
VALUE = b"v"
ERROR = b"e"
OUT_OF_MEMORY = b"m"
"""The child ran out of memory and ends, because its heap would stay as large as it became."""


class ErrorReply(NamedTuple):
    """A SourceError, as it is sent to the parent."""

    slug: str
    message: str
    outcome: Failure


def serve(parent: int, readable: Sequence[str], *, memory: int, lifetime: int) -> None:
    """Answer the requests on standard input until it is closed: the child's main loop.

    A request that takes longer than `lifetime` seconds ends the child. `memory` is the largest
    address space, in bytes.
    """
    if not confinement.die_with_parent(parent):
        return
    garbage.collect_rarely()
    requests, replies = os.fdopen(0, "rb"), _take_standard_output()
    _send(replies, READY, parser_replies.encode(confinement.confine(readable, memory)))
    while (request := _receive(requests)) is not None:
        # a parent that is stopped (SIGSTOP) does not kill a child in an endless loop
        signal.alarm(lifetime)
        kind, body = _reply(request)
        signal.alarm(0)
        _send(replies, kind, body)
        if kind == OUT_OF_MEMORY:
            return


def _reply(request: bytes) -> tuple[bytes, bytes]:
    try:
        function, args = pickle.loads(request)  # noqa: S301  from our own parent
        return VALUE, parser_replies.encode(function(*args))
    except MemoryError:
        return OUT_OF_MEMORY, b""
    except SourceError as error:
        return ERROR, parser_replies.encode(
            ErrorReply(error.slug, error.message[:2000], error.outcome)
        )
    except Exception as error:  # noqa: BLE001  a bug in a parser ends as one line for the admin
        text = " ".join(f"{type(error).__name__}: {error}".split())[:200]
        message = f"what the source sent cannot be read ({text}); report it with the source's url"
        return ERROR, parser_replies.encode(ErrorReply("parse_failed", message, "failed"))


def _take_standard_output() -> BinaryIO:
    """The pipe to the parent. What a library prints from now on goes to standard error (none)."""
    replies = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)
    return replies


def _receive(requests: BinaryIO) -> bytes | None:
    head = requests.read(FRAME.size)
    if len(head) < FRAME.size:
        return None
    _, length = FRAME.unpack(head)
    return requests.read(length)


def _send(replies: BinaryIO, kind: bytes, body: bytes) -> None:
    replies.write(FRAME.pack(kind, len(body)) + body)
    replies.flush()

"""Functions that the children of test_parser_pool.py and test_confinement.py run."""

import os
import sys
import time
from datetime import datetime
from typing import Any

from reblogbot.errors import SourceError
from reblogbot.model import Batch

# the pipe to the parent, as parser_child.serve opens it
ANSWERS = 3


def double(number: int) -> int:
    return 2 * number


def double_bytes(octets: bytes) -> bytes:
    return 2 * octets


def process_id() -> int:
    return os.getpid()


def imported_modules() -> list[str]:
    return list(sys.modules)


def print_and_return(text: str) -> str:
    print(text, flush=True)
    os.write(1, b"raw bytes on standard output")
    return text


def loop_for_ever() -> int:
    while True:
        pass


def hoard() -> int:
    return len([bytes(1_000_000) for _ in range(10_000)])


def die(code: int) -> None:
    os._exit(code)


def refuse() -> None:
    raise SourceError("too_odd", "no, thanks", outcome="retry_later")


def stumble() -> None:
    raise KeyError("first line\nsecond line\x1b[31m")


def return_a_lambda() -> Any:
    return lambda: None


def return_a_naive_instant() -> datetime:
    return datetime(2026, 1, 1)  # noqa: DTZ001


def return_another_type() -> Batch:
    return ("no", "batch")


def return_what_nobody_knows():
    return 1


def answer_with(octets: bytes) -> Batch:
    """Behave like a compromised child: write a reply of its own, then hang."""
    os.write(ANSWERS, octets)
    time.sleep(600)


def die_amid(octets: bytes) -> Batch:
    os.write(ANSWERS, octets)
    os._exit(1)


def drip(octets: bytes) -> Batch:
    while True:
        os.write(ANSWERS, octets)
        time.sleep(0.01)

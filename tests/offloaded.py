"""What the workers of test_offload.py are asked to do."""

import os
import time
from datetime import UTC, datetime
from pathlib import Path

from reblogbot.errors import SourceError


def double(number):
    return 2 * number


def process_id():
    return os.getpid()


def print_and_return(text):
    print(text, flush=True)
    os.write(1, b"raw bytes on standard output")
    return text


def loop_for_ever():
    while True:
        pass


def sleep_holding(path):
    Path(path).write_text(str(os.getpid()))
    time.sleep(600)


def hoard():
    return len([bytes(1_000_000) for _ in range(10_000)])


def die(code):
    os._exit(code)


def refuse():
    raise SourceError(
        "too_odd", "no, thanks", outcome="retry_later", retry_at=datetime(2026, 1, 1, tzinfo=UTC)
    )


def stumble():
    raise KeyError("first line\nsecond line\x1b[31m")


def return_a_lambda():
    return lambda: None


def wait_for(path):
    while not Path(path).exists():
        time.sleep(0.01)
    return os.getpid()

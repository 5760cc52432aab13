"""The command line: one file per group of commands; this one starts it and ends it well."""

from __future__ import annotations

import gc
import logging
import os
import sys
from io import TextIOWrapper
from typing import NoReturn

from reblogbot.cli.program import parse
from reblogbot.cli.words import complain, unexpected
from reblogbot.errors import Exit, ReblogbotError
from reblogbot.runtime import confinement


def main() -> NoReturn:
    """Run the program with the process's arguments and end it with the contract's exit code."""
    confinement.hide()
    # little of what is made here is garbage that refers to itself: to look for it as often as
    # Python does by itself costs a tenth of a round
    gc.set_threshold(50_000, 20, 50)
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, TextIOWrapper):
            # what a terminal has no letters for must not end a round
            stream.reconfigure(errors="backslashreplace")
    code = _said(run(sys.argv[1:]))
    if code == Exit.INTERRUPTED:
        # a thread may wait for a server yet: what it was told stands in the store as `sending`
        os._exit(code)
    sys.exit(code)


def run(arguments: list[str]) -> int:
    """The exit code of one run; every error becomes words, never a traceback."""
    try:
        options = parse(arguments)
        return int(options.run(options))
    except ReblogbotError as error:
        return complain(error, as_json="--json" in arguments)
    except KeyboardInterrupt:
        return Exit.INTERRUPTED
    except BrokenPipeError:
        # whoever read our output has gone
        return Exit.FAILED
    except OSError as error:
        # no bug, but a disk that is full or a limit that was met
        told = f"the system refused: {error}; see to that, then try again"
        return complain(ReblogbotError("system", told), as_json=False)
    except Exception as error:
        # a bug of ours: the admin gets words, and whoever mends it the place
        logging.getLogger("reblogbot").debug("bug", exc_info=error)
        return complain(unexpected(error), as_json="--json" in arguments)


def _said(code: int) -> int:
    """The exit code, all that was said being written; a failure where it cannot be."""
    if not isinstance(sys.stdout, TextIOWrapper):
        # it was closed before we began: nothing is written, and nobody minds
        return code
    try:
        sys.stdout.flush()
    except OSError as error:
        # closing it once more at exit must not complain
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        if not isinstance(error, BrokenPipeError):
            print(f"reblogbot: the output cannot be written: {error.strerror}", file=sys.stderr)
        return code or Exit.FAILED
    return code

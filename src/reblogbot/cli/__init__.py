"""The command line: one file per group of commands; this one starts it and ends it well."""

from __future__ import annotations

import logging
import os
import sys
from typing import NoReturn

from reblogbot.cli.program import parse
from reblogbot.cli.words import complain, unexpected
from reblogbot.errors import Exit, ReblogbotError


def main() -> NoReturn:
    """Run the program with the process's arguments and end it with the contract's exit code."""
    code = run(sys.argv[1:])
    sys.stdout.flush()
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
        # whoever read our output has gone; closing it again at exit must not complain
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return Exit.FAILED
    except Exception as error:
        # a bug of ours: the admin gets words, and whoever mends it the place
        logging.getLogger("reblogbot").debug("bug", exc_info=error)
        return complain(unexpected(error), as_json="--json" in arguments)

"""The command line. This module starts the program and turns every error into an exit code."""

from __future__ import annotations

import argparse
import os
import sys
from importlib import import_module
from io import TextIOWrapper
from typing import NoReturn

from reblogbot.cli.output import print_error, unexpected_error
from reblogbot.cli.parser import parse
from reblogbot.errors import Exit, ReblogbotError
from reblogbot.runtime import confinement, garbage


def main() -> NoReturn:
    """Run the program with the arguments of the process, and exit with its exit code."""
    confinement.hide_memory()
    garbage.collect_rarely()
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, TextIOWrapper):
            # a character that the terminal cannot show must not end a round
            stream.reconfigure(errors="backslashreplace")
    code = _flush_stdout(run(sys.argv[1:]))
    if code == Exit.INTERRUPTED:
        # do not wait for threads that wait for a server: their deliveries are `sending` in the
        # store, and the next round recovers them
        os._exit(code)
    sys.exit(code)


def run(arguments: list[str]) -> int:
    """The exit code of one run. Errors become messages, never tracebacks."""
    try:
        return _run_command(parse(arguments))
    except ReblogbotError as error:
        return print_error(error, as_json="--json" in arguments)
    except KeyboardInterrupt:
        return Exit.INTERRUPTED
    except BrokenPipeError:
        # the reader of our output is gone
        return Exit.FAILED
    except OSError as error:
        # not a bug: a full disk, or a limit of the system
        message = f"the system reported: {error}; fix that, then try again"
        return print_error(ReblogbotError("system", message), as_json=False)
    except Exception as error:
        import logging  # noqa: PLC0415  as in _run_command

        logging.getLogger("reblogbot").debug("bug", exc_info=error)
        return print_error(unexpected_error(error), as_json="--json" in arguments)


def _run_command(options: argparse.Namespace) -> int:
    """The exit code of the command, imported only now."""
    # with --verbose a round also logs what it does
    if getattr(options, "due", False) and not options.verbose:
        from reblogbot.cli.idle_mark import idle_output  # noqa: PLC0415  for this command alone

        output = idle_output(options.config, options.sources)
        if output is not None:
            output.print(as_json=options.json)
            return Exit.OK
    # not before: importing logging would take a tenth of what `--help` and the above take
    from reblogbot.cli.logs import set_up_logs  # noqa: PLC0415

    set_up_logs(options.log_format, options.verbose, is_daemon=options.is_daemon)
    module, _, function = options.run.partition(":")
    return int(getattr(import_module(module), function)(options))


def _flush_stdout(code: int) -> int:
    """The exit code after stdout was flushed; FAILED where that is impossible."""
    if not isinstance(sys.stdout, TextIOWrapper):
        # stdout was closed before the program started: nothing to write
        return code
    try:
        sys.stdout.flush()
    except OSError as error:
        # or Python would try again at exit, and print its own complaint
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        if not isinstance(error, BrokenPipeError):
            print(f"reblogbot: the output cannot be written: {error.strerror}", file=sys.stderr)
        return code or Exit.FAILED
    return code

"""`stop` and `start`: stop all posting at once, and let it go on."""

from __future__ import annotations

import argparse

from reblogbot.admin import switch
from reblogbot.admin.documents.instants import instant_json
from reblogbot.admin.documents.stop import StopDocument
from reblogbot.admin.switch import SwitchState
from reblogbot.cli.open_store import open_for_stopping
from reblogbot.cli.output import print_json, print_lines
from reblogbot.errors import Exit


def run_stop(options: argparse.Namespace) -> int:
    """Stop all posting."""
    store = open_for_stopping(options)
    state = switch.stop(store, store.clock.now())
    store.close()
    message = "stopped: no process on this store posts anything until `reblogbot start`"
    _print(options, state, message)
    return Exit.OK


def run_start(options: argparse.Namespace) -> int:
    """Let posting go on."""
    store = open_for_stopping(options)
    state = switch.start(store)
    store.close()
    _print(options, state, f"started: {state.queued} queued")
    return Exit.OK


def _print(options: argparse.Namespace, state: SwitchState, message: str) -> None:
    if options.json:
        stopped_at = instant_json(state.stopped_at)
        print_json(StopDocument(stopped_at=stopped_at, queued=state.queued))
    else:
        print_lines(message)

"""`stop` and `start`: stop all posting at once, and let it go on."""

from __future__ import annotations

import argparse

from reblogbot.admin.documents.instants import instant_json
from reblogbot.admin.documents.stop import StopDocument
from reblogbot.cli.open_store import open_for_stopping
from reblogbot.cli.output import print_json, print_lines
from reblogbot.errors import Exit


def run_stop(options: argparse.Namespace) -> int:
    """Stop all posting."""
    store = open_for_stopping(options)
    store.outbox.stop(store.clock.now())
    stopped_at, queued = store.outbox.stopped_at(), store.outbox.count()["queued"]
    store.close()
    if options.json:
        print_json(StopDocument(stopped_at=instant_json(stopped_at), queued=queued))
    else:
        print_lines("stopped: no process on this store posts anything until `reblogbot start`")
    return Exit.OK


def run_start(options: argparse.Namespace) -> int:
    """Let posting go on."""
    store = open_for_stopping(options)
    store.outbox.start()
    queued = store.outbox.count()["queued"]
    store.close()
    if options.json:
        print_json(StopDocument(stopped_at=None, queued=queued))
    else:
        print_lines(f"started: {queued} queued")
    return Exit.OK

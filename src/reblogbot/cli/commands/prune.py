"""`prune`: forget what is old."""

from __future__ import annotations

import argparse

from reblogbot import app
from reblogbot.admin.documents.store import PruneDocument
from reblogbot.cli.output import print_json, print_lines
from reblogbot.cli.progress import progress
from reblogbot.errors import Exit


def run(options: argparse.Namespace) -> int:
    """Delete from the store what is older than [store] keep."""
    config = app.load_config(options.config)
    with progress(quiet=options.json, as_json=options.json_progress) as on_progress:
        store = app.open_for_work(config, on_progress=on_progress)
        pruned = store.history.prune(config.store.keep, store.clock.now(), on_progress)
    store.close()
    document = PruneDocument(keys=pruned.keys, entries=pruned.entries, deliveries=pruned.deliveries)
    if options.json:
        print_json(document)
    else:
        print_lines(f"deleted: {', '.join(f'{count} {name}' for name, count in document.items())}")
    return Exit.OK

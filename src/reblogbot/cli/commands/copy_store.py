"""`copy-store`: copy the store to another database."""

from __future__ import annotations

import argparse

from reblogbot.admin.documents.store import copy_json
from reblogbot.cli.open_store import store_url
from reblogbot.cli.output import print_json, print_lines
from reblogbot.cli.progress import progress
from reblogbot.errors import Exit
from reblogbot.store.copying import copy_store


def run(options: argparse.Namespace) -> int:
    """Copy the store to another database."""
    with progress(quiet=options.json, as_json=options.json_progress) as on_progress:
        copied = copy_store(
            store_url("FROM", options.source),
            store_url("TO", options.target),
            lambda completed, total: on_progress("copying", completed, total),
        )
    if options.json:
        print_json(copy_json(copied))
        return Exit.OK
    rows = ", ".join(f"{count} {name}" for name, count in copied.rows.items() if count)
    print_lines(
        f"copied {copied.source} to {copied.target}: {rows or 'no rows yet'}",
        "Next: name the new store in [store] url, then start the daemon. "
        "Never run a daemon on the old store again.",
    )
    return Exit.OK

"""`backup`: copy the store to a file."""

from __future__ import annotations

import argparse

from reblogbot import app
from reblogbot.admin.documents.store import backup_json
from reblogbot.cli.open_store import load_with_warning
from reblogbot.cli.output import print_json, print_lines
from reblogbot.cli.progress import progress
from reblogbot.errors import ConfigError, Exit


def run(options: argparse.Namespace) -> int:
    """Copy the store to a file."""
    if options.path.exists():
        raise ConfigError("backup_exists", f"{options.path}: exists already; name another file")
    store = app.open_existing(load_with_warning(options).config)
    with progress(quiet=options.json, as_json=options.json_progress) as on_progress:
        store.backup(options.path, on_progress)
    store.close()
    if options.json:
        print_json(backup_json(store.name, options.path))
    else:
        print_lines(f"copied {store.name} to {options.path}")
    return Exit.OK

"""The commands that care for the store: prune, backup, copy-store."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Any

from reblogbot.cli.opening import readable_config
from reblogbot.cli.progress import progress
from reblogbot.cli.words import say, say_json
from reblogbot.errors import ConfigError, Exit


def add_to(commands: Any, everywhere: argparse.ArgumentParser) -> None:
    """Add this group's commands."""
    prune = commands.add_parser(
        "prune",
        parents=[everywhere],
        help="forget what is older than [store] keep",
        description="Forgets what is older than [store] keep. What a source still shows, and "
        "what is not settled, is never forgotten. The daemon does this by itself once a day.",
    )
    prune.add_argument("--json", action="store_true", help="print the counts as JSON")
    prune.set_defaults(run=run_prune)
    backup = commands.add_parser(
        "backup",
        parents=[everywhere],
        help="copy the store consistently, while the daemon runs",
    )
    backup.add_argument("path", metavar="PATH", type=Path, help="the copy; must not exist yet")
    backup.add_argument("--json", action="store_true", help="print the result as JSON")
    backup.set_defaults(run=run_backup)

    copy = commands.add_parser(
        "copy-store",
        parents=[everywhere],
        help="move a bot to another database: SQLite to PostgreSQL, or back",
        description="Copies the store at FROM, as of one instant, to TO, where there must be none: "
        "whole, or not at all. Stop the daemon first, then name TO in [store] url. A password "
        "belongs into ~/.pgpass or PGPASSWORD, not into a command line others can see.",
    )
    copy.add_argument(
        "source", metavar="FROM", help="sqlite:///FILE or postgresql://USER@HOST/NAME"
    )
    copy.add_argument("target", metavar="TO", help="the same; nothing that stands is overwritten")
    copy.add_argument("--json", action="store_true", help="print the result as JSON")
    copy.set_defaults(run=run_copy)


def run_prune(options: argparse.Namespace) -> int:
    """Forget what is old."""
    from reblogbot import app

    config = app.load_config(options.config)
    with progress(quiet=options.json) as on_progress:
        store = app.open_for_work(config, on_progress=on_progress)
        gone = store.history.prune(config.store.keep, store.clock.now(), on_progress)
    store.close()
    if options.json:
        counts = {"keys": gone.keys, "entries": gone.entries, "deliveries": gone.deliveries}
        say_json(counts)
    else:
        say(f"forgotten: {gone.keys} keys, {gone.entries} entries, {gone.deliveries} deliveries")
    return Exit.OK


def run_backup(options: argparse.Namespace) -> int:
    """Copy the store."""
    from reblogbot import app

    if options.path.exists():
        raise ConfigError("backup_exists", f"{options.path}: stands already; name another file")
    store = app.open_existing(readable_config(options).config)
    with progress(quiet=options.json) as on_progress:
        store.backup(options.path, on_progress)
    store.close()
    if options.json:
        say_json({"from": store.name, "to": str(options.path)})
        return Exit.OK
    say(f"{options.path}: a copy of {store.name}")
    return Exit.OK


def run_copy(options: argparse.Namespace) -> int:
    """Copy the store to another database."""
    from reblogbot.store.copying import copy_store

    with progress(quiet=options.json) as on_progress:
        copied = copy_store(
            options.source, options.target, lambda done, total: on_progress("copying", done, total)
        )
    if options.json:
        say_json({"from": copied.source, "to": copied.target, "rows": copied.rows})
        return Exit.OK
    rows = ", ".join(f"{count} {name}" for name, count in copied.rows.items() if count)
    say(f"{copied.target}: a copy of {copied.source}: {rows or 'nothing yet'}")
    say("Next: name it in [store] url; then start the daemon, and never one on the old store.")
    return Exit.OK

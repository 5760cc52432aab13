"""`run`: the daemon."""

from __future__ import annotations

import argparse

from reblogbot import app
from reblogbot.admin.server import AdminServer
from reblogbot.cli.progress import progress
from reblogbot.daemon import daemon


def run(options: argparse.Namespace) -> int:
    """Run the daemon until a signal ends it."""
    config = app.load_config(options.config)
    with progress(as_json=options.json_progress) as on_progress:
        store = app.open_for_work(config, on_progress=on_progress)
    return daemon.run(options.config, config, store, AdminServer)

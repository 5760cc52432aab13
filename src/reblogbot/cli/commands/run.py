"""`run`: the daemon."""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING

from reblogbot import app
from reblogbot.admin.server import AdminServer
from reblogbot.cli.progress import progress
from reblogbot.daemon import daemon
from reblogbot.daemon.stats import DaemonStats
from reblogbot.store import Store

if TYPE_CHECKING:
    from reblogbot.admin_page.site import Site
    from reblogbot.config.settings import AdminSettings


def run(options: argparse.Namespace) -> int:
    """Run the daemon until a signal ends it."""
    config = app.load_config(options.config)
    with progress(as_json=options.json_progress) as on_progress:
        store = app.open_for_work(config, on_progress=on_progress)

    def make_listener(store: Store, stats: DaemonStats) -> AdminServer:
        def make_page(settings: AdminSettings) -> Site:
            # most daemons have no page
            from reblogbot.admin_page.site import open_site  # noqa: PLC0415

            return open_site(options.config, store, stats, settings)

        return AdminServer(store, stats, make_page=make_page)

    return daemon.run(options.config, config, store, make_listener)

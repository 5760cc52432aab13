"""`health`: whether the daemon on this machine works."""

from __future__ import annotations

import argparse

from reblogbot.admin.documents.daemons import health_json
from reblogbot.cli.open_store import open_for_reading
from reblogbot.cli.output import print_json, print_lines
from reblogbot.cli.phrases import daemon_lines
from reblogbot.errors import Exit


def run(options: argparse.Namespace) -> int:
    """Tell whether a daemon runs on this machine, or in this container, and does its rounds."""
    _, store = open_for_reading(options)
    now = store.clock.now()
    daemons = [daemon for daemon in store.daemons.living(now) if daemon.is_running_here]
    store.close()
    is_healthy = bool(daemons) and not any(daemon.is_stalled(now) for daemon in daemons)
    if options.json:
        print_json(health_json(daemons, now, is_healthy=is_healthy))
    else:
        print_lines(*daemon_lines(daemons, now, "on this machine"))
    return Exit.OK if is_healthy else Exit.FAILED

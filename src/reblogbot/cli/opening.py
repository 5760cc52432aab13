"""What commands open: the config, whole or as far as it can be read, and its store."""

from __future__ import annotations

import argparse
import sys
from typing import TYPE_CHECKING

from reblogbot.cli.words import harmless
from reblogbot.errors import ConfigError, StoreError

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from reblogbot.config.load import Readable
    from reblogbot.config.settings import Config
    from reblogbot.errors import Fault
    from reblogbot.store import Store

MOST = 5
"""So many faults are listed; `check` lists them all."""


def readable_config(options: argparse.Namespace) -> Readable:
    """What can be read of the config; a warning of its faults on stderr. Raises ConfigError."""
    from reblogbot import app

    found = app.load_readable_config(options.config)
    if found.faults:
        _warn(options.config, found.faults)
    return found


def open_to_look(options: argparse.Namespace) -> tuple[Config, Store]:
    """What can be read of the config, and its store to read.

    Raises ConfigError where the config has faults and there is no store: another may be meant.
    """
    from reblogbot import app
    from reblogbot.config.faults import invalid

    found = app.load_readable_config(options.config)
    if not found.faults:
        return found.config, app.open_to_read(found.config)
    try:
        store = app.open_existing(found.config)
    except StoreError as error:
        if error.slug == "store_missing":
            raise invalid(options.config, found.faults) from error
        raise
    _warn(options.config, found.faults)
    return found.config, store


def store_to_steer(options: argparse.Namespace) -> Store:
    """The store of `--store`, else of the config, whatever faults it has elsewhere."""
    from reblogbot import app
    from reblogbot.config.urls import read_store_url

    if options.store:
        try:
            return app.open_to_steer(read_store_url(options.store))
        except ValueError as error:
            raise ConfigError("usage", f"--store: {error}") from error
    try:
        found = readable_config(options)
    except ConfigError as error:
        hint = f"name its store instead: reblogbot {options.command} --store sqlite:///FILE"
        raise ConfigError(error.slug, f"{error.message}\n{hint}", error.faults) from error
    if found.faults:
        return app.open_to_steer(found.config.store.url)
    return app.open_for_work(found.config)


def _warn(path: Path, faults: Sequence[Fault]) -> None:
    from reblogbot.config.faults import described

    print(
        "reblogbot: warning: the config has faults; what can be read of it counts:", file=sys.stderr
    )
    for fault in faults[:MOST]:
        print(f"  {harmless(described(fault, path))}", file=sys.stderr)
    if len(faults) > MOST:
        print(f"  and {len(faults) - MOST} more: `reblogbot check`", file=sys.stderr)

"""Config and store for commands that must work although the config has faults elsewhere."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

from reblogbot import app
from reblogbot.cli.output import terminal_safe
from reblogbot.config.diagnostics import described
from reblogbot.config.load import PartialConfig
from reblogbot.config.settings import Config
from reblogbot.config.urls import read_store_url
from reblogbot.errors import ConfigError, ConfigFault
from reblogbot.store import Store

MAX_FAULTS = 5
"""How many faults of the config are listed; `check` lists all."""


def load_with_warning(options: argparse.Namespace) -> PartialConfig:
    """The readable part of the config; its faults go to stderr. Raises ConfigError."""
    partial = app.load_partial_config(options.config)
    if partial.faults:
        _warn(options.config, partial.faults)
    return partial


def open_for_reading(options: argparse.Namespace) -> tuple[Config, Store]:
    """The readable part of the config, and its store to read: an empty one where there is none.

    The faults of the config go to stderr. Raises ConfigError and StoreError.
    """
    config = load_with_warning(options).config
    return config, app.open_to_read(config)


def open_for_stopping(options: argparse.Namespace) -> Store:
    """The store of `--store`, else that of the config, whatever faults the config has elsewhere."""
    if options.store is not None:
        return app.open_for_changes(store_url("--store", options.store))
    try:
        partial = load_with_warning(options)
    except ConfigError as error:
        hint = f"name the store instead: reblogbot {options.command} --store sqlite:///FILE"
        raise ConfigError(error.slug, f"{error.message}\n{hint}", error.faults) from error
    return open_to_change(partial)


def store_url(argument: str, written: str) -> str:
    """The URL of a store, as an argument of the command line names it. Raises ConfigError."""
    try:
        return read_store_url(written)
    except ValueError:
        # what was written may hold a password
        message = f"{argument}: is neither sqlite:///FILE nor postgresql://USER@HOST/NAME"
        raise ConfigError("usage", message) from None


def open_to_change(partial: PartialConfig) -> Store:
    """The store, which must exist where the config has faults."""
    if partial.faults:
        return app.open_for_changes(partial.config.store.url)
    store = app.open_for_work(partial.config)
    # a round does so when it enrols the sources
    store.renames.settle(partial.config.sources, store.clock.now())
    return store


def _warn(path: Path, faults: Sequence[ConfigFault]) -> None:
    print("reblogbot: warning: the config has faults; the rest of it is used:", file=sys.stderr)
    for fault in faults[:MAX_FAULTS]:
        print(f"  {terminal_safe(described(fault, path))}", file=sys.stderr)
    if len(faults) > MAX_FAULTS:
        more = len(faults) - MAX_FAULTS
        print(f"  and {more} more: `reblogbot check` lists them", file=sys.stderr)

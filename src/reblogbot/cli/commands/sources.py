"""`sources`: list the sources of the config, and change them."""

from __future__ import annotations

import argparse
import tomllib
from collections.abc import Sequence
from typing import Any

from reblogbot.admin import source_actions
from reblogbot.admin.documents.sources import source_change_json, sources_json
from reblogbot.admin.source_actions import ConfigChange
from reblogbot.admin.source_list import WEEK, ListedSource, list_sources
from reblogbot.cli.open_store import open_for_reading
from reblogbot.cli.output import print_json, print_lines, print_table, print_wrapped
from reblogbot.cli.phrases import local_time, source_state_text
from reblogbot.cli.questions import is_confirmed, require_answer
from reblogbot.config.editing import Keys
from reblogbot.config.urls import without_user
from reblogbot.errors import ConfigError, Exit

MAX_SOURCES = 1000
"""How many sources are printed; `--json` has all."""


def run_list(options: argparse.Namespace) -> int:
    """List the sources."""
    config, store = open_for_reading(options)
    now = store.clock.now()
    sources = list(list_sources(config, store, now))
    store.close()
    if options.json:
        print_json(sources_json(sources))
        return Exit.OK
    if not sources:
        print_lines("no sources; add one with `reblogbot sources add ADDRESS`")
        return Exit.OK
    print_table(
        ("source", "kind", "to", "state", "last poll", "new", "sent"),
        [
            (
                source.status.name,
                source.status.kind,
                ", ".join(source.to),
                source_state_text(source.status.state),
                local_time(source.status.last_poll_at, now),
                str(sum(source.counts.new[:WEEK])),
                str(sum(source.counts.posted[:WEEK])),
            )
            for source in sources[:MAX_SOURCES]
        ],
    )
    for source in sources[:MAX_SOURCES]:
        _print_error(source)
    if len(sources) > MAX_SOURCES:
        print_lines(f"… and {len(sources) - MAX_SOURCES} more; `sources list --json` has all")
    print_lines("new entries and posts sent are those of the last seven days")
    return Exit.OK


def _print_error(source: ListedSource) -> None:
    if source.status.error:
        print_wrapped(f"{source.status.name}: {source.status.error}", 2)


def run_set(options: argparse.Namespace) -> int:
    """Set keys of a source."""
    change = source_actions.set_keys(options.config, options.name, key_values(options.values))
    return _finish(
        options, change, [options.name], f"set {', '.join(map(_without_secret, options.values))}"
    )


def _without_secret(argument: str) -> str:
    """An argument `KEY=VALUE` without what may be a secret: a header's value, a URL's password."""
    key = argument.partition("=")[0]
    return key if key.strip().startswith("headers") else without_user(argument)


def run_unset(options: argparse.Namespace) -> int:
    """Remove keys of a source."""
    keys = [_keys(key) for key in options.keys]
    change = source_actions.unset_keys(options.config, options.name, keys)
    return _finish(options, change, [options.name], f"unset {', '.join(options.keys)}")


def run_switch(options: argparse.Namespace) -> int:
    """Pause or resume sources."""
    is_enabled = options.verb == "resume"
    change = source_actions.set_enabled(options.config, options.names, is_enabled=is_enabled)
    return _finish(options, change, options.names, "resumed" if is_enabled else "paused")


def run_rename(options: argparse.Namespace) -> int:
    """Rename a source in config and store."""
    old, new = options.old, options.new
    change = source_actions.rename_source(options.config, old, new)
    if options.dry_run:
        change.check()
    else:
        source_actions.save_rename(change, old, new)
    _report(options, change, [new], f"renamed to {new}, with all that is known of it", of=[old])
    return Exit.OK


def run_remove(options: argparse.Namespace) -> int:
    """Remove sources from the config; with --forget, from the store too."""
    require_answer(options)
    names = list(dict.fromkeys(options.names))
    change = source_actions.remove_sources(options.config, names, is_forgetting=options.forget)
    config = change.check()
    if options.forget:
        source_actions.check_forgettable(config, names)
    if not options.yes and not options.dry_run:
        print_lines(
            "What waits of a removed source is " + ("deleted." if options.forget else "held.")
        )
        forget = " and forget" if options.forget else ""
        if not is_confirmed(f"Remove{forget} {', '.join(names)}?"):
            print_lines("nothing was removed")
            return Exit.OK
    if not options.dry_run:
        source_actions.save_removal(change, names, is_forgetting=options.forget)
    _report(options, change, names, "removed and forgotten" if options.forget else "removed")
    return Exit.OK


def key_values(arguments: Sequence[str]) -> dict[Keys, Any]:
    """The keys and values of arguments `KEY=VALUE`. A value that is not TOML is a string."""
    values: dict[Keys, Any] = {}
    for argument in arguments:
        key, sign, value = argument.partition("=")
        if not sign:
            raise ConfigError("usage", f'"{argument}": write KEY=VALUE, such as every=5m')
        values[_keys(key)] = _value(value)
    return values


def _keys(written: str) -> Keys:
    keys = tuple(part.strip() for part in written.split("."))
    if not all(keys):
        raise ConfigError("usage", f'"{written}" is not a key, such as every or filter.max_age')
    return keys


def _value(written: str) -> Any:
    try:
        document = tomllib.loads(f"value = {written}")
    except (ValueError, RecursionError):
        return written
    # a line break may begin another key
    return document["value"] if len(document) == 1 else written


def _finish(
    options: argparse.Namespace, change: ConfigChange, names: Sequence[str], done: str
) -> int:
    """Write the change, or check it with --dry-run, and report it."""
    if options.dry_run:
        change.check()
    elif not change.is_empty:
        change.save()
    _report(options, change, names, done)
    return Exit.OK


def _report(
    options: argparse.Namespace,
    change: ConfigChange,
    names: Sequence[str],
    done: str,
    of: Sequence[str] = (),
) -> None:
    difference = change.difference if options.dry_run else ""
    if options.json:
        print_json(
            source_change_json(
                options.verb,
                names,
                is_changed=not change.is_empty,
                is_dry_run=options.dry_run,
                difference=difference,
            )
        )
    elif options.dry_run:
        print_lines(*difference.splitlines(), "nothing was written (--dry-run)")
    elif change.is_empty and not getattr(options, "forget", False):
        print_lines(*(f"{name}: nothing to change" for name in names))
    else:
        print_lines(*(f"{name}: {done}" for name in of or names))

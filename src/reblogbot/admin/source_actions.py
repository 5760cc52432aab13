"""Changes to the sources of a config, and to what the store knows of them.

Each function returns a `ConfigChange`, of which nothing is written before it is saved.
"""

from __future__ import annotations

import tomllib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from reblogbot import app
from reblogbot.config.diagnostics import dotted, keys_of, quoted
from reblogbot.config.editing import EditableToml, Keys
from reblogbot.config.load import read_text
from reblogbot.config.rules import name_fault
from reblogbot.config.saving import difference
from reblogbot.config.settings import Config, FilterSettings, SourceSettings
from reblogbot.errors import (
    ConfigError,
    ReblogbotError,
    StoreError,
    did_you_mean,
    unknown_name_message,
)
from reblogbot.model import DeliveryState
from reblogbot.sources import registry
from reblogbot.store.source_renames import RenameStart


@dataclass(frozen=True, slots=True)
class ConfigChange:
    """Another text for the config file at `path`, whose text is `before`."""

    path: Path
    before: str
    after: str

    @property
    def is_empty(self) -> bool:
        """Whether the text stays the same."""
        return self.before == self.after

    @property
    def difference(self) -> str:
        """The unified difference of both texts."""
        return difference(self.path, self.before, self.after)

    def check(self) -> Config:
        """The config of the new text. Raises ConfigError if it is not valid."""
        return app.load_config(self.path, self.after)

    def save(self) -> Config:
        """Write the new text, and return its config. Raises ConfigError; see `app.save_config`."""
        return app.save_config(self.path, self.before, self.after)


def set_keys(path: Path, name: str, values: Mapping[Keys, Any]) -> ConfigChange:
    """Set keys of a source; ("filter", "max_age") is one in a table below it."""

    def edit(document: EditableToml) -> None:
        for keys, value in values.items():
            document.set_value(("sources", name, *keys), value)

    return _change(path, [name], edit)


def unset_keys(path: Path, name: str, names_of_keys: Sequence[Keys]) -> ConfigChange:
    """Remove keys from a source's table, so that their defaults hold."""

    def edit(document: EditableToml) -> None:
        for keys in names_of_keys:
            if ("sources", name, *keys) in document:
                document.unset(("sources", name, *keys))
            else:
                _check_key(document, name, keys)

    return _change(path, [name], edit)


def set_enabled(path: Path, names: Sequence[str], *, is_enabled: bool) -> ConfigChange:
    """Pause sources, or resume them."""
    values = _sources(read_text(path))

    def edit(document: EditableToml) -> None:
        for name in names:
            # without the key, [defaults] may say either
            if values[name].get("enabled") is not is_enabled:
                document.set_value(("sources", name, "enabled"), is_enabled)

    return _change(path, names, edit)


def remove_sources(path: Path, names: Sequence[str], *, is_forgetting: bool) -> ConfigChange:
    """Remove the tables of sources.

    With `is_forgetting` a source may be in the store alone, because it was removed before.
    """
    before = read_text(path)
    known = _sources(before)
    stored = _stored(app.load_config(path, before), names) if is_forgetting else set()
    in_config = [name for name in names if name in known or name not in stored]

    def edit(document: EditableToml) -> None:
        for name in in_config:
            document.remove(("sources", name))

    return _change(path, in_config, edit)


def rename_source(path: Path, old: str, new: str) -> ConfigChange:
    """Give a source another name, in the config alone; `save_rename` does so in the store too."""
    fault = name_fault(new)
    if fault:
        raise ConfigError("usage", f"{quoted(new)}: {fault}")
    if new in _sources(read_text(path)):
        message = f'{path}: there is a source "{new}" already; choose another name'
        raise ConfigError("source_exists", message)
    return _change(path, [old], lambda document: document.rename(("sources", old), new))


def save_rename(change: ConfigChange, old: str, new: str) -> Config:
    """Save a renamed source in config and store (docs/adr/0042).

    Raises ConfigError or StoreError; then nothing is renamed. A process that dies in between is
    made up for by the next one that uses the store.
    """
    config = change.check()
    try:
        store = app.open_for_changes(config.store.url)
    except StoreError as error:
        if error.slug != "store_missing":
            raise
        return change.save()
    try:
        # an earlier rename that was killed is completed before its new name changes again
        store.renames.settle(_sources(change.before), store.clock.now())
        _check_start(store.renames.begin(old, new, store.clock.now()), old, new)
        try:
            change.save()
        except ConfigError:
            store.renames.cancel(old)
            raise
        store.renames.settle(config.sources, store.clock.now())
    finally:
        store.close()
    return config


def _check_start(start: RenameStart, old: str, new: str) -> None:
    """Raise ConfigError if a rename could not begin."""
    if start == "taken":
        message = (
            f'the store still remembers a source "{new}"; choose another name, or forget it with '
            "`reblogbot sources remove --forget`"
        )
        raise ConfigError("source_exists", message)
    if start == "busy":
        message = f'another process is renaming "{old}" now; look at the config, and try again'
        raise ConfigError("config_changed", message)


def save_removal(change: ConfigChange, names: Sequence[str], *, is_forgetting: bool) -> None:
    """Save a config without these sources, and delete what the store knows of them if wanted.

    Raises ConfigError or StoreError; nothing is removed then, unless the error says so.
    """
    config = change.check()
    if is_forgetting:
        check_forgettable(config, names)
    if not change.is_empty:
        change.save()
    if is_forgetting:
        try:
            forget_sources(config, names)
        except StoreError as error:
            # the same action then forgets them, although the config has them no longer
            message = f"removed from the config, but not forgotten yet: {error.message}"
            raise StoreError(error.slug, f"{message}; then run this again") from error


def check_forgettable(config: Config, names: Sequence[str]) -> None:
    """Raise ReblogbotError if a post of these sources is being sent, or in doubt."""
    store = app.open_to_read(config)
    unsure = {DeliveryState.SENDING, DeliveryState.DOUBT}
    busy, _ = store.outbox.page(unsure, sources=names, limit=1)
    store.close()
    if busy:
        raise _busy(busy[0].source)


def forget_sources(config: Config, names: Sequence[str]) -> None:
    """Delete what the store knows of removed sources, except their posts.

    Raises ReblogbotError if a post is being sent, or in doubt.
    """
    try:
        store = app.open_for_changes(config.store.url)
    except StoreError as error:
        if error.slug != "store_missing":
            raise
        return
    try:
        for name in names:
            if not store.sources.forget(name):
                raise _busy(name)
    finally:
        store.close()


def _busy(name: str) -> ReblogbotError:
    message = f"{name}: a post of it is being sent or in doubt; try again when that is settled"
    return ReblogbotError("source_busy", message)


def _stored(config: Config, names: Sequence[str]) -> set[str]:
    """Those of these names that the store knows."""
    store = app.open_to_read(config)
    records = store.sources.of(names)
    store.close()
    return set(records)


def _change(path: Path, names: Sequence[str], edit: Callable[[EditableToml], None]) -> ConfigChange:
    """The change that an edit of these sources makes. Raises ConfigError for an unknown one."""
    before = read_text(path)
    document = EditableToml(before)
    known = _sources(before)
    for name in names:
        if name not in known:
            message = f"{path}: {unknown_name_message('source', name, known)}"
            raise ConfigError("source_unknown", message)
    edit(document)
    return ConfigChange(path, before, document.text)


def _sources(toml: str) -> dict[str, Any]:
    """The tables of the sources by name."""
    try:
        sources = tomllib.loads(toml).get("sources", {})
    except (ValueError, RecursionError):
        return {}
    return sources if isinstance(sources, dict) else {}


def _check_key(document: EditableToml, name: str, keys: Keys) -> None:
    """Raise ConfigError for a key that no source of the kind can have."""
    table = _sources(document.text)[name]
    kind = table.get("kind") if isinstance(table, dict) else None
    valid_keys = keys_of(FilterSettings) if keys[0] == "filter" else keys_of(SourceSettings)
    if keys[0] != "filter" and kind in registry.kinds():
        options = registry.options_of(kind)
        valid_keys += keys_of(options) if options else []
    if keys[-1] not in valid_keys and keys[0] != "headers":
        key = dotted(("sources", name, *keys))
        hint = did_you_mean(keys[-1], valid_keys)
        raise ConfigError("key_unknown", f"{key}: unknown key{hint}")

"""What is read of another bot: its server, its feeds, its memory; and the files it is read from."""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Literal

from pydantic import ValidationError

from reblogbot.admin.source_import import ListedFeed
from reblogbot.config.settings import SourceSettings
from reblogbot.core.importing import BotMemory
from reblogbot.core.templates import check_template
from reblogbot.errors import ConfigError

BotName = Literal["feed2toot", "feediverse", "feed2fedi"]

MAX_CONFIG_BYTES = 4_000_000
MAX_MEMORY_BYTES = 64_000_000
MAX_VALUES = 200_000
MAX_VALUE = 4096
MAX_FEEDS = 20_000


@dataclass(frozen=True, slots=True)
class UntakenSetting:
    """A setting without an equivalent; `feed` is a URL, or "" where it holds for all feeds."""

    setting: str
    reason: str
    feed: str = ""


@dataclass(frozen=True, slots=True)
class OldBot:
    """Another bot: the origin of its server, its feeds, and its memory, None if it never ran."""

    name: BotName
    server: str
    feeds: tuple[ListedFeed, ...]
    memory: BotMemory | None
    untaken: tuple[UntakenSetting, ...] = ()


@dataclass(slots=True)
class SourceKeys:
    """The keys of a source's table, and the settings that none of them stands for."""

    feed: str = ""
    keys: dict[str, Any] = field(default_factory=dict)
    untaken: list[UntakenSetting] = field(default_factory=list)

    def omit(self, setting: str, reason: str) -> None:
        """Note a setting that is not taken over."""
        self.untaken.append(UntakenSetting(setting, reason, self.feed))

    def set_template(self, setting: str, template: str, fault: str) -> None:
        """Set the template, unless it has a fault."""
        fault = fault or check_template(template)
        if fault:
            self.omit(setting, f"{fault}; the template `link` is used")
        elif template != "{{ title }}\n{{ link }}":
            self.keys["template"] = template

    def set_visibility(self, setting: str, visibility: str) -> None:
        """Set the visibility, if it is one that a source may have."""
        if visibility in {"public", "unlisted", "private"}:
            self.keys["visibility"] = visibility
        else:
            self.omit(setting, f'a source cannot post "{visibility[:40]}"; the account\'s is used')

    def drop_invalid(self) -> None:
        """Drop the keys whose values no config may have, and note them."""
        faults = {key: "it holds a NUL character" for key in self.keys if self._has_nul(key)}
        try:
            table = {"name": "feed", "kind": "feed", "to": ["account"], **self.keys}
            SourceSettings.model_validate(table)
        except ValidationError as error:
            faults |= {str(fault["loc"][0]): fault["msg"] for fault in error.errors()}
        for key, reason in faults.items():
            if self.keys.pop(key, None) is not None:
                self.omit(key, f"{reason}; the default is used")

    def _has_nul(self, key: str) -> bool:
        return "\\u0000" in json.dumps(self.keys[key])

    def add_filter(self, key: str, patterns: Iterable[str]) -> None:
        """Add patterns to a key of the source's filter."""
        filters = self.keys.setdefault("filter", {})
        filters[key] = list(dict.fromkeys([*filters.get(key, ()), *patterns]))


def read_config_text(path: Path) -> str:
    """The text of another bot's config. Raises ConfigError."""
    octets = read_bounded(path, MAX_CONFIG_BYTES)
    try:
        return octets.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise unreadable(path, f"is not UTF-8 (byte {error.start})") from error


def read_bounded(path: Path, limit: int) -> bytes:
    """The content of a regular file of at most `limit` bytes. Raises ConfigError."""
    try:
        # not a pipe or a device, which may never end
        if path.exists() and not path.is_file():
            raise unreadable(path, "is not a file")
        with path.open("rb") as file:
            octets = file.read(limit + 1)
    except (OSError, ValueError) as error:
        # ValueError where the name holds a NUL character
        reason = getattr(error, "strerror", None) or error
        raise unreadable(path, f"cannot be read: {reason}") from error
    if len(octets) > limit:
        raise unreadable(path, f"is larger than {limit // 1_000_000} MB")
    return octets


def changed_at(path: Path) -> datetime:
    """When a file was last written."""
    return datetime.fromtimestamp(path.stat().st_mtime, UTC)


def beside(config: Path, written: str) -> Path:
    """The file that a config names: its path is relative to the config's folder."""
    return config.parent / os.path.expanduser(written)  # noqa: PTH111  raises without a home


def memory_file(config: Path, setting: str, written: str) -> Path:
    """The file with what the bot has posted, which a config names. Raises ConfigError."""
    file = beside(config, written)
    try:
        is_there = file.is_file()
    except (OSError, ValueError):
        is_there = False
    if not is_there:
        raise unreadable(
            config,
            f"{setting} = {written[:200]} is not there, so that it is not known what the bot has "
            "posted; write its full path, or import the feeds as OPML if the bot never ran",
        )
    return file


def unreadable(path: Path, reason: str) -> ConfigError:
    """The error that a file of another bot cannot be used; nothing is imported then."""
    return ConfigError("other_bot_unreadable", f"{path}: {reason}; nothing was imported")


def listed_feeds(
    path: Path, feeds: Iterable[tuple[str, str, SourceKeys]]
) -> tuple[tuple[ListedFeed, ...], list[UntakenSetting]]:
    """The feeds of titles, URLs and keys, and the settings not taken over. Raises ConfigError."""
    rows = list(feeds)
    if not rows:
        raise unreadable(path, "names no feed")
    if len(rows) > MAX_FEEDS:
        raise unreadable(path, f"names more than {MAX_FEEDS} feeds")
    for _, _, keys in rows:
        keys.drop_invalid()
    untaken = [setting for _, _, keys in rows for setting in keys.untaken]
    return tuple(ListedFeed(title, url, (), keys.keys) for title, url, keys in rows), untaken


Reader = Callable[[Path], OldBot]
Table = Mapping[str, Any]

"""What all views work with: the config file, the store, the daemon's counts and its log."""

from __future__ import annotations

import contextlib
import os
import secrets
import threading
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from hashlib import blake2b
from pathlib import Path
from typing import TypeVar, cast

from reblogbot import app
from reblogbot.admin_page.log_buffer import LogBuffer
from reblogbot.config import hidden_secrets
from reblogbot.config.load import PartialConfig, read_text
from reblogbot.config.settings import Config
from reblogbot.daemon.stats import DaemonStats
from reblogbot.errors import ConfigError, StoreError
from reblogbot.runtime.clock import uptime
from reblogbot.store import Store

T = TypeVar("T")
MAX_TEXTS = 8
"""How many texts of the config are kept for the forms that were made from them."""


@dataclass(frozen=True, slots=True)
class ConfigFile:
    """The config file as it is now: its text, and what can be read of it."""

    text: str
    partial: PartialConfig

    @property
    def config(self) -> Config:
        """The readable part of the config."""
        return self.partial.config

    @property
    def version(self) -> str:
        """A digest of the text, which tells whether somebody has changed it."""
        return version_of(self.text)


def version_of(text: str) -> str:
    """A digest of a config's text."""
    return blake2b(text.encode(), digest_size=12).hexdigest()


class Tools:
    """What all views share. Its methods may be called from several threads."""

    def __init__(self, path: Path, store: Store, stats: DaemonStats, log: LogBuffer) -> None:
        self.path = path
        self.store = store
        self.stats = stats
        self.log = log
        self._lock = threading.Lock()
        self._key = secrets.token_bytes(16)
        self._recent: dict[str, tuple[float, object]] = {}
        self._recent_lock = threading.Lock()
        self._config: tuple[tuple[int, ...], ConfigFile | ConfigError] | None = None
        self._texts: OrderedDict[str, str] = OrderedDict()
        self.stopped_at: datetime | None = None
        """Since when all posting is stopped, as of the last `refresh`."""
        self.is_config_broken = False
        """Whether the config file has faults, as of the last `refresh`."""

    def refresh(self) -> None:
        """Read again what every page tells. What cannot be read stays as it was."""
        self.is_config_broken = not (self.is_config_valid() and self.stats.is_config_ok)
        with contextlib.suppress(StoreError):
            self.stopped_at = self.store.outbox.stopped_at()

    def config(self) -> Config:
        """The config by which the daemon works: the old one while the file has faults."""
        return self.config_file().config if self.is_config_valid() else self.stats.config

    def is_config_valid(self) -> bool:
        """Whether the config file has no faults now."""
        try:
            return not self.config_file().partial.faults
        except ConfigError:
            return False

    def hide_secrets(self, text: str) -> str:
        """The text of a config for an editor, in which no secret is seen."""
        return hidden_secrets.hide_secrets(text, self._key)

    def restore_secrets(self, text: str, file: str) -> str:
        """An edited text with its secrets, which are taken from the file's. Raises ConfigError."""
        return hidden_secrets.restore_secrets(text, file, self._key)

    def config_version(self) -> str:
        """The version of the config file's text, "" where it cannot be read."""
        try:
            return self.config_file().version
        except ConfigError:
            return ""

    def now(self) -> datetime:
        """The time of the store."""
        return self.store.clock.now()

    def recent(self, name: str, make: Callable[[], T], max_age: float) -> T:
        """The value of this name, which is made again when it is older than `max_age` seconds."""
        with self._recent_lock:
            at, value = self._recent.get(name, (0.0, None))
            if value is None or uptime() - at > max_age:
                value = make()
                self._recent[name] = (uptime(), value)
            return cast("T", value)

    def config_file(self) -> ConfigFile:
        """The config file, read again only if it has changed. Raises ConfigError."""
        with self._lock:
            stamp = self.config_stamp()
            if self._config is None or self._config[0] != stamp or not stamp:
                self._config = (stamp, self._read_config())
            file = self._config[1]
        if isinstance(file, ConfigError):
            raise file.with_traceback(None)
        return file

    def _read_config(self) -> ConfigFile | ConfigError:
        try:
            return ConfigFile(read_text(self.path), app.load_partial_config(self.path))
        except ConfigError as error:
            return error

    def remember_text(self, text: str) -> str:
        """The version of a config's text from which a form is made; see `past_text`."""
        version = version_of(text)
        with self._lock:
            self._texts[version] = text
            self._texts.move_to_end(version)
            if len(self._texts) > MAX_TEXTS:
                self._texts.popitem(last=False)
        return version

    def past_text(self, version: str) -> str | None:
        """The text from which a form was made; None if that was too long ago."""
        with self._lock:
            return self._texts.get(version)

    def config_stamp(self) -> tuple[int, ...]:
        """Another value after each change of the config file; () where there is none."""
        try:
            status = os.stat(self.path)  # noqa: PTH116  it is called with each request
        except OSError:
            return ()
        return (status.st_ino, status.st_size, status.st_mtime_ns)

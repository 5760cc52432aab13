"""The configured sources with what they brought lately: the answer to `sources list`."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta

from reblogbot.admin.status_report import SourceStatus, source_states
from reblogbot.config.settings import Config
from reblogbot.store import Store

_WEEK = timedelta(days=7)


@dataclass(frozen=True, slots=True)
class ListedSource:
    """A configured source; `new` entries and `sent` posts of the last seven days."""

    status: SourceStatus
    to: tuple[str, ...]
    enabled: bool
    new: int
    sent: int


def list_sources(config: Config, store: Store, now: datetime) -> Iterator[ListedSource]:
    """The sources in the order of the config."""
    new = store.tallies.new_entries(now - _WEEK)
    sent = store.tallies.sent_posts(now - _WEEK)
    for status in source_states(config, store):
        name, settings = status.name, config.sources[status.name]
        yield ListedSource(
            status, settings.to, settings.enabled, new.get(name, 0), sent.get(name, 0)
        )

"""The configured sources with what they brought lately: for `sources list` and the page."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal

from reblogbot.admin.status_report import SourceStatus, source_states
from reblogbot.config.settings import Config, SourceSettings
from reblogbot.core.queue_order import DAY
from reblogbot.store import Store
from reblogbot.store.tallies import SourceCounts

WEEK, MONTH = 7, 30
"""Days for which numbers are listed."""

SourceFilter = Literal["all", "failing", "paused"]
SourceOrder = Literal["config", "name", "new", "failing"]


@dataclass(frozen=True, slots=True)
class ListedSource:
    """A configured source, and its numbers of the last MONTH days."""

    status: SourceStatus
    to: tuple[str, ...]
    enabled: bool
    counts: SourceCounts


def list_sources(
    config: Config, store: Store, now: datetime, names: Sequence[str] | None = None
) -> Iterator[ListedSource]:
    """The named sources of the config; without names all, in the order of the config."""
    names = list(config.sources) if names is None else names
    counts = store.tallies.of_sources(names, now, MONTH)
    for status in source_states(config, store, names):
        settings = config.sources[status.name]
        yield ListedSource(status, settings.to, settings.enabled, counts[status.name])


@dataclass(frozen=True, slots=True)
class FoundSources:
    """The names of sources that were searched for, and how many the config has in each state."""

    names: list[str]
    numbers: dict[SourceFilter, int]


def find_sources(
    config: Config,
    store: Store,
    now: datetime,
    *,
    text: str = "",
    state: SourceFilter = "all",
    order: SourceOrder = "config",
) -> FoundSources:
    """The sources whose name or address has this text, in one state, and in this order.

    In the order `failing`, the one that has failed longest is first; in the order `new`, the one
    with the most new entries in a day.
    """
    failing_since = {
        failing.name: failing.since or now
        for failing in store.tallies.troubled()
        if failing.name in config.sources and config.sources[failing.name].enabled
    }
    chosen: dict[SourceFilter, Callable[[SourceSettings], bool]] = {
        "all": lambda _: True,
        "failing": lambda source: source.name in failing_since,
        "paused": lambda source: not source.enabled,
    }
    sources = config.sources.values()
    numbers = {name: sum(map(is_chosen, sources)) for name, is_chosen in chosen.items()}
    names = [
        source.name
        for source in sources
        if chosen[state](source) and _has_text(source, text.casefold())
    ]
    if order == "name":
        names.sort(key=str.casefold)
    elif order == "new":
        new = store.tallies.new_entries(names, now - DAY)
        names.sort(key=lambda name: -new[name])
    elif order == "failing":
        names.sort(key=lambda name: failing_since.get(name, now))
    return FoundSources(names, numbers)


def _has_text(source: SourceSettings, text: str) -> bool:
    """Whether the source's name, kind or address has the text, which is in lower case."""
    return not text or text in f"{source.name}\n{address_of(source)}\n{source.kind}".casefold()


def address_of(source: SourceSettings) -> str:
    """What the source reads: a URL, or what its kind has in place of one; "" for none."""
    options: Any = source.options
    keys = ("acct", "tag", "list", "trends")
    values = (str(getattr(options, key, "") or "") for key in keys)
    return source.url or next(filter(None, values), "")

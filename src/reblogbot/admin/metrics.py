"""The daemon in numbers, as Prometheus reads them."""

from __future__ import annotations

import platform
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import get_args

from prometheus_client import (
    CONTENT_TYPE_LATEST,
    CollectorRegistry,
    ProcessCollector,
    generate_latest,
)
from prometheus_client.core import (
    CounterMetricFamily,
    GaugeMetricFamily,
    HistogramMetricFamily,
    InfoMetricFamily,
    Metric,
)
from prometheus_client.registry import Collector

from reblogbot import __version__
from reblogbot.core.round_report import Outcome
from reblogbot.daemon.stats import BUCKETS, DaemonStats
from reblogbot.model import State
from reblogbot.store import Store
from reblogbot.store.records import AccountRecord
from reblogbot.store.tallies import Tally

CONTENT_TYPE = CONTENT_TYPE_LATEST
SHOWN = (State.QUEUED, State.SENDING, State.DOUBT, State.HELD, State.DEAD)
_OUTCOMES = [word for part in get_args(Outcome) for word in get_args(part)]


@dataclass(frozen=True, slots=True)
class Facts:
    """What the store knows in numbers at one instant; of the sources those that are unwell."""

    deliveries: list[Tally]
    unhealthy_sources: dict[str, str]
    accounts: dict[str, AccountRecord]
    is_stopped: bool


def read(store: Store) -> Facts:
    """The numbers of the store: a few small statements. Raises StoreError."""
    return Facts(
        store.tallies.deliveries(),
        store.tallies.unhealthy_sources(),
        {one.name: one for one in store.outbox.accounts()},
        store.outbox.stopped_at() is not None,
    )


def exposition(pulse: DaemonStats, facts: Facts | None, now: datetime) -> bytes:
    """Everything in the text format; `facts` is None where the store did not answer."""
    registry = CollectorRegistry()
    registry.register(_Once(families(pulse, facts, now)))
    ProcessCollector(registry=registry)
    return generate_latest(registry)


def families(pulse: DaemonStats, facts: Facts | None, now: datetime) -> Iterator[Metric]:
    """Every metric there is, with its samples."""
    yield from _of_the_daemon(pulse, facts)
    yield from _of_its_work(pulse)
    if facts is not None:
        yield from _of_the_queue(pulse, facts, now)
        yield from _of_accounts(pulse, facts, now)
        yield _sources(pulse, facts)


class _Once(Collector):
    """Metrics that are already there."""

    def __init__(self, found: Iterable[Metric]) -> None:
        self._found = list(found)

    def collect(self) -> Iterable[Metric]:
        return self._found


def _of_the_daemon(pulse: DaemonStats, facts: Facts | None) -> Iterator[Metric]:
    build = {"version": __version__, "python": platform.python_version()}
    yield InfoMetricFamily("reblogbot_build", "The program that runs.", build)
    numbers = {
        "reblogbot_tick_age_seconds": (
            "Since the daemon last looked for what is due; a second or two.",
            pulse.tick_age(),
        ),
        "reblogbot_config_ok": (
            "0 while the config file is broken, and an older one at work.",
            pulse.is_config_ok,
        ),
        "reblogbot_store_up": ("0 while the store does not answer.", facts is not None),
    }
    if facts is not None:
        told = "1 after `reblogbot stop`, until `reblogbot start`."
        numbers["reblogbot_stopped"] = told, facts.is_stopped
    for name, (what, value) in numbers.items():
        yield GaugeMetricFamily(name, what, float(value))


def _of_its_work(pulse: DaemonStats) -> Iterator[Metric]:
    polls = CounterMetricFamily("reblogbot_polls", "Polls by outcome.", labels=["outcome"])
    for outcome in _OUTCOMES:
        polls.add_metric([outcome], pulse.polls[outcome])
    yield polls
    failures = CounterMetricFamily(
        "reblogbot_failures", "Failed polls and attempts by cause.", labels=["stage", "slug"]
    )
    for (stage, slug), count in pulse.failures.items():
        failures.add_metric([stage, slug], count)
    yield failures
    posts = CounterMetricFamily("reblogbot_posts", "What was posted.", labels=["account", "action"])
    # one that has posted nothing yet stands there with a zero, so that its first post is a change
    none = {
        (account, action): 0 for account in pulse.config.accounts for action in ("post", "boost")
    }
    for (account, action), count in {**none, **pulse.posts}.items():
        posts.add_metric([account, action], count)
    yield posts
    latency = HistogramMetricFamily(
        "reblogbot_post_latency_seconds", "From publication to post.", labels=["account"]
    )
    for account, spans in pulse.latencies.items():
        bounds = [*map(str, map(float, BUCKETS)), "+Inf"]
        counts = list(zip(bounds, map(float, spans.cumulative()), strict=True))
        latency.add_metric([account], counts, spans.seconds)
    yield latency


def _of_the_queue(pulse: DaemonStats, facts: Facts, now: datetime) -> Iterator[Metric]:
    labels = ["account", "state"]
    depth = GaugeMetricFamily("reblogbot_deliveries", "Deliveries not yet done.", labels=labels)
    oldest = GaugeMetricFamily(
        "reblogbot_oldest_delivery_seconds",
        "Since the oldest was queued, or in doubt since it was first sent.",
        labels=labels,
    )
    found = {(one.account, one.state): one for one in facts.deliveries}
    for account in pulse.config.accounts:
        for state in SHOWN:
            tally = found.get((account, state))
            depth.add_metric([account, state.value], tally.count if tally else 0)
            oldest.add_metric([account, state.value], _age(tally, now) if tally else 0)
    yield depth
    yield oldest


def _age(tally: Tally, now: datetime) -> float:
    is_out = tally.state in (State.DOUBT, State.SENDING)
    since = (tally.sent_from if is_out else None) or tally.queued_at
    return max(0.0, (now - since).total_seconds())


def _of_accounts(pulse: DaemonStats, facts: Facts, now: datetime) -> Iterator[Metric]:
    paused = GaugeMetricFamily(
        "reblogbot_account_paused", "1 while an account rests.", labels=["account", "cause"]
    )
    rate = GaugeMetricFamily(
        "reblogbot_rate_remaining", "Requests its server last said are left.", labels=["account"]
    )
    for name in pulse.config.accounts:
        one = facts.accounts.get(name, AccountRecord(name))
        rests = one.paused_until is not None and one.paused_until > now
        paused.add_metric([name, one.cause if rests else ""], rests)
        if one.rate_remaining is not None:
            rate.add_metric([name], one.rate_remaining)
    yield paused
    yield rate


def _sources(pulse: DaemonStats, facts: Facts) -> Metric:
    family = GaugeMetricFamily("reblogbot_sources", "Enabled sources by state.", labels=["state"])
    enabled = (name for name, source in pulse.config.sources.items() if source.enabled)
    found = Counter(facts.unhealthy_sources.get(name, "ok") for name in enabled)
    for state in sorted({"ok", "new", "failed", "refused", "retry_later", "gone", *found}):
        family.add_metric([state], found[state])
    return family

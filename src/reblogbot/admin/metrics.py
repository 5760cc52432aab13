"""The metrics of the daemon, in the text format of Prometheus."""

from __future__ import annotations

import platform
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
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

from reblogbot import __version__, app
from reblogbot.config.settings import Config
from reblogbot.core.round_report import Outcome
from reblogbot.daemon.stats import BUCKETS, DaemonStats
from reblogbot.engine.step_states import StepStatus, step_states
from reblogbot.model import DeliveryState, StepState
from reblogbot.store import Store
from reblogbot.store.records import AccountRecord
from reblogbot.store.tallies import Tally

CONTENT_TYPE = CONTENT_TYPE_LATEST
COUNTED_STATES = (
    DeliveryState.QUEUED,
    DeliveryState.SENDING,
    DeliveryState.DOUBT,
    DeliveryState.HELD,
    DeliveryState.DEAD,
    DeliveryState.RETRACTING,
)
_OUTCOMES = [outcome for part in get_args(Outcome) for outcome in get_args(part)]
_SOURCE_STATES = frozenset({"ok", "new", "failed", "refused", "retry_later", "gone"})


@dataclass(frozen=True, slots=True)
class StoreNumbers:
    """The numbers of the store at one instant."""

    deliveries: list[Tally]
    unhealthy_sources: dict[str, str]
    """The state of each source that is not ok, by name."""
    accounts: dict[str, AccountRecord]
    is_stopped: bool
    steps: Sequence[StepStatus] = ()


def read(store: Store, config: Config, now: datetime) -> StoreNumbers:
    """The numbers of the store, with a few small queries. Raises StoreError."""
    return StoreNumbers(
        store.tallies.deliveries(),
        store.tallies.unhealthy_sources(),
        {record.name: record for record in store.outbox.accounts()},
        store.outbox.stopped_at() is not None,
        step_states(config, store, app.step_mark, now),
    )


def exposition(stats: DaemonStats, numbers: StoreNumbers | None, now: datetime) -> bytes:
    """All metrics in the text format; `numbers` is None if the store did not answer."""
    registry = CollectorRegistry()
    registry.register(_FixedCollector(families(stats, numbers, now)))
    ProcessCollector(registry=registry)
    return generate_latest(registry)


class _FixedCollector(Collector):
    """Hands over metrics that were collected before."""

    def __init__(self, metrics: Iterable[Metric]) -> None:
        self._metrics = list(metrics)

    def collect(self) -> Iterable[Metric]:
        return self._metrics


def families(stats: DaemonStats, numbers: StoreNumbers | None, now: datetime) -> Iterator[Metric]:
    """Every metric with its samples."""
    yield from _daemon_metrics(stats, numbers)
    yield from _work_metrics(stats)
    if numbers is not None:
        yield from _queue_metrics(stats, numbers, now)
        yield from _account_metrics(stats, numbers, now)
        yield _source_metric(stats, numbers)
        yield from _step_metrics(numbers)


def _daemon_metrics(stats: DaemonStats, numbers: StoreNumbers | None) -> Iterator[Metric]:
    build = {"version": __version__, "python": platform.python_version()}
    yield InfoMetricFamily("reblogbot_build", "Version of the program.", build)
    gauges = {
        "reblogbot_tick_age_seconds": (
            "Time since the daemon last checked what is due; usually a second or two.",
            stats.tick_age(),
        ),
        "reblogbot_config_ok": (
            "0 while the config file is broken and the previous config is used.",
            stats.is_config_ok,
        ),
        "reblogbot_store_up": ("0 while the store does not answer.", numbers is not None),
    }
    if numbers is not None:
        text = "1 after `reblogbot stop`, until `reblogbot start`."
        gauges["reblogbot_stopped"] = text, numbers.is_stopped
    for name, (text, value) in gauges.items():
        yield GaugeMetricFamily(name, text, float(value))


def _work_metrics(stats: DaemonStats) -> Iterator[Metric]:
    polls = CounterMetricFamily("reblogbot_polls", "Polls by outcome.", labels=["outcome"])
    for outcome in _OUTCOMES:
        polls.add_metric([outcome], stats.polls[outcome])
    yield polls
    failures = CounterMetricFamily(
        "reblogbot_failures", "Failed polls and attempts by cause.", labels=["stage", "slug"]
    )
    for (stage, slug), count in stats.failures.items():
        failures.add_metric([stage, slug], count)
    yield failures
    posts = CounterMetricFamily(
        "reblogbot_posts", "Published posts and boosts.", labels=["account", "action"]
    )
    # every account starts with 0, or Prometheus would not see the first post as an increase
    zeros = {
        (account, action): 0 for account in stats.config.accounts for action in ("post", "boost")
    }
    for (account, action), count in {**zeros, **stats.posts}.items():
        posts.add_metric([account, action], count)
    yield posts
    latencies = HistogramMetricFamily(
        "reblogbot_post_latency_seconds",
        "Time from the publication of an entry to its post.",
        labels=["account"],
    )
    for account, latency in stats.latencies.items():
        bounds = [*map(str, map(float, BUCKETS)), "+Inf"]
        buckets = list(zip(bounds, map(float, latency.cumulative()), strict=True))
        latencies.add_metric([account], buckets, latency.seconds)
    yield latencies


def _queue_metrics(stats: DaemonStats, numbers: StoreNumbers, now: datetime) -> Iterator[Metric]:
    labels = ["account", "state"]
    counts = GaugeMetricFamily(
        "reblogbot_deliveries", "Deliveries that are not sent, by state.", labels=labels
    )
    ages = GaugeMetricFamily(
        "reblogbot_oldest_delivery_seconds",
        "Age of the oldest delivery: since it was queued or, in doubt, since it was first sent.",
        labels=labels,
    )
    tallies = {(tally.account, tally.state): tally for tally in numbers.deliveries}
    for account in stats.config.accounts:
        for state in COUNTED_STATES:
            tally = tallies.get((account, state))
            counts.add_metric([account, state.value], tally.count if tally else 0)
            ages.add_metric([account, state.value], _age(tally, now) if tally else 0)
    yield counts
    yield ages


def _age(tally: Tally, now: datetime) -> float:
    was_sent = tally.state in (DeliveryState.DOUBT, DeliveryState.SENDING)
    since = (tally.sent_from if was_sent else None) or tally.queued_at
    return max(0.0, (now - since).total_seconds())


def _account_metrics(stats: DaemonStats, numbers: StoreNumbers, now: datetime) -> Iterator[Metric]:
    pauses = GaugeMetricFamily(
        "reblogbot_account_paused", "1 while an account is paused.", labels=["account", "cause"]
    )
    remaining = GaugeMetricFamily(
        "reblogbot_rate_remaining",
        "Requests that the account's server last reported as left.",
        labels=["account"],
    )
    for name in stats.config.accounts:
        record = numbers.accounts.get(name, AccountRecord(name))
        is_paused = record.is_paused(now)
        pauses.add_metric([name, record.cause if is_paused else ""], is_paused)
        if record.rate_remaining is not None:
            remaining.add_metric([name], record.rate_remaining)
    yield pauses
    yield remaining


def _source_metric(stats: DaemonStats, numbers: StoreNumbers) -> Metric:
    family = GaugeMetricFamily("reblogbot_sources", "Enabled sources by state.", labels=["state"])
    enabled = (name for name, source in stats.config.sources.items() if source.enabled)
    counts = Counter(numbers.unhealthy_sources.get(name, "ok") for name in enabled)
    for state in sorted({*_SOURCE_STATES, *counts}):
        family.add_metric([state], counts[state])
    return family


def _step_metrics(numbers: StoreNumbers) -> Iterator[Metric]:
    """What steps did in the last day: the store knows it, of all processes."""
    gauges: dict[str, tuple[str, Callable[[StepStatus], float | None]]] = {
        "reblogbot_step_calls_24h": (
            "Calls of a step in the last 24 hours.",
            lambda step: step.tally.calls,
        ),
        "reblogbot_step_results_24h": (
            "Results of a step in the last 24 hours.",
            lambda step: step.tally.done,
        ),
        "reblogbot_step_failures": (
            "Calls of a step that have failed in a row.",
            lambda step: step.failures,
        ),
        "reblogbot_step_waiting": (
            "Deliveries that wait for a step.",
            lambda step: step.tally.waiting,
        ),
        "reblogbot_step_failed": (
            "Deliveries that are held because a step returned no result.",
            lambda step: step.tally.failed,
        ),
        "reblogbot_step_cost_24h": (
            "What the results of the last 24 hours cost, in the service's own currency.",
            lambda step: step.day.cost,
        ),
    }
    for name, (text, value_of) in gauges.items():
        family = GaugeMetricFamily(name, text, labels=["step"])
        for step in numbers.steps:
            value = value_of(step)
            if value is not None:
                family.add_metric([step.name], value)
        yield family
    states = GaugeMetricFamily(
        "reblogbot_step_state", "1 for the state of a step.", labels=["step", "state"]
    )
    tokens = GaugeMetricFamily(
        "reblogbot_step_tokens_24h",
        "Tokens that a step read and wrote in the last 24 hours.",
        labels=["step", "direction"],
    )
    for step in numbers.steps:
        for state in get_args(StepState):
            states.add_metric([step.name, state], float(step.state == state))
        for direction, count in (("in", step.day.tokens_in), ("out", step.day.tokens_out)):
            if count is not None:
                tokens.add_metric([step.name, direction], count)
    yield states
    yield tokens

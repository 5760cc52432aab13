"""The state of sources, accounts, steps, queue and daemons: the answer to `status`."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import chain
from urllib.parse import urlsplit, urlunsplit

from reblogbot import app
from reblogbot.config.settings import AccountSettings, Config, SourceSettings
from reblogbot.config.tokens import missing_token_reason
from reblogbot.core import queue_order, waits
from reblogbot.core.schedule import PollReason
from reblogbot.core.waits import Wait
from reblogbot.engine.account import TOKEN
from reblogbot.engine.step_states import StepStatus, step_states
from reblogbot.engine.wait_reasons import Waiting
from reblogbot.model import OPEN_STATES, AccountState, Delivery, DeliveryState, SourceState
from reblogbot.store import Store
from reblogbot.store.daemons import DaemonRecord
from reblogbot.store.records import AccountRecord, SourceRecord
from reblogbot.store.tallies import HeldCount

SOURCES_PER_QUERY = 500

_WaitKey = tuple[str, str, Wait]
"""Account, source ("" for a wait that concerns all sources of the account), and the wait."""
_WaitingDelivery = tuple[Delivery, Wait | None]


@dataclass(frozen=True, slots=True)
class SourceStatus:
    """A configured source: the result of its last poll, and when it is polled next."""

    name: str
    kind: str
    url: str
    state: SourceState
    last_poll_at: datetime | None
    next_poll_at: datetime | None
    failures: int
    error: str
    next_poll_reason: PollReason
    """Why it is not polled at its usual time, "" where it is."""
    failing_since: datetime | None = None
    """When the first of the polls failed that have failed in a row; None for none."""

    @property
    def needs_attention(self) -> bool:
        """Whether its polls fail; what the admin has disabled is no trouble."""
        return bool(self.error) and self.state != "disabled"


@dataclass(frozen=True, slots=True)
class AccountStatus:
    """A configured account: whether it can post, and why not."""

    name: str
    server: str
    state: AccountState
    reason: str
    rate_remaining: int | None
    paused_until: datetime | None = None
    """When its pause ends; None where it is not paused."""
    is_refused: bool = False
    """Whether it is paused because its token was refused."""

    @property
    def needs_attention(self) -> bool:
        """Whether an admin must act. A pause that ends by itself is no trouble."""
        return self.is_refused or self.state in {"no_token", "stalled"}


@dataclass(frozen=True, slots=True)
class WaitGroup:
    """How many deliveries of an account wait for the same thing."""

    account: str
    source: str
    """Their source; "" where the wait concerns all sources of the account."""
    count: int
    wait: Wait


@dataclass(frozen=True, slots=True)
class StatusReport:
    """The state of everything at one instant."""

    sources: list[SourceStatus]
    omitted_sources: Counter[SourceState]
    """How many sources are not in `sources`, by state."""
    accounts: list[AccountStatus]
    queue: dict[str, int]
    """How many deliveries are in each state."""
    waits: list[WaitGroup]
    """Largest group first."""
    daemons: list[DaemonRecord]
    """The one that started first is first."""
    stopped_at: datetime | None
    expiring: list[Delivery]
    """Deliveries that will be too old by the time the account's pace lets them out."""
    refusals: Counter[str]
    """How many entries were not posted in the last day, by the filter that refused them."""
    steps: list[StepStatus]


def status_report(
    config: Config, store: Store, now: datetime, max_sources: int | None = None
) -> StatusReport:
    """The state of sources, accounts, queue and daemons at `now`.

    Where there are more than `max_sources` sources, only failing ones are listed, and no more
    than that many.
    """
    waiting = Waiting(config, store, now)
    open_deliveries = [
        (delivery, waiting.wait(delivery))
        for delivery in store.outbox.find(states=OPEN_STATES - {DeliveryState.HELD})
    ]
    sources, omitted = _limited(source_states(config, store), len(config.sources), max_sources)
    return StatusReport(
        sources=sources,
        omitted_sources=omitted,
        accounts=account_states(config, store, waiting, now),
        queue=store.outbox.count(),
        waits=wait_groups(store.tallies.held(), open_deliveries),
        daemons=waiting.daemons,
        stopped_at=store.outbox.stopped_at(),
        expiring=list(_expiring(open_deliveries, config)),
        refusals=Counter(store.history.refused(now - queue_order.DAY)),
        steps=step_states(config, store, app.step_mark, now),
    )


def _limited(
    sources: Iterable[SourceStatus], count: int, limit: int | None
) -> tuple[list[SourceStatus], Counter[SourceState]]:
    """The sources to list, and how many others there are in each state."""
    omitted: Counter[SourceState] = Counter()
    if limit is None or count <= limit:
        return list(sources), omitted
    listed: list[SourceStatus] = []
    for source in sources:
        if source.needs_attention and len(listed) < limit:
            listed.append(source)
        else:
            omitted[source.state] += 1
    return listed, omitted


def source_states(
    config: Config, store: Store, names: Sequence[str] | None = None
) -> Iterator[SourceStatus]:
    """The state of the named sources of the config; without names of all, in the config's order."""
    # the records are read in parts: a config may have a hundred thousand sources
    names = list(config.sources) if names is None else names
    for start in range(0, len(names), SOURCES_PER_QUERY):
        part = names[start : start + SOURCES_PER_QUERY]
        records = store.sources.of(part)
        yield from (_source_state(config.sources[name], records.get(name)) for name in part)


def _source_state(settings: SourceSettings, record: SourceRecord | None) -> SourceStatus:
    state: SourceState = record.state if record else "new"
    is_polled = settings.enabled and state != "gone"
    return SourceStatus(
        name=settings.name,
        kind=settings.kind,
        url=_without_password(settings.url),
        state=state if settings.enabled else "disabled",
        last_poll_at=record.last_poll_at if record else None,
        next_poll_at=record.due if record and is_polled else None,
        failures=record.failures if record else 0,
        error=record.error if record else "",
        next_poll_reason=record.due_reason if record and is_polled else "",
        failing_since=record.failing_since if record else None,
    )


def account_states(
    config: Config, store: Store, waiting: Waiting, now: datetime
) -> list[AccountStatus]:
    """The state of each account in the config, at the instant `now` of `waiting`."""
    records = {record.name: record for record in store.outbox.accounts()}
    stalled = waiting.stalled()
    return [
        _account_state(settings, records.get(name, AccountRecord(name)), now, stalled.get(name))
        for name, settings in config.accounts.items()
    ]


def _account_state(
    settings: AccountSettings, record: AccountRecord, now: datetime, stalled_since: datetime | None
) -> AccountStatus:
    state: AccountState = "ok"
    reason, paused_until = "", None
    if not settings.enabled:
        state = "disabled"
    elif missing := missing_token_reason(settings, os.environ):
        state, reason = "no_token", missing.removeprefix(f"accounts.{settings.name}: ")
    elif record.is_paused(now):
        state, reason, paused_until = "paused", record.reason, record.paused_until
    elif stalled_since is not None:
        state, reason = "stalled", waits.stall_wait(stalled_since).cause
    return AccountStatus(
        settings.name,
        settings.place,
        state,
        reason,
        record.rate_remaining,
        paused_until,
        is_refused=state == "paused" and record.cause == TOKEN,
    )


def wait_groups(
    held: Iterable[HeldCount], deliveries: Sequence[_WaitingDelivery]
) -> list[WaitGroup]:
    """How many deliveries wait for the same thing, the largest group first.

    Those that are held are counted by the store, not read row by row: a storm may hold very many.
    """
    return _grouped(chain(_held(held), _waiting(deliveries)))


def _held(held: Iterable[HeldCount]) -> Iterator[tuple[_WaitKey, int]]:
    for tally in held:
        yield (tally.account, tally.source, waits.held_wait(tally.error)), tally.count


def _waiting(deliveries: Sequence[_WaitingDelivery]) -> Iterator[tuple[_WaitKey, int]]:
    for delivery, wait in deliveries:
        if wait is not None:
            source = delivery.source if wait.reason in waits.OF_SOURCE else ""
            yield (delivery.account, source, wait), 1


def _grouped(pairs: Iterable[tuple[_WaitKey, int]]) -> list[WaitGroup]:
    counts: Counter[_WaitKey] = Counter()
    for key, count in pairs:
        counts[key] += count
    return [
        WaitGroup(account, source, count, wait)
        for (account, source, wait), count in counts.most_common()
    ]


def _expiring(deliveries: Sequence[_WaitingDelivery], config: Config) -> Iterator[Delivery]:
    for delivery, wait in deliveries:
        if wait is not None and wait.reason in waits.OF_PACE and wait.until is not None:
            pace = config.accounts[delivery.account].pace
            if queue_order.too_old_reason(delivery, config, pace, wait.until):
                yield delivery


def _without_password(url: str) -> str:
    """The URL without user and password."""
    parts = urlsplit(url)
    return urlunsplit(parts._replace(netloc=parts.netloc.rpartition("@")[2]))

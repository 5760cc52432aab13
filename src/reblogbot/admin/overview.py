"""Whether all is well, at a glance: the answer of the page "Home".

Every query is bounded: it reads what is open, what failed, or what is of the last day.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from reblogbot import app
from reblogbot.admin.status_report import AccountStatus, WaitGroup, account_states, wait_groups
from reblogbot.config.settings import Config, PaceSettings
from reblogbot.core.queue_order import DAY
from reblogbot.engine.step_states import StepStatus, step_states
from reblogbot.engine.wait_reasons import Waiting
from reblogbot.model import OPEN_STATES, STORM, DeliveryState
from reblogbot.store import Store
from reblogbot.store.daemons import DaemonRecord
from reblogbot.store.posted import PostedFilter, PostedPost
from reblogbot.store.tallies import FAILING_AFTER, Failing, HeldCount, Tally

MAX_SOURCES = 10
MAX_ACCOUNTS = 20
MAX_WAITS = 10
MAX_POSTS = 5
MAX_EXPLAINED = 50
"""Deliveries whose waits are explained; a longer queue is counted."""
MAX_EXPLAINED_ACCOUNTS = 10
"""Accounts whose facts are read to explain waits: reading those of one takes milliseconds."""
HOUR = timedelta(hours=1)
HOURS = 24


@dataclass(frozen=True, slots=True)
class AccountOverview:
    """An account: whether it can post, what it sent and may send, and what waits for it."""

    status: AccountStatus
    pace: PaceSettings
    sent_last_hour: int
    sent_last_day: int
    queued: int
    held: int


@dataclass(frozen=True, slots=True)
class Overview:
    """The state of everything at one instant, the worst first.

    `failing` are the sources that fail, those that failed first at the head, and no more than
    MAX_SOURCES of `failing_count`; `accounts` and `waits` are limited likewise. `posts_per_hour`
    are the numbers of posts of the last HOURS hours, the oldest first.
    """

    daemons: Sequence[DaemonRecord]
    stalled_daemons: Sequence[DaemonRecord]
    stopped_at: datetime | None
    accounts: Sequence[AccountOverview]
    account_count: int
    broken_accounts: Sequence[AccountStatus]
    failing: Sequence[Failing]
    failing_count: int
    lasting_failures: int
    """How many sources have failed for FAILING_AFTER, or are gone."""
    storms: Sequence[HeldCount]
    dead: int
    """How many posts were given up in the last day."""
    waits: Sequence[WaitGroup]
    omitted_waits: int
    queued: int
    unexplained: int
    """How many of the queued deliveries are not counted in `waits`."""
    held: int
    broken_steps: Sequence[StepStatus]
    posts: Sequence[PostedPost]
    posts_per_hour: Sequence[int]

    @property
    def posted(self) -> int:
        """How many posts were sent in the last day."""
        return sum(self.posts_per_hour)

    @property
    def trouble_count(self) -> int:
        """How many things an admin should do something about."""
        causes = (
            self.storms,
            self.broken_accounts,
            self.stalled_daemons,
            self.broken_steps,
        )
        return sum(map(len, causes)) + bool(self.lasting_failures) + bool(self.dead)


def overview(config: Config, store: Store, now: datetime) -> Overview:
    """The state of everything at `now`."""
    with store.snapshot():
        return _overview(config, store, now)


def _overview(config: Config, store: Store, now: datetime) -> Overview:
    waiting = Waiting(config, store, now)
    states = account_states(config, store, waiting, now)
    tallies = store.tallies.deliveries()
    sent = store.publications.per_hour(now - DAY)
    oldest, _ = store.outbox.page(OPEN_STATES - {DeliveryState.HELD}, limit=MAX_EXPLAINED)
    names = [*dict.fromkeys(delivery.account for delivery in oldest)][:MAX_EXPLAINED_ACCOUNTS]
    explained = [delivery for delivery in oldest if delivery.account in names]
    queued = _count(tallies, OPEN_STATES - {DeliveryState.HELD})
    held = store.tallies.held()
    waits = wait_groups(held, [(delivery, waiting.wait(delivery)) for delivery in explained])
    failing = _failing(config, store, now)
    return Overview(
        daemons=waiting.daemons,
        stalled_daemons=[daemon for daemon in waiting.daemons if daemon.is_stalled(now)],
        stopped_at=store.outbox.stopped_at(),
        accounts=[
            _account(state, config.accounts[state.name].pace, sent, tallies)
            for state in sorted(states, key=lambda state: not state.needs_attention)[:MAX_ACCOUNTS]
        ],
        account_count=len(states),
        broken_accounts=[state for state in states if state.needs_attention],
        failing=failing[:MAX_SOURCES],
        failing_count=len(failing),
        lasting_failures=sum(_is_lasting(each, now) for each in failing),
        storms=_storms(held, config),
        dead=store.tallies.dead(now - DAY),
        waits=waits[:MAX_WAITS],
        omitted_waits=max(0, len(waits) - MAX_WAITS),
        queued=queued,
        unexplained=max(0, queued - len(explained)),
        held=_count(tallies, {DeliveryState.HELD}),
        broken_steps=[
            step for step in step_states(config, store, app.step_mark, now) if step.needs_attention
        ],
        posts=list(store.posted.newest(PostedFilter(since=now - DAY), MAX_POSTS)),
        posts_per_hour=[
            sum(counts.get(hour, 0) for counts in sent.values()) for hour in range(HOURS)
        ],
    )


def _failing(config: Config, store: Store, now: datetime) -> list[Failing]:
    """The enabled sources whose polls fail, the one that failed first at the head."""
    failing = [
        each
        for each in store.tallies.failing(now)
        if each.name in config.sources and config.sources[each.name].enabled
    ]
    return sorted(failing, key=lambda each: (each.state != "gone", each.since or now))


def _is_lasting(failing: Failing, now: datetime) -> bool:
    """Whether a source needs an admin; most failures end by themselves."""
    is_old = failing.since is not None and now - failing.since >= FAILING_AFTER
    return failing.state == "gone" or is_old


def _storms(held: Sequence[HeldCount], config: Config) -> list[HeldCount]:
    """What storms hold: one count for each source, however many accounts it has."""
    counts: dict[str, HeldCount] = {}
    for each in held:
        if each.error.startswith(STORM) and each.source in config.sources:
            largest = counts.get(each.source)
            if largest is None or largest.count < each.count:
                counts[each.source] = each
    return list(counts.values())


def _account(
    status: AccountStatus,
    pace: PaceSettings,
    sent: Mapping[str, Mapping[int, int]],
    tallies: Sequence[Tally],
) -> AccountOverview:
    counts = sent.get(status.name, {})
    own = [tally for tally in tallies if tally.account == status.name]
    return AccountOverview(
        status=status,
        pace=pace,
        sent_last_hour=counts.get(HOURS - 1, 0),
        sent_last_day=sum(counts.get(hour, 0) for hour in range(HOURS)),
        queued=_count(own, OPEN_STATES - {DeliveryState.HELD}),
        held=_count(own, {DeliveryState.HELD}),
    )


def _count(tallies: Sequence[Tally], states: Collection[DeliveryState]) -> int:
    return sum(tally.count for tally in tallies if tally.state in states)

"""Alerts: the problems an admin needs to know of, and the messages about them."""

from __future__ import annotations

import shlex
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import groupby
from typing import Literal

from reblogbot.config.settings import Config
from reblogbot.core.text import one_line
from reblogbot.core.text.shortening import shorten
from reblogbot.engine.account import ASKED, TOKEN
from reblogbot.engine.step_states import StepStatus
from reblogbot.model import OPEN_STATES
from reblogbot.store.records import AccountRecord
from reblogbot.store.tallies import Failing, Tally

Event = Literal[
    "storm_held",
    "account_paused",
    "account_stalled",
    "source_failing",
    "source_gone",
    "step_failing",
    "step_spent",
    "test",
]
"""What a message is about, `test` for `notify test`; the values are public (webhook)."""

STUCK_AFTER = timedelta(hours=1)
STEP_FAILING_AFTER = timedelta(hours=1)
STUCK_PAUSES = 5
"""An account is stuck when it waits that long after so many pauses in a row."""
MAX_LISTED = 20
"""So many alerts of one kind are listed in a message. The others are counted."""
_MAX_QUOTE = 400


@dataclass(frozen=True, slots=True)
class Alert:
    """One problem of one source, account or step, and what to do about it."""

    event: Event
    name: str
    problem: str
    advice: str

    @property
    def cause(self) -> str:
        """The key by which the admin is notified at most once a day."""
        return f"{self.event} {self.name}"


@dataclass(frozen=True, slots=True)
class Message:
    """One message to the admin: all alerts of one event, in plain text."""

    event: Event
    causes: tuple[str, ...]
    text: str


def storms(config: Config, held: Mapping[str, tuple[int, str]]) -> list[Alert]:
    """An alert for each source with so many new entries that they are held for the admin."""
    return [
        Alert(
            "storm_held",
            name,
            f"The source {name} brought far more than usual:"
            f" {_count(count, 'entry is', 'entries are')} held for you ({_quote(why)}).",
            "Look at them with `reblogbot queue list --state held`; then `reblogbot queue release"
            f" --source {shlex.quote(name)}` posts them, and `queue skip` instead drops them.",
        )
        for name, (count, why) in sorted(held.items())
        if name in config.sources
    ]


def accounts(
    config: Config, records: Iterable[AccountRecord], tallies: Sequence[Tally], now: datetime
) -> list[Alert]:
    """An alert for each paused account that will not continue by itself."""
    alerts = []
    for record in records:
        settings = config.accounts.get(record.name)
        open_ = [
            tally
            for tally in tallies
            if tally.account == record.name and tally.state in OPEN_STATES
        ]
        if settings is None or not settings.enabled or not _is_stuck(record, open_, now):
            continue
        waiting = _count(sum(tally.count for tally in open_), "delivery waits", "deliveries wait")
        alerts.append(
            Alert(
                "account_paused",
                record.name,
                f"The account {record.name} is paused: {_quote(record.reason)}",
                f"{waiting}, nothing is lost; sending continues by itself once that is fixed."
                " See `reblogbot status`.",
            )
        )
    return alerts


def stalled(since: Mapping[str, datetime]) -> list[Alert]:
    """An alert for each account that has had something due since that instant, and is silent."""
    return [
        Alert(
            "account_stalled",
            name,
            f"The account {name} is stalled: it has neither sent anything nor failed since"
            f" {at:%Y-%m-%d %H:%M} UTC, though something is due.",
            "Restart the daemon, nothing is lost; see its log, and `reblogbot status`. If that"
            " does not help, please report it.",
        )
        for name, at in sorted(since.items())
    ]


def sources(config: Config, failing: Iterable[Failing]) -> list[Alert]:
    """An alert for each source that has failed for long, or is gone for good."""
    enabled = {name for name, source in config.sources.items() if source.enabled}
    return [_source_alert(source) for source in failing if source.name in enabled]


def steps(statuses: Iterable[StepStatus], now: datetime) -> list[Alert]:
    """An alert for each step that has failed for an hour, or for good, or may not be called."""
    return [alert for status in statuses for alert in _step_alerts(status, now)]


def _step_alerts(step: StepStatus, now: datetime) -> Iterator[Alert]:
    waiting = _count(step.tally.waiting + step.tally.failed, "delivery waits", "deliveries wait")
    if step.state == "spent" and step.tally.waiting:
        yield Alert(
            "step_spent",
            step.name,
            f"The step {step.name} has had its calls of the day ({_quote(step.reason)}).",
            f"{waiting}; it goes on by itself. Raise per_day if that is too few.",
        )
    since = step.failing_since
    is_old = since is not None and now - since >= STEP_FAILING_AFTER
    if step.state == "failing" and (step.is_final or is_old):
        start = f" since {since:%Y-%m-%d %H:%M} UTC" if since and not step.is_final else ""
        yield Alert(
            "step_failing",
            step.name,
            f"The step {step.name} fails{start}: {_quote(step.reason)}",
            f"{waiting} for it, nothing is lost; see `reblogbot step list`, and"
            " `reblogbot check --online` tries it now.",
        )


def trial_message(config: Config, now: datetime) -> Message:
    """The message by which an admin tries the channels; each is another one to a server."""
    text = (
        f"This is a test of the notices of reblogbot ({config.path.name}), sent at"
        f" {now:%Y-%m-%d %H:%M:%S} UTC. Nothing is wrong."
    )
    return Message("test", (f"test {now.isoformat()}",), text)


def messages(alerts: Iterable[Alert]) -> list[Message]:
    """One message for each event: a broken network makes many sources fail, but is one event."""
    ordered = sorted(alerts, key=lambda alert: (alert.event, alert.name))
    return [
        _message(event, list(group)) for event, group in groupby(ordered, lambda alert: alert.event)
    ]


def _source_alert(source: Failing) -> Alert:
    if source.state == "gone":
        return Alert(
            "source_gone",
            source.name,
            f"The source {source.name} is gone and no longer polled: {_quote(source.error)}",
            "Give it another url, or run `reblogbot sync --force` when it is back.",
        )
    since = f"{source.since:%Y-%m-%d %H:%M} UTC" if source.since else "long ago"
    return Alert(
        "source_failing",
        source.name,
        f"The source {source.name} has failed since {since}: {_quote(source.error)}",
        "It is tried again, less and less often. `reblogbot check --online` tries it now.",
    )


def _is_stuck(record: AccountRecord, open_: Sequence[Tally], now: datetime) -> bool:
    """Whether an account is paused for a reason that only an admin can remove.

    A pause that its server asked for ends by itself, and so do most doubts and outages.
    """
    if record.paused_until is None or record.paused_until <= now or record.cause == ASKED:
        return False
    if record.cause == TOKEN:
        return True
    oldest = min((tally.queued_at for tally in open_), default=now)
    return record.pauses >= STUCK_PAUSES and now - oldest >= STUCK_AFTER


def _message(event: Event, alerts: Sequence[Alert]) -> Message:
    listed, others = alerts[:MAX_LISTED], len(alerts) - MAX_LISTED
    lines = [alert.problem for alert in listed]
    if others > 0:
        lines.append(f"… and {others} more like these.")
    lines += dict.fromkeys(alert.advice for alert in listed)
    return Message(event, tuple(alert.cause for alert in alerts), "\n".join(lines))


def _count(number: int, singular: str, plural: str) -> str:
    return f"{number} {singular if number == 1 else plural}"


def _quote(text: str) -> str:
    """The words of a server or parser: one line, not too long."""
    return shorten(one_line(text), _MAX_QUOTE)

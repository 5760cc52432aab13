"""What an admin is to be told: which troubles are worth a message, and in which words."""

from __future__ import annotations

import shlex
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import groupby
from typing import Literal

from reblogbot.config.settings import Config
from reblogbot.core.text import one_line, shorten
from reblogbot.engine.account import ASKED, TOKEN
from reblogbot.model import OPEN
from reblogbot.store.records import AccountRecord
from reblogbot.store.tallies import Failing, Tally

Event = Literal["storm_held", "account_paused", "account_stalled", "source_failing", "source_gone"]

FAILING = timedelta(days=1)
"""A source that fails for less may well mend itself."""
STUCK = timedelta(hours=1)
STUCK_PAUSES = 5
"""Waiting that long, after so many pauses in a row, an account will not mend itself soon."""
MOST = 20
"""So many troubles of one kind are told one by one, the others are counted."""
_LONGEST = 400


@dataclass(frozen=True, slots=True)
class Notice:
    """One trouble of one source or account: what is wrong, and what to do about it."""

    event: Event
    name: str
    what: str
    advice: str

    @property
    def cause(self) -> str:
        """By what it is told once a day."""
        return f"{self.event} {self.name}"


@dataclass(frozen=True, slots=True)
class Letter:
    """One message to the admin: all there is to tell of one event, in plain text."""

    event: Event
    causes: tuple[str, ...]
    message: str


def storms(config: Config, held: Mapping[str, tuple[int, str]]) -> list[Notice]:
    """A notice for each source that brought more than is posted unseen."""
    return [
        Notice(
            "storm_held",
            name,
            f"The source {name} brought far more than usual:"
            f" {_count(count, 'entry is', 'entries are')} held for you ({_plain(why)}).",
            "Look at them with `reblogbot queue list --state held`; then `reblogbot queue release"
            f" --source {shlex.quote(name)}` posts them, and `queue skip` instead drops them.",
        )
        for name, (count, why) in sorted(held.items())
        if name in config.sources
    ]


def accounts(
    config: Config, known: Iterable[AccountRecord], open_: Sequence[Tally], now: datetime
) -> list[Notice]:
    """A notice for each account that will not go on by itself."""
    made = []
    for one in known:
        settings = config.accounts.get(one.name)
        mine = [tally for tally in open_ if tally.account == one.name and tally.state in OPEN]
        if settings is None or not settings.enabled or not _is_stuck(one, mine, now):
            continue
        waiting = _count(sum(tally.count for tally in mine), "delivery waits", "deliveries wait")
        advice = f"{waiting}, nothing is lost; it goes on by itself once that is mended"
        made.append(
            Notice(
                "account_paused",
                one.name,
                f"The account {one.name} is paused: {_plain(one.reason)}",
                f"{advice}. See `reblogbot status`.",
            )
        )
    return made


def stalled(since: Mapping[str, datetime]) -> list[Notice]:
    """A notice for each account that should have sent something since then."""
    return [
        Notice(
            "account_stalled",
            name,
            f"The account {name} is stalled: it has neither sent anything nor failed since"
            f" {at:%Y-%m-%d %H:%M} UTC, though something is due.",
            "Restart the daemon, nothing is lost; see its log, and `reblogbot status`. If that"
            " does not help, please report it.",
        )
        for name, at in sorted(since.items())
    ]


def sources(config: Config, failing: Iterable[Failing]) -> list[Notice]:
    """A notice for each source that has failed for long, or is gone for good."""
    enabled = {name for name, source in config.sources.items() if source.enabled}
    return [_source(one) for one in failing if one.name in enabled]


def letters(notices: Iterable[Notice]) -> list[Letter]:
    """The notices as messages, one for each event: a network that is down is one trouble."""
    ordered = sorted(notices, key=lambda one: (one.event, one.name))
    return [
        Letter(event, tuple(one.cause for one in group), _message(group))
        for event, group in (
            (event, list(found)) for event, found in groupby(ordered, key=lambda one: one.event)
        )
    ]


def _source(one: Failing) -> Notice:
    if one.state == "gone":
        return Notice(
            "source_gone",
            one.name,
            f"The source {one.name} is not asked any more: {_plain(one.error)}",
            "That ends with another url, or with `reblogbot sync --force` when it is back.",
        )
    since = f"{one.since:%Y-%m-%d %H:%M} UTC" if one.since else "long ago"
    return Notice(
        "source_failing",
        one.name,
        f"The source {one.name} has failed since {since}: {_plain(one.error)}",
        "It is asked again, less and less often. `reblogbot check --online` tries it now.",
    )


def _is_stuck(one: AccountRecord, mine: Sequence[Tally], now: datetime) -> bool:
    """Whether an account rests for what only an admin can mend.

    Not for a pause its server asked for, nor for a doubt or an outage that passes.
    """
    if one.paused_until is None or one.paused_until <= now or one.cause == ASKED:
        return False
    if one.cause == TOKEN:
        return True
    oldest = min((tally.queued_at for tally in mine), default=now)
    return one.pauses >= STUCK_PAUSES and now - oldest >= STUCK


def _message(group: Sequence[Notice]) -> str:
    left = len(group) - MOST
    lines = [one.what for one in group[:MOST]]
    lines += [f"… and {left} more like these."] if left > 0 else []
    advices = dict.fromkeys(one.advice for one in group[:MOST])
    return "\n".join([*lines, *advices])


def _count(number: int, one: str, many: str) -> str:
    return f"{number} {one if number == 1 else many}"


def _plain(said: str) -> str:
    """A server's or a parser's words on one line, and not too many of them."""
    return shorten(one_line(said), _LONGEST)

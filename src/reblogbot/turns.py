"""Whose turn it is in an account's queue, and whether its time has passed; pure."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

from reblogbot import pacing
from reblogbot.config.settings import Config, PaceSettings
from reblogbot.model import Delivery, Sent

DAY = timedelta(days=1)


def memory(config: Config) -> timedelta:
    """How far back pace and budgets look."""
    spans = [source.budget.span for source in config.sources.values() if source.budget]
    return max([DAY, *spans])


def ready(waiting: Sequence[Delivery], config: Config, now: datetime) -> list[Delivery]:
    """What is due and belongs to a source that is enabled."""
    sources = config.sources
    return [
        one
        for one in waiting
        if one.due <= now and one.source in sources and sources[one.source].enabled
    ]


def choose(
    waiting: Sequence[Delivery],
    config: Config,
    pace: PaceSettings,
    sent: Sequence[Sent],
    now: datetime,
) -> Delivery | None:
    """The delivery that may go out now; None when pace, quiet hours or budgets say later.

    As long as everything may go out, it goes in the order it was queued. Where some must
    wait, sources take turns. What was tried and not found goes before all others: it is older.
    """
    room = pacing.room(now, pace, [one.at for one in sent])
    able = [one for one in ready(waiting, config, now) if _in_budget(one, config, sent, now)]
    if room <= 0 or not able:
        return None
    repeats = [one for one in able if one.negatives]
    if repeats:
        return repeats[0]
    served = {one.source: one.at for one in sorted(sent, key=lambda one: one.at)}
    heads = [
        pacing.Waiting(
            one.id, one.source, one.queued_at, one.score, config.sources[one.source].order
        )
        for one in able
    ]
    picked = pacing.pick(heads, served if room < len(able) else {})
    return next((one for one in able if picked and one.id == picked.id), None)


def too_old(one: Delivery, config: Config, pace: PaceSettings, now: datetime) -> str:
    """Why the entry is too old to be posted now, or ""; quiet hours spent waiting do not count."""
    if one.published_at is None:
        return ""
    most = config.sources[one.source].filter.max_age
    waited = pacing.quiet_time(one.queued_at, now, pace)
    if now - one.published_at - waited <= most:
        return ""
    return f"max_age: published {one.published_at:%Y-%m-%d %H:%M} UTC, too old when its turn came"


def _in_budget(one: Delivery, config: Config, sent: Sequence[Sent], now: datetime) -> bool:
    budget = config.sources[one.source].budget
    own = [past.at for past in sent if past.source == one.source]
    return pacing.budget_slot(now, budget, own) <= now

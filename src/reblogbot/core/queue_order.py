"""Whose turn it is in an account's queue, and whether its time has passed; pure."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime, timedelta

from reblogbot.config.settings import Config, PaceSettings
from reblogbot.core import pacing
from reblogbot.model import Delivery, Sent

DAY = timedelta(days=1)
# beyond so many nobody needs to know whose turn it will be
FORESEEN = 200


def memory(config: Config) -> timedelta:
    """How far back pace and budgets look."""
    spans = [source.budget.span for source in config.sources.values() if source.budget]
    return max([DAY, *spans])


def ready(waiting: Sequence[Delivery], config: Config, now: datetime) -> list[Delivery]:
    """What is due and belongs to a source that is enabled.

    What was never put off is due, though its instant is to come since the clock was set back:
    else what is queued now would go ahead of it.
    """
    sources = config.sources
    return [
        one
        for one in waiting
        if one.due <= max(now, one.queued_at)
        and one.source in sources
        and sources[one.source].enabled
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
    wait, sources take turns. An edit waits for the pace, but not for a budget. What was tried
    and not found goes before all others: it is older.
    """
    room = pacing.room(now, pace, [one.at for one in sent])
    if room <= 0:
        return None
    due = ready(waiting, config, now)
    spent = _spent({one.source for one in due}, config, sent, now)
    able = [one for one in due if one.source not in spent or one.post.action == "edit"]
    repeats = [one for one in able if one.failed_lookups]
    if repeats:
        return repeats[0]
    served = {}
    if room < len(able):
        served = {one.source: one.at for one in sorted(sent, key=lambda one: one.at)}
    heads = _heads(able, config)
    picked = pacing.pick(list(heads), served)
    return heads[picked] if picked else None


def line_up(
    waiting: Sequence[Delivery],
    config: Config,
    pace: PaceSettings,
    sent: Sequence[Sent],
    now: datetime,
) -> list[Delivery]:
    """These in the order they will go out, as far as that can be told today.

    First what may go out now, as `choose` picks it; then what must wait, each source's own in
    the order of that source.
    """
    left, past = list(waiting), list(sent)
    line: list[Delivery] = []
    while len(line) < FORESEEN and (one := choose(left, config, pace, past, now)) is not None:
        left.remove(one)
        line.append(one)
        if one.post.action != "edit":
            past.append(Sent(now, one.source))
    return line + _in_own_order(left, config)


def too_old(one: Delivery, config: Config, pace: PaceSettings, now: datetime) -> str:
    """Why the entry is too old to be posted now, or "".

    Time spent waiting in quiet hours, or for a digest, does not count. A digest is as fresh as
    its parts were when it was made, and an edit is never too old: its post stands.
    """
    if one.published_at is None or one.post.is_bundle or one.post.action == "edit":
        return ""
    source = config.sources[one.source]
    most = source.filter.max_age
    called = max(one.queued_at, min(one.due, now)) if source.digest else one.queued_at
    waited = called - one.queued_at + pacing.quiet_time(called, now, pace)
    if now - one.published_at - waited <= most:
        return ""
    return f"max_age: published {one.published_at:%Y-%m-%d %H:%M} UTC, too old when its turn came"


def superseded(one: Delivery, waiting: Sequence[Delivery]) -> str:
    """Why an edit need not be made, or "": another of the same post waits behind it."""
    if one.post.action != "edit":
        return ""
    mine = one.account, one.post.uri
    later = (
        other.id
        for other in waiting
        if other.post.action == "edit" and (other.account, other.post.uri) == mine
    )
    newest = max(later, default=one.id)
    return f"edit: the newer edit {newest} takes its place" if newest > one.id else ""


def _in_own_order(left: Sequence[Delivery], config: Config) -> list[Delivery]:
    """These with each source's best first where it asks for that, in the source's own places."""
    own: dict[str, list[Delivery]] = {}
    for one in left:
        own.setdefault(one.source, []).append(one)
    for name, ones in own.items():
        if config.sources[name].order == "score":
            ones.sort(key=lambda one: -(one.score or 0.0))
    lines = {name: iter(ones) for name, ones in own.items()}
    return [next(lines[one.source]) for one in left]


def _heads(able: Sequence[Delivery], config: Config) -> dict[pacing.Waiting, Delivery]:
    """Those whose turn it may be: of a source that sends its oldest first, its first alone."""
    heads: dict[pacing.Waiting, Delivery] = {}
    begun: set[str] = set()
    for one in able:
        order = config.sources[one.source].order
        if order == "score" or one.source not in begun:
            head = pacing.Waiting(one.id, one.source, one.score, order)
            heads[head] = one
        begun.add(one.source)
    return heads


def _spent(
    sources: Collection[str], config: Config, sent: Sequence[Sent], now: datetime
) -> set[str]:
    """Those of the sources whose budget lets nothing more out now."""
    spent = set()
    for name in sources:
        budget = config.sources[name].budget
        own = [past.at for past in sent if past.source == name] if budget else []
        if pacing.budget_slot(now, budget, own) > now:
            spent.add(name)
    return spent

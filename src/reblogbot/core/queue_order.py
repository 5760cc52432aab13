"""The order of an account's queue, and which deliveries are too old or superseded; pure."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import UTC, datetime, timedelta

from reblogbot.config.settings import AccountSettings, Config, PaceSettings
from reblogbot.core import pacing
from reblogbot.model import Delivery, SentPost
from reblogbot.words import Words

DAY = timedelta(days=1)
MAX_FORESEEN = 200
"""Deliveries whose order `line_up` predicts; behind them, each source's own order is enough."""
_NEVER_SERVED = datetime.min.replace(tzinfo=UTC)


def lookback(config: Config) -> timedelta:
    """How far back pace and budgets look at earlier posts."""
    spans = [source.budget.span for source in config.sources.values() if source.budget]
    return max([DAY, *spans])


def due_deliveries(waiting: Sequence[Delivery], config: Config, now: datetime) -> list[Delivery]:
    """The deliveries that are due and belong to an enabled source.

    A delivery that was never postponed is due even where its instant lies in the future, because
    the clock was set back since: otherwise later ones would overtake it.
    """
    sources = config.sources
    return [
        delivery
        for delivery in waiting
        if delivery.due <= max(now, delivery.queued_at)
        and delivery.source in sources
        and sources[delivery.source].enabled
    ]


def next_delivery(
    waiting: Sequence[Delivery],
    config: Config,
    account: AccountSettings,
    sent: Sequence[SentPost],
    now: datetime,
) -> Delivery | None:
    """The delivery that may go out now; None when pace, quiet hours or budgets forbid any.

    `waiting` are in the order of their ids, in which they were queued. They go out in that order
    as long as all of them may; where some must wait, sources take turns. A delivery that was
    attempted and not found goes first, since it is older. An edit needs no budget: it is no
    additional post. A post with generated text waits while the account has too many of them.
    """
    allowed = pacing.posts_allowed(now, account.pace, [post.at for post in sent])
    if allowed <= 0:
        return None
    due = due_deliveries(waiting, config, now)
    exhausted = _exhausted({delivery.source for delivery in due}, config, sent, now)
    affordable = [
        delivery
        for delivery in due
        if delivery.source not in exhausted or delivery.post.action == "edit"
    ]
    if any(delivery.post.is_generated for delivery in affordable):
        slot = pacing.generated_slot(now, account.most_generated, sent)
        affordable = [each for each in affordable if slot <= now or not counts_as_generated(each)]
    repeats = [delivery for delivery in affordable if delivery.failed_lookups]
    if repeats:
        return repeats[0]
    served_at = {}
    if allowed < len(affordable):
        served_at = {post.source: post.at for post in sorted(sent, key=lambda post: post.at)}
    return next_in_turn(affordable, config, served_at)


def counts_as_generated(delivery: Delivery) -> bool:
    """Whether it counts for the account's share of generated posts: as the first of a thread."""
    post = delivery.post
    return post.is_generated and post.part == 1 and post.action != "edit"


def next_in_turn(
    due: Sequence[Delivery], config: Config, served_at: Mapping[str, datetime]
) -> Delivery | None:
    """The delivery of the source that was served longest ago; None when nothing is due.

    Each source puts forward its oldest, or with `order = "score"` the oldest of its best. Of
    sources served at the same time (`served_at`, by source), the delivery queued first wins.
    """

    def rank(delivery: Delivery) -> tuple[float, int]:
        by_score = config.sources[delivery.source].order == "score"
        return -(delivery.score or 0.0) if by_score else 0.0, delivery.id

    heads: dict[str, Delivery] = {}
    for delivery in sorted(due, key=rank):
        heads.setdefault(delivery.source, delivery)
    return min(
        heads.values(),
        key=lambda head: (served_at.get(head.source, _NEVER_SERVED), head.id),
        default=None,
    )


def expected_order(
    waiting: Sequence[Delivery],
    config: Config,
    account: AccountSettings,
    sent: Sequence[SentPost],
    now: datetime,
) -> list[Delivery]:
    """The deliveries in the order they will go out, as far as it can be predicted.

    First what may go out now, as `choose` picks it; then what must wait, each source's own in
    the order of that source.
    """
    left, past = list(waiting), list(sent)
    predicted: list[Delivery] = []
    while len(predicted) < MAX_FORESEEN:
        delivery = next_delivery(left, config, account, past, now)
        if delivery is None:
            break
        left.remove(delivery)
        predicted.append(delivery)
        if delivery.post.action != "edit":
            past.append(SentPost(now, delivery.source, counts_as_generated(delivery)))
    return predicted + _best_first(left, config)


def too_old_reason(delivery: Delivery, config: Config, pace: PaceSettings, now: datetime) -> str:
    """Why the entry is too old to be posted now, or "".

    Time spent waiting in quiet hours, or for a digest, does not count. Only the parts of a digest
    are judged, when it is made. An edit is never too old, since its post is already published, and
    neither is the rest of a thread, nor what the admin asked for.
    """
    post = delivery.post
    is_ageless = post.is_bundle or post.is_requested or post.action == "edit" or post.part > 1
    if delivery.published_at is None or is_ageless:
        return ""
    source = config.sources[delivery.source]
    queued_at = delivery.queued_at
    digest_at = max(queued_at, min(delivery.due, now)) if source.digest else queued_at
    waited = digest_at - queued_at + pacing.quiet_time(digest_at, now, pace)
    if now - delivery.published_at - waited <= source.filter.max_age:
        return ""
    published = f"{delivery.published_at:%Y-%m-%d %H:%M}"
    return Words(
        "max_age: published {published} UTC, too old when its turn came", published=published
    )


def superseded_reason(delivery: Delivery, waiting: Sequence[Delivery]) -> str:
    """Why an edit need not be made, or "": a newer edit of the same post waits as well."""
    if delivery.post.action != "edit":
        return ""
    edited_post = delivery.account, delivery.post.uri
    edits = (
        other.id
        for other in waiting
        if other.post.action == "edit" and (other.account, other.post.uri) == edited_post
    )
    newest = max(edits, default=delivery.id)
    return (
        Words("edit: the newer edit {newest} takes its place", newest=newest)
        if newest > delivery.id
        else ""
    )


def _best_first(waiting: Sequence[Delivery], config: Config) -> list[Delivery]:
    """The deliveries with the best first in the positions of each source with `order = "score"`."""
    by_source: dict[str, list[Delivery]] = {}
    for delivery in waiting:
        by_source.setdefault(delivery.source, []).append(delivery)
    for name, own in by_source.items():
        if config.sources[name].order == "score":
            own.sort(key=lambda delivery: -(delivery.score or 0.0))
    in_order = {name: iter(own) for name, own in by_source.items()}
    return [next(in_order[delivery.source]) for delivery in waiting]


def _exhausted(
    sources: Collection[str], config: Config, sent: Sequence[SentPost], now: datetime
) -> set[str]:
    """Those of the sources whose budget allows no more posts now."""
    exhausted = set()
    for name in sources:
        budget = config.sources[name].budget
        sent_at = [post.at for post in sent if post.source == name] if budget else []
        if pacing.budget_slot(now, budget, sent_at) > now:
            exhausted.add(name)
    return exhausted

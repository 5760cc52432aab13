"""From a batch to intents: which entries are new, which go where, with which text, and why not."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from reblogbot import compose, filters, identity
from reblogbot.config.settings import AccountSettings, SourceSettings
from reblogbot.errors import ReblogbotError
from reblogbot.model import (
    Batch,
    Candidate,
    Entry,
    Intent,
    Limits,
    Past,
    Plan,
    Post,
    Refusal,
    State,
)

# fewer entries than this may well all be new at once without anything being wrong
WHOLESALE = 5


@dataclass(frozen=True, slots=True)
class Route:
    """Source → account. `learnt` tells whether the source was ever read for this account."""

    account: AccountSettings
    limits: Limits
    learnt: bool


def candidates(source: str, batch: Batch) -> tuple[Candidate, ...]:
    """The batch's entries with their keys, oldest first, each once."""
    taken: set[bytes] = set()
    kept = []
    for entry in oldest_first(batch.entries):
        keys = identity.keys(entry)
        if taken.isdisjoint(keys):
            kept.append(Candidate(entry, keys, identity.published_keys(entry, source)))
        taken.update(keys)
    return tuple(kept)


def oldest_first(entries: Sequence[Entry]) -> list[Entry]:
    """The entries by date; a dateless one stays beside its neighbour.

    Sources show the newest first, so what dates do not tell, the reversed order does.
    """
    dates = [entry.published_at for entry in entries]
    for index, date in enumerate(dates):
        if date is None and index:
            dates[index] = dates[index - 1]
    for index in range(len(dates) - 2, -1, -1):
        if dates[index] is None:
            dates[index] = dates[index + 1]
    dated = list(zip(dates, entries, strict=True))[::-1]
    if any(date is not None for date in dates):
        dated.sort(key=lambda pair: pair[0].timestamp() if pair[0] else 0.0)
    return [entry for _, entry in dated]


def plan(
    settings: SourceSettings,
    batch: Batch,
    found: Sequence[Candidate],
    routes: Sequence[Route],
    past: Past,
    now: datetime,
) -> Plan:
    """What is to be remembered, queued and refused of a batch; pure, so `preview` is `sync`."""
    new = tuple(one for one in found if _unseen(one, past.seen))
    storm = _storm(settings, found, new, past)
    intents: list[Intent] = []
    refusals: list[Refusal] = []
    for route in routes:
        chosen = new if route.learnt else found
        first = frozenset() if route.learnt else _beyond_first(settings, found)
        published = set((past.published or {}).get(route.account.name, ()))
        title = settings.title or batch.title or settings.name
        for one in chosen:
            reason = _refusal(one, settings, published, now, first)
            if reason:
                refusals.append(Refusal(one, route.account.name, reason))
                continue
            try:
                post = render(one.entry, settings, route, title, batch.language)
            except ReblogbotError as error:
                # a template that breaks on one entry must not stop the others
                refusals.append(Refusal(one, route.account.name, f"{error.slug}: {error.message}"))
                continue
            published.update(one.published_keys)
            held = (storm if route.learnt else "") or ("review" if settings.review else "")
            state = State.HELD if held else State.QUEUED
            intents.append(Intent(one, route.account.name, post, state, held))
    order = {id(one): number for number, one in enumerate(found)}
    intents.sort(key=lambda intent: order[id(intent.candidate)])
    return Plan(tuple(found), new, tuple(intents), tuple(refusals), storm)


def render(entry: Entry, settings: SourceSettings, route: Route, title: str, language: str) -> Post:
    """The post as it will be sent: text, and the status it boosts or quotes if it does."""
    post = compose.compose(
        entry,
        settings,
        route.account,
        route.limits,
        source_title=title,
        feed_language=language,
    )
    action = compose.action_of(entry, settings)
    return post if action == "post" else replace(post, action=action, uri=entry.uri or entry.link)


def _unseen(one: Candidate, seen: Collection[bytes]) -> bool:
    return all(key not in seen for key in one.keys)


def _beyond_first(settings: SourceSettings, found: Sequence[Candidate]) -> frozenset[int]:
    """The entries, by id(), that `first` keeps from being posted at first sight."""
    if settings.first == "all":
        return frozenset()
    newest = 0 if settings.first == "none" else settings.first
    return frozenset(id(one) for one in found[: max(0, len(found) - newest)])


def _refusal(
    one: Candidate,
    settings: SourceSettings,
    published: Collection[bytes],
    now: datetime,
    first: Collection[int],
) -> str:
    if id(one) in first:
        return "first_sight"
    if any(key in published for key in one.published_keys):
        return "duplicate: this account has published or queued it already"
    return filters.refusal(one.entry, settings, now)


def _storm(
    settings: SourceSettings,
    found: Sequence[Candidate],
    new: Sequence[Candidate],
    past: Past,
) -> str:
    if past.last_batch_at is None:
        return ""
    if len(new) > settings.max_per_poll:
        return f"storm: {len(new)} new entries in one poll, max_per_poll = {settings.max_per_poll}"
    changed = len(new) == len(found) and len(new) >= WHOLESALE
    if changed and (past.address_changed or _are_old(new, past.last_batch_at)):
        return f"storm: all {len(new)} entries changed at once"
    return ""


def _are_old(new: Sequence[Candidate], since: datetime) -> bool:
    """Whether any was there before the last poll, or may have been: old entries under new ids.

    What was all published since then is just news.
    """
    dates = [one.entry.published_at for one in new]
    return any(date is None or date <= since for date in dates)

"""What another bot has posted of a feed, and what is left to post after a move from it; pure.

Other bots remember less than we do (ADR 0043): the ids or links of some posts, or only the date of
the newest one. What they may have posted, or passed over, is taken for known.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Literal

from reblogbot.core import identity, recognition
from reblogbot.core.identity.page_link import page_link
from reblogbot.core.planning import MAX_RECORDED
from reblogbot.model import Candidate, Entry, Plan, Refusal
from reblogbot.model.history import SourceHistory
from reblogbot.words import Words

Verdict = Literal["posted", "old", "new"]
"""`posted`: the bot remembers it. `old`: the bot passed it over, or may have forgotten it."""


@dataclass(frozen=True, slots=True)
class BotMemory:
    """What a bot remembers at `last_run`.

    `values` are ids, links or titles of what it posted, as it wrote them. With `is_dated_only` the
    bot has posted everything up to `last_run`, and nothing after it but `values`. Else it
    remembers each post, by its link or (`prefers_ids`) by its id where it has one: all of them, or
    (`may_forget`) only the latest, or those of `memory_span` before its last run. Of a feed it
    looks at the `first_entries` only.
    """

    bot: str
    last_run: datetime
    values: frozenset[str] = frozenset()
    is_dated_only: bool = False
    prefers_ids: bool = False
    may_forget: bool = False
    memory_span: timedelta | None = None
    first_entries: int | None = None
    pages: frozenset[str] = field(init=False)
    """The values that are links, in the form in which all addresses of a page are equal."""

    def __post_init__(self) -> None:
        object.__setattr__(self, "pages", frozenset(filter(None, map(page_link, self.values))))

    def has(self, entry: Entry, shared_links: Collection[str] = ()) -> bool:
        """Whether the bot remembers the entry; `shared_links` are those of several entries."""
        texts = [entry.guid]
        if not (self.prefers_ids and entry.guid and entry.link in shared_links):
            texts += [entry.link, entry.redirector]
        if self.is_dated_only:
            texts.append(entry.title)
        return any(
            text in self.values or ((page := page_link(text)) and page in self.pages)
            for text in filter(None, texts)
        )


def verdicts(entries: Sequence[Entry], memory: BotMemory) -> list[Verdict]:
    """A verdict on each entry of a feed, which are in the feed's own order.

    What the bot does not remember is new if it is dated after the last run. A bot that remembers
    each post may also have missed an entry that is dated earlier, or not at all: that is new if
    the bot's next run would have posted it.
    """
    counts = Counter(entry.link for entry in entries)
    shared = {link for link, count in counts.items() if count > 1}
    is_posted = [memory.has(entry, shared) for entry in entries]
    dates = _dates(entries, is_posted, memory)
    missed = frozenset(_missed(dates, is_posted, memory))
    return [
        "posted"
        if is_known
        else "new"
        if position in missed or (date is not None and date > memory.last_run)
        else "old"
        for position, (date, is_known) in enumerate(zip(dates, is_posted, strict=True))
    ]


def _dates(
    entries: Sequence[Entry], is_posted: Sequence[bool], memory: BotMemory
) -> list[datetime | None]:
    """The dates of the entries; none of a feed that gives its old entries the present time."""
    dates = [entry.published_at for entry in entries]
    if memory.is_dated_only:
        return dates
    posted = [date for date, is_known in zip(dates, is_posted, strict=True) if date and is_known]
    later = sum(date > memory.last_run for date in posted)
    return [None] * len(dates) if later * 2 > len(posted) else dates


def _missed(
    dates: Sequence[datetime | None], is_posted: Sequence[bool], memory: BotMemory
) -> Iterator[int]:
    """The positions of entries that the bot has certainly not posted, and would have."""
    if memory.is_dated_only or True not in is_posted:
        return
    posted = [date for date, is_known in zip(dates, is_posted, strict=True) if date and is_known]
    # a bot that forgets the oldest posts first has not forgotten what is newer than all it knows
    bound = (max if memory.may_forget else min)(posted, default=None)
    forgotten_until = memory.last_run - memory.memory_span if memory.memory_span else None
    end = is_posted.index(True) if memory.may_forget else len(dates)
    for position, date in enumerate(dates[: memory.first_entries]):
        if date is None:
            is_missed = position < end
        else:
            is_forgotten = forgotten_until is not None and date <= forgotten_until
            is_missed = (bound is None or date >= bound) and not is_forgotten
        if is_missed and not is_posted[position]:
            yield position


def import_plan(
    source: str,
    candidates: Sequence[Candidate],
    new: Collection[int],
    memory: BotMemory,
    history: SourceHistory,
    accounts: Iterable[str],
) -> Plan:
    """The plan that remembers the candidates as seen, except the `new` ones, by `id()` of entry.

    Those stay unknown: the next round takes them for the news of its first poll.
    """
    known = [candidate for candidate in candidates if id(candidate.entry) not in new]
    recognised = recognition.recognise(source, known, history)
    refusals = [
        Refusal(candidate, account, _reason(candidate.entry, memory))
        for account in accounts
        for candidate in recognised.candidates[-MAX_RECORDED:]
    ]
    return Plan(
        candidates=recognised.candidates,
        refusals=tuple(refusals),
        sightings=recognised.sightings,
        habits=recognised.habits,
    )


def value_keys(value: str) -> tuple[bytes, ...]:
    """The keys under which an entry is recognised that has this id or link."""
    page = page_link(value)
    if page:
        return identity.link_key(page), identity.key("guid", page)
    return (identity.key("guid", value),)


def _reason(entry: Entry, memory: BotMemory) -> str:
    if memory.has(entry):
        return Words("imported: {bot} has posted it", bot=memory.bot)
    return Words("imported: it is not newer than the last run of {bot}", bot=memory.bot)

"""What another bot has posted of a feed, and what is left to post after a move from it; pure.

Other bots remember less than we do (ADR 0043): the ids or links of some posts, or only the date of
the newest one. What they may have posted, or passed over, is taken for known.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Literal

from reblogbot.core import identity, recognition
from reblogbot.core.identity.page_link import page_link
from reblogbot.core.planning import MAX_RECORDED
from reblogbot.model import Candidate, Entry, Plan, Refusal
from reblogbot.model.history import SourceHistory

Verdict = Literal["posted", "old", "new"]
"""`posted`: the bot remembers it. `old`: the bot passed it over, or may have forgotten it."""


@dataclass(frozen=True, slots=True)
class BotMemory:
    """What a bot remembers at `last_run`.

    `values` are ids, links or titles of what it posted, as it wrote them. With `is_dated_only` the
    bot has posted everything up to `last_run`, and nothing after it but `values`. Else it
    remembers each post: all of them, or (`may_forget`) only the latest, or those of `memory_span`
    before its last run. Of a feed it looks at the `first_entries` only.
    """

    bot: str
    last_run: datetime
    values: frozenset[str] = frozenset()
    is_dated_only: bool = False
    may_forget: bool = False
    memory_span: timedelta | None = None
    first_entries: int | None = None
    pages: frozenset[str] = field(init=False)
    """The values that are links, in the form in which all addresses of a page are equal."""

    def __post_init__(self) -> None:
        object.__setattr__(self, "pages", frozenset(filter(None, map(page_link, self.values))))

    def has(self, entry: Entry) -> bool:
        """Whether the bot remembers the entry."""
        return any(
            text in self.values or ((page := page_link(text)) and page in self.pages)
            for text in _names(entry)
        )


def verdicts(entries: Sequence[Entry], memory: BotMemory) -> list[Verdict]:
    """A verdict on each entry of a feed, which are in the feed's own order.

    What the bot does not remember is new if it is dated after the last run. A bot that remembers
    each post may also have missed an entry that is dated earlier, or not at all: that is new if
    the bot's next run would have posted it.
    """
    is_posted = [memory.has(entry) for entry in entries]
    missed = frozenset(_missed(entries, is_posted, memory))
    return [
        "posted"
        if is_posted[position]
        else "new"
        if position in missed or (entry.published_at and entry.published_at > memory.last_run)
        else "old"
        for position, entry in enumerate(entries)
    ]


def _missed(
    entries: Sequence[Entry], is_posted: Sequence[bool], memory: BotMemory
) -> Iterator[int]:
    """The positions of entries that the bot has certainly not posted, and would have."""
    if memory.is_dated_only or True not in is_posted:
        return
    posted = [entry for entry, is_known in zip(entries, is_posted, strict=True) if is_known]
    dates = [entry.published_at for entry in posted if entry.published_at]
    # a bot that forgets the oldest posts first has not forgotten what is newer than all it knows
    bound = (max if memory.may_forget else min)(dates, default=None)
    forgotten_until = memory.last_run - memory.memory_span if memory.memory_span else None
    end = is_posted.index(True) if memory.may_forget else len(entries)
    for position, entry in enumerate(entries[: memory.first_entries]):
        date = entry.published_at
        if date is None:
            is_missed = position < end
        else:
            is_forgotten = forgotten_until is not None and date <= forgotten_until
            is_missed = (bound is None or date >= bound) and not is_forgotten
        if is_missed and not is_posted[position]:
            yield position


def _names(entry: Entry) -> Iterator[str]:
    """The fields of an entry that a bot may have written down."""
    return filter(None, dict.fromkeys((entry.guid, entry.link, entry.redirector, entry.title)))


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
        return f"imported: {memory.bot} has posted it"
    return f"imported: it is not newer than the last run of {memory.bot}"

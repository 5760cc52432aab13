"""Feeds with the habits of real ones, and a bot that reads them poll by poll, all in memory."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta

from hypothesis import strategies as st

from reblogbot.config.settings import AccountSettings, SourceSettings
from reblogbot.core import drafting, planning, recognition
from reblogbot.model import Batch, Candidate, Entry, Plan, ServerLimits, SourceHabits, SourceHistory

START = datetime(2026, 11, 22, 12, 7, 31, tzinfo=UTC)
STEP = timedelta(minutes=15)
ACCOUNT = "news"


@dataclass(frozen=True)
class Style:
    """How a feed writes its entries."""

    site: str = "site.example"
    link: str = "own"
    id: str = "own"
    is_dated: bool = True
    has_text: bool = False
    has_own_titles: bool = True
    window: int = 6


LINKS = (
    "own", "home", "fragment", "query", "session", "token", "www", "slash", "amp", "counted", "none"
)  # fmt: skip
IDS = ("none", "own", "link", "place", "constant", "random", "permalink")


def is_distinguishable(style: Style) -> bool:
    """Whether a reader could tell the entries apart, and recognise each later."""
    has_own_id = style.id in ("own", "permalink")
    if style.link == "home" and style.window == 1 and not has_own_id:
        # it may as well be one entry that is edited
        return False
    has_own_link = style.link not in ("home", "none", "token")
    if not style.has_own_titles:
        # without titles only dates, ids and links distinguish the entries
        stable = style.link in ("own", "fragment", "query", "www", "slash", "amp", "counted")
        return style.is_dated and (has_own_id or (stable and style.id in ("none", "link")))
    return has_own_id or has_own_link or style.has_own_titles


styles = st.builds(
    Style,
    link=st.sampled_from(LINKS),
    id=st.sampled_from(IDS),
    is_dated=st.booleans(),
    has_text=st.booleans(),
    has_own_titles=st.booleans(),
    window=st.integers(1, 6),
).filter(is_distinguishable)


def every_style() -> dict[str, Style]:
    """A style of each link and each id, by a name."""
    pairs = [(link, "link" if link in ("fragment", "session") else "none") for link in LINKS]
    pairs += [("own", id_) for id_ in IDS] + [("home", "own"), ("home", "place")]
    named = {
        f"{link}-{id_}-{'dated' if is_dated else 'dateless'}": Style(
            f"{link}-{id_}-{is_dated}.example".lower(), link, id_, is_dated, has_text=True
        )
        for link, id_ in pairs
        for is_dated in (True, False)
    }
    return {name: style for name, style in named.items() if is_distinguishable(style)}


@dataclass(frozen=True)
class News:
    """Something that happened: entry `number` of a site, published at `at`."""

    number: int
    at: datetime


def written(news: News, style: Style, poll: int, position: int) -> Entry:
    """The entry as a feed of this style writes it at this poll, at this position from the end."""
    link = _link(news, style, poll)
    return Entry(
        title=f"Story {news.number} of the day" if style.has_own_titles else "Daily news",
        link=link if style.link != "counted" else f"https://count.{style.site}/{news.number}",
        guid=_guid(news, style, poll, position, link),
        is_permalink=style.id == "permalink",
        summary=f"What happened: {news.number * 7919}" if style.has_text else "",
        published_at=news.at if style.is_dated else None,
    )


def _link(news: News, style: Style, poll: int) -> str:
    base = f"https://{style.site}"
    return {
        "own": f"{base}/a/{news.number}",
        "home": f"{base}/",
        "fragment": f"{base}/changes#v{news.number}",
        "query": f"{base}/view?id={news.number}&lang=en",
        "session": f"{base}/view?t={news.number}&sid=x{poll}y",
        "token": f"https://cdn.{style.site}/{news.number}.mp3?time={poll}&hash={poll}{news.number}",
        "www": f"https://{'www.' * (poll % 2)}{style.site}/a/{news.number}",
        "slash": f"{base}/a/{news.number}{'/' * (poll % 2)}",
        "amp": f"{base}/a/{news.number}{'/amp' * (poll % 2)}",
        "counted": f"{base}/a/{news.number}",
        "none": "",
    }[style.link]


def _guid(news: News, style: Style, poll: int, position: int, link: str) -> str:
    return {
        "none": "",
        "own": f"id-{news.number}",
        "link": link,
        "place": str(position),
        "constant": "0",
        "random": f"{poll}-{news.number * 31}",
        "permalink": f"https://{style.site}/a/{news.number}",
    }[style.id]


def batch(news_items: Iterable[News], style: Style, poll: int) -> Batch:
    """The batch of a feed: the newest first, as many as its window holds."""
    newest = sorted(news_items, key=lambda news: -news.number)[: style.window]
    return Batch(
        tuple(written(news, style, poll, position) for position, news in enumerate(newest)),
    )


@dataclass
class Bot:
    """Reads batches as the program does, with a store of dictionaries."""

    first: str = "none"
    seen: dict[str, dict[bytes, bytes | None]] = field(default_factory=dict)
    published: set[bytes] = field(default_factory=set)
    habits: dict[str, SourceHabits] = field(default_factory=dict)
    last: dict[str, datetime] = field(default_factory=dict)
    posted: list[Entry] = field(default_factory=list)

    def poll(self, source: str, batch: Batch, now: datetime) -> list[Entry]:
        """Read a batch and return the entries that are posted, in order."""
        habits = self.habits.get(source, SourceHabits())
        candidates = recognition.candidates(source, batch, habits)
        seen = self.seen.setdefault(source, {})
        lookups = {key for candidate in candidates for key in candidate.lookups}
        published_lookups = {key for candidate in candidates for key in candidate.published_lookups}
        history = SourceHistory(
            {key: seen[key] for key in lookups & seen.keys()},
            {ACCOUNT: published_lookups & self.published},
            self.last.get(source),
            is_blank=not seen,
            habits=habits,
        )
        plan = planned(source, batch, candidates, history, now, learnt=source in self.last)
        seen |= plan.sightings
        self.habits[source] = plan.habits
        self.last[source] = now
        posts = [intent.candidate.entry for intent in plan.intents]
        for intent in plan.intents:
            assert self.published.isdisjoint(intent.keys)
            self.published.update(intent.keys)
        self.posted += posts
        return posts


def source_settings(source: str) -> SourceSettings:
    return SourceSettings(name=source, kind="feed", to=(ACCOUNT,), max_per_poll=1000)


def planned(
    source: str,
    batch: Batch,
    candidates: Sequence[Candidate],
    history: SourceHistory,
    now: datetime,
    *,
    learnt: bool,
) -> Plan:
    """The plan for a batch and the one account, its drafts composed in this process."""
    settings = source_settings(source)
    account = AccountSettings(name=ACCOUNT, server="https://social.example", token_env="X")
    routes = [planning.AccountRoute(account, learnt)]
    recognised = recognition.recognise(source, candidates, history)
    choice = planning.select_entries(settings, recognised, routes, history)
    positions = choice.by_account[ACCOUNT].chosen
    job = drafting.draft_job(settings, account, ServerLimits(), batch, now)
    entries = tuple(recognised.candidates[position].entry for position in positions)
    drafts = drafting.drafts(replace(job, entries=entries))
    by_position = {ACCOUNT: dict(zip(positions, drafts, strict=True))}
    return planning.plan(settings, recognised, routes, history, choice, by_position, now)

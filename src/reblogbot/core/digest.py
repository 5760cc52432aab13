"""Digests: when a day's posts go out together, and how they are joined; pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from reblogbot.config.settings import SourceSettings
from reblogbot.core.text.measure import length
from reblogbot.model import Article, Block, Post, ServerLimits, Span


@dataclass(frozen=True, slots=True)
class Bundle:
    """One post of a digest, and how many of the consecutive posts it contains."""

    post: Post
    count: int


def next_time(settings: SourceSettings, now: datetime) -> datetime | None:
    """When the source's digest goes out next, aware UTC; None for a source without one."""
    if settings.digest is None:
        return None
    zone = ZoneInfo(settings.timezone)
    day = now.astimezone(zone).date()
    for ahead in range(3):
        local = datetime.combine(day + timedelta(days=ahead), settings.digest, zone)
        instant = local.astimezone(UTC)
        if instant > now:
            return instant
    return now + timedelta(days=1)


def heading(title: str, settings: SourceSettings, now: datetime) -> str:
    """The first line of a digest: the source's title and the date in its timezone."""
    return f"{title} · {now.astimezone(ZoneInfo(settings.timezone)):%Y-%m-%d}"


def bundles(posts: Sequence[Post], limits: ServerLimits, title: str) -> list[Bundle]:
    """The posts joined into as few as possible, in order, each within the server's limit.

    The first begins with `title`. A post that exceeds the limit together with the title stays as
    it was rendered.
    """
    joined: list[Bundle] = []
    group: list[Post] = []
    for post in posts:
        longer = _joined([*group, post], limits, "" if joined else title)
        if group and longer.length > limits.characters:
            joined.append(Bundle(_joined(group, limits, "" if joined else title), len(group)))
            group = []
        group.append(post)
    if group:
        joined.append(Bundle(_joined(group, limits, "" if joined else title), len(group)))
    return joined


def _joined(group: Sequence[Post], limits: ServerLimits, title: str) -> Post:
    text = "\n\n".join([*([title] if title else []), *(post.text for post in group)])
    spoiler = next((post.spoiler for post in group if post.spoiler), "")
    text_length = length(text, limits, spoiler)
    if len(group) == 1 and text_length > limits.characters:
        text, text_length = group[0].text, group[0].length
    return replace(
        group[0],
        text=text,
        article=_article(group, title),
        is_generated=any(post.is_generated for post in group),
        spoiler=spoiler,
        length=text_length,
        limit=limits.characters,
        shorter="",
        is_bundle=True,
    )


def _article(group: Sequence[Post], title: str) -> Article | None:
    """The articles of the posts as one, each under its title; None where posts have no titles."""
    articles = [post.article for post in group if post.article is not None]
    if not articles:
        return None
    if not title:
        title, *_ = (article.title for article in articles)
    body: list[Block] = []
    for article in articles:
        if article.title != title:
            body.append(Block("heading", (Span(article.title),)))
        body += article.body
    tags = dict.fromkeys(tag for article in articles for tag in article.tags)
    return Article(title, tuple(body), tuple(tags))

"""One post a day: when it goes out, and how many entries become one text; pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from reblogbot.config.settings import SourceSettings
from reblogbot.core.text import length
from reblogbot.model import Limits, Post


@dataclass(frozen=True, slots=True)
class Bundle:
    """One post of a digest, and how many posts in a row it stands for."""

    post: Post
    count: int


def next_time(settings: SourceSettings, now: datetime) -> datetime | None:
    """When the source's digest goes out next, aware UTC; None for a source without one."""
    if settings.digest is None:
        return None
    zone = ZoneInfo(settings.timezone)
    day = now.astimezone(zone).date()
    for ahead in range(3):
        wall = datetime.combine(day + timedelta(days=ahead), settings.digest, zone)
        instant = wall.astimezone(UTC)
        if instant > now:
            return instant
    return now + timedelta(days=1)


def heading(title: str, settings: SourceSettings, now: datetime) -> str:
    """The first line of a digest: the source's title and the day in its zone."""
    return f"{title} · {now.astimezone(ZoneInfo(settings.timezone)):%Y-%m-%d}"


def bundles(posts: Sequence[Post], limits: Limits, title: str) -> list[Bundle]:
    """These posts as few as hold them all, in order, each within the server's limit.

    The first opens with `title`. One that fills a post by itself stays as it was rendered.
    """
    made: list[Bundle] = []
    group: list[Post] = []
    for post in posts:
        grown = _joined([*group, post], limits, "" if made else title)
        if group and grown.length > limits.characters:
            made.append(Bundle(_joined(group, limits, "" if made else title), len(group)))
            group = []
        group.append(post)
    if group:
        made.append(Bundle(_joined(group, limits, "" if made else title), len(group)))
    return made


def _joined(group: Sequence[Post], limits: Limits, title: str) -> Post:
    text = "\n\n".join([*([title] if title else []), *(post.text for post in group)])
    spoiler = next((post.spoiler for post in group if post.spoiler), "")
    size = length(text, limits, spoiler)
    alone = len(group) == 1 and size > limits.characters
    if alone:
        text, size = group[0].text, group[0].length
    return replace(
        group[0],
        text=text,
        spoiler=spoiler,
        length=size,
        limit=limits.characters,
        shorter="",
        is_bundle=True,
    )

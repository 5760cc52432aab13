"""feediverse: a config in YAML, into which it writes the date of the newest entry it has posted."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, date, datetime, time
from pathlib import Path
from typing import Any

from reblogbot.admin.other_bots.format_strings import jinja_template
from reblogbot.admin.other_bots.old_bot import (
    MAX_VALUE,
    OldBot,
    SourceKeys,
    Table,
    listed_feeds,
    read_config_text,
    unreadable,
)
from reblogbot.core.importing import BotMemory
from reblogbot.sources.shared import dates

_NAMES = {
    "title": "title",
    "url": "link",
    "link": "link",
    "summary": "summary",
    "content": "summary",
    # hashtags are added by the key `hashtags`
    "hashtags": "",
}
_MAX_IMAGES = 4
_MAX_REMEMBERED = 1000
_FIRST_DAY = datetime(1990, 1, 1, tzinfo=UTC)
"""The web is no older: an earlier date is feediverse's own for "never"."""


def read_feediverse(path: Path) -> OldBot:
    """The bot of a config such as `~/.feediverse`. Raises ConfigError."""
    config = _yaml(path, read_config_text(path))
    feeds = config.get("feeds")
    if not isinstance(feeds, list):
        raise unreadable(path, "has no list `feeds`; is it a config of feediverse?")
    listed, untaken = listed_feeds(path, _feeds(path, feeds))
    return OldBot(
        "feediverse", _text(config.get("url", "")), listed, _memory(path, config), (*untaken,)
    )


def _yaml(path: Path, text: str) -> Table:
    import yaml  # noqa: PLC0415  which no other command needs

    try:
        config = yaml.safe_load(text)
    except (yaml.YAMLError, ValueError, RecursionError) as error:
        # without the faulty line, which may hold a token
        mark = getattr(error, "problem_mark", None)
        where = f", see line {mark.line + 1}" if mark else ""
        raise unreadable(path, f"is not valid YAML{where}") from error
    if not isinstance(config, dict):
        raise unreadable(path, "is no config of feediverse")
    return config


def _feeds(path: Path, feeds: list[Any]) -> Iterator[tuple[str, str, SourceKeys]]:
    for feed in feeds:
        if not isinstance(feed, dict) or not isinstance(feed.get("url"), str):
            raise unreadable(path, "has a feed without a `url`")
        keys = SourceKeys(feed["url"])
        written = _text(feed.get("template", ""))
        template, fault = jinja_template(written, _NAMES)
        keys.set_template("template", template, fault)
        if "{hashtags}" not in written:
            keys.keys["hashtags"] = 0
        if feed.get("include_images"):
            keys.keys["media"] = _MAX_IMAGES
        yield "", feed["url"], keys


def _memory(path: Path, config: Table) -> BotMemory | None:
    """What it remembers: all feeds together have one date, and `--dedupe` keeps a few texts."""
    written = config.get("updated")
    if written is None:
        return None
    newest = _instant(written)
    if newest is None:
        raise unreadable(path, "has no date in `updated`")
    if newest < _FIRST_DAY:
        # it has run, but its feeds were empty
        return None
    texts = config.get("dupecheck") or ()
    remembered = texts[:_MAX_REMEMBERED] if isinstance(texts, list) else ()
    values = frozenset(_text(value)[:MAX_VALUE] for value in remembered) - {""}
    return BotMemory("feediverse", newest, values, is_dated_only=True)


def _text(value: object) -> str:
    """A plain value as text, "" for a list or a table, in which aliases may repeat without end."""
    return "" if isinstance(value, list | dict | set | tuple) else str(value or "")


def _instant(written: object) -> datetime | None:
    """The instant of a date; YAML reads one that is written without quotes."""
    if isinstance(written, date) and not isinstance(written, datetime):
        return datetime.combine(written, time(), UTC)
    text = _text(written)[:100]
    try:
        instant = written if isinstance(written, datetime) else datetime.fromisoformat(text)
        return instant.astimezone(UTC) if instant.tzinfo else instant.replace(tzinfo=UTC)
    except ValueError:
        return dates.parse(text, zone=UTC, now=datetime.now(UTC))
    except OverflowError:
        # in the year 1 or 9999, where it is another one in UTC
        return None

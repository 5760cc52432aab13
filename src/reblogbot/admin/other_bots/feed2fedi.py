"""feed2fedi: a config in JSON, and an SQLite file with the links of what it has posted."""

from __future__ import annotations

import json
import re
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from reblogbot.admin.other_bots.format_strings import jinja_literal, jinja_template
from reblogbot.admin.other_bots.old_bot import (
    MAX_MEMORY_BYTES,
    MAX_VALUE,
    MAX_VALUES,
    OldBot,
    SourceKeys,
    Table,
    listed_feeds,
    memory_file,
    read_config_text,
    unreadable,
)
from reblogbot.config.values import Pattern, read_duration
from reblogbot.core.importing import BotMemory

_NAMES = {
    "title": "title",
    "link": "link",
    "author": "author",
    "published": "published",
    "content_html": "summary",
    "content_markdown": "summary",
    "content_plaintext": "summary",
}
_CONDITIONAL = re.compile(r"\{(?:\[([^\]]*)\])?(\w+)(?:\[([^\]]*)\])?\}")
_MAX_IMAGES = 4
_DAYS_KEPT = 30
_MOST_DAYS = 36_500
_LONGEST_QUERY = 20_000_000
"""Instructions of SQLite; enough to read a table of MAX_VALUES rows."""
_ISO_SPAN = re.compile(
    r"P(?:(\d{1,4})W)?(?:(\d{1,5})D)?(?:T(?:(\d{1,5})H)?(?:(\d{1,6})M)?(?:(\d{1,7})S)?)?"
)
_SPAN_UNITS = ("weeks", "days", "hours", "minutes", "seconds")
_UNTAKEN = {
    "max_posts": "use `budget` or `max_per_poll`",
    "schedule_duration_delay": "use the account's `pace`",
    "tag_mappings": "templates have fixed names",
}


def read_feed2fedi(path: Path) -> OldBot:
    """The bot of a `config.json`, or of a folder with one. Raises ConfigError."""
    path = path / "config.json" if path.is_dir() else path
    config = _json(path)
    feeds = config.get("feeds")
    if not isinstance(feeds, list):
        raise unreadable(path, "has no list `feeds`; is it a config of feed2fedi?")
    listed, untaken = listed_feeds(path, _feeds(path, config, feeds))
    server = str(config.get("fedi_instance", ""))
    return OldBot("feed2fedi", server, listed, _memory(path, config), tuple(untaken))


def _json(path: Path) -> Table:
    text = read_config_text(path)
    try:
        config = json.loads(text)
    except (ValueError, RecursionError) as error:
        hint = " (versions before 3 wrote INI: let the present one convert it)" * (
            "[" in text[:500]
        )
        raise unreadable(path, f"is not valid JSON{hint}") from error
    if not isinstance(config, dict):
        raise unreadable(path, "is no config of feed2fedi")
    return config


def _feeds(path: Path, config: Table, feeds: list[Any]) -> Iterator[tuple[str, str, SourceKeys]]:
    for feed in feeds:
        if not isinstance(feed, dict) or not isinstance(feed.get("url"), str):
            raise unreadable(path, "has a feed without a `url`")
        keys = SourceKeys(feed["url"])
        template, fault = _template(config, feed)
        keys.set_template("post_template", template, fault)
        keys.set_visibility("bot_post_visibility", str(config.get("bot_post_visibility", "public")))
        # it makes no hashtags of categories
        keys.keys["hashtags"] = 0
        images = feed.get("max_attachments", _MAX_IMAGES)
        if config.get("bot_post_media"):
            keys.keys["media"] = (
                min(images, _MAX_IMAGES) if isinstance(images, int) else _MAX_IMAGES
            )
        _set_max_age(keys, feed.get("max_age"))
        filters = feed.get("filters")
        for each in filters if isinstance(filters, list) else ():
            _set_filter(keys, each)
        for setting, reason in _UNTAKEN.items():
            if feed.get(setting) or (setting != "max_posts" and config.get(f"bot_{setting}")):
                keys.omit(setting, reason)
        yield "", feed["url"], keys


def _template(config: Table, feed: Table) -> tuple[str, str]:
    """The template with its prefix and conditions, and why there is none."""
    written = str(feed.get("post_template") or config.get("bot_post_template") or "")
    written = written.replace("\\n", "\n")
    parts: list[str] = []
    end = 0
    for match in _CONDITIONAL.finditer(written[:5000]):
        before, field, after = match.groups()
        if before is None and after is None:
            continue
        name = _NAMES.get(field, "")
        if not name:
            return "", f"no name of a template stands for {{{field[:40]}}}"
        printed = f"{jinja_literal(before or '')}{{{{ {name} }}}}{jinja_literal(after or '')}"
        plain, fault = _plain(written[end : match.start()])
        if fault:
            return "", fault
        parts += [plain, f"{{% if {name} %}}{printed}{{% endif %}}"]
        end = match.end()
    plain, fault = jinja_template(written[end:], _NAMES) if not parts else _plain(written[end:])
    prefix = f"{jinja_literal(str(feed['prefix']))} - " if feed.get("prefix") else ""
    return prefix + "".join([*parts, plain]), fault


def _plain(written: str) -> tuple[str, str]:
    """A piece of a template, which need not name anything, with the spaces around it."""
    marked, fault = jinja_template(f"{{title}}\x01{written}\x01{{title}}", _NAMES)
    return (marked.split("\x01")[1] if not fault else ""), fault


def _set_max_age(keys: SourceKeys, written: object) -> None:
    if not written:
        return
    match = _ISO_SPAN.fullmatch(str(written))
    parts = [int(part or 0) for part in match.groups()] if match else []
    span = timedelta(**dict(zip(_SPAN_UNITS, parts, strict=True))) if parts else timedelta()
    age = f"{int(span.total_seconds())}s"
    try:
        read_duration(age)
    except ValueError:
        keys.omit("max_age", "it is not such a duration as PT12H or P7D; 7 days are used")
        return
    keys.keys.setdefault("filter", {})["max_age"] = age


def _set_filter(keys: SourceKeys, written: object) -> None:
    """Set a filter that drops entries, or a content warning.

    Its regexes must match the summary from its start. Ours are searched in a text with title and
    summary on lines of their own.
    """
    table = written if isinstance(written, dict) else {}
    check, action, warning = (table.get(key) for key in ("check", "action", "action_params"))
    if "none" in (check, action) or None in (check, action):
        return
    regex = f"/^(?:{table.get('check_params')})/ms"
    is_warning = action == "mark_cw" and isinstance(warning, str) and bool(warning)
    try:
        Pattern.parse(regex)
    except ValueError as error:
        keys.omit("filters", f"its regex cannot be used: {error}")
        return
    if check == "regex" and action == "drop":
        keys.add_filter("exclude", [regex])
    elif check == "regex" and is_warning:
        keys.keys.setdefault("spoiler_rules", []).append([regex, warning])
    elif check == "any" and is_warning:
        keys.keys["spoiler"] = warning
    else:
        keys.omit("filters", f"the action {str(action)[:40]} has no equivalent")


# what it remembers


def _memory(path: Path, config: Table) -> BotMemory | None:
    """Its memory: each link it has posted, filtered or failed with, for `cache_max_age` days."""
    written = str(config.get("cache_db_path") or "./cache.sqlite")
    file = memory_file(path, "cache_db_path", written)
    if file.stat().st_size > MAX_MEMORY_BYTES:
        raise unreadable(file, f"is larger than {MAX_MEMORY_BYTES // 1_000_000} MB")
    rows = _rows(file)
    if not rows:
        return None
    days = config.get("cache_max_age")
    kept = days if isinstance(days, int) and 0 < days < _MOST_DAYS else _DAYS_KEPT
    last = datetime.fromtimestamp(max(stamp for _, stamp in rows), UTC)
    return BotMemory(
        "feed2fedi",
        last,
        frozenset(link[:MAX_VALUE] for link, _ in rows),
        memory_span=timedelta(days=kept),
    )


def _rows(file: Path) -> list[tuple[str, float]]:
    """The links and the times of their posts. Raises ConfigError."""
    uri = f"{file.resolve().as_uri()}?mode=ro"
    try:
        with closing(sqlite3.connect(uri, uri=True, timeout=5)) as connection:
            # the file may have been made by somebody else: a view in place of the table could run
            # without end
            connection.execute("PRAGMA trusted_schema = OFF")
            connection.set_progress_handler(lambda: 1, _LONGEST_QUERY)
            query = "SELECT url, shared_ts FROM share ORDER BY shared_ts DESC LIMIT ?"
            rows = connection.execute(query, (MAX_VALUES + 1,)).fetchall()
    except (sqlite3.Error, UnicodeDecodeError) as error:
        raise unreadable(file, f"is not readable as feed2fedi's SQLite file: {error}") from error
    if len(rows) > MAX_VALUES:
        raise unreadable(file, f"has more than {MAX_VALUES} links")
    earliest = datetime(1990, 1, 1, tzinfo=UTC).timestamp()
    latest = datetime(9000, 1, 1, tzinfo=UTC).timestamp()
    return [
        # links that were imported from feed2toot end with a line break
        (url.strip(), float(stamp))
        for url, stamp in rows
        if isinstance(url, str) and isinstance(stamp, int | float) and earliest < stamp < latest
    ]

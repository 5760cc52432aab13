"""feed2toot: a config in INI, a list of feeds, and a text file with the ids of the latest posts."""

from __future__ import annotations

import configparser
import re
from collections.abc import Iterator
from pathlib import Path

from reblogbot.admin.other_bots.format_strings import jinja_template
from reblogbot.admin.other_bots.old_bot import (
    MAX_CONFIG_BYTES,
    MAX_MEMORY_BYTES,
    MAX_VALUE,
    MAX_VALUES,
    OldBot,
    SourceKeys,
    UntakenSetting,
    beside,
    changed_at,
    listed_feeds,
    memory_file,
    read_bounded,
    read_config_text,
    unreadable,
)
from reblogbot.core.importing import BotMemory

_NAMES = {
    "title": "title",
    "link": "link",
    "id": "link",
    "summary": "summary",
    "author": "author",
    "feedname": "source",
    "published": "published",
}
_CACHE_LIMIT = 100
_FIRST_ENTRIES = 10
"""The default of its option --limit."""
_NAMED = re.compile(r"(.*) <(.*)>")
_SEARCHED = ("title", "summary")
"""Fields of an entry that `filter.include` searches."""
_PLAIN_SETTINGS = {
    ("rss", "ignore_ssl"): "certificates are always checked",
    ("rss", "toot_max_len"): "the limit of the server is kept, and the link is never cut",
    ("media", "custom"): "a source attaches only images of its entries",
    ("influxdb", "host"): "numbers are served at /metrics",
    ("hashtaglist", "several_words_hashtags_list"): "hashtags of several words are always joined",
}


def read_feed2toot(path: Path) -> OldBot:
    """The bot of a config such as `feed2toot.ini`, or the only one in a folder.

    Raises ConfigError.
    """
    path = _config_file(path)
    # without interpolation, by which a small file can grow without bounds
    parser = configparser.RawConfigParser(strict=False)
    try:
        parser.read_string(read_config_text(path))
    except (configparser.Error, ValueError) as error:
        # without the faulty line, which may hold a token
        lines = [line for line, _ in getattr(error, "errors", ())]
        line = getattr(error, "lineno", None) or min(lines, default=None)
        where = f", see line {line}" if line else ""
        raise unreadable(path, f"is no config of feed2toot{where}") from error
    config = _Config(path, parser)
    feeds = list(_feeds(config))
    listed, untaken = listed_feeds(path, feeds)
    untaken += [
        UntakenSetting(f"[{section}] {option}", reason)
        for (section, option), reason in _PLAIN_SETTINGS.items()
        if parser.has_option(section, option)
    ]
    server = config.required("mastodon", "instance_url")
    return OldBot("feed2toot", server, listed, _memory(config), tuple(untaken))


def _config_file(path: Path) -> Path:
    if not path.is_dir():
        return path
    files = sorted(path.glob("*.ini"))
    if len(files) == 1:
        return files[0]
    names = ", ".join(file.name for file in files[:10]) or "none"
    raise unreadable(path, f"name one of the .ini files in this folder: {names}")


class _Config:
    """The values of an INI file."""

    def __init__(self, path: Path, parser: configparser.RawConfigParser) -> None:
        self.path = path
        self._parser = parser

    def value(self, section: str, option: str, default: str = "") -> str:
        """The value, %% read as %."""
        return self._parser.get(section, option, fallback=default).replace("%%", "%").strip()

    def required(self, section: str, option: str) -> str:
        """The value. Raises ConfigError where there is none."""
        value = self.value(section, option)
        if not value:
            raise unreadable(self.path, f"[{section}] {option} is missing")
        return value

    def is_set(self, section: str, option: str, *, default: bool) -> bool:
        """The value of a switch."""
        value = self.value(section, option).lower()
        return configparser.RawConfigParser.BOOLEAN_STATES.get(value, default)


def _feeds(config: _Config) -> Iterator[tuple[str, str, SourceKeys]]:
    listed = config.value("rss", "uri_list")
    lines = [config.value("rss", "uri")]
    if listed:
        file = beside(config.path, listed)
        # feed2toot ignores `uri` beside a list
        lines = read_bounded(file, MAX_CONFIG_BYTES).decode("utf-8", "replace").splitlines()
    for line in filter(None, map(str.strip, lines)):
        named = _NAMED.match(line)
        title, address = named.groups() if named else ("", line)
        url, _, rule = address.partition("|")
        field, _, patterns = rule.partition("|")
        keys = SourceKeys(url.strip())
        _set_text(config, keys)
        _set_filter(config, keys, field.strip(), [each for each in patterns.split(",") if each])
        if title:
            keys.keys["title"] = title.strip()
        yield title.strip(), url.strip(), keys


def _set_text(config: _Config, keys: SourceKeys) -> None:
    written = config.value("rss", "toot") or config.value("rss", "tweet")
    template, fault = jinja_template(written.replace("\\n", "\n"), _NAMES)
    keys.set_template("[rss] toot", template, fault)
    keys.set_visibility(
        "[mastodon] toot_visibility", config.value("mastodon", "toot_visibility", "public")
    )
    has_tags = config.is_set("rss", "addtags", default=True)
    if not has_tags or config.is_set("hashtaglist", "no_tags_in_toot", default=False):
        keys.keys["hashtags"] = 0


def _set_filter(config: _Config, keys: SourceKeys, field: str, patterns: list[str]) -> None:
    """Set the filter: patterns of the feed's own line, else those for all feeds."""
    if field in _SEARCHED and patterns:
        keys.add_filter("include", (_regex(pattern) for pattern in patterns))
    elif field == "link" and patterns:
        keys.add_filter("links", (_regex(pattern) for pattern in patterns))
    elif field:
        keys.omit(f"{field}|…", "no filter searches this field; more may be posted than before")
    has_own_rule = bool(field)
    ignores_global = config.is_set("rss", "no_uri_pattern_no_global_pattern", default=False)
    if not has_own_rule and ignores_global:
        return
    for name in (*_SEARCHED, "link", "author", "tags", "id", "published", "comments"):
        option = f"{name}_pattern"
        written = [each for each in config.value("rss", option).split(",") if each]
        if not written:
            continue
        is_exact = config.is_set("rss", f"{option}_case_sensitive", default=False)
        regexes = [_regex(pattern, is_exact=is_exact) for pattern in written]
        if name in (*_SEARCHED, "author", "tags"):
            keys.add_filter("include", regexes)
        elif name == "link" and not has_own_rule:
            keys.add_filter("links", regexes)
        else:
            keys.omit(
                f"[rss] {option}", "no filter searches this field; more may be posted than before"
            )


def _regex(text: str, *, is_exact: bool = False) -> str:
    """The pattern that finds this text anywhere, as feed2toot does."""
    return f"/{re.escape(text)}/{'' if is_exact else 'i'}"


def _memory(config: _Config) -> BotMemory | None:
    """What it remembers: the ids, or links, of its latest posts, written at the end of a run."""
    written = config.required("cache", "cachefile")
    file = memory_file(config.path, "[cache] cachefile", written)
    octets = read_bounded(file, MAX_MEMORY_BYTES)
    if b"\0" in octets:
        raise unreadable(
            file, "is no text: feed2toot before 0.10 wrote a database; let a later one run once"
        )
    lines = octets.decode("utf-8", "replace").splitlines()
    values = [line.strip()[:MAX_VALUE] for line in lines if line.strip()]
    if len(values) > MAX_VALUES:
        raise unreadable(file, f"has more than {MAX_VALUES} lines")
    limit = config.value("cache", "cache_limit")
    most = int(limit) if limit.isascii() and limit.isdigit() and len(limit) < 10 else _CACHE_LIMIT
    return BotMemory(
        "feed2toot",
        changed_at(file),
        frozenset(values),
        prefers_ids=True,
        may_forget=len(values) >= most,
        first_entries=_FIRST_ENTRIES,
    )

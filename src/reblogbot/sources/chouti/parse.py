"""Documents of 抽屉新热榜, JSON, feed or pages, to a Batch; runs in the parser child."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from reblogbot.core.json_values import count_of, number_of, text_of
from reblogbot.core.text import clean, one_line
from reblogbot.errors import SourceError
from reblogbot.model import Batch, Entry, Media
from reblogbot.sources.chouti import headline
from reblogbot.sources.chouti import page as chouti_page
from reblogbot.sources.feed import parse as parse_feed
from reblogbot.sources.shared import dates, json_text
from reblogbot.sources.shared.messages import excerpt
from reblogbot.sources.shared.plain_text import plain, plain_line
from reblogbot.sources.shared.response_body import ResponseBody
from reblogbot.sources.shared.urls import web_url
from reblogbot.web.addresses import redacted_url
from reblogbot.words import Words

TITLE = "抽屉新热榜"
SITE = "https://dig.chouti.com"
_ZONE = ZoneInfo("Asia/Shanghai")
_LANGUAGE = "zh"
_SUBJECTS = {
    "1": "42区",
    "2": "段子",
    "4": "图片",
    "100": "挨踢1024",
    "151": "你问我答",
    "177": "视频",
}
_TIME_FIELDS = ("time_into_pool", "operate_time", "created_time", "action_time")
# Fields that may hold the permalink, where there is no id.
_LINK_FIELDS = ("url", "original_url", "link", "link_url", "share_url", "href")
_PERMALINK = re.compile(r".*/link/(\d{1,15})/?(?:[?#].*)?")
_ID = re.compile(r"\d{1,15}")
# How many objects may be around the list.
_MAX_DEPTH = 5
_Record = dict[str, Any]


def parse_json(body: ResponseBody, *_: Any) -> Batch:
    """The Batch in a response of the JSON interface, or of the legacy one, which holds HTML.

    Raises SourceError, and nothing else; the message says what came instead.
    """
    document = json_text.loads(body.text(), body.url)
    # Pinned or advertised entries may be in a list of their own, which is shorter.
    entries = max((_read_list(each, body) for each in _candidates(document)), key=len, default=())
    if not entries:
        raise SourceError("chouti_shape", f"{redacted_url(body.url)}: {_no_entries(document)}")
    return _batch(entries)


def parse_page(body: ResponseBody, *_: Any) -> Batch:
    """The Batch in a page of the site, of the old or the new design. Raises SourceError."""
    html = body.text()
    entries = _entries(chouti_page.records(html), body, is_html=True)
    if not entries:
        raise SourceError(
            "chouti_shape",
            Words(
                '{where}: no entries on this page, it begins "{html}"; the site may have '
                "changed, or block the bot: see whether it needs headers",
                where=redacted_url(body.url),
                html=excerpt(html),
            ),
        )
    return _batch(entries)


def parse_official_feed(body: ResponseBody, *_: Any) -> Batch:
    """The Batch in the site's own feed, with the same ids as in the JSON. Raises SourceError."""
    batch = parse_feed.parse_body(body._replace(timezone=_ZONE.key))
    entries = _unique(_with_permalink(entry) for entry in batch.entries)
    if not entries:
        raise SourceError(
            "chouti_shape",
            Words("{where}: the feed shows no entries", where=redacted_url(body.url)),
        )
    return replace(_batch(entries), fresh_for=batch.fresh_for, validators=batch.validators)


def _read_list(candidate: list[Any] | str, body: ResponseBody) -> tuple[Entry, ...]:
    if isinstance(candidate, str):
        return _entries(chouti_page.records(candidate), body, is_html=True)
    return _entries(candidate, body, is_html=False)


def _batch(entries: tuple[Entry, ...]) -> Batch:
    return Batch(entries=entries, title=TITLE, language=_LANGUAGE)


# finding the list


def _candidates(value: Any, depth: int = 0) -> Iterator[list[Any] | str]:
    """The values that may be the list of entries, as JSON or as HTML, the outermost first."""
    if isinstance(value, list):
        if any(isinstance(each, dict) for each in value):
            yield value
        return
    if isinstance(value, str):
        if "<" in value:
            yield value
        return
    if not isinstance(value, dict) or depth > _MAX_DEPTH:
        return
    lists = [each for each in value.values() if isinstance(each, list)]
    others = [each for each in value.values() if isinstance(each, dict | str)]
    for inner in (*lists, *others):
        yield from _candidates(inner, depth + 1)


def _no_entries(document: Any) -> str:
    """Why there are no entries, for the admin."""
    description = json_text.described(document)
    if any(isinstance(each, list) and not each for each in _members(document)):
        return Words(
            "the list is empty ({description}); it is tried again later", description=description
        )
    messages = [
        text
        for each in _members(document)
        if isinstance(each, dict)
        for key in ("message", "msg", "error")
        if (text := text_of(each.get(key)))
    ]
    quoted = f', it says "{excerpt(messages[0])}"' if messages else ""
    return (
        f"no list of entries in this JSON, which is {description}{quoted}; the site may have "
        'changed: report it, and use kind = "feed" meanwhile'
    )


def _members(document: Any) -> Iterable[Any]:
    """The document itself and the values in it, two levels deep."""
    yield document
    for each in document.values() if isinstance(document, dict) else ():
        yield each
        yield from each.values() if isinstance(each, dict) else ()


# reading one entry


@dataclass(frozen=True, slots=True)
class _Fields:
    """The fields of one record; old records have names in snake case, newer ones in camel case."""

    record: _Record

    def get(self, name: str) -> Any:
        """The value of a field, by its name in snake case."""
        for spelling in (name, _camel(name)):
            value = self.record.get(spelling)
            if value not in (None, ""):
                return value
        return None

    def text(self, *names: str) -> str:
        """The first of these fields that is text or a number, as text."""
        return next((text for name in names if (text := text_of(self.get(name)))), "")


def _entries(records: Iterable[Any], body: ResponseBody, *, is_html: bool) -> tuple[Entry, ...]:
    return _unique(
        entry
        for record in records
        if isinstance(record, dict) and (entry := _entry(_Fields(record), body, is_html=is_html))
    )


def _unique(entries: Iterable[Entry | None]) -> tuple[Entry, ...]:
    """The entries, each id once: the list can shift while it is read."""
    unique: dict[str, Entry] = {}
    for entry in entries:
        if entry is not None:
            unique.setdefault(entry.guid or entry.link, entry)
    return tuple(unique.values())


def _entry(fields: _Fields, body: ResponseBody, *, is_html: bool) -> Entry | None:
    id_ = _id(fields)
    title = fields.text("title")
    summary = fields.text("summary")
    if not id_:
        return None
    title, rest = headline.split(one_line(title) if is_html else plain_line(title))
    votes = fields.get("ups")
    return Entry(
        title=title,
        link=f"{SITE}/link/{id_}",
        guid=id_,
        summary=rest or _other_than(clean(summary) if is_html else clean(plain(summary)), title),
        authors=_authors(fields),
        published_at=_published(fields, body.now),
        score=number_of(fields.get("score") if votes is None else votes),
        comments=count_of(fields.get("comments_count")),
        categories=_categories(fields),
        language=_LANGUAGE,
        media=_media(fields, body.url),
    )


def _id(fields: _Fields) -> str:
    for text in (fields.text("id"), fields.text("link_id", "links_id")):
        if _ID.fullmatch(text):
            return text
    permalinks = (_PERMALINK.fullmatch(fields.text(name)) for name in _LINK_FIELDS)
    return next((permalink[1] for permalink in permalinks if permalink), "")


def _other_than(summary: str, title: str) -> str:
    return "" if one_line(summary) == title else summary


def _authors(fields: _Fields) -> tuple[str, ...]:
    user = fields.get("submitted_user")
    nick = _Fields(user).text("nick", "nick_name", "name") if isinstance(user, dict) else ""
    name = plain_line(nick or fields.text("nick"))
    return (name,) if name else ()


def _published(fields: _Fields, now: datetime) -> datetime | None:
    """When the entry entered the list, which is ordered by that; else when it was submitted."""
    for name in _TIME_FIELDS:
        value = fields.get(name)
        if value in ("0", 0):
            continue
        instant = dates.from_json(value, _ZONE, now, chinese=True)
        if instant is not None:
            return instant
    return None


def _categories(fields: _Fields) -> tuple[str, ...]:
    name = plain_line(fields.text("section_name")) or _SUBJECTS.get(fields.text("subject_id"), "")
    return (name,) if name else ()


def _media(fields: _Fields, url: str) -> tuple[Media, ...]:
    several = fields.get("multigraph_list")
    written = [fields.text("original_img_url", "img_url")]
    written += (
        [each for each in several if isinstance(each, str)] if isinstance(several, list) else []
    )
    links = (web_url(url, _absolute(each)) for each in written[:20])
    return tuple(Media(link, "image/*") for link in dict.fromkeys(links) if link)


def _absolute(written: str) -> str:
    return f"https:{written}" if written.startswith("//") else written


def _camel(name: str) -> str:
    first, *others = name.split("_")
    return first + "".join(part.title() for part in others)


# the official feed


def _with_permalink(entry: Entry) -> Entry | None:
    """An entry of the feed, with the link, id, headline and words that it has in the JSON."""
    permalink = _PERMALINK.fullmatch(entry.link) or _PERMALINK.fullmatch(entry.guid)
    title, rest = headline.split(entry.title)
    entry = replace(entry, text_digest="")
    if permalink is None:
        return replace(entry, title=title, summary=rest or entry.summary)
    return replace(
        entry,
        title=title,
        link=f"{SITE}/link/{permalink[1]}",
        guid=permalink[1],
        summary=rest or _other_than(entry.summary, title),
        language=_LANGUAGE,
    )

"""抽屉新热榜 to a Batch: its JSON of all eras, its feed and its pages; runs in the parse worker."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from reblogbot.core.text import clean, one_line
from reblogbot.errors import SourceError
from reblogbot.model import Batch, Entry, Media
from reblogbot.sources.chouti import headline
from reblogbot.sources.chouti import page as chouti_page
from reblogbot.sources.feed import parse as parse_feed
from reblogbot.sources.shared import json_text
from reblogbot.sources.shared.body import Body
from reblogbot.sources.shared.plain_text import plain, plain_line
from reblogbot.sources.shared.urls import web_url
from reblogbot.web.addresses import shown

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
_TIMES = ("time_into_pool", "operate_time", "created_time", "action_time")
# what names the permalink, where there is no id
_LINKS = ("url", "original_url", "link", "link_url", "share_url", "href")
_LINK = re.compile(r".*/link/(\d{1,15})/?(?:[?#].*)?")
_ID = re.compile(r"\d{1,15}")
# how deep in an envelope the list may be
_DEEPEST = 5
_Record = dict[str, Any]


def parse_json(body: Body, *_: Any) -> Batch:
    """The Batch in an answer of the JSON interface, or of its legacy one, which holds HTML.

    Raises SourceError, whatever the bytes are; it names what was found instead.
    """
    document = json_text.loads(body.text(), body.url)
    # an answer may bring what is pinned, or advertised, as a list of its own
    entries = max((_listed(found, body) for found in _candidates(document)), key=len, default=())
    if not entries:
        raise SourceError("chouti_shape", f"{shown(body.url)}: {_wrong(document)}")
    return _batch(entries)


def parse_page(body: Body, *_: Any) -> Batch:
    """The Batch on a page of the site, of either generation. Raises SourceError."""
    html = body.text()
    entries = _entries(chouti_page.records(html), body, is_html=True)
    if not entries:
        raise SourceError(
            "chouti_shape",
            f'{shown(body.url)}: no entries on this page, it begins "{json_text.start(html)}"; '
            "the site may have changed, or keep the bot out: look whether it needs headers",
        )
    return _batch(entries)


def parse_official_feed(body: Body, *_: Any) -> Batch:
    """The Batch in the site's own feed, as the JSON would have it. Raises SourceError."""
    batch = parse_feed.parse(*body._replace(timezone=_ZONE.key))
    entries = _unique(_refined(entry) for entry in batch.entries)
    if not entries:
        raise SourceError("chouti_shape", f"{shown(body.url)}: the feed shows no entries")
    return replace(_batch(entries), fresh_for=batch.fresh_for, validators=batch.validators)


def _listed(found: list[Any] | str, body: Body) -> tuple[Entry, ...]:
    if isinstance(found, str):
        return _entries(chouti_page.records(found), body, is_html=True)
    return _entries(found, body, is_html=False)


def _batch(entries: tuple[Entry, ...]) -> Batch:
    return Batch(entries=entries, title=TITLE, language=_LANGUAGE)


# finding the list


def _candidates(value: Any, depth: int = 0) -> Iterator[list[Any] | str]:
    """Whatever in the answer may be the list of entries, the shallowest first."""
    if isinstance(value, list):
        if any(isinstance(each, dict) for each in value):
            yield value
        return
    if isinstance(value, str):
        if "<" in value:
            yield value
        return
    if not isinstance(value, dict) or depth > _DEEPEST:
        return
    lists = [each for each in value.values() if isinstance(each, list)]
    others = [each for each in value.values() if isinstance(each, dict | str)]
    for inner in (*lists, *others):
        yield from _candidates(inner, depth + 1)


def _wrong(document: Any) -> str:
    found = json_text.described(document)
    if any(isinstance(each, list) and not each for each in _members(document)):
        return f"the list is empty ({found}); it is asked again later"
    said = [
        text
        for each in _members(document)
        if isinstance(each, dict)
        for key in ("message", "msg", "error")
        if (text := json_text.text_of(each.get(key)))
    ]
    words = f', it says "{json_text.start(said[0])}"' if said else ""
    return (
        f"no list of entries in this JSON, which is {found}{words}; the site may have changed: "
        'report it, and use kind = "feed" meanwhile'
    )


def _members(document: Any) -> Iterable[Any]:
    """The answer itself and what stands in it, two levels deep."""
    yield document
    for each in document.values() if isinstance(document, dict) else ():
        yield each
        yield from each.values() if isinstance(each, dict) else ()


# reading one entry


@dataclass(frozen=True, slots=True)
class _Fields:
    """One record, whose names are in snake or in camel case by era."""

    record: _Record

    def get(self, name: str) -> Any:
        """The value of a name given in snake case."""
        for spelt in (name, _camel(name)):
            value = self.record.get(spelt)
            if value not in (None, ""):
                return value
        return None

    def text(self, *names: str) -> str:
        """The first of these that is text or a number."""
        return next((text for name in names if (text := json_text.text_of(self.get(name)))), "")


def _entries(records: Iterable[Any], body: Body, *, is_html: bool) -> tuple[Entry, ...]:
    return _unique(
        entry
        for record in records
        if isinstance(record, dict) and (entry := _entry(_Fields(record), body, is_html=is_html))
    )


def _unique(entries: Iterable[Entry | None]) -> tuple[Entry, ...]:
    """Each once: pages shift while they are read, so one id can come twice."""
    found: dict[str, Entry] = {}
    for entry in entries:
        if entry is not None:
            found.setdefault(entry.guid or entry.link, entry)
    return tuple(found.values())


def _entry(fields: _Fields, body: Body, *, is_html: bool) -> Entry | None:
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
        score=json_text.number_of(fields.get("score") if votes is None else votes),
        comments=json_text.count_of(fields.get("comments_count")),
        categories=_categories(fields),
        language=_LANGUAGE,
        media=_media(fields, body.url),
    )


def _id(fields: _Fields) -> str:
    for text in (fields.text("id"), fields.text("link_id", "links_id")):
        if _ID.fullmatch(text):
            return text
    links = (_LINK.fullmatch(fields.text(name)) for name in _LINKS)
    return next((found[1] for found in links if found), "")


def _other_than(summary: str, title: str) -> str:
    return "" if one_line(summary) == title else summary


def _authors(fields: _Fields) -> tuple[str, ...]:
    user = fields.get("submitted_user")
    nick = _Fields(user).text("nick", "nick_name", "name") if isinstance(user, dict) else ""
    name = plain_line(nick or fields.text("nick"))
    return (name,) if name else ()


def _published(fields: _Fields, now: datetime) -> datetime | None:
    """When it came into the list, which is what the list is ordered by; else when it was made."""
    for name in _TIMES:
        value = fields.get(name)
        if value in ("0", 0):
            continue
        instant = json_text.instant_of(value, _ZONE, now, chinese=True)
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


def _refined(entry: Entry) -> Entry | None:
    """An entry of the feed with the link, id and headline the JSON would give it."""
    found = _LINK.fullmatch(entry.link) or _LINK.fullmatch(entry.guid)
    title, rest = headline.split(entry.title)
    if found is None:
        return replace(entry, title=title, summary=rest or entry.summary)
    return replace(
        entry,
        title=title,
        link=f"{SITE}/link/{found[1]}",
        guid=found[1],
        summary=rest or _other_than(entry.summary, title),
        language=_LANGUAGE,
    )

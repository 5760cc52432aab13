"""JSON Feed 1 and 1.1 (https://jsonfeed.org/version/1.1) to a Batch."""

from __future__ import annotations

import json
from collections.abc import Iterable
from datetime import datetime, tzinfo
from typing import Any

from reblogbot.core.json_values import text_of
from reblogbot.core.text import language_tag, one_line
from reblogbot.model import Batch, Entry, Media
from reblogbot.sources.feed import not_a_feed
from reblogbot.sources.feed.entry_media import images_in
from reblogbot.sources.feed.header import base_of
from reblogbot.sources.shared import dates
from reblogbot.sources.shared.plain_text import (
    LONGEST_HTML,
    LONGEST_TEXT,
    from_html,
    from_plain,
    plain,
    plain_line,
)
from reblogbot.sources.shared.urls import is_web_url, json_link, web_url


def looks_like_json(text: str) -> bool:
    """True when `text` begins like a JSON object or array."""
    return text.lstrip()[:1] in ("{", "[")


def parse(text: str, url: str, zone: tzinfo, now: datetime) -> Batch:
    """The Batch in `text`, which came from `url`. Raises SourceError when it is not a feed."""
    try:
        document = json.loads(text, strict=False)
    except (ValueError, RecursionError) as error:
        is_cut_off = "jsonfeed.org" in text[:1000] and not text.rstrip().endswith("}")
        raise (
            not_a_feed.truncated_feed_error()
            if is_cut_off
            else not_a_feed.unknown_format_error(text, url)
        ) from error
    items = document.get("items") if isinstance(document, dict) else None
    is_declared = isinstance(document, dict) and "jsonfeed.org" in str(document.get("version"))
    if not isinstance(items, list) or not (is_declared or _look_like_entries(items)):
        raise not_a_feed.unknown_format_error(text, url)
    language = language_tag(_text(document, "language"))
    base = base_of(url, _text(document, "home_page_url"))
    return Batch(
        entries=tuple(
            _entry(item, document, base, zone, now) for item in items if isinstance(item, dict)
        ),
        title=plain_line(_text(document, "title")),
        language=language,
    )


def _look_like_entries(items: list[Any]) -> bool:
    return any(
        isinstance(item, dict) and item.keys() & {"content_html", "content_text", "url"}
        for item in items
    )


def _entry(
    item: dict[str, Any], document: dict[str, Any], url: str, zone: tzinfo, now: datetime
) -> Entry:
    published = _date(item.get("date_published"), zone, now)
    updated = _date(item.get("date_modified"), zone, now)
    guid, media = _text(item, "id"), tuple(_media(item, url))
    return Entry(
        title=plain_line(_text(item, "title")),
        link=_link(item, guid, media, url),
        guid=guid,
        is_permalink=is_web_url(guid),
        summary=_summary(item),
        authors=_authors(item) or _authors(document),
        published_at=published or updated,
        updated_at=updated,
        categories=tuple(dict.fromkeys(_texts(item.get("tags")))),
        language=language_tag(_text(item, "language") or _text(document, "language")),
        media=media,
    )


def _link(item: dict[str, Any], guid: str, media: Iterable[Media], url: str) -> str:
    """The URL of an item: its page, what it is about, its id if that is a URL, or a recording."""
    link = json_link(url, _text(item, "url")) or json_link(url, _text(item, "external_url"))
    recordings = (each.url for each in media if not each.mime.startswith("image"))
    return link or (guid if is_web_url(guid) else next(recordings, ""))


def _text(holder: dict[str, Any], key: str) -> str:
    return text_of(holder.get(key))[:LONGEST_HTML]


def _texts(values: Any) -> Iterable[str]:
    for value in values if isinstance(values, list) else ():
        text = one_line(text_of(value)[:LONGEST_HTML])
        if text:
            yield text


def _summary(item: dict[str, Any]) -> str:
    text = (
        plain(_text(item, "summary"))
        or from_plain(_text(item, "content_text"))
        or from_html(_text(item, "content_html"))
    )
    return text[:LONGEST_TEXT]


def _authors(holder: dict[str, Any]) -> tuple[str, ...]:
    # Version 1 has one author, version 1.1 a list of them.
    several = holder.get("authors")
    authors = several if isinstance(several, list) else [holder.get("author")]
    names = (one_line(_text(each, "name")) for each in authors if isinstance(each, dict))
    return tuple(dict.fromkeys(name for name in names if name))


def _media(item: dict[str, Any], url: str) -> Iterable[Media]:
    attachments = item.get("attachments")
    for each in attachments if isinstance(attachments, list) else ():
        if isinstance(each, dict) and (link := web_url(url, _text(each, "url"))):
            yield Media(url=link, mime=_text(each, "mime_type"), alt=one_line(_text(each, "title")))
    preview = web_url(url, _text(item, "image") or _text(item, "banner_image"))
    if preview:
        yield Media(url=preview, mime="image/*")
        return
    for image in images_in(_text(item, "content_html")):
        if link := web_url(url, image.url):
            yield Media(link, "image/*", image.alt)


def _date(value: Any, zone: tzinfo, now: datetime) -> datetime | None:
    if isinstance(value, str | int) and not isinstance(value, bool):
        return dates.parse(str(value)[:100], zone=zone, now=now)
    return None

"""Statuses, notifications and preview cards of the Mastodon API as entries."""

from __future__ import annotations

import mimetypes
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any, Literal, cast, get_args
from urllib.parse import urlsplit

from reblogbot.core import mastodon_json
from reblogbot.core.json_values import count_of, text_of
from reblogbot.core.text import clean, html_to_text, one_line
from reblogbot.model import Author, Entry, Media, Visibility
from reblogbot.sources.fediverse.accounts import author_of
from reblogbot.sources.shared import dates
from reblogbot.sources.shared.plain_text import plain, plain_line
from reblogbot.sources.shared.urls import printable_web_url

Form = Literal["status", "notification", "mark", "card"]
"""What a page consists of: statuses, notifications, bookmarked statuses, or preview cards."""
_LONGEST = 20_000
_MAX_ITEMS = 50


def read_all(elements: Sequence[Any], form: Form, now: datetime) -> list[Entry | None]:
    """The entry of each element, None for an element that is not a status or a card."""
    return [read(element, form, now) for element in elements]


def read(element: Any, form: Form, now: datetime) -> Entry | None:
    """The entry of an element; for a boost, the original status with the date of the boost.

    No server says when a status was bookmarked, so such an entry has no date and counts as new.
    """
    if not isinstance(element, Mapping):
        return None
    if form == "card":
        return _card(element, now)
    if form == "notification":
        is_mention = text_of(element.get("type")) == "mention"
        element = element.get("status") if is_mention else None
    if not isinstance(element, Mapping):
        return None
    status = mastodon_json.original(element)
    if not mastodon_json.id_of(status):
        return None
    appeared = None if form == "mark" else appeared_at(element, now)
    return _entry(status, author_of(status.get("account")), appeared, now)


def appeared_at(element: Any, now: datetime) -> datetime | None:
    """When an element appeared in its timeline: a boost, when it was boosted."""
    return _instant(element, "created_at", now)


def _instant(element: Any, name: str, now: datetime) -> datetime | None:
    return dates.plausible(mastodon_json.instant(element, name), now)


def _entry(
    status: Mapping[str, Any], author: Author, appeared: datetime | None, now: datetime
) -> Entry:
    uri, page = (_web_url(status, name) for name in ("uri", "url"))
    spoiler = plain_line(text_of(status.get("spoiler_text")))
    attached = tuple(_attachments(status.get("media_attachments")))
    # A spoiler hides images; sensitive images without one would be shown openly.
    is_hidden = status.get("sensitive") is True and not spoiler
    summary = html_to_text(text_of(status.get("content"))[:_LONGEST])
    entry = Entry(
        link=page or uri,
        uri=uri or page,
        summary=summary or _substitute_text(spoiler, attached, author),
        authors=(author.name,) if author.name else (),
        published_at=appeared,
        updated_at=_instant(status, "edited_at", now) if appeared else None,
        score=_sum(status, "favourites_count", "reblogs_count"),
        comments=count_of(status.get("replies_count")),
        categories=tuple(_tag_names(status.get("tags"))),
        language=text_of(status.get("language")),
        media=() if is_hidden else attached,
        visibility=_visibility(status),
        is_reply=bool(status.get("in_reply_to_id") or status.get("in_reply_to_account_id")),
        spoiler=spoiler,
        author=author,
        status_id=mastodon_json.id_of(status),
    )
    # A status without any URL is identified by its id.
    return entry if entry.uri or entry.link else replace(entry, guid=entry.status_id)


def _substitute_text(spoiler: str, attached: Iterable[Media], author: Author) -> str:
    """A summary for a status without text: the descriptions of its media, or what else there is."""
    alts = clean("\n".join(filter(None, (media.alt for media in attached))))
    return alts or spoiler or author.name


def _visibility(status: Mapping[str, Any]) -> Visibility:
    """The visibility; one that only some servers have (local, limited …) counts as private."""
    visibility = text_of(status.get("visibility")) or "public"
    return cast("Visibility", visibility) if visibility in get_args(Visibility) else "private"


def _tag_names(tags: object) -> Iterable[str]:
    for tag in tags[:_MAX_ITEMS] if isinstance(tags, list) else ():
        name = one_line(mastodon_json.text(tag, "name"))
        if name:
            yield name


def _attachments(attachments: object) -> Iterable[Media]:
    for attachment in attachments[:_MAX_ITEMS] if isinstance(attachments, list) else ():
        urls = (_web_url(attachment, name) for name in ("url", "remote_url", "preview_url"))
        url = next(filter(None, urls), "")
        if url:
            family = mastodon_json.text(attachment, "type")
            alt = _clean(mastodon_json.text(attachment, "description"))
            yield Media(url, mime_type(url, family), alt)


def mime_type(url: str, family: str) -> str:
    """The media type that the file name suggests, if it agrees with the `family` of media."""
    family = {"gifv": "video", "unknown": ""}.get(family, family)
    guessed = mimetypes.guess_type(urlsplit(url).path)[0] or ""
    if not family or guessed.startswith(f"{family}/"):
        return guessed
    return f"{family}/*" if family in ("image", "video", "audio") else ""


def _web_url(element: object, name: str) -> str:
    return printable_web_url(mastodon_json.text(element, name))


def _clean(text: str) -> str:
    return clean(plain(text))


def _sum(status: Mapping[str, Any], *names: str) -> float | None:
    counts = [count for name in names if (count := count_of(status.get(name))) is not None]
    return float(sum(counts)) if counts else None


def _card(card: Mapping[str, Any], now: datetime) -> Entry | None:
    """A trending link, as its preview card describes it; its score is how often it was posted."""
    link, image = _web_url(card, "url"), _web_url(card, "image")
    if not link:
        return None
    author = plain_line(text_of(card.get("author_name")))
    alt = _clean(text_of(card.get("image_description")))
    days = card.get("history")
    return Entry(
        title=plain_line(text_of(card.get("title"))),
        link=link,
        summary=_clean(text_of(card.get("description"))),
        authors=(author,) if author else (),
        published_at=_instant(card, "published_at", now),
        score=_uses(days[:_MAX_ITEMS]) if isinstance(days, list) else None,
        language=text_of(card.get("language")),
        media=(Media(image, mime_type(image, "image"), alt),) if image else (),
    )


def _uses(days: Iterable[object]) -> float | None:
    counts = [count_of(day.get("uses")) for day in days if isinstance(day, Mapping)]
    return float(sum(filter(None, counts))) if counts else None

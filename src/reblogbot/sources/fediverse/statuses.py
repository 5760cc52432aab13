"""Statuses, notifications and preview cards of the Mastodon API as entries; pure."""

from __future__ import annotations

import mimetypes
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any, Literal, cast, get_args
from urllib.parse import urlsplit

from reblogbot.core.text import clean, html_to_text, one_line
from reblogbot.model import Author, Entry, Media, Visibility
from reblogbot.sources.fediverse.people import of_account
from reblogbot.sources.shared.json_text import count_of, instant_of, text_of
from reblogbot.sources.shared.plain_text import plain, plain_line
from reblogbot.sources.shared.urls import is_web_url

Form = Literal["status", "notice", "mark", "card"]
"""What a page is made of: statuses, notifications, marked statuses, or cards of links."""
_LONGEST = 20_000
_MOST = 50
_DEEPEST = 5


def read_all(elements: Sequence[Any], form: Form, now: datetime) -> list[Entry | None]:
    """The entry of each element, None for one that is no status."""
    return [read(element, form, now) for element in elements]


def read(element: Any, form: Form, now: datetime) -> Entry | None:
    """The entry of an element: of a boost, the original, dated when it was boosted.

    When something was marked no server tells, so that what was marked has no date: that counts
    as new.
    """
    if not isinstance(element, Mapping):
        return None
    if form == "card":
        return _card(element, now)
    if form == "notice":
        element = element.get("status") if text_of(element.get("type")) == "mention" else None
    status = _original(element)
    if status is None or not text_of(status.get("id")):
        return None
    shown_at = None if form == "mark" else came_at(element, now)
    return _entry(status, of_account(status.get("account")), shown_at, now)


def came_at(element: Any, now: datetime) -> datetime | None:
    """When an element came where it is shown, for a boost that of boosting."""
    at = element.get("created_at") if isinstance(element, Mapping) else None
    return instant_of(at, UTC, now) if isinstance(at, str) else None


def _original(status: Any) -> Mapping[str, Any] | None:
    for _ in range(_DEEPEST):
        boosted = status.get("reblog") if isinstance(status, Mapping) else None
        if not isinstance(boosted, Mapping):
            break
        status = boosted
    return status if isinstance(status, Mapping) else None


def _entry(
    status: Mapping[str, Any], author: Author, shown_at: datetime | None, now: datetime
) -> Entry:
    uri, page = (_web(status.get(name)) for name in ("uri", "url"))
    spoiler = plain_line(text_of(status.get("spoiler_text")))
    attached = tuple(_attached(status.get("media_attachments")))
    # with a warning pictures are hidden behind it; without one nothing would hide them
    hidden = status.get("sensitive") is True and not spoiler
    summary = html_to_text(text_of(status.get("content"))[:_LONGEST])
    edited = status.get("edited_at")
    entry = Entry(
        link=page or uri,
        uri=uri or page,
        summary=summary or _instead(spoiler, attached, author),
        authors=(author.name,) if author.name else (),
        published_at=shown_at,
        updated_at=instant_of(edited, UTC, now) if isinstance(edited, str) and shown_at else None,
        score=_sum(status, "favourites_count", "reblogs_count"),
        comments=count_of(status.get("replies_count")),
        categories=tuple(_names(status.get("tags"))),
        language=text_of(status.get("language")),
        media=() if hidden else attached,
        visibility=_visibility(status),
        is_reply=bool(status.get("in_reply_to_id") or status.get("in_reply_to_account_id")),
        spoiler=spoiler,
        author=author,
        status_id=text_of(status.get("id")),
    )
    # what has no address of its own can only be told by its id
    return entry if entry.uri or entry.link else replace(entry, guid=text_of(status.get("id")))


def _instead(spoiler: str, attached: Iterable[Media], author: Author) -> str:
    """Words for a status that is all pictures."""
    described = clean("\n".join(filter(None, (one.alt for one in attached))))
    return described or spoiler or author.name


def _visibility(status: Mapping[str, Any]) -> Visibility:
    """As the server says; what only some servers know (local, limited …) is not for others."""
    said = text_of(status.get("visibility")) or "public"
    return cast("Visibility", said) if said in get_args(Visibility) else "private"


def _names(tags: object) -> Iterable[str]:
    for tag in tags[:_MOST] if isinstance(tags, list) else ():
        name = text_of(tag.get("name")) if isinstance(tag, Mapping) else ""
        if one_line(name):
            yield one_line(name)


def _attached(attachments: object) -> Iterable[Media]:
    for one in attachments[:_MOST] if isinstance(attachments, list) else ():
        if not isinstance(one, Mapping):
            continue
        places = (_web(one.get(name)) for name in ("url", "remote_url", "preview_url"))
        url = next(filter(None, places), "")
        if url:
            yield Media(url, mime(url, text_of(one.get("type"))), _words(one.get("description")))


def mime(url: str, family: str) -> str:
    """The media type that a file's name tells, as far as it agrees with its family."""
    family = {"gifv": "video", "unknown": ""}.get(family, family)
    guessed = mimetypes.guess_type(urlsplit(url).path)[0] or ""
    if not family or guessed.startswith(f"{family}/"):
        return guessed
    return f"{family}/*" if family in ("image", "video", "audio") else ""


def _web(value: object) -> str:
    """An address of the web, "" for anything else."""
    written = text_of(value)
    return written if written.isprintable() and is_web_url(written) else ""


def _words(value: object) -> str:
    return clean(plain(text_of(value)))


def _sum(status: Mapping[str, Any], *names: str) -> float | None:
    counts = [count for name in names if (count := count_of(status.get(name))) is not None]
    return float(sum(counts)) if counts else None


def _card(card: Mapping[str, Any], now: datetime) -> Entry | None:
    """A link that trends, as its preview card tells it; its score is how often it was used."""
    link, image = _web(card.get("url")), _web(card.get("image"))
    if not link:
        return None
    published = card.get("published_at")
    author = plain_line(text_of(card.get("author_name")))
    alt = _words(card.get("image_description"))
    days = card.get("history")
    return Entry(
        title=plain_line(text_of(card.get("title"))),
        link=link,
        summary=_words(card.get("description")),
        authors=(author,) if author else (),
        published_at=instant_of(published, UTC, now) if isinstance(published, str) else None,
        score=_uses(days[:_MOST]) if isinstance(days, list) else None,
        language=text_of(card.get("language")),
        media=(Media(image, mime(image, "image"), alt),) if image else (),
    )


def _uses(days: Iterable[object]) -> float | None:
    counts = [count_of(day.get("uses")) for day in days if isinstance(day, Mapping)]
    return float(sum(filter(None, counts))) if counts else None

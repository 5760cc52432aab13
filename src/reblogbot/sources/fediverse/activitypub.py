"""Documents of ActivityPub: WebFinger, actors, outboxes and objects, as what a source needs."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from typing import Any, NamedTuple
from urllib.parse import urlsplit

from reblogbot.core import consent
from reblogbot.core.json_values import count_of, text_of
from reblogbot.core.text import clean, html_to_text, one_line
from reblogbot.errors import SourceError
from reblogbot.model import Author, Entry, Media, Visibility
from reblogbot.sources.fediverse.accounts import bool_or_none, profile_tags
from reblogbot.sources.fediverse.statuses import mime_type
from reblogbot.sources.shared import dates, json_text
from reblogbot.sources.shared.plain_text import plain_line
from reblogbot.sources.shared.response_body import ResponseBody
from reblogbot.sources.shared.urls import printable_web_url
from reblogbot.web.addresses import redacted_url
from reblogbot.words import Words

_OBJECT_TYPES = frozenset("Note Article Page Question Video Audio Image Event".split())
_BOT_TYPES = frozenset({"Service", "Application"})
_MICROBLOG_TYPES = frozenset({"Note", "Question"})
_PUBLIC = frozenset({"https://www.w3.org/ns/activitystreams#Public", "as:Public", "Public"})
_ACTOR_MEDIA_TYPES = ("activity+json", "activitystreams")
_LONGEST = 20_000
_MAX_ITEMS = 50
_MAX_ACTIVITIES = 500
_MAX_DEPTH = 4


class Actor(NamedTuple):
    """An actor: its id, the URL of its outbox, and its profile as an author."""

    id: str
    outbox: str
    author: Author


class Note(NamedTuple):
    """An object as an entry, and the id of its author; empty for an unpublishable object."""

    entry: Entry = Entry()
    author_id: str = ""


class Activity(NamedTuple):
    """The publication or the boost of an object.

    `note` is the object where the activity holds it and may speak for it; else the object must be
    fetched from `object_id`.
    """

    id: str
    at: datetime | None
    object_id: str
    note: Note | None = None


class OutboxPage(NamedTuple):
    """A page of an outbox; `first` and `next` are URLs of other pages, "" for none."""

    activities: tuple[Activity, ...] = ()
    first: str = ""
    next: str = ""
    total: int = 0
    """The number of items that the whole outbox claims to have."""
    size: int = 0
    """The number of items on this page, of any kind."""


def webfinger(body: ResponseBody) -> str:
    """The id of the actor in a WebFinger answer (RFC 7033). Raises SourceError without one."""
    document = _document(body)
    for link in _list(document.get("links")):
        media_type = text_of(link.get("type")) if isinstance(link, Mapping) else ""
        is_actor = any(word in media_type for word in _ACTOR_MEDIA_TYPES)
        if is_actor and text_of(link.get("rel")) == "self":
            url = _web_url(link.get("href"))
            if url:
                return url
    raise SourceError(
        "not_activitypub",
        Words(
            "{where}: this address belongs to no ActivityPub actor; see whether it is correct",
            where=redacted_url(body.url),
        ),
    )


def actor(body: ResponseBody) -> Actor:
    """The actor that a document describes. Raises SourceError when it describes none."""
    document = _document(body)
    id_, outbox = _web_url(document.get("id")), _id(document.get("outbox"))
    if not id_ or not _web_url(outbox) or _host(id_) != _host(body.url):
        raise SourceError(
            "not_activitypub",
            Words(
                "{where}: this is no ActivityPub actor but {value}; see whether the address is "
                "correct",
                where=redacted_url(body.url),
                value=json_text.described(document),
            ),
        )
    return Actor(id_, outbox, _author(document, id_))


def author(body: ResponseBody) -> Author:
    """The profile of the actor at an address. Raises SourceError when there is none."""
    document = _document(body)
    id_ = _web_url(document.get("id"))
    if not id_ or not text_of(document.get("preferredUsername")):
        raise SourceError(
            "not_activitypub",
            Words("{where}: this is no ActivityPub actor", where=redacted_url(body.url)),
        )
    return _author(document, id_)


def outbox_page(body: ResponseBody) -> OutboxPage:
    """A page of an outbox, or an outbox that holds its first page. Raises SourceError."""
    document = _document(body)
    first = document.get("first")
    page = first if isinstance(first, Mapping) else document
    items = _list(page.get("orderedItems") or page.get("items"))[:_MAX_ACTIVITIES]
    activities = tuple(each for item in items if (each := _activity(item, body)) is not None)
    if not text_of(document.get("type")).startswith(("Ordered", "Collection")):
        raise SourceError(
            "not_activitypub",
            Words(
                "{where}: this is no outbox but {value}; it is tried again later",
                where=redacted_url(body.url),
                value=json_text.described(document),
            ),
        )
    total = count_of(document.get("totalItems")) or 0
    first_url = "" if page is first else _web_url(first)
    return OutboxPage(activities, first_url, _web_url(_id(page.get("next"))), total, len(items))


def note(body: ResponseBody) -> Note:
    """The object at an address; an empty one where there is nothing to publish.

    An object is trusted only from the server that its id names. Raises SourceError.
    """
    document: Any = _document(body)
    for _ in range(_MAX_DEPTH):
        inner = document.get("object")
        if text_of(document.get("type")) != "Create" or not isinstance(inner, Mapping):
            break
        document = inner
    if not _is_from_own_server(body, document):
        return Note()
    return _note(document, {}, None, body.now) or Note()


# activities


def _activity(item: Any, body: ResponseBody) -> Activity | None:
    """An item of an outbox; None when it neither publishes nor boosts an object."""
    if isinstance(item, str):
        return Activity(item, None, item) if _web_url(item) else None
    kind = text_of(item.get("type")) if isinstance(item, Mapping) else ""
    if kind in _OBJECT_TYPES:
        item, kind = {"type": "Create", "object": item}, "Create"
    if kind not in ("Create", "Announce"):
        return None
    inner = _innermost_object(item.get("object"))
    object_id = _web_url(_id(inner))
    if not object_id:
        return None
    at = _instant(item, body.now) or _instant(inner, body.now)
    embedded = None
    if isinstance(inner, Mapping) and _is_from_own_server(body, inner):
        embedded = _note(inner, item if kind == "Create" else {}, at, body.now)
        if embedded is None:
            return None
    return Activity(_id(item) or object_id, at, object_id, embedded)


def _innermost_object(value: Any) -> Any:
    """The object of an activity, or its id: groups boost Create activities. None for others."""
    for _ in range(_MAX_DEPTH):
        kind = text_of(value.get("type")) if isinstance(value, Mapping) else ""
        if kind != "Create":
            return value if not kind or kind in _OBJECT_TYPES else None
        value = value.get("object")
    return None


def _is_from_own_server(body: ResponseBody, thing: Mapping[str, Any]) -> bool:
    """True when the document comes from the server that the id of the object names."""
    return bool(_id(thing)) and _host(_id(thing)) == _host(body.url)


def _author(document: Mapping[str, Any], id_: str) -> Author:
    username = text_of(document.get("preferredUsername"))
    name = one_line(text_of(document.get("name"))[:_LONGEST])
    tags = " ".join(f"#{tag}" for tag in _hashtags(document))
    return Author(
        id=id_,
        address=consent.account_address(username, _page(document) or id_),
        name=name or one_line(username),
        tags=profile_tags(f"{name} {tags}", document.get("summary"), document.get("attachment")),
        is_bot=text_of(document.get("type")) in _BOT_TYPES,
        is_discoverable=bool_or_none(document.get("discoverable")),
        is_indexable=bool_or_none(document.get("indexable")),
        standing=_standing(document),
    )


def _standing(document: Mapping[str, Any]) -> str:
    if document.get("suspended") is True:
        return Words("its author is suspended")
    return Words("its author has moved to another account") if document.get("movedTo") else ""


# objects


def _note(
    thing: Mapping[str, Any], activity: Mapping[str, Any], at: datetime | None, now: datetime
) -> Note | None:
    """An object as an entry; its audience is that of the activity where it has none itself."""
    kind, uri = text_of(thing.get("type")), _web_url(thing.get("id"))
    if kind not in _OBJECT_TYPES or not uri:
        return None
    content, content_language = _localised(thing, "content")
    summary, _ = _localised(thing, "summary")
    name, name_language = _localised(thing, "name")
    is_sensitive = thing.get("sensitive") is True
    # The summary of a Note is a content warning (Mastodon), that of an Article an abstract.
    is_warning = bool(summary) and (kind in _MICROBLOG_TYPES or is_sensitive)
    is_plain = text_of(thing.get("mediaType")) in ("text/plain", "text/markdown")
    text = clean(content[:_LONGEST]) if is_plain else html_to_text(content[:_LONGEST])
    abstract = html_to_text(summary[:_LONGEST])
    spoiler = one_line(abstract) if is_warning else ""
    media = tuple(_attachments(thing))
    alts = clean("\n".join(each.alt for each in media if each.alt))
    entry = Entry(
        title="" if kind in _MICROBLOG_TYPES else plain_line(name),
        link=_page(thing) or uri,
        uri=uri,
        summary=(text if is_warning or not abstract else abstract) or alts or spoiler,
        published_at=at or _instant(thing, now),
        updated_at=_instant(thing, now, "updated"),
        categories=tuple(_hashtags(thing)),
        language=content_language or name_language,
        # A spoiler hides images; sensitive images without one would be shown openly.
        media=() if is_sensitive and not spoiler else media,
        visibility=_visibility(thing, activity),
        is_reply=bool(thing.get("inReplyTo")),
        spoiler=spoiler,
    )
    return Note(entry, _author_id(thing) or _id(activity.get("actor")))


def _localised(thing: Mapping[str, Any], name: str) -> tuple[str, str]:
    """A text of an object, and its language if the language map tells it (`contentMap`)."""
    text, map_ = text_of(thing.get(name)), thing.get(f"{name}Map")
    items = map_.items() if isinstance(map_, Mapping) else ()
    texts = [(str(language), text_of(value)) for language, value in items][:_MAX_ITEMS]
    for language, other in texts:
        if other and other == (text or other):
            return other, language
    return text, ""


def _attachments(thing: Mapping[str, Any]) -> Iterable[Media]:
    for each in [*_list(thing.get("attachment")), *_list(thing.get("image"))][:_MAX_ITEMS]:
        if not isinstance(each, Mapping):
            continue
        family = text_of(each.get("type")).lower()
        url = _first_url(_href(link) for link in _list(each.get("url")))
        media_type = text_of(each.get("mediaType")) or mime_type(
            url, "" if family == "document" else family
        )
        if url and media_type and family in ("document", "image", "video", "audio"):
            yield Media(url, one_line(media_type), clean(text_of(each.get("name"))[:_LONGEST]))


def _hashtags(thing: Mapping[str, Any]) -> Iterable[str]:
    for tag in _list(thing.get("tag"))[:_MAX_ITEMS]:
        if isinstance(tag, Mapping) and text_of(tag.get("type")) == "Hashtag":
            name = one_line(text_of(tag.get("name"))).lstrip("#＃")
            if name:
                yield name


def _visibility(thing: Mapping[str, Any], activity: Mapping[str, Any]) -> Visibility:
    """Public if addressed `to` the public, unlisted if the public is in `cc`, else private."""
    to, cc = ({_id(each) for each in _list(thing.get(field))} for field in ("to", "cc"))
    if not to and not cc:
        to, cc = ({_id(each) for each in _list(activity.get(field))} for field in ("to", "cc"))
    if to & _PUBLIC:
        return "public"
    return "unlisted" if cc & _PUBLIC else "private"


def _author_id(thing: Mapping[str, Any]) -> str:
    """The id of the first author; of a person and their channel (PeerTube), the person."""
    authors = _list(thing.get("attributedTo"))
    people = [
        each
        for each in authors
        if isinstance(each, Mapping) and text_of(each.get("type")) == "Person"
    ]
    return _first_url(_id(each) for each in [*people, *authors])


def _page(thing: Mapping[str, Any]) -> str:
    """The URL of the HTML page of an object or actor; any other URL where there is none."""
    links = _list(thing.get("url"))
    pages = [
        link
        for link in links
        if not isinstance(link, Mapping)
        or "html" in (text_of(link.get("mediaType")) or "text/html")
    ]
    return _first_url(_href(link) for link in [*pages, *links])


# JSON-LD


def _document(body: ResponseBody) -> Mapping[str, Any]:
    document = json_text.loads(body.text(), body.url)
    if not isinstance(document, Mapping):
        raise SourceError(
            "not_activitypub",
            Words(
                "{where}: an object was expected, not {value}; see whether the address is correct",
                where=redacted_url(body.url),
                value=json_text.described(document),
            ),
        )
    return document


def _list(value: Any) -> list[Any]:
    """The elements of a list; in JSON-LD, a single value means a list of one."""
    if isinstance(value, list):
        return value
    return [] if value is None else [value]


def _id(thing: Any) -> str:
    """The id of an object, which may be represented by its id alone."""
    return text_of(thing.get("id")) if isinstance(thing, Mapping) else text_of(thing)


def _href(link: Any) -> str:
    return text_of(link.get("href")) if isinstance(link, Mapping) else text_of(link)


def _web_url(value: Any) -> str:
    return printable_web_url(text_of(value))


def _first_url(texts: Iterable[str]) -> str:
    return next((url for text in texts if (url := _web_url(text))), "")


def _host(url: str) -> str:
    try:
        return urlsplit(url).netloc.lower()
    except ValueError:
        return ""


def _instant(thing: Any, now: datetime, name: str = "published") -> datetime | None:
    """A date of an object; other software than Mastodon writes it in many ways."""
    at = thing.get(name) if isinstance(thing, Mapping) else None
    return dates.from_json(at, UTC, now) if isinstance(at, str) else None

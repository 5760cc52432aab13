"""WebFinger, actors, outboxes and notes of ActivityPub, to what a source says of them; pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from typing import Any, NamedTuple
from urllib.parse import urlsplit

from reblogbot.core import consent
from reblogbot.core.text import clean, html_to_text, one_line
from reblogbot.errors import SourceError
from reblogbot.model import Author, Entry, Media, Visibility
from reblogbot.sources.fediverse.people import flag, profile_tags
from reblogbot.sources.fediverse.statuses import mime
from reblogbot.sources.shared import json_text
from reblogbot.sources.shared.body import Body
from reblogbot.sources.shared.json_text import instant_of, text_of
from reblogbot.sources.shared.plain_text import plain_line
from reblogbot.sources.shared.urls import is_web_url
from reblogbot.web.addresses import shown

_OBJECTS = frozenset("Note Article Page Question Video Audio Image Event".split())
_BOTS = frozenset({"Service", "Application"})
_REMARKS = frozenset({"Note", "Question"})
_PUBLIC = frozenset({"https://www.w3.org/ns/activitystreams#Public", "as:Public", "Public"})
_ACTOR_TYPES = ("activity+json", "activitystreams")
_LONGEST = 20_000
_MOST = 50
_MOST_ACTS = 500
_DEEPEST = 4


class Actor(NamedTuple):
    """An actor: the address it goes by, its outbox, and what it says of itself as an author."""

    id: str
    outbox: str
    author: Author


class Note(NamedTuple):
    """An object as an entry, and the id of its author; both empty for what is none to publish."""

    entry: Entry = Entry()
    by: str = ""


class Act(NamedTuple):
    """That something was published or boosted: when, and what.

    `note` is the object where the act itself carries it and may speak for it; else it is to be
    fetched from `object_id`.
    """

    id: str
    at: datetime | None
    object_id: str
    note: Note | None = None


class Leaf(NamedTuple):
    """One page of an outbox, and where the first and the next one are, "" for nowhere."""

    acts: tuple[Act, ...] = ()
    first: str = ""
    next: str = ""
    total: int = 0
    """How many activities the whole outbox claims to have."""
    size: int = 0
    """How many items stand on this page, of whatever kind."""


def webfinger(body: Body) -> str:
    """The address of the actor (RFC 7033). Raises SourceError where there is none."""
    document = _document(body)
    for link in _many(document.get("links")):
        kind = text_of(link.get("type")) if isinstance(link, Mapping) else ""
        if any(word in kind for word in _ACTOR_TYPES) and text_of(link.get("rel")) == "self":
            found = _web(link.get("href"))
            if found:
                return found
    raise SourceError(
        "not_activitypub",
        f"{shown(body.url)}: whoever is called so has no ActivityPub actor; look whether the"
        " address is right",
    )


def actor(body: Body) -> Actor:
    """The actor that a document describes. Raises SourceError where it describes none."""
    document = _document(body)
    own, outbox = _web(document.get("id")), _id(document.get("outbox"))
    if not own or not _web(outbox) or _host(own) != _host(body.url):
        raise SourceError(
            "not_activitypub",
            f"{shown(body.url)}: this is no ActivityPub actor but {json_text.described(document)};"
            " look whether the address is right",
        )
    return Actor(own, outbox, _author(document, own))


def author(body: Body) -> Author:
    """Who stands at an address. Raises SourceError where it is nobody."""
    document = _document(body)
    own = _web(document.get("id"))
    if not own or not text_of(document.get("preferredUsername")):
        raise SourceError("not_activitypub", f"{shown(body.url)}: this is nobody's actor")
    return _author(document, own)


def leaf(body: Body) -> Leaf:
    """A page of an outbox, or an outbox with or without a page in it. Raises SourceError."""
    document = _document(body)
    first = document.get("first")
    page = first if isinstance(first, Mapping) else document
    acts = _many(page.get("orderedItems") or page.get("items"))[:_MOST_ACTS]
    read = (_act(one, body) for one in acts)
    found = tuple(one for one in read if one is not None)
    if not text_of(document.get("type")).startswith(("Ordered", "Collection")):
        raise SourceError(
            "not_activitypub",
            f"{shown(body.url)}: this is no outbox but {json_text.described(document)}; it is"
            " asked again later",
        )
    total = json_text.count_of(document.get("totalItems")) or 0
    outer = "" if page is first else _web(first)
    return Leaf(found, outer, _web(_id(page.get("next"))), total, len(acts))


def note(body: Body) -> Note:
    """The object at an address; an empty one where nothing stands that could be published.

    An object speaks for itself only at the server its id names.
    """
    document: Any = _document(body)
    for _ in range(_DEEPEST):
        if text_of(document.get("type")) != "Create" or not isinstance(
            document.get("object"), Mapping
        ):
            break
        document = document["object"]
    if not _speaks_for(body, document):
        return Note()
    return _note(document, {}, None, body.now) or Note()


# activities


def _act(item: Any, body: Body) -> Act | None:
    """What an item of an outbox tells; None for what neither publishes nor boosts."""
    if isinstance(item, str):
        return Act(item, None, item) if _web(item) else None
    kind = text_of(item.get("type")) if isinstance(item, Mapping) else ""
    if kind in _OBJECTS:
        item, kind = {"type": "Create", "object": item}, "Create"
    if kind not in ("Create", "Announce"):
        return None
    inner = _innermost(item.get("object"))
    object_id = _web(_id(inner))
    if not object_id:
        return None
    at = _instant(item, body.now) or _instant(inner, body.now)
    carried = None
    if isinstance(inner, Mapping) and _speaks_for(body, inner):
        carried = _note(inner, item if kind == "Create" else {}, at, body.now)
        if carried is None:
            return None
    return Act(_id(item) or object_id, at, object_id, carried)


def _innermost(published: Any) -> Any:
    """What was published at last: groups boost the very act of publishing; None for other acts."""
    for _ in range(_DEEPEST):
        kind = text_of(published.get("type")) if isinstance(published, Mapping) else ""
        if kind != "Create":
            known = not kind or kind in _OBJECTS
            return published if known else None
        published = published.get("object")
    return None


def _speaks_for(body: Body, thing: Mapping[str, Any]) -> bool:
    """Whether a document may say what another is: both come from one server."""
    return bool(_id(thing)) and _host(_id(thing)) == _host(body.url)


def _author(document: Mapping[str, Any], own: str) -> Author:
    username = text_of(document.get("preferredUsername"))
    name = one_line(text_of(document.get("name"))[:_LONGEST])
    page = _page(document) or own
    fields = document.get("attachment")
    named = " ".join(f"#{tag}" for tag in _hashtags(document))
    return Author(
        id=own,
        address=consent.address(username, page),
        name=name or one_line(username),
        tags=profile_tags(f"{name} {named}", document.get("summary"), fields),
        is_bot=text_of(document.get("type")) in _BOTS,
        is_discoverable=flag(document.get("discoverable")),
        is_indexable=flag(document.get("indexable")),
        standing=_standing(document),
    )


def _standing(document: Mapping[str, Any]) -> str:
    if document.get("suspended") is True:
        return "its author is suspended"
    return "its author has moved to another account" if document.get("movedTo") else ""


# objects


def _note(
    thing: Mapping[str, Any], act: Mapping[str, Any], at: datetime | None, now: datetime
) -> Note | None:
    """An object as an entry, addressed as the act that published it where it is silent itself."""
    kind, uri = text_of(thing.get("type")), _web(thing.get("id"))
    if kind not in _OBJECTS or not uri:
        return None
    written, language = _worded(thing, "content")
    excerpt, _ = _worded(thing, "summary")
    name, named_in = _worded(thing, "name")
    sensitive = thing.get("sensitive") is True
    # in a remark the summary is a warning (Mastodon), in an article what it says
    warns = bool(excerpt) and (kind in _REMARKS or sensitive)
    plain = text_of(thing.get("mediaType")) in ("text/plain", "text/markdown")
    text = clean(written[:_LONGEST]) if plain else html_to_text(written[:_LONGEST])
    told = html_to_text(excerpt[:_LONGEST])
    spoiler = one_line(told) if warns else ""
    title = "" if kind in _REMARKS else plain_line(name)
    attached = tuple(_attached(thing))
    entry = Entry(
        title=title,
        link=_page(thing) or uri,
        uri=uri,
        summary=(text if warns or not told else told) or _alts(attached) or spoiler,
        published_at=at or _instant(thing, now),
        updated_at=_instant(thing, now, "updated"),
        categories=tuple(_hashtags(thing)),
        language=language or named_in,
        media=() if sensitive and not spoiler else attached,
        visibility=_visibility(thing, act),
        is_reply=bool(thing.get("inReplyTo")),
        spoiler=spoiler,
    )
    return Note(entry, _by(thing) or _id(act.get("actor")))


def _worded(thing: Mapping[str, Any], name: str) -> tuple[str, str]:
    """A text of an object, and the language it is in where its map tells (`contentMap`)."""
    text, map_ = text_of(thing.get(name)), thing.get(f"{name}Map")
    worded = map_ if isinstance(map_, Mapping) else {}
    texts = [(str(key), text_of(value)) for key, value in worded.items()][:_MOST]
    for language, other in texts:
        if other and other == (text or other):
            return other, language
    return text, ""


def _attached(thing: Mapping[str, Any]) -> Iterable[Media]:
    for one in [*_many(thing.get("attachment")), *_many(thing.get("image"))][:_MOST]:
        if not isinstance(one, Mapping):
            continue
        family = text_of(one.get("type")).lower()
        link = next((found for part in _many(one.get("url")) if (found := _web(_href(part)))), "")
        told = text_of(one.get("mediaType")) or mime(link, "" if family == "document" else family)
        if link and told and family in ("document", "image", "video", "audio"):
            yield Media(link, one_line(told), clean(text_of(one.get("name"))[:_LONGEST]))


def _alts(attached: Iterable[Media]) -> str:
    return clean("\n".join(one.alt for one in attached if one.alt))


def _hashtags(thing: Mapping[str, Any]) -> Iterable[str]:
    for tag in _many(thing.get("tag"))[:_MOST]:
        if isinstance(tag, Mapping) and text_of(tag.get("type")) == "Hashtag":
            name = one_line(text_of(tag.get("name"))).lstrip("#＃")
            if name:
                yield name


def _visibility(thing: Mapping[str, Any], act: Mapping[str, Any]) -> Visibility:
    """Public when addressed to all, unlisted when they get a copy, else for its followers."""
    to, copies = ({_id(one) for one in _many(thing.get(field))} for field in ("to", "cc"))
    if not to and not copies:
        to, copies = ({_id(one) for one in _many(act.get(field))} for field in ("to", "cc"))
    if to & _PUBLIC:
        return "public"
    return "unlisted" if copies & _PUBLIC else "private"


def _by(thing: Mapping[str, Any]) -> str:
    """Whoever is named first; of a person and their channel, the person."""
    authors = _many(thing.get("attributedTo"))
    people = [
        one for one in authors if isinstance(one, Mapping) and text_of(one.get("type")) == "Person"
    ]
    return next((found for one in [*people, *authors] if (found := _web(_id(one)))), "")


def _page(thing: Mapping[str, Any]) -> str:
    """The page for people among the addresses of a thing."""
    links = _many(thing.get("url"))
    pages = [one for one in links if not isinstance(one, Mapping) or "html" in _type_of(one)]
    return next((found for one in [*pages, *links] if (found := _web(_href(one)))), "")


def _type_of(link: Mapping[str, Any]) -> str:
    return text_of(link.get("mediaType")) or "text/html"


# JSON


def _document(body: Body) -> Mapping[str, Any]:
    document = json_text.loads(body.text(), body.url)
    if not isinstance(document, Mapping):
        raise SourceError(
            "not_activitypub",
            f"{shown(body.url)}: an object was expected, not {json_text.described(document)};"
            " look whether the address is right",
        )
    return document


def _many(value: Any) -> list[Any]:
    """The elements of a list; a value that stands alone is one (JSON-LD)."""
    if isinstance(value, list):
        return value
    return [] if value is None else [value]


def _id(thing: Any) -> str:
    """The id of a thing, which may stand for itself by its id alone."""
    return text_of(thing.get("id")) if isinstance(thing, Mapping) else text_of(thing)


def _href(link: Any) -> str:
    return text_of(link.get("href")) if isinstance(link, Mapping) else text_of(link)


def _web(value: Any) -> str:
    written = text_of(value)
    return written if written.isprintable() and is_web_url(written) else ""


def _host(url: str) -> str:
    try:
        return urlsplit(url).netloc.lower()
    except ValueError:
        return ""


def _instant(thing: Any, now: datetime, name: str = "published") -> datetime | None:
    at = thing.get(name) if isinstance(thing, Mapping) else None
    return instant_of(at, UTC, now) if isinstance(at, str) else None

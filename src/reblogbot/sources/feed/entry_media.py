"""The media of one feed entry: of several pictures the ones that show the entry, the best first."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from html.parser import HTMLParser
from typing import Any
from urllib.parse import parse_qsl, urlsplit

from reblogbot.core.text import one_line
from reblogbot.core.text.markup import read_by, unescape_once
from reblogbot.model import Media
from reblogbot.sources.shared.plain_text import LONGEST_HTML, LONGEST_TEXT
from reblogbot.sources.shared.urls import web_url

# no entry needs more, whatever its feed lists
MOST = 32
# what shows as a dot or an emoji is no picture of the entry
_SMALLEST = 32
_SIZES = frozenset(
    "w h width height s size q quality fit resize crop dpr auto format fm imwidth ssl".split()
)
_SIZE_IN_NAME = re.compile(r"-\d{2,5}x\d{2,5}(?=\.\w{3,4}\Z)")
# Gravatar's form, which Libravatar and WordPress keep
_PORTRAIT = re.compile(r"/avatar/[0-9a-f]{32,64}(?:\.\w{3,4})?\Z", re.IGNORECASE)
_DECORATION = re.compile(r"emoji|smiley|emoticon|avatar|gravatar|tracking|pixel", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Picture:
    """A picture as a feed names it; `width` and `height` are 0 where it does not tell."""

    url: str
    mime: str = ""
    alt: str = ""
    width: int = 0
    height: int = 0
    is_default: bool = False

    @property
    def rank(self) -> tuple[bool, int]:
        """The default first, then the largest."""
        return self.is_default, self.width * max(self.height, 1)


def entry_media(
    raw: Mapping[str, Any],
    base: str,
    *,
    alts: Mapping[str, str],
    groups: Sequence[frozenset[str]],
    authors: Sequence[str],
) -> tuple[Media, ...]:
    """The media of feedparser's `raw` entry, URLs absolute against `base`, each picture once.

    Recordings and enclosures come as they are. Of the pictures of one group, and of the sizes of
    one picture, the default or the largest is taken. Thumbnails, pictures in the text, and the
    cover of an episode count only where nothing else shows the entry. Portraits of `authors`,
    emoji and counting pixels are left out. `alts` are descriptions and `groups` the URLs of each
    media:group, both as written.
    """
    named = [*_enclosures(raw), *_contents(raw, alts)]
    shown = _best(named, groups, authors)
    if not any(_may_be_picture(one) for one in shown):
        # thumbnails are sizes of one picture; the text may show several
        shown += _best(_thumbnails(raw), groups, authors)[:1]
    if not any(_may_be_picture(one) for one in shown):
        shown += _best(_in_text(raw), groups, authors) or _best(_covers(raw), groups, authors)
    absolute = ((web_url(base, one.url), one) for one in shown)
    found = {url: Media(url, one.mime, one.alt) for url, one in absolute if url}
    return tuple(found.values())[:MOST]


def pictures_in(html: str) -> list[Picture]:
    """The pictures that a piece of HTML shows, with their alternative texts; no emoji, no dots."""
    reader = _Images()
    read_by(reader, html[:LONGEST_HTML])
    return reader.pictures[:MOST]


def _enclosures(raw: Mapping[str, Any]) -> Iterator[Picture]:
    for link in raw.get("links") or ():
        if link.get("rel") == "enclosure":
            yield Picture(str(link.get("href") or ""), str(link.get("type") or ""))


def _contents(raw: Mapping[str, Any], alts: Mapping[str, str]) -> Iterator[Picture]:
    for each in raw.get("media_content") or ():
        url = str(each.get("url") or "").strip()
        mime = str(each.get("type") or "")
        if not mime and each.get("medium") in ("image", "video", "audio"):
            mime = f"{each['medium']}/*"
        width, height = _pixels(each.get("width")), _pixels(each.get("height"))
        default = str(each.get("isdefault")).lower() == "true"
        yield Picture(url, mime, alts.get(url, ""), width, height, default)


def _thumbnails(raw: Mapping[str, Any]) -> Iterator[Picture]:
    for each in raw.get("media_thumbnail") or ():
        width, height = _pixels(each.get("width")), _pixels(each.get("height"))
        yield Picture(str(each.get("url") or ""), "image/*", "", width, height)


def _in_text(raw: Mapping[str, Any]) -> Iterator[Picture]:
    for detail in (*(raw.get("content") or ()), raw.get("summary_detail") or {}):
        if detail.get("type") != "text/plain" or "<img" in str(detail.get("value")):
            yield from pictures_in(str(detail.get("value") or ""))


def _covers(raw: Mapping[str, Any]) -> Iterator[Picture]:
    image = raw.get("image")
    if isinstance(image, Mapping) and image.get("href"):
        yield Picture(str(image["href"]), "image/*")


def _best(
    pictures: Iterable[Picture], groups: Sequence[frozenset[str]], authors: Sequence[str]
) -> list[Picture]:
    """One of each group and of each picture's sizes, in the order in which they first stand."""
    chosen: dict[object, Picture] = {}
    for one in pictures:
        if not one.url or (_may_be_picture(one) and _is_decoration(one, authors)):
            continue
        key = _group(one, groups) or _picture(one.url)
        if key not in chosen or one.rank > chosen[key].rank:
            chosen[key] = one
    return list(chosen.values())


def _group(one: Picture, groups: Sequence[frozenset[str]]) -> object:
    """What stands for the group of a picture; None outside of groups and for recordings."""
    if not _may_be_picture(one):
        return None
    return next((number for number, urls in enumerate(groups) if one.url in urls), -1) + 1 or None


def _picture(url: str) -> str:
    """The URL without what says in which size a picture is wanted."""
    try:
        parts = urlsplit(url)
    except ValueError:
        return url
    rest = [pair for pair in parse_qsl(parts.query) if pair[0].lower() not in _SIZES]
    return f"{parts.netloc}{_SIZE_IN_NAME.sub('', parts.path)}?{rest}"


def _may_be_picture(one: Picture) -> bool:
    return not one.mime.lower().startswith(("audio/", "video/"))


def _is_decoration(one: Picture, authors: Sequence[str]) -> bool:
    path = one.url.partition("?")[0].partition("#")[0]
    is_small = 0 < one.width < _SMALLEST or 0 < one.height < _SMALLEST
    names = {name.casefold() for name in authors}
    return is_small or bool(_PORTRAIT.search(path)) or one.alt.casefold() in names


def _pixels(value: object) -> int:
    """A size in pixels; 0 for none, and for one in other units."""
    text = str(value or "").strip().removesuffix("px")
    return int(text) if text.isascii() and text.isdigit() and len(text) < 6 else 0


class _Images(HTMLParser):
    """Collects the pictures of a text."""

    def __init__(self) -> None:
        super().__init__()
        self.pictures: list[Picture] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag != "img":
            return
        given = {name: unescape_once(value or "") for name, value in attrs}
        width, height = _pixels(given.get("width")), _pixels(given.get("height"))
        is_small = 0 < width < _SMALLEST or 0 < height < _SMALLEST
        url = given.get("src", "").strip()
        if is_small or url.startswith("data:") or _DECORATION.search(given.get("class", "")):
            return
        alt = one_line(given.get("alt", ""))[:LONGEST_TEXT]
        self.pictures.append(Picture(url, "image/*", alt, width, height))

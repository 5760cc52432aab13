"""The media of one feed entry: all recordings, and of its images the best that show the entry."""

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

MAX_MEDIA = 32
# Pixels; smaller images are counting pixels and emoji.
_MIN_SIDE = 32
_SIZE_PARAMETERS = frozenset(
    "w h width height s size q quality fit resize crop dpr auto format fm imwidth ssl".split()
)
_SIZE_IN_NAME = re.compile(r"-\d{2,5}x\d{2,5}(?=\.\w{3,4}\Z)")
# The paths of Gravatar, which Libravatar and WordPress use too.
_AVATAR_PATH = re.compile(r"/avatar/[0-9a-f]{32,64}(?:\.\w{3,4})?\Z", re.IGNORECASE)
_DECORATION_CLASS = re.compile(
    r"emoji|smiley|emoticon|avatar|gravatar|tracking|pixel", re.IGNORECASE
)


@dataclass(frozen=True, slots=True)
class MediaCandidate:
    """A medium as a feed names it, URL as written; `width` and `height` are 0 when unknown."""

    url: str
    mime: str = ""
    alt: str = ""
    width: int = 0
    height: int = 0
    is_default: bool = False

    @property
    def rank(self) -> tuple[bool, int]:
        """Sorts the default of a group last, and larger images behind smaller ones."""
        return self.is_default, self.width * max(self.height, 1)

    @property
    def may_be_image(self) -> bool:
        return not self.mime.lower().startswith(("audio/", "video/"))


def entry_media(
    raw: Mapping[str, Any],
    base: str,
    *,
    alts: Mapping[str, str],
    groups: Sequence[frozenset[str]],
    authors: Sequence[str],
) -> tuple[Media, ...]:
    """The media of the entry that feedparser parsed as `raw`, URLs absolute against `base`.

    Recordings and enclosures are taken as they are. Of the images of one group, and of the sizes
    of one image, the default or the largest is taken. Thumbnails, images in the text and the
    cover of an episode are taken only when there is no other image. Avatars of `authors`, emoji
    and counting pixels are left out. `alts` are descriptions by URL, and `groups` the URLs of
    each media:group, both with URLs as written.
    """
    chosen = _best([*_enclosures(raw), *_contents(raw, alts)], groups, authors)
    if not any(each.may_be_image for each in chosen):
        # Thumbnails are sizes of one image; the text may have several images.
        chosen += _best(_thumbnails(raw), groups, authors)[:1]
    if not any(each.may_be_image for each in chosen):
        chosen += _best(_in_text(raw), groups, authors) or _best(_covers(raw), groups, authors)
    absolute = ((web_url(base, each.url), each) for each in chosen)
    media = {url: Media(url, each.mime, each.alt) for url, each in absolute if url}
    return tuple(media.values())[:MAX_MEDIA]


def images_in(html: str) -> list[MediaCandidate]:
    """The images in HTML with their alternative texts, without emoji and counting pixels."""
    reader = _ImageReader()
    read_by(reader, html[:LONGEST_HTML])
    return reader.images[:MAX_MEDIA]


def _enclosures(raw: Mapping[str, Any]) -> Iterator[MediaCandidate]:
    for link in raw.get("links") or ():
        if link.get("rel") == "enclosure":
            yield MediaCandidate(str(link.get("href") or ""), str(link.get("type") or ""))


def _contents(raw: Mapping[str, Any], alts: Mapping[str, str]) -> Iterator[MediaCandidate]:
    for each in raw.get("media_content") or ():
        url = str(each.get("url") or "").strip()
        mime = str(each.get("type") or "")
        if not mime and each.get("medium") in ("image", "video", "audio"):
            mime = f"{each['medium']}/*"
        width, height = _pixels(each.get("width")), _pixels(each.get("height"))
        default = str(each.get("isdefault")).lower() == "true"
        yield MediaCandidate(url, mime, alts.get(url, ""), width, height, default)


def _thumbnails(raw: Mapping[str, Any]) -> Iterator[MediaCandidate]:
    for each in raw.get("media_thumbnail") or ():
        width, height = _pixels(each.get("width")), _pixels(each.get("height"))
        yield MediaCandidate(str(each.get("url") or ""), "image/*", "", width, height)


def _in_text(raw: Mapping[str, Any]) -> Iterator[MediaCandidate]:
    for detail in (*(raw.get("content") or ()), raw.get("summary_detail") or {}):
        if detail.get("type") != "text/plain" or "<img" in str(detail.get("value")):
            yield from images_in(str(detail.get("value") or ""))


def _covers(raw: Mapping[str, Any]) -> Iterator[MediaCandidate]:
    image = raw.get("image")
    if isinstance(image, Mapping) and image.get("href"):
        yield MediaCandidate(str(image["href"]), "image/*")


def _best(
    candidates: Iterable[MediaCandidate], groups: Sequence[frozenset[str]], authors: Sequence[str]
) -> list[MediaCandidate]:
    """The best candidate of each group and of each image's sizes, in the document's order.

    `groups` are the URLs of each media:group. Images that only decorate the page, such as the
    avatars of `authors`, are left out.
    """
    best: dict[object, MediaCandidate] = {}
    for candidate in candidates:
        is_image = candidate.may_be_image
        if not candidate.url or (is_image and _is_decoration(candidate, authors)):
            continue
        key = _group(candidate, groups) or _without_size(candidate.url)
        if key not in best or candidate.rank > best[key].rank:
            best[key] = candidate
    return list(best.values())


def _group(candidate: MediaCandidate, groups: Sequence[frozenset[str]]) -> object:
    """A key for the group of an image; None outside of groups and for recordings."""
    if not candidate.may_be_image:
        return None
    matches = (number for number, urls in enumerate(groups, 1) if candidate.url in urls)
    return next(matches, None)


def _without_size(url: str) -> str:
    """The URL of an image without the parts that choose its size."""
    try:
        parts = urlsplit(url)
    except ValueError:
        return url
    rest = [pair for pair in parse_qsl(parts.query) if pair[0].lower() not in _SIZE_PARAMETERS]
    return f"{parts.netloc}{_SIZE_IN_NAME.sub('', parts.path)}?{rest}"


def _is_decoration(image: MediaCandidate, authors: Sequence[str]) -> bool:
    path = image.url.partition("?")[0].partition("#")[0]
    names = {name.casefold() for name in authors}
    return (
        _is_small(image.width, image.height)
        or bool(_AVATAR_PATH.search(path))
        or image.alt.casefold() in names
    )


def _is_small(width: int, height: int) -> bool:
    return 0 < width < _MIN_SIDE or 0 < height < _MIN_SIDE


def _pixels(value: object) -> int:
    """A size in pixels; 0 for a missing one, and for one in other units."""
    text = str(value or "").strip().removesuffix("px")
    return int(text) if text.isascii() and text.isdigit() and len(text) < 6 else 0


class _ImageReader(HTMLParser):
    """Collects the images of HTML."""

    def __init__(self) -> None:
        super().__init__()
        self.images: list[MediaCandidate] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag != "img":
            return
        attributes = {name: unescape_once(value or "") for name, value in attrs}
        width, height = _pixels(attributes.get("width")), _pixels(attributes.get("height"))
        url = attributes.get("src", "").strip()
        is_decoration = _DECORATION_CLASS.search(attributes.get("class", ""))
        if _is_small(width, height) or url.startswith("data:") or is_decoration:
            return
        alt = one_line(attributes.get("alt", ""))[:LONGEST_TEXT]
        self.images.append(MediaCandidate(url, "image/*", alt, width, height))

"""The intended differences between our reading of a feed and feedparser's, with reasons."""

from __future__ import annotations

import io
import re
from dataclasses import dataclass
from urllib.parse import urljoin, urlsplit

import feedparser

from reblogbot.core.text import html_to_text, one_line, unescape_once
from reblogbot.errors import SourceError
from reblogbot.sources.shared.encoding import decode
from reblogbot.sources.shared.urls import is_web_url


@dataclass(frozen=True)
class Reading:
    """A reading of a document: the number of entries, and title and link of the first."""

    entries: int = 0
    title: str = ""
    link: str = ""
    refusal: str = ""
    """The slug of the error, or "raised" for feedparser."""


@dataclass(frozen=True)
class Pair:
    """One document with both readings."""

    document: bytes
    url: str
    ours: Reading
    theirs: Reading
    guid: str = ""

    @property
    def text(self):
        return decode(self.document)


def read_by_feedparser(document, url, content_type=""):
    """The reading of feedparser, and the id of the first entry."""
    headers = {"content-location": url, "content-type": content_type or "application/xml"}
    try:
        fed = feedparser.parse(io.BytesIO(document), response_headers=headers)
    except Exception:  # noqa: BLE001  it has no errors of its own
        return Reading(refusal="raised"), ""
    first = fed["entries"][0] if fed["entries"] else {}
    title, link = str(first.get("title", "")), str(first.get("link", "")).strip()
    return Reading(len(fed["entries"]), title, link), str(first.get("id", ""))


def read_by_us(read):
    """The reading of `read`, which returns our Batch or raises."""
    try:
        batch = read()
    except SourceError as error:
        return Reading(refusal=error.slug)
    first = batch.entries[0] if batch.entries else None
    title, link = (first.title, first.link) if first else ("", "")
    return Reading(len(batch.entries), title, link)


def same_title(ours, theirs):
    """True when our title is that of feedparser as it is, unescaped once, or without tags."""
    readings = (theirs, unescape_once(theirs), html_to_text(theirs))
    return ours[:500] in {one_line(reading)[:500] for reading in readings}


_CHARACTERS = re.compile(
    r"&(?!#?\w+;)|&#(?:x?d[89a-f]|0|x11)|[\x00-\x08\x0b\x0c\x0e-\x1f]", re.IGNORECASE
)
_ENCLOSED = re.compile(r"<enclosure|rel=.enclosure", re.IGNORECASE)


def _is_unpermitted(pair):
    return re.search(r"ispermalink\s*=\s*[\"'](?!true[\"']|false[\"'])", pair.text, re.IGNORECASE)


REASONS = {
    # field: {reason: predicate of a pair}
    "refusal": {
        "entities of a feed's own are refused: a small one can grow without bounds": lambda pair: (
            pair.ours.refusal == "entity_declared" and "<!ENTITY" in pair.text
        ),
        "what is cut off before its first whole entry is no feed yet": lambda pair: (
            pair.ours.refusal == "feed_truncated"
        ),
        "an HTML page is none, whatever it holds": lambda pair: (
            pair.ours.refusal == "not_a_feed" and "<html" in pair.text[:3000].lower()
        ),
        "feedparser raises for references to no character": lambda pair: (
            pair.theirs.refusal == "raised"
        ),
    },
    "entries": {
        "half an entry is none: half a link would pass for a new one": lambda pair: (
            pair.ours.entries == pair.theirs.entries - 1
            and not re.search(r"</(?:\w+:)?(?:rss|feed|rdf)\s*>", pair.text, re.IGNORECASE)
        ),
        "we decode it, whatever it claims": lambda pair: (
            pair.ours.entries and not pair.theirs.entries and "encoding" in pair.text[:200].lower()
        ),
        "feedparser raises": lambda pair: bool(pair.theirs.refusal),
    },
    "title": {
        "we decode it, whatever it claims": lambda pair: not pair.document.isascii(),
        "feedparser leaves out what only a document type elsewhere could name": lambda pair: (
            "<!DOCTYPE" in pair.text and re.search(r"&(?!amp;|lt;|gt;|quot;|apos;)\w+;", pair.text)
        ),
        "characters XML forbids, bare ampersands": lambda pair: _CHARACTERS.search(pair.text),
        "an episode of a podcast may have its title in its directory's vocabulary only": lambda pair: (
            not pair.theirs.title and pair.ours.title and "itunes:title" in pair.text
        ),
        "a title within a script or a style is read by nobody": lambda pair: re.search(
            "<(?:script|style)", pair.theirs.title
        ),
        "feedparser raises": lambda pair: bool(pair.theirs.refusal),
    },
    "link": {
        "what counts its readers may tell where it leads": lambda pair: (
            "origLink" in pair.text and f">{pair.ours.link}<" in unescape_once(pair.text)
        ),
        "an id that is no address is no link": lambda pair: (
            not pair.ours.link and pair.theirs.link == urljoin(pair.url, pair.guid)
        ),
        "only what is said to be none is no permalink": lambda pair: (
            pair.ours.link == pair.guid and not pair.theirs.link and _is_unpermitted(pair)
        ),
        "an RDF resource or an id may be the only address there is": lambda pair: (
            pair.ours.link == pair.guid and is_web_url(pair.guid) and not pair.theirs.link
        ),
        "other schemes than http are no links to post": lambda pair: (
            not pair.ours.link and not is_web_url(pair.theirs.link)
        ),
        "a place within the feed is no page": lambda pair: (
            not pair.ours.link and pair.theirs.link.partition("#")[0] == pair.url
        ),
        "an episode without a page can be heard at its enclosure": lambda pair: (
            not pair.theirs.link and pair.ours.link and _ENCLOSED.search(pair.text)
        ),
        "a relative link is meant from the site that the feed is about": lambda pair: (
            urlsplit(pair.ours.link).hostname != urlsplit(pair.url).hostname
            and urlsplit(pair.ours.link)[2:] == urlsplit(pair.theirs.link or pair.guid)[2:]
        ),
        "a related or other page is better than none": lambda pair: (
            pair.ours.link
            and re.search(r"rel\s*=\s*[\"'](?:related|via|http://www.iana)", pair.text)
        ),
        "a link's &copy= is no ©": lambda pair: _CHARACTERS.search(pair.text),
        "feedparser raises": lambda pair: bool(pair.theirs.refusal),
    },
}


def differences(pair):
    """The fields that differ with the reason for each, "" without one."""
    ours, theirs = pair.ours, pair.theirs
    if ours.refusal:
        differing = ["refusal"] if theirs.entries else []
    else:
        differing = ["entries"] * (ours.entries != theirs.entries)
    if ours.entries and theirs.entries:
        differing += ["title"] * (not same_title(ours.title, theirs.title))
        differing += ["link"] * (ours.link != theirs.link)
    return {field: _reason(field, pair) for field in differing}


def _reason(field, pair):
    return next((reason for reason, applies in REASONS[field].items() if applies(pair)), "")

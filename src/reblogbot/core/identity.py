"""By which keys an entry is recognised, and the forms of a link: one to compare, one to post."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cache, lru_cache
from hashlib import blake2b
from typing import TYPE_CHECKING
from unicodedata import normalize
from urllib.parse import urlsplit

import idna
import regex

from reblogbot.core.text import one_line
from reblogbot.core.text.mentions import harmless_link
from reblogbot.core.tracking import FIRST_RELEASE, is_tracking
from reblogbot.model import Entry

if TYPE_CHECKING:
    from publicsuffixlist import PublicSuffixList

KEY_BYTES = 16

# what browsers and servers still take
_LONGEST = 4096
_EDGES = regex.compile(r"\A[\s\p{Cc}\p{Cf}]+|[\s\p{Cc}\p{Cf}]+\Z")
# a browser drops these wherever they stand (WHATWG URL, 4.4); feeds fold long links
_FOLDS = regex.compile(r"[\t\r\n]+")
_UNUSABLE = regex.compile(r"[\p{Cc}\p{Cs}\p{Noncharacter_Code_Point}]")
_FORM = regex.compile(
    r"(?P<scheme>https?)://(?P<host>[^/?#\\:@\[\]]+|\[[0-9a-f:.]+\])(?::(?P<port>[0-9]{0,5}))?"
    r"(?P<path>/[^?#]*)?(?:\?(?P<query>[^#]*))?(?:\#(?P<fragment>.*))?",
    regex.IGNORECASE | regex.DOTALL | regex.ASCII,
)
_BAD_IN_HOST = regex.compile(r"[\s\p{C}!-,/:-@\[-^`{-~]")
_DOTS = regex.compile(r"[.。．｡]")
# Mastodon, GoToSocial and Takahē; Mastodon's and GoToSocial's ids; Pleroma; Pixelfed; Misskey; snac
_STATUS_PAGE = regex.compile(
    # numbers have been short: on servers of 2016, and on small ones of today
    r"/@[\w.@-]+/(?:statuses/|posts/)?(?:[0-9]+|[0-9A-Za-z]{16,30})/?"
    r"|/users/[\w.-]+/statuses/(?:[0-9]+|[0-9A-Za-z]{16,30})"
    r"|/notice/(?:[0-9]+|[0-9A-Za-z]{16,30})|/objects/[0-9a-f-]{36}"
    r"|/p/[\w.-]+/[0-9]{16,20}|/notes/[0-9a-z]{10,30}|/[\w.-]+/p/[0-9]+\.[0-9]+",
    regex.ASCII,
)
_DEFAULT_PORTS = frozenset({"", "80", "443"})


# an entry's link is asked for by its keys, by its source's and by its accounts'
@lru_cache(maxsize=1024)
def canonical_link(link: str) -> str:
    """The form in which two links to one page are equal, in ASCII; "" for no usable http(s) link.

    http and https are one, so that a site that moves to https is not posted anew. Host in
    lower case and IDNA; default port, fragment (but not `#!…` or `#/…`, which are routes) and
    the tracking parameters of 0.1.0 gone; the others keep their order and empty values. One
    site's several addresses are joined. A key, not an address: nobody should fetch it.
    """
    parts = _parse(link)
    if parts is None:
        return ""
    port = parts.port.lstrip("0")
    query = _query(parts.query or "", _normal, parts.ascii_host, FIRST_RELEASE)
    route = _query(parts.fragment or "", _normal, parts.ascii_host, FIRST_RELEASE)
    canonical = (
        f"https://{parts.ascii_host}"
        + (f":{port}" if port not in _DEFAULT_PORTS else "")
        + (_normal(parts.path) or "/")
        + (f"?{query}" if query else "")
        + (f"#{route}" if route.startswith(("!", "/")) else "")
    )
    return _joined(canonical)


def clean_link(link: str) -> str:
    """The link to be posted: as the source gave it, without tracking; "" for one not to be posted.

    That is: no http(s) link, no host, credentials, control characters, more than 4096
    characters. Letters of all scripts stay; what would end the link early in a text (spaces,
    quotes, closing punctuation) or mention somebody in it is percent-encoded.
    """
    parts = _parse(link)
    if parts is None:
        return ""
    query = None if parts.query is None else _query(parts.query, _quoted, parts.ascii_host)
    fragment = None if parts.fragment is None else _query(parts.fragment, _quoted, parts.ascii_host)
    path = _quoted(parts.path)
    if not _BALANCED.fullmatch(path):
        path = path.replace("(", "%28").replace(")", "%29")
    tail = (
        path
        + (f"?{query}" if query or parts.query == "" else "")
        + (f"#{fragment}" if fragment else "")
    )
    port = f":{parts.port}" if parts.port else ""
    closed = _closed(tail, is_path=not query and not fragment)
    return harmless_link(f"{parts.scheme}://{parts.host}{port}{closed}")


def is_status_page(link: str) -> bool:
    """Whether the link has the form that servers give the page or id of a fediverse status."""
    return bool(_STATUS_PAGE.fullmatch(urlsplit(canonical_link(link)).path))


def host_of(link: str) -> str:
    """The link's host in lower case and IDNA, "" for no usable link."""
    parts = _parse(link)
    return parts.ascii_host if parts else ""


def site_of(link: str) -> str:
    """The link's registrable domain (`example.co.uk`), "" for no usable link.

    After the Public Suffix List, which counts the sub-domains of hosting services
    (`ann.github.io`) as sites of their own. An address, and a name without a public suffix, is
    its own site.
    """
    host = host_of(link)
    if host.startswith("[") or host.rpartition(".")[2].isdigit():
        return host
    return _public_suffixes().privatesuffix(host) or host


@cache
def _public_suffixes() -> PublicSuffixList:
    # the list takes a twentieth of a second to read, and few sources need it
    from publicsuffixlist import PublicSuffixList  # noqa: PLC0415

    return PublicSuffixList()


def author_key(address: str, name: str, source: str) -> str:
    """What posts of an author are counted by: the address, else the name in its source."""
    return address or (f"{one_line(name).casefold()} of {source}" if name else "")


def author_of(entry: Entry, source: str) -> str:
    """The `author_key` of an entry of that source, by the first of its authors."""
    address = entry.author.address if entry.author else ""
    return author_key(address, entry.authors[0] if entry.authors else "", source)


# keys


def edit_key(delivery_id: int, number: int) -> bytes:
    """The key of a delivery's nth edit, 16 bytes: each edit is queued once."""
    return key("edit", str(delivery_id), str(number))


# most entries are shown again and again, and each key is asked for several times
@lru_cache(maxsize=8192)
def link_key(link: str) -> bytes:
    """The key of a link, 16 bytes."""
    return key("link", link)


def key(kind: str, *parts: str) -> bytes:
    """The key, 16 bytes, of a trait of this kind with this value."""
    digest = blake2b(digest_size=KEY_BYTES, person=kind.encode())
    for part in parts:
        octets = part.encode("utf-8", "surrogatepass")
        digest.update(len(octets).to_bytes(8) + octets)
    return digest.digest()


def former_keys_by_trait(entry: Entry) -> Iterator[tuple[str, bytes]]:
    """The keys under which 0.1.0 knew an entry in its source, by trait."""
    for link in dict.fromkeys(map(canonical_link, (entry.link, entry.redirector))):
        if link:
            yield "link", link_key(link)
    guid = normal_guid(entry.guid)
    if guid:
        yield "guid", key("guid", guid)
    elif not entry.uri:
        yield "text", _text_key(entry)


def former_keys(entry: Entry) -> tuple[bytes, ...]:
    """The same without their traits."""
    return tuple(each for _, each in former_keys_by_trait(entry))


def former_published_keys_by_trait(entry: Entry, source: str) -> Iterator[tuple[str, bytes]]:
    """The keys under which 0.1.0 knew an entry that an account published, by trait."""
    for trait, each in former_keys_by_trait(entry):
        if trait == "link":
            yield trait, each
    (within,) = keys_within(entry, source)
    yield "guid" if normal_guid(entry.guid) else "text", within


def keys_within(entry: Entry, source: str, *, with_guid: bool = True) -> tuple[bytes, ...]:
    """A key that means something only within the source of that name: of the id, else the text."""
    guid = normal_guid(entry.guid) if with_guid else ""
    return (key("guid", source, guid) if guid else _text_key(entry, source),)


def _text_key(entry: Entry, *scope: str) -> bytes:
    published = entry.published_at.isoformat() if entry.published_at else ""
    return key("text", *scope, one_line(entry.title), one_line(entry.summary), published)


_ARXIV_GUID = regex.compile(r"oai:arxiv\.org:(.+?)(?:v\d+)?", regex.IGNORECASE)


def normal_guid(guid: str) -> str:
    """The id; one of arXiv's without the version, which is the same paper."""
    guid = guid.strip()
    arxiv = _ARXIV_GUID.fullmatch(guid)
    return f"oai:arXiv.org:{arxiv[1]}" if arxiv else guid


# links


@dataclass(frozen=True, slots=True)
class _Parts:
    """A link taken apart; `query` and `fragment` are None where even their sign is missing."""

    scheme: str
    host: str
    ascii_host: str
    port: str
    path: str
    query: str | None
    fragment: str | None


def _parse(link: str) -> _Parts | None:
    text = _FOLDS.sub("", _EDGES.sub("", link[: 2 * _LONGEST]))
    found = None if len(text) > _LONGEST or _UNUSABLE.search(text) else _FORM.fullmatch(text)
    if found is None:
        return None
    host, ascii_host = _host(found["host"])
    if not ascii_host or int(found["port"] or 0) > 65535:
        return None
    return _Parts(
        found["scheme"].lower(),
        host,
        ascii_host,
        found["port"] or "",
        found["path"] or "",
        found["query"],
        found["fragment"],
    )


def _host(host: str) -> tuple[str, str]:
    """The host as it is posted and in ASCII lower case; two "" for none."""
    if host.startswith("["):
        return host, host.lower()
    if not host.isascii():
        host = _DOTS.sub(".", host)
    if _BAD_IN_HOST.search(host):
        return "", ""
    host = host.removesuffix(".")
    labels = [_label(label) for label in host.split(".")]
    whole = ".".join(labels)
    return (host, whole) if all(labels) and len(whole) <= 253 else ("", "")


def _label(label: str) -> str:
    """One label in ASCII; "" where it cannot stand in a name."""
    if label.isascii():
        return label.lower() if 0 < len(label) < 64 else ""
    folded = normalize("NFKC", label)
    # a sign that folds into punctuation (℀, ⒈) would end the host elsewhere than it seems
    if "." in folded or _BAD_IN_HOST.search(folded):
        return ""
    try:
        coded = idna.encode(label, uts46=True).decode()
    except (idna.IDNAError, UnicodeError):
        # emoji domains work although IDNA 2008 knows none
        coded = "xn--" + folded.lower().encode("punycode").decode()
    return coded if len(coded) < 64 else ""


# names in the query


def _query(query: str, written: Callable[[str], str], host: str, release: str = "") -> str:
    return "&".join(
        written(pair) for pair in query.split("&") if not is_tracking(pair, host, release)
    )


# percent-encoding

_ESCAPES = regex.compile(r"(?:%[0-9a-f]{2})+", regex.IGNORECASE)
# letters, marks and digits of all scripts stay readable in a posted link
_BREAKS_OFF = regex.compile(
    r"[[^\x21-\x7e\p{L}\p{M}\p{N}]\p{Default_Ignorable_Code_Point}\"<>\\^`{|}]", regex.V1
)
_NOT_IN_KEY = regex.compile(r"[^A-Za-z0-9\-._~!'()*,;:$@/&=+?%]|%(?![0-9A-F]{2})")
_PLAIN = frozenset(b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~!'()*,;:$@")
# Mastodon takes brackets into a link when they are balanced, one level deep
_BALANCED = regex.compile(r"[^()]*+(?:\((?:[^()]++|[^()]*+\([^()]++\)[^()]*+)\)[^()]*+)*+")
_ENDS_A_SENTENCE = "!'*,.:;$@~[]"


def _quoted(part: str) -> str:
    return _BREAKS_OFF.sub(_percent, part)


def _normal(part: str) -> str:
    """The part with as few escapes as its meaning allows, all in upper case; ASCII."""
    return _NOT_IN_KEY.sub(_percent, _ESCAPES.sub(_unescaped, part))


def _percent(found: regex.Match[str]) -> str:
    return "".join(f"%{octet:02X}" for octet in found[0].encode("utf-8", "surrogatepass"))


def _unescaped(found: regex.Match[str]) -> str:
    octets = bytes.fromhex(found[0].replace("%", ""))
    return "".join(chr(octet) if octet in _PLAIN else f"%{octet:02X}" for octet in octets)


def _closed(tail: str, *, is_path: bool) -> str:
    """The end of a link, its last sign encoded where a text would take it for the sentence's."""
    last = tail[-1:]
    if last and (last in _ENDS_A_SENTENCE or (last == ")" and not is_path)):
        return f"{tail[:-1]}%{ord(last):02X}"
    return tail


# sites that answer under several addresses

_ARXIV = r"(?:[a-z]+\.)?arxiv\.org/(?:abs|pdf|html|format|ps|src|e-print)"
_ALIASES: tuple[tuple[regex.Pattern[str], str], ...] = (
    (
        regex.compile(r"https://(?:dig|m)\.(?:chouti\.com|ichouti\.cn)/link/(\d+)/?(?:\?.*)?"),
        r"https://dig.chouti.com/link/\1",
    ),
    (
        regex.compile(
            rf"https://{_ARXIV}/([a-z-]+(?:\.[A-Z]{{2}})?/\d{{7}}|\d{{4}}\.\d{{4,5}})"
            r"(?:v\d+)?(?:\.pdf)?/?(?:\?.*)?"
        ),
        r"https://arxiv.org/abs/\1",
    ),
)


def _joined(canonical: str) -> str:
    for pattern, one in _ALIASES:
        found = pattern.fullmatch(canonical)
        if found:
            return found.expand(one)
    return canonical

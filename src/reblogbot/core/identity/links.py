"""Two forms of a link: the canonical one, which is a key, and the clean one, which is posted."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cache, lru_cache
from typing import TYPE_CHECKING
from unicodedata import normalize
from urllib.parse import urlsplit

import idna
import regex

from reblogbot.core.identity.tracking_parameters import FIRST_RELEASE, is_tracking
from reblogbot.core.text.mentions import harmless_link

if TYPE_CHECKING:
    from publicsuffixlist import PublicSuffixList

# the length that browsers and servers still accept
_MAX_LENGTH = 4096
_EDGES = regex.compile(r"\A[\s\p{Cc}\p{Cf}]+|[\s\p{Cc}\p{Cf}]+\Z")
# browsers remove these anywhere in a link (WHATWG URL, 4.4), and feeds fold long links
_LINE_FOLDS = regex.compile(r"[\t\r\n]+")
_UNUSABLE = regex.compile(r"[\p{Cc}\p{Cs}\p{Noncharacter_Code_Point}]")
_LINK_SYNTAX = regex.compile(
    r"(?P<scheme>https?)://(?P<host>[^/?#\\:@\[\]]+|\[[0-9a-f:.]+\])(?::(?P<port>[0-9]{0,5}))?"
    r"(?P<path>/[^?#]*)?(?:\?(?P<query>[^#]*))?(?:\#(?P<fragment>.*))?",
    regex.IGNORECASE | regex.DOTALL | regex.ASCII,
)
_BAD_IN_HOST = regex.compile(r"[\s\p{C}!-,/:-@\[-^`{-~]")
_DOTS = regex.compile(r"[.。．｡]")
# Mastodon, GoToSocial and Takahē; Mastodon's and GoToSocial's ids; Pleroma; Pixelfed; Misskey; snac
_STATUS_PAGE = regex.compile(
    # ids were short numbers on the servers of 2016, and are on small ones today
    r"/@[\w.@-]+/(?:statuses/|posts/)?(?:[0-9]+|[0-9A-Za-z]{16,30})/?"
    r"|/users/[\w.-]+/statuses/(?:[0-9]+|[0-9A-Za-z]{16,30})"
    r"|/notice/(?:[0-9]+|[0-9A-Za-z]{16,30})|/objects/[0-9a-f-]{36}"
    r"|/p/[\w.-]+/[0-9]{16,20}|/notes/[0-9a-z]{10,30}|/[\w.-]+/p/[0-9]+\.[0-9]+",
    regex.ASCII,
)
_DEFAULT_PORTS = frozenset({"", "80", "443"})


# one link is looked up for the entry's keys, its source's keys and each account's keys
@lru_cache(maxsize=4096)
def canonical_link(link: str) -> str:
    """The form in which two spellings of a link are equal, in ASCII; "" for no usable http(s) link.

    http and https are one, so that a site that moves to https is not posted again. The host is in
    lower case and IDNA; default port, fragment (except `#!…` and `#/…`, which are routes) and
    the tracking parameters of 0.1.0 are removed; other parameters keep their order and empty
    values. The several addresses of a site become one. It is a key, not an address to fetch.
    """
    parts = _parse(link)
    if parts is None:
        return ""
    port = parts.port.lstrip("0")
    query = _without_tracking(parts.query or "", _normalised, parts.ascii_host, FIRST_RELEASE)
    route = _without_tracking(parts.fragment or "", _normalised, parts.ascii_host, FIRST_RELEASE)
    canonical = (
        f"https://{parts.ascii_host}"
        + (f":{port}" if port not in _DEFAULT_PORTS else "")
        + (_normalised(parts.path) or "/")
        + (f"?{query}" if query else "")
        + (f"#{route}" if route.startswith(("!", "/")) else "")
    )
    return _without_alias(canonical)


def clean_link(link: str) -> str:
    """The link to be posted: as the source gave it, without tracking; "" for one not to be posted.

    Not to be posted are links without http(s) or a host, with credentials or control characters,
    or longer than 4096 characters. Letters of all scripts stay; what would end the link early in
    a text (spaces, quotes, closing punctuation) or mention somebody in it is percent-encoded.
    """
    parts = _parse(link)
    if parts is None:
        return ""
    host = parts.ascii_host
    query = None if parts.query is None else _without_tracking(parts.query, _quoted, host)
    fragment = None if parts.fragment is None else _without_tracking(parts.fragment, _quoted, host)
    path = _quoted(parts.path)
    if not _BALANCED.fullmatch(path):
        path = path.replace("(", "%28").replace(")", "%29")
    tail = (
        path
        + (f"?{query}" if query or parts.query == "" else "")
        + (f"#{fragment}" if fragment else "")
    )
    port = f":{parts.port}" if parts.port else ""
    tail = _with_encoded_end(tail, is_path=not query and not fragment)
    return harmless_link(f"{parts.scheme}://{parts.host}{port}{tail}")


def is_status_page(link: str) -> bool:
    """Whether the link has the form that servers give the page or id of a fediverse status."""
    return bool(_STATUS_PAGE.fullmatch(urlsplit(canonical_link(link)).path))


def host_of(link: str) -> str:
    """The link's host in lower case and IDNA, "" for no usable link."""
    parts = _parse(link)
    return parts.ascii_host if parts else ""


def site_of(link: str) -> str:
    """The link's registrable domain (`example.co.uk`), "" for no usable link.

    By the Public Suffix List, which counts the sub-domains of hosting services
    (`ann.github.io`) as sites of their own. An IP address, or a name without a public suffix, is
    its own site.
    """
    host = host_of(link)
    if host.startswith("[") or host.rpartition(".")[2].isdigit():
        return host
    return _public_suffixes().privatesuffix(host) or host


@cache
def _public_suffixes() -> PublicSuffixList:
    # loading the list takes 50 ms, and few sources need it
    from publicsuffixlist import PublicSuffixList  # noqa: PLC0415

    return PublicSuffixList()


# parsing


@dataclass(frozen=True, slots=True)
class _Parts:
    """The parts of a link; `query` and `fragment` are None where their ? or # is missing, too."""

    scheme: str
    host: str
    ascii_host: str
    port: str
    path: str
    query: str | None
    fragment: str | None


def _parse(link: str) -> _Parts | None:
    text = _LINE_FOLDS.sub("", _EDGES.sub("", link[: 2 * _MAX_LENGTH]))
    if len(text) > _MAX_LENGTH or _UNUSABLE.search(text):
        return None
    match = _LINK_SYNTAX.fullmatch(text)
    if match is None:
        return None
    host, ascii_host = _hosts(match["host"])
    if not ascii_host or int(match["port"] or 0) > 65535:
        return None
    return _Parts(
        match["scheme"].lower(),
        host,
        ascii_host,
        match["port"] or "",
        match["path"] or "",
        match["query"],
        match["fragment"],
    )


def _hosts(host: str) -> tuple[str, str]:
    """The host as it is posted, and in ASCII lower case; both "" for an impossible one."""
    if host.startswith("["):
        return host, host.lower()
    if not host.isascii():
        host = _DOTS.sub(".", host)
    if _BAD_IN_HOST.search(host):
        return "", ""
    host = host.removesuffix(".")
    labels = [_ascii_label(label) for label in host.split(".")]
    ascii_host = ".".join(labels)
    return (host, ascii_host) if all(labels) and len(ascii_host) <= 253 else ("", "")


def _ascii_label(label: str) -> str:
    """One label of a host in ASCII; "" where it is not allowed in a host."""
    if label.isascii():
        return label.lower() if 0 < len(label) < 64 else ""
    folded = normalize("NFKC", label)
    # a character that folds into punctuation (℀, ⒈) would end the host earlier than it looks
    if "." in folded or _BAD_IN_HOST.search(folded):
        return ""
    try:
        encoded = idna.encode(label, uts46=True).decode()
    except (idna.IDNAError, UnicodeError):
        # emoji domains exist although IDNA 2008 does not allow them
        encoded = "xn--" + folded.lower().encode("punycode").decode()
    return encoded if len(encoded) < 64 else ""


def _without_tracking(
    query: str, encode: Callable[[str], str], host: str, release: str = ""
) -> str:
    return "&".join(
        encode(pair) for pair in query.split("&") if not is_tracking(pair, host, release)
    )


# percent-encoding

_ESCAPES = regex.compile(r"(?:%[0-9a-f]{2})+", regex.IGNORECASE)
# letters, marks and digits of all scripts stay readable in a posted link
_ENDS_LINK = regex.compile(
    r"[[^\x21-\x7e\p{L}\p{M}\p{N}]\p{Default_Ignorable_Code_Point}\"<>\\^`{|}]", regex.V1
)
_NOT_IN_KEY = regex.compile(r"[^A-Za-z0-9\-._~!'()*,;:$@/&=+?%]|%(?![0-9A-F]{2})")
_NEEDS_NO_ESCAPE = frozenset(
    b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~!'()*,;:$@"
)
# Mastodon counts balanced parentheses as part of a link, one level deep
_BALANCED = regex.compile(r"[^()]*+(?:\((?:[^()]++|[^()]*+\([^()]++\)[^()]*+)\)[^()]*+)*+")
_ENDS_SENTENCE = "!'*,.:;$@~[]"


def _quoted(part: str) -> str:
    return _ENDS_LINK.sub(_percent_encoded, part)


def _normalised(part: str) -> str:
    """The part with as few escapes as its meaning allows, all in upper case; ASCII."""
    return _NOT_IN_KEY.sub(_percent_encoded, _ESCAPES.sub(_minimally_escaped, part))


def _percent_encoded(match: regex.Match[str]) -> str:
    return "".join(f"%{octet:02X}" for octet in match[0].encode("utf-8", "surrogatepass"))


def _minimally_escaped(match: regex.Match[str]) -> str:
    octets = bytes.fromhex(match[0].replace("%", ""))
    return "".join(chr(octet) if octet in _NEEDS_NO_ESCAPE else f"%{octet:02X}" for octet in octets)


def _with_encoded_end(tail: str, *, is_path: bool) -> str:
    """The tail of a link, its last character encoded where it may be taken for punctuation."""
    last = tail[-1:]
    if last and (last in _ENDS_SENTENCE or (last == ")" and not is_path)):
        return f"{tail[:-1]}%{ord(last):02X}"
    return tail


# sites with several addresses

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


def _without_alias(canonical: str) -> str:
    """The link under the one address of its site where the site has several."""
    for pattern, address in _ALIASES:
        match = pattern.fullmatch(canonical)
        if match:
            return match.expand(address)
    return canonical

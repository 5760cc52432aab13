"""The form of a link in which all addresses of one page are equal, to compare entries by."""

from __future__ import annotations

from functools import cache, lru_cache
from pathlib import Path
from typing import NamedTuple
from urllib.parse import unquote

import regex

from reblogbot.core.identity import canonical_link
from reblogbot.core.tracking import is_tracking

# an address is rewritten at most so many times: AMP caches and redirectors may be nested
_REWRITES = 4
_MOBILE = frozenset({"m", "mobile", "amp"})
_INDEX = regex.compile(r"/(?:index|default)\.(?:html?|php|aspx?|jsp)\Z", regex.IGNORECASE)
# Java servlets and ASP.NET write the session into the path
_SESSION_IN_PATH = regex.compile(r";jsessionid=[^/;]*|/\((?:[A-Z]\([\w-]+\))+\)", regex.IGNORECASE)
_SESSIONS = frozenset(
    "phpsessid jsessionid sessionid session_id aspsessionid cfid cftoken oscsid zenid".split()
)
_AMP_PATH = regex.compile(r"(?:[/.]amp)+(\.html)?/*\Z")
_AMP = regex.compile(r"amp(?:html)?(?:=.*)?|output(?:type)?=amp", regex.IGNORECASE)
# names that may say something of the page, with values that say where the reader came from
_FROM_FEED = regex.compile(
    r"(?:ref|referr?er|source|src|from|via|medium|origin|partner|cmp)=(?:rss|atom|feed)[\w.%-]*",
    regex.IGNORECASE,
)
# places that every page has, campaigns, and text fragments of browsers
_NO_PLACE = regex.compile(
    r"(?:more(?:-\d+)?|comments?|respond|top|content|main|xtor=.*|utm_.*|ref=.*|echobox=.*|:~:.*)?",
    regex.IGNORECASE,
)


@lru_cache(maxsize=4096)
def page_link(link: str, ignored: frozenset[str] = frozenset()) -> str:
    """The link as it is for every address of its page; "" for no usable http(s) link.

    Beyond `canonical_link`: no `www.`, `m.`, `mobile.` or `amp.` in the host; no trailing slash,
    index page, session or AMP sign in the path; the query in order, without tracking, sessions,
    AMP and the `ignored` names. What a redirector carries in its query counts for it, and sites
    with several hosts have one (`page_aliases.txt`). A fragment stays: it is a place of its own.
    """
    page, place = canonical_link(link), _place(link)
    for _ in range(_REWRITES):
        before, page = page, _aliased(_normal(page, ignored))
        if page == before:
            break
    return page if not place or not page or "#" in page else f"{page}#{place}"


def without_place(page: str) -> str:
    """The page link without the place in it; a route (`#!…`, `#/…`) is part of the page."""
    address, _, fragment = page.partition("#")
    return page if fragment.startswith(("!", "/")) else address


def host_of_page(page: str) -> str:
    """The host of a page link, port included."""
    return page.removeprefix("https://").partition("/")[0]


def differing_parameters(one: str, other: str) -> frozenset[str]:
    """The names in the queries of two links whose values differ; none if more than that differs."""
    links = [canonical_link(link).partition("?") for link in (one, other)]
    if links[0][0] != links[1][0]:
        return frozenset()
    pairs = [frozenset(query.partition("#")[0].split("&")) for _, _, query in links]
    return frozenset(_name(pair) for pair in pairs[0] ^ pairs[1] if pair)


def _place(link: str) -> str:
    fragment = link.partition("#")[2].strip()
    # quoted as a path would be
    quoted = canonical_link(f"https://x/{fragment}").removeprefix("https://x/")
    return "" if _NO_PLACE.fullmatch(fragment) else quoted


def _normal(canonical: str, ignored: frozenset[str]) -> str:
    if not canonical:
        return ""
    address, hash_sign, route = canonical.partition("#")
    location, _, query = address.removeprefix("https://").partition("?")
    host, _, path = location.partition("/")
    query = _query(query, ignored, host)
    mark = f"?{query}" if query else ""
    return f"https://{_host(host)}{_path(f'/{path}')}{mark}{hash_sign}{route}"


def _host(host: str) -> str:
    labels = host.split(".")
    kept = [label for label in labels[:-2] if label not in _MOBILE]
    if kept and kept[0] == "www":
        del kept[0]
    return ".".join([*kept, *labels[-2:]])


def _path(path: str) -> str:
    path = _SESSION_IN_PATH.sub("", path)
    path = _INDEX.sub("", path).rstrip("/")
    return _AMP_PATH.sub(r"\1", path) or "/"


def _query(query: str, ignored: frozenset[str], host: str) -> str:
    dropped = ignored | _SESSIONS
    pairs = [
        pair
        for pair in query.split("&")
        if pair
        and _name(pair) not in dropped
        and not is_tracking(pair, host)
        and not _AMP.fullmatch(pair)
        and not _FROM_FEED.fullmatch(pair)
    ]
    # values of one name keep their order: it may mean something
    return "&".join(sorted(pairs, key=_name))


def _name(pair: str) -> str:
    return pair.partition("=")[0].lower()


class _Alias(NamedTuple):
    """One line of the list: what it matches, and a replacement, or the name of a parameter."""

    pattern: regex.Pattern[str]
    address: str
    parameter: str


@cache
def _aliases() -> tuple[_Alias, ...]:
    lines = Path(__file__).with_name("page_aliases.txt").read_text("utf-8").splitlines()
    found = []
    for line in lines:
        if line.strip() and not line.startswith("#"):
            pattern, sign, right = line.partition(" => ")
            address = ""
            if not sign:
                pattern, _, address = line.partition(" -> ")
            found.append(_Alias(regex.compile(pattern.strip()), address.strip(), right.strip()))
    return tuple(found)


@cache
def _prefilter() -> regex.Pattern[str]:
    """All patterns in one: nearly every link matches none of them."""
    return regex.compile("|".join(f"(?:{_unnumbered(one.pattern)})" for one in _aliases()))


def _unnumbered(pattern: regex.Pattern[str]) -> str:
    return regex.sub(r"(?<!\\)\((?!\?)", "(?:", pattern.pattern)


def _aliased(page: str) -> str:
    location = page.removeprefix("https://")
    if not _prefilter().fullmatch(location):
        return page
    for alias in _aliases():
        found = alias.pattern.fullmatch(location)
        if found and alias.address:
            return canonical_link(f"https://{found.expand(alias.address)}") or page
        target = _parameter(location, alias.parameter) if found else ""
        if target:
            return target
    return page


def _parameter(location: str, name: str) -> str:
    """The canonical link that stands as the value of this name, "" for none."""
    for pair in location.partition("?")[2].split("&"):
        key, _, value = pair.partition("=")
        if key == name:
            return canonical_link(unquote(value))
    return ""

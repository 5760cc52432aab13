"""The form of a link in which all addresses of one page are equal, to match entries by."""

from __future__ import annotations

from functools import cache, lru_cache
from pathlib import Path
from typing import NamedTuple
from urllib.parse import unquote

import regex

from reblogbot.core.identity.links import canonical_link
from reblogbot.core.identity.tracking_parameters import is_tracking

# AMP caches and redirectors may be nested, but not without end
_MAX_REWRITES = 4
_MOBILE_LABELS = frozenset({"m", "mobile", "amp"})
_INDEX_PAGE = regex.compile(r"/(?:index|default)\.(?:html?|php|aspx?|jsp)\Z", regex.IGNORECASE)
# Java servlets and ASP.NET write the session into the path
_SESSION_IN_PATH = regex.compile(r";jsessionid=[^/;]*|/\((?:[A-Z]\([\w-]+\))+\)", regex.IGNORECASE)
_SESSION_PARAMETERS = frozenset(
    "phpsessid jsessionid sessionid session_id aspsessionid cfid cftoken oscsid zenid".split()
)
_AMP_IN_PATH = regex.compile(r"(?:[/.]amp)+(\.html)?/*\Z")
_AMP_PARAMETER = regex.compile(r"amp(?:html)?(?:=.*)?|output(?:type)?=amp", regex.IGNORECASE)
# these names may identify the page, except with values that only tell where the reader came from
_FEED_REFERRER = regex.compile(
    r"(?:ref|referr?er|source|src|from|via|medium|origin|partner|cmp)=(?:rss|atom|feed)[\w.%-]*",
    regex.IGNORECASE,
)
# fragments that every page has, campaigns, and text fragments of browsers
_MEANINGLESS_FRAGMENT = regex.compile(
    r"(?:more(?:-\d+)?|comments?|respond|top|content|main|xtor=.*|utm_.*|ref=.*|echobox=.*|:~:.*)?",
    regex.IGNORECASE,
)


@lru_cache(maxsize=4096)
def page_link(link: str, ignored: frozenset[str] = frozenset()) -> str:
    """The form of the link that all addresses of its page share; "" for no usable http(s) link.

    Beyond `canonical_link` it has no `www.`, `m.`, `mobile.` or `amp.` in the host; no trailing
    slash, index page, session or AMP suffix in the path; a sorted query without tracking,
    sessions, AMP and the `ignored` names. A redirector is replaced by the link in its query, and
    sites with several hosts have one (`page_aliases.txt`). A fragment stays, since several
    entries may be on one page.
    """
    page, fragment = canonical_link(link), _page_fragment(link)
    for _ in range(_MAX_REWRITES):
        before, page = page, _without_alias(_normalised(page, ignored))
        if page == before:
            break
    return page if not fragment or not page or "#" in page else f"{page}#{fragment}"


def without_fragment(page: str) -> str:
    """The page link without its fragment; a route (`#!…`, `#/…`) is part of the page and stays."""
    address, _, fragment = page.partition("#")
    return page if fragment.startswith(("!", "/")) else address


def host_of_page(page: str) -> str:
    """The host of a page link, port included."""
    return page.removeprefix("https://").partition("/")[0]


def differing_parameters(first: str, second: str) -> frozenset[str]:
    """The names in the queries of two links whose values differ; none if more than that differs."""
    links = [canonical_link(link).partition("?") for link in (first, second)]
    if links[0][0] != links[1][0]:
        return frozenset()
    pairs = [frozenset(query.partition("#")[0].split("&")) for _, _, query in links]
    return frozenset(_name(pair) for pair in pairs[0] ^ pairs[1] if pair)


def _page_fragment(link: str) -> str:
    fragment = link.partition("#")[2].strip()
    # canonical_link percent-encodes it as it does a path
    encoded = canonical_link(f"https://x/{fragment}").removeprefix("https://x/")
    return "" if _MEANINGLESS_FRAGMENT.fullmatch(fragment) else encoded


def _normalised(canonical: str, ignored: frozenset[str]) -> str:
    if not canonical:
        return ""
    address, hash_sign, route = canonical.partition("#")
    location, _, query = address.removeprefix("https://").partition("?")
    host, _, path = location.partition("/")
    query = _normalised_query(query, ignored, host)
    question_mark = "?" if query else ""
    path = _normalised_path(f"/{path}")
    return f"https://{_normalised_host(host)}{path}{question_mark}{query}{hash_sign}{route}"


def _normalised_host(host: str) -> str:
    labels = host.split(".")
    kept = [label for label in labels[:-2] if label not in _MOBILE_LABELS]
    if kept and kept[0] == "www":
        del kept[0]
    return ".".join([*kept, *labels[-2:]])


def _normalised_path(path: str) -> str:
    path = _SESSION_IN_PATH.sub("", path)
    path = _INDEX_PAGE.sub("", path).rstrip("/")
    return _AMP_IN_PATH.sub(r"\1", path) or "/"


def _normalised_query(query: str, ignored: frozenset[str], host: str) -> str:
    dropped = ignored | _SESSION_PARAMETERS
    pairs = [
        pair
        for pair in query.split("&")
        if pair
        and _name(pair) not in dropped
        and not is_tracking(pair, host)
        and not _AMP_PARAMETER.fullmatch(pair)
        and not _FEED_REFERRER.fullmatch(pair)
    ]
    # the order of several values of one name may have a meaning: the sort is stable
    return "&".join(sorted(pairs, key=_name))


def _name(pair: str) -> str:
    return pair.partition("=")[0].lower()


# sites with several addresses, and redirectors


class _Alias(NamedTuple):
    """One line of `page_aliases.txt`: a pattern with either an `address` or a `parameter`.

    `address` replaces what the pattern matches; `parameter` is the name in the query whose value
    is the link that a redirector leads to.
    """

    pattern: regex.Pattern[str]
    address: str
    parameter: str


@cache
def _aliases() -> tuple[_Alias, ...]:
    lines = Path(__file__).with_name("page_aliases.txt").read_text("utf-8").splitlines()
    aliases = []
    for line in lines:
        if line.strip() and not line.startswith("#"):
            pattern, arrow, parameter = line.partition(" => ")
            address = ""
            if not arrow:
                pattern, _, address = line.partition(" -> ")
            aliases.append(
                _Alias(regex.compile(pattern.strip()), address.strip(), parameter.strip())
            )
    return tuple(aliases)


@cache
def _any_alias() -> regex.Pattern[str]:
    """All patterns in one, so that the many links that match none of them are tried once."""
    return regex.compile("|".join(f"(?:{_without_groups(alias.pattern)})" for alias in _aliases()))


def _without_groups(pattern: regex.Pattern[str]) -> str:
    return regex.sub(r"(?<!\\)\((?!\?)", "(?:", pattern.pattern)


def _without_alias(page: str) -> str:
    location = page.removeprefix("https://")
    if not _any_alias().fullmatch(location):
        return page
    for alias in _aliases():
        match = alias.pattern.fullmatch(location)
        if match and alias.address:
            return canonical_link(f"https://{match.expand(alias.address)}") or page
        target = _link_in_query(location, alias.parameter) if match else ""
        if target:
            return target
    return page


def _link_in_query(location: str, name: str) -> str:
    """The canonical form of the link that is the value of this name, "" for none."""
    for pair in location.partition("?")[2].split("&"):
        pair_name, _, value = pair.partition("=")
        if pair_name == name:
            return canonical_link(unquote(value))
    return ""

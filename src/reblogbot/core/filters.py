"""Predicates that leave a reason: which entries of a source are not published, and why."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from functools import lru_cache
from math import inf
from typing import NamedTuple
from unicodedata import normalize

import regex

from reblogbot.config.settings import FilterSettings, SourceSettings
from reblogbot.config.values import Pattern
from reblogbot.core import consent
from reblogbot.core.identity import host_of, site_of
from reblogbot.core.text import clean, language_tag, may_be_in, one_line, text_language
from reblogbot.core.text.patterns import matches
from reblogbot.model import Entry

# what patterns and the script are looked for in
_READ = 20_000
# of a title, where it is compared with many others
_COMPARED = 500


def refusal(entry: Entry, source: SourceSettings, now: datetime) -> str:
    """Why the entry is not published, as `slug: words`; "" if it is. `now` is aware UTC.

    The slug is the filter's key in the config, or `empty`, `visibility` or `forbidden`, which
    no config can turn off. The first reason found is given.
    """
    return next(filter(None, _reasons(entry, source, now)), "")


def similar(a: str, b: str) -> float:
    """How alike two titles are, from 0 to 1; 1 for titles that are equal.

    Four fifths of it is how much of the shorter title stands in the longer, by pairs of
    characters, and one fifth how much of the longer stands in the shorter: an addition counts a
    little. Case, width, spaces and punctuation do not count. Titles with different numbers
    ("Episode 12", "Episode 13", 第十二集) are not alike. Very short titles are alike only when
    equal: nearly everything contains them.
    """
    first, second = _features(a[:_COMPARED]), _features(b[:_COMPARED])
    if first.folded == second.folded:
        return float(bool(first.folded))
    fewer, more = sorted((first.pairs, second.pairs), key=len)
    if len(fewer) < _FEWEST_PAIRS or first.numbers != second.numbers:
        return 0.0
    common = len(fewer & more)
    return 0.8 * common / len(fewer) + 0.2 * common / len(more)


def near_duplicate(title: str, recent_titles: Iterable[str], threshold: float) -> str:
    """The first recent title at least so similar, "" if there is none or the threshold is 0."""
    if threshold <= 0:
        return ""
    return next((one for one in recent_titles if similar(title, one) >= threshold), "")


def over_domain_limit(link: str, posted: Mapping[str, int], limit: int) -> str:
    """Why another post from the link's site is one too many today; "" if it is not.

    `posted` counts today's posts by site, as `site_of` writes it; a `limit` of 0 is none.
    """
    site = site_of(link) if limit else ""
    count = posted.get(site, 0)
    if not site or count < limit:
        return ""
    return f"max_per_domain: {count} from {site} today, at most {limit}"


def over_author_limit(author: str, posted: Mapping[str, int], limit: int) -> str:
    """Why another post by this author is one too many today; "" if it is not.

    `author` and the keys of `posted`, today's posts, are as `identity.author_key` writes them; a
    `limit` of 0 is none.
    """
    count = posted.get(author, 0)
    if not limit or not author or count < limit:
        return ""
    return f"max_per_author: {count} by {author} today, at most {limit}"


def refusal_again(entry: Entry, source: SourceSettings, now: datetime, *, is_posted: bool) -> str:
    """Why an entry that was accepted is not published as it reads, and as the filters stand, now.

    Its age is judged when its turn comes. Where its post stands already (`is_posted`), votes do
    not count either: it is an edit, not news.
    """
    undated = replace(entry, published_at=None, updated_at=None)
    if is_posted:
        kept = source.filter.model_copy(update={"min_score": -inf})
        source = source.model_copy(update={"filter": kept})
    return refusal(undated, source, now)


def refusal_now(entry: Entry, source: SourceSettings, now: datetime, *, is_status: bool) -> str:
    """Why a status that was accepted when it was queued is not published now; "" if it is.

    The status counts as it reads now, its votes do not: another server knows other ones. Of a
    status that the source knew as a link only (not `is_status`), the filters that the source's
    own words had to satisfy are not asked again.
    """
    kept: dict[str, object] = {"min_score": -inf}
    if not is_status:
        kept |= {"include": (), "domains": ()}
    chosen = source.filter.model_copy(update=kept)
    return refusal(entry, source.model_copy(update={"filter": chosen}), now)


# the reasons


def _reasons(entry: Entry, source: SourceSettings, now: datetime) -> Iterator[str]:
    """What each filter says, in their order, which is that of the plainest reason first."""
    chosen = source.filter
    yield _empty(entry)
    yield _visibility(entry)
    yield _forbidden(entry)
    yield _opt_outs(entry, chosen)
    yield _consent(entry, chosen)
    yield _bots(entry, chosen)
    yield _replies(entry, chosen)
    yield _max_age(entry, chosen, now)
    yield _min_score(entry, chosen)
    yield _domains(entry, chosen)
    yield _not_domains(entry, chosen)
    yield _links(entry, chosen)
    yield _not_links(entry, chosen)
    yield _languages(entry, chosen, source.language)
    yield _exclude(entry, chosen)
    yield _include(entry, chosen)


def _empty(entry: Entry) -> str:
    is_empty = not one_line(entry.title[:_READ]) and not one_line(entry.summary[:_READ])
    return "empty: neither title nor summary" if is_empty else ""


def _visibility(entry: Entry) -> str:
    is_open = entry.visibility in {"public", "unlisted"}
    return "" if is_open else f"visibility: a {entry.visibility} post is not for others"


def _forbidden(entry: Entry) -> str:
    reason = entry.forbidden or (entry.author.standing if entry.author else "")
    return f"forbidden: {reason}" if reason else ""


def _opt_outs(entry: Entry, chosen: FilterSettings) -> str:
    if entry.author is None or not chosen.opt_outs:
        return ""
    tag = consent.opt_out(entry.author, chosen.opt_out_tags)
    return f"opt_outs: its author's profile says {tag}" if tag else ""


def _consent(entry: Entry, chosen: FilterSettings) -> str:
    author = entry.author
    if author is None:
        return ""
    if chosen.needs_indexable and author.is_indexable is not True:
        return "needs_indexable: its author's account is not marked as indexable"
    if chosen.needs_discoverable and author.is_discoverable is not True:
        return "needs_discoverable: its author's account is not marked as discoverable"
    return ""


def _bots(entry: Entry, chosen: FilterSettings) -> str:
    is_bot = entry.author is not None and entry.author.is_bot
    return "bots: its author is marked as a bot" if is_bot and not chosen.bots else ""


def _replies(entry: Entry, chosen: FilterSettings) -> str:
    return "replies: a reply" if entry.is_reply and not chosen.replies else ""


def _max_age(entry: Entry, chosen: FilterSettings, now: datetime) -> str:
    published = entry.published_at or entry.updated_at
    if published is None or now - published <= chosen.max_age:
        return ""
    return f"max_age: published {published:%Y-%m-%d}, older than {_span(chosen.max_age)}"


def _min_score(entry: Entry, chosen: FilterSettings) -> str:
    least = chosen.min_score
    if entry.score is None or entry.score >= least:
        return ""
    return f"min_score: {entry.score:g} of at least {least:g}"


def _domains(entry: Entry, chosen: FilterSettings) -> str:
    wanted = chosen.domains
    host = host_of(entry.link)
    if not wanted or any(_is_within(host, domain) for domain in wanted):
        return ""
    return f"domains: {host or 'no link'} is none of them"


def _not_domains(entry: Entry, chosen: FilterSettings) -> str:
    host = host_of(entry.link)
    found = next((one for one in chosen.not_domains if _is_within(host, one)), "")
    return f"not_domains: {host} is in {found}" if found else ""


def _languages(entry: Entry, chosen: FilterSettings, spoken: str) -> str:
    if not chosen.languages:
        return ""
    text = clean(f"{entry.title[:_READ]}\n{entry.summary[:_READ]}")
    language = _primary(spoken or text_language(text, entry.language))
    # one that cannot be told may be any that its script is used for
    if any(
        _primary(one) == language if language else may_be_in(one, text) for one in chosen.languages
    ):
        return ""
    return f"languages: {language or 'unknown'} is none of {', '.join(chosen.languages)}"


def _links(entry: Entry, chosen: FilterSettings) -> str:
    if not chosen.links or any(matches(one.compiled, entry.link) for one in chosen.links):
        return ""
    return f"links: {entry.link or 'no link'} matches none of {_written(chosen.links)}"


def _not_links(entry: Entry, chosen: FilterSettings) -> str:
    for pattern in chosen.not_links:
        found = matches(pattern.compiled, entry.link)
        if found:
            return f"not_links: the link matches {pattern.written}"
        if found is None:
            return f"not_links: {pattern.written} took too long to look for"
    return ""


def _exclude(entry: Entry, chosen: FilterSettings) -> str:
    text = _searched(entry) if chosen.exclude else ""
    for pattern in chosen.exclude:
        found = matches(pattern.compiled, text)
        if found:
            return f"exclude: {pattern.written} was found"
        if found is None:
            return f"exclude: {pattern.written} took too long to look for"
    return ""


def _include(entry: Entry, chosen: FilterSettings) -> str:
    wanted = chosen.include
    text = _searched(entry) if wanted else ""
    if not wanted or any(matches(pattern.compiled, text) for pattern in wanted):
        return ""
    return f"include: found none of {_written(wanted)}"


# what they are made of

_FEWEST_PAIRS = 4
# digits, Roman numerals in capitals, and Chinese ordinals: 第十二集
_NUMBER = regex.compile(r"[0-9]+|\b[IVX]{2,}\b|(?<=第)[〇零一二三四五六七八九十百千]+")
_UNSPOKEN = regex.compile(r"[^\p{L}\p{M}\p{N}]+")


class _Features(NamedTuple):
    """What titles are compared by."""

    folded: str
    pairs: frozenset[str]
    numbers: frozenset[str]


# one title is compared with many others
@lru_cache(maxsize=64)
def _features(title: str) -> _Features:
    # one character may become eighteen
    normal = normalize("NFKC", title)[:_COMPARED]
    folded = _UNSPOKEN.sub("", normal.casefold())
    pairs = frozenset(folded[at : at + 2] for at in range(len(folded) - 1))
    numbers = frozenset(number.lstrip("0") or "0" for number in _NUMBER.findall(normal))
    return _Features(folded, pairs, numbers)


def _searched(entry: Entry) -> str:
    words = (entry.title[:_READ], entry.summary[:_READ], *entry.authors[:50])
    return clean("\n".join((*words, *entry.categories[:50])))


def _written(patterns: tuple[Pattern, ...]) -> str:
    shown = ", ".join(pattern.written for pattern in patterns[:3])
    return f"{shown}, …" if len(patterns) > 3 else shown


def _primary(language: str) -> str:
    return language_tag(language).partition("-")[0]


def _is_within(host: str, domain: str) -> bool:
    """Whether the host is the domain or under it."""
    name = host_of(f"https://{domain}/") or domain
    return host == name or host.endswith(f".{name}")


def _span(span: timedelta) -> str:
    """The span as a config writes it: `7d`, `90m`."""
    seconds = span.total_seconds()
    for unit, length in (("d", 86400), ("h", 3600), ("m", 60)):
        if seconds >= length and seconds % length == 0:
            return f"{seconds / length:g}{unit}"
    return f"{seconds:g}s"

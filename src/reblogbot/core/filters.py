"""The filters: which entries of a source are not published, each with a reason."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from datetime import datetime
from math import inf

from reblogbot.config.settings import FilterSettings, SourceSettings
from reblogbot.config.values import Pattern, span_text
from reblogbot.core import consent
from reblogbot.core.identity import host_of, site_of
from reblogbot.core.text import clean, language_tag, may_be_in, one_line, text_language
from reblogbot.core.text.patterns import matches
from reblogbot.model import Entry
from reblogbot.words import Words

# characters of a text that are searched; bounds the work
_MAX_SEARCHED = 20_000
_MAX_NAMES = 50


def refusal(entry: Entry, source: SourceSettings, now: datetime) -> str:
    """Why the entry is not published, as `slug: reason`; "" if it is. `now` is aware UTC.

    The slug is the filter's key in the config, or `empty`, `visibility` or `forbidden`, which
    no config can turn off. Of several reasons the first is returned.
    """
    return next(filter(None, _reasons(entry, source, now)), "")


def over_domain_limit(link: str, posted: Mapping[str, int], limit: int) -> str:
    """Why another post with a link to the site exceeds today's limit; "" if it does not.

    `posted` counts today's posts by site, as `site_of` writes it; a `limit` of 0 is no limit.
    """
    site = site_of(link) if limit else ""
    count = posted.get(site, 0)
    if not site or count < limit:
        return ""
    return Words(
        "max_per_domain: {count} from {site} today, at most {limit}",
        count=count,
        site=site,
        limit=limit,
    )


def over_author_limit(author: str, posted: Mapping[str, int], limit: int) -> str:
    """Why another post by this author exceeds today's limit; "" if it does not.

    `author` and the keys of `posted`, today's posts, are as `identity.author_key` writes them; a
    `limit` of 0 is no limit.
    """
    count = posted.get(author, 0)
    if not limit or not author or count < limit:
        return ""
    return Words(
        "max_per_author: {count} by {author} today, at most {limit}",
        count=count,
        author=author,
        limit=limit,
    )


def refusal_again(entry: Entry, source: SourceSettings, now: datetime, *, is_posted: bool) -> str:
    """Why an accepted entry is not published in its present version, by the present config.

    Its age is checked when its turn comes, by `queue_order.too_old_reason`. The score does not
    count either where it is published already (`is_posted`), since an edit is no new post.
    """
    undated = replace(entry, published_at=None, updated_at=None)
    if is_posted:
        source = _with_filter(source, {"min_score": -inf})
    return refusal(undated, source, now)


def refusal_of_requested(entry: Entry, source: SourceSettings) -> str:
    """Why an entry is not published although the admin asked for it; "" if it is.

    Only what is not the admin's to decide counts: an entry without words, one that is not for
    others, and an author who does not want it.
    """
    return next(filter(None, _binding_reasons(entry, source.filter)), "")


def refusal_now(entry: Entry, source: SourceSettings, now: datetime, *, is_status: bool) -> str:
    """Why a status that was accepted when it was queued is not boosted now; "" if it is.

    `entry` is the present version on the account's own server. Its score does not count, since
    each server counts other favourites. If the source has only linked the status (not
    `is_status`), `include` and `domains` were satisfied by the source's own text and link, and do
    not count for the text of the status.
    """
    ignored: dict[str, object] = {"min_score": -inf}
    if not is_status:
        ignored |= {"include": (), "domains": ()}
    return refusal(entry, _with_filter(source, ignored), now)


def _with_filter(source: SourceSettings, changes: Mapping[str, object]) -> SourceSettings:
    return source.model_copy(update={"filter": source.filter.model_copy(update=changes)})


# The filters: each returns the reason why it refuses the entry, or "".


def _reasons(entry: Entry, source: SourceSettings, now: datetime) -> Iterator[str]:
    """The result of each filter, those with the plainest reasons first."""
    settings = source.filter
    yield from _binding_reasons(entry, settings)
    yield _consent_reason(entry, settings)
    yield _bots_reason(entry, settings)
    yield _replies_reason(entry, settings)
    yield _max_age_reason(entry, settings, now)
    yield _min_score_reason(entry, settings)
    yield _domains_reason(entry, settings)
    yield _not_domains_reason(entry, settings)
    yield _links_reason(entry, settings)
    yield _not_links_reason(entry, settings)
    yield _languages_reason(entry, settings, source.language)
    yield _exclude_reason(entry, settings)
    yield _include_reason(entry, settings)


def _binding_reasons(entry: Entry, settings: FilterSettings) -> Iterator[str]:
    """The results of the filters that hold for what the admin asked for, too."""
    yield _empty_reason(entry)
    yield _visibility_reason(entry)
    yield _forbidden_reason(entry)
    yield _opt_outs_reason(entry, settings)


def _empty_reason(entry: Entry) -> str:
    is_empty = not one_line(entry.title[:_MAX_SEARCHED]) and not one_line(
        entry.summary[:_MAX_SEARCHED]
    )
    return Words("empty: neither title nor summary") if is_empty else ""


def _visibility_reason(entry: Entry) -> str:
    is_open = entry.visibility in {"public", "unlisted"}
    return (
        ""
        if is_open
        else Words("visibility: a {visibility} post is not for others", visibility=entry.visibility)
    )


def _forbidden_reason(entry: Entry) -> str:
    reason = entry.forbidden or (entry.author.standing if entry.author else "")
    return Words("forbidden: {reason}", reason=reason) if reason else ""


def _opt_outs_reason(entry: Entry, settings: FilterSettings) -> str:
    if entry.author is None or not settings.opt_outs:
        return ""
    tag = consent.opt_out_tag(entry.author, settings.opt_out_tags)
    return Words("opt_outs: its author's profile says {tag}", tag=tag) if tag else ""


def _consent_reason(entry: Entry, settings: FilterSettings) -> str:
    author = entry.author
    if author is None:
        return ""
    if settings.needs_indexable and author.is_indexable is not True:
        return Words("needs_indexable: its author's account is not marked as indexable")
    if settings.needs_discoverable and author.is_discoverable is not True:
        return Words("needs_discoverable: its author's account is not marked as discoverable")
    return ""


def _bots_reason(entry: Entry, settings: FilterSettings) -> str:
    is_bot = entry.author is not None and entry.author.is_bot
    return Words("bots: its author is marked as a bot") if is_bot and not settings.bots else ""


def _replies_reason(entry: Entry, settings: FilterSettings) -> str:
    return Words("replies: a reply") if entry.is_reply and not settings.replies else ""


def _max_age_reason(entry: Entry, settings: FilterSettings, now: datetime) -> str:
    published = entry.published_at or entry.updated_at
    if published is None or now - published <= settings.max_age:
        return ""
    return Words(
        "max_age: published {published}, older than {max_age}",
        published=f"{published:%Y-%m-%d}",
        max_age=span_text(settings.max_age),
    )


def _min_score_reason(entry: Entry, settings: FilterSettings) -> str:
    least = settings.min_score
    if entry.score is None or entry.score >= least:
        return ""
    return Words(
        "min_score: {score} of at least {limit}", score=f"{entry.score:g}", limit=f"{least:g}"
    )


def _domains_reason(entry: Entry, settings: FilterSettings) -> str:
    wanted = settings.domains
    host = host_of(entry.link)
    if not wanted or any(_is_within(host, domain) for domain in wanted):
        return ""
    return Words("domains: {host} is none of them", host=host or "no link")


def _not_domains_reason(entry: Entry, settings: FilterSettings) -> str:
    host = host_of(entry.link)
    domain = next((each for each in settings.not_domains if _is_within(host, each)), "")
    return Words("not_domains: {host} is in {domain}", host=host, domain=domain) if domain else ""


def _languages_reason(entry: Entry, settings: FilterSettings, source_language: str) -> str:
    if not settings.languages:
        return ""
    text = clean(f"{entry.title[:_MAX_SEARCHED]}\n{entry.summary[:_MAX_SEARCHED]}")
    language = _primary(source_language or text_language(text, entry.language))
    # an unknown language may be any that is written in the script of the text
    if any(
        _primary(wanted) == language if language else may_be_in(wanted, text)
        for wanted in settings.languages
    ):
        return ""
    return Words(
        "languages: {language} is none of {languages}",
        language=language or "unknown",
        languages=", ".join(settings.languages),
    )


def _links_reason(entry: Entry, settings: FilterSettings) -> str:
    wanted = settings.links
    if not wanted or any(matches(pattern.compiled, entry.link) for pattern in wanted):
        return ""
    return Words(
        "links: {link} matches none of {patterns}",
        link=entry.link or "no link",
        patterns=_listed(wanted),
    )


def _not_links_reason(entry: Entry, settings: FilterSettings) -> str:
    for pattern in settings.not_links:
        is_match = matches(pattern.compiled, entry.link)
        if is_match:
            return Words("not_links: the link matches {written}", written=pattern.written)
        if is_match is None:
            return Words("not_links: {written} took too long to look for", written=pattern.written)
    return ""


def _exclude_reason(entry: Entry, settings: FilterSettings) -> str:
    text = _searched_text(entry) if settings.exclude else ""
    for pattern in settings.exclude:
        is_match = matches(pattern.compiled, text)
        if is_match:
            return Words("exclude: {written} was found", written=pattern.written)
        if is_match is None:
            return Words("exclude: {written} took too long to look for", written=pattern.written)
    return ""


def _include_reason(entry: Entry, settings: FilterSettings) -> str:
    wanted = settings.include
    text = _searched_text(entry) if wanted else ""
    if not wanted or any(matches(pattern.compiled, text) for pattern in wanted):
        return ""
    return Words("include: found none of {patterns}", patterns=_listed(wanted))


# texts and patterns


def _searched_text(entry: Entry) -> str:
    words = (
        entry.title[:_MAX_SEARCHED],
        entry.summary[:_MAX_SEARCHED],
        *entry.authors[:_MAX_NAMES],
    )
    return clean("\n".join((*words, *entry.categories[:_MAX_NAMES])))


def _listed(patterns: tuple[Pattern, ...]) -> str:
    first = ", ".join(pattern.written for pattern in patterns[:3])
    return f"{first}, …" if len(patterns) > 3 else first


def _primary(language: str) -> str:
    return language_tag(language).partition("-")[0]


def _is_within(host: str, domain: str) -> bool:
    """Whether the host is the domain or one of its sub-domains."""
    name = host_of(f"https://{domain}/") or domain
    return host == name or host.endswith(f".{name}")

"""From an entry to a post: its text, link, hashtags, images, language and content warning."""

from __future__ import annotations

from dataclasses import replace
from itertools import pairwise
from zoneinfo import ZoneInfo

from reblogbot.config.settings import AccountSettings, SourceSettings
from reblogbot.core.fitting import Wording, fit, fit_strictly
from reblogbot.core.identity import clean_link, is_status_page
from reblogbot.core.templates import Listing, Tags, TemplateContext, compile_template
from reblogbot.core.text import clean, language_tag, one_line, text_language
from reblogbot.core.text.boilerplate import without_boilerplate
from reblogbot.core.text.hashtags import hashtags
from reblogbot.core.text.line_breaks import unwrapped
from reblogbot.core.text.measure import length
from reblogbot.core.text.mentions import defuse
from reblogbot.core.text.patterns import matches, replaced
from reblogbot.core.text.repetition import end_of_title, is_cut, without_heading
from reblogbot.core.text.shortening import shorten
from reblogbot.model import Action, Entry, Media, Post, ServerLimits
from reblogbot.words import Words

# a post of another server fits in whole; an article must not become a title
_MAX_UNTITLED = 500
_MAX_PLAIN = 200
_MAX_CATEGORIES = 50
_ESCAPING_MARKUP = frozenset({"hollo", "snac"})
_IMAGE_TYPES = ("jpg", "jpeg", "png", "gif", "webp", "avif", "heic", "heif")
_IMAGE_SUFFIXES = tuple(f".{name}" for name in _IMAGE_TYPES)


def action_of(entry: Entry, source: SourceSettings) -> Action:
    """The action for the entry: `auto` boosts a fediverse status and posts anything else.

    A link that looks like a status's page counts as one. Whether it is, the account's server
    tells before the boost.
    """
    if source.action != "auto":
        return source.action
    is_status = bool(entry.uri or entry.status_id) or is_status_page(entry.link)
    return "boost" if is_status else "post"


def compose(
    entry: Entry,
    source: SourceSettings,
    account: AccountSettings,
    limits: ServerLimits,
    *,
    source_title: str = "",
    feed_language: str = "",
) -> Post:
    """The post of an entry for an account, within its server's limit (see `fitting.fit`).

    An entry without words has no text. A link that exceeds the limit by itself makes a post that
    must not be sent: `link_excess` tells. Raises ReblogbotError when the template fails on this
    entry.
    """
    wording = _wording(entry, source, account, limits, source_title)
    names = wording.names
    text = fit(wording, limits) if names.title else ""
    return Post(
        action="post",
        text=text,
        link=names.link if names.link in text else "",
        visibility=source.visibility or account.visibility,
        language=_language(entry, source, account, feed_language, names),
        spoiler=wording.spoiler,
        media=_described_images(entry, source, limits, names.title),
        length=length(text, limits, wording.spoiler),
        limit=limits.characters,
        shorter=fit_strictly(wording, limits, text),
        # text of the source cannot mention anybody (`defuse`), so that only the template can
        may_mention=any(sign in source.template for sign in "@＠"),
    )


def boost(
    entry: Entry, source: SourceSettings, account: AccountSettings, limits: ServerLimits
) -> Post:
    """The boost of an entry's status; `drafting` fills in the status's id and URI."""
    return Post(
        action="boost",
        link=clean_link(entry.link),
        visibility=source.visibility or account.visibility,
        limit=limits.characters,
    )


def plain(
    entry: Entry, source: SourceSettings, account: AccountSettings, limits: ServerLimits
) -> Post:
    """A post of title and link alone, for entries whose composing takes too long."""
    link = clean_link(entry.link)
    words = _harmless_line(entry.title[:_MAX_PLAIN] or entry.summary[:_MAX_PLAIN])
    text = "\n".join(filter(None, (shorten(words, _MAX_PLAIN // 2), link)))
    return Post(
        action="post",
        text=text,
        link=link,
        visibility=source.visibility or account.visibility,
        language=language_tag(account.language),
        spoiler=source.spoiler,
        length=length(text, limits, source.spoiler),
        limit=limits.characters,
    )


def link_excess(post: Post) -> str:
    """Why a post must be held whose link alone exceeds the server's limit, else ""."""
    if post.action == "boost" or post.length <= post.limit or not post.link:
        return ""
    return Words(
        "the link is longer than the server takes ({length} of {limit} characters)",
        length=post.length,
        limit=post.limit,
    )


# the words


def _wording(
    entry: Entry,
    source: SourceSettings,
    account: AccountSettings,
    limits: ServerLimits,
    source_title: str,
) -> Wording:
    """The template and the entry's values for it, harmless and at full length."""
    # bounds the work; more than fits even where every grapheme is a family of emoji
    most = 12 * limits.characters + 1000
    # "#1" would be a hashtag on some servers, unless it is escaped before it is sent
    numbers = limits.markup not in _ESCAPING_MARKUP
    title = " ".join(defuse(_rewritten(entry.title[:most], source), numbers=numbers).split())
    summary = _rewritten(_summary(entry.summary[:most], source), source)
    # a mention that was taken out may leave two spaces
    summary = clean(defuse(summary, numbers=numbers))
    categories = entry.categories[:_MAX_CATEGORIES]
    spoiler = _spoiler(source, "\n".join((title, summary, *categories)))
    spoiler = spoiler or _harmless_line(entry.spoiler)
    form = compile_template(source.template)
    # a headline of chouti is posted in brackets before its text, both unchanged
    writes_both = source.kind != "chouti" and {"title", "summary"} <= form.names
    if not title:
        title, summary = shorten(summary, _MAX_UNTITLED), ""
    elif writes_both:
        title, summary = _without_repetition(
            title, unwrapped(summary), is_separate=form.shortens_summary
        )
    authors = Listing(name for name in map(_harmless_line, entry.authors[:50]) if name)
    names = TemplateContext(
        title=title,
        summary="" if one_line(summary) == title else summary,
        link=clean_link(entry.link),
        author=authors[0] if authors else "",
        authors=authors,
        source=_harmless_line(source.title) or _harmless_line(source_title) or source.name,
        score=entry.score,
        comments=entry.comments,
        tags=Tags(hashtags(categories, source.hashtags, (*source.tags, *account.tags))),
        published=entry.published_at and entry.published_at.astimezone(ZoneInfo(source.timezone)),
        text=clean(defuse(_rewritten(entry.text[:most], source), numbers=numbers)),
    )
    wording = Wording(form, names, shorten(spoiler, limits.characters // 2))
    if _may_mention_in_link(wording):
        return wording.with_link(names.link.replace("@", "%40"))
    return wording


def _may_mention_in_link(wording: Wording) -> bool:
    """Whether a server may take an @ in the link for a mention: where text touches the link."""
    link = wording.names.link
    if "@" not in link:
        return False
    parts = wording.write().split(link)
    return any(before[-1:].strip() or after[:1].strip() for before, after in pairwise(parts))


def _summary(summary: str, source: SourceSettings) -> str:
    text = clean(summary)
    return without_boilerplate(text) if source.boilerplate == "drop" else text


def _without_repetition(title: str, summary: str, *, is_separate: bool) -> tuple[str, str]:
    """Title and summary for a template that writes both, without words that are in both.

    A title that is the heading of the summary is removed from it. If it is the summary's
    beginning, cut off or not, the whole summary becomes the title; not where the template
    shortens the summary (`is_separate`), because title and summary then have lines of their own.
    """
    end = end_of_title(title, summary)
    rest = without_heading(summary, end) if end else summary
    if rest is not None and not (end and is_cut(title)):
        return title, rest
    return (title, summary) if is_separate else (summary, "")


def _rewritten(text: str, source: SourceSettings) -> str:
    """The text after the source's `replace` rules."""
    text = clean(text)
    for pattern, replacement in source.replace:
        text = clean(replaced(pattern.compiled, replacement, text))
    return text


def _harmless_line(text: str) -> str:
    return " ".join(defuse(one_line(text[:500])).split())


def _spoiler(source: SourceSettings, text: str) -> str:
    for pattern, spoiler in source.spoiler_rules:
        # a search that takes too long counts as a match: one warning too many does no harm
        if matches(pattern.compiled, text) is not False:
            return spoiler
    return source.spoiler


def _language(
    entry: Entry,
    source: SourceSettings,
    account: AccountSettings,
    feed_language: str,
    names: TemplateContext,
) -> str:
    """The language by the source's config, entry, feed, text, or account's config (ADR 0028).

    A language of entry or feed that contradicts the script of the text is ignored.
    """
    text = f"{names.title}\n{names.summary}"
    return (
        language_tag(source.language)
        or text_language(text, entry.language, feed_language)
        or language_tag(account.language)
    )


# the images


def images_of(entry: Entry) -> list[Media]:
    """Those of the entry's media that can be attached as images."""
    return [media for media in entry.media if _is_image(media) and clean_link(media.url)]


def _described_images(
    entry: Entry, source: SourceSettings, limits: ServerLimits, title: str
) -> tuple[Media, ...]:
    description = f"Image: {title}" if title else "Image"
    return tuple(
        replace(image, alt=shorten(clean(image.alt) or description, limits.alt))
        for image in images_of(entry)[: min(source.media, limits.media)]
    )


def _is_image(media: Media) -> bool:
    """Whether the media may be an image by type and name; its bytes are examined later."""
    mime = media.mime.lower()
    path = media.url.lower().partition("?")[0]
    if path.endswith((".svg", ".svgz")) or mime.startswith(("image/svg", "audio/", "video/")):
        return False
    return mime.startswith("image") or mime in _IMAGE_TYPES or path.endswith(_IMAGE_SUFFIXES)

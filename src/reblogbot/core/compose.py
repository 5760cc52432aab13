"""From an entry to a post: its text, link, hashtags, images, language and content warning."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import replace
from itertools import pairwise
from zoneinfo import ZoneInfo

from reblogbot.config.settings import AccountSettings, SourceSettings
from reblogbot.core.articles import HEADING, article_of, article_of_text, plain_text
from reblogbot.core.fitting import Result, Wording, fit, fit_strictly
from reblogbot.core.identity import clean_link, is_status_page
from reblogbot.core.templates import (
    ARTICLES,
    UNTITLED,
    Listing,
    Tags,
    TemplateContext,
    compile_template,
)
from reblogbot.core.text import clean, language_tag, one_line, text_language
from reblogbot.core.text.boilerplate import without_boilerplate
from reblogbot.core.text.hashtags import hashtags
from reblogbot.core.text.labels import label_of
from reblogbot.core.text.line_breaks import unwrapped
from reblogbot.core.text.marks import is_generated, unmarked
from reblogbot.core.text.measure import length, size
from reblogbot.core.text.mentions import defuse
from reblogbot.core.text.patterns import matches, replaced
from reblogbot.core.text.repetition import end_of_title, is_cut, without_heading
from reblogbot.core.text.shortening import beginning, shorten
from reblogbot.model import Action, Entry, Media, Post, ServerLimits, StepText
from reblogbot.words import Words

# a post of another server fits in whole; an article must not become a title
MAX_UNTITLED = 500
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
    template: str = "",
    results: Sequence[Result] = (),
) -> Post:
    """The post of an entry for an account, within its server's limit (see `fitting.fit`).

    `template` is another than the one of the account or source; `results` are those of the source's
    steps (`step_results`), in order.

    An entry without words has no text. A link that exceeds the limit by itself makes a post that
    must not be sent: `link_excess` tells. Raises ReblogbotError when the template fails on this
    entry.
    """
    template = template or account.template or source.template
    wording = _wording(entry, source, account, limits, source_title, template)
    names = wording.names
    wording = _with_results(wording, results, template)
    language = _language(entry, source, account, feed_language, wording)
    if source.ai_label:
        wording = replace(wording, label=label_of(language))
    has_words = names.title or names.summary
    marked = fit(wording, _limits_of_text(wording, limits)) if has_words else ""
    post = Post(
        action="post",
        text=unmarked(marked),
        visibility=source.visibility or account.visibility,
        language=language,
        spoiler=wording.spoiler,
        media=_described_images(entry, source, limits, names.title),
        limit=limits.characters,
        # text of the source cannot mention anybody (`defuse`), so that only the template can
        may_mention=any(sign in template for sign in "@＠"),
        is_generated=is_generated(marked),
    )
    if account.has_titles:
        post = _as_article(post, marked, wording, _form(template, account), entry)
    elif marked:
        post = replace(post, shorter=fit_strictly(wording, limits, post.text))
    return replace(
        post,
        link=names.link if names.link in post.text else "",
        length=length(post.text, limits, wording.spoiler),
    )


def placeholder(name: str) -> str:
    """What stands for the result of a step that was not computed yet."""
    return f"〔{name}〕"


def _limits_of_text(wording: Wording, limits: ServerLimits) -> ServerLimits:
    """The limits of what the template writes; the plain form of an article may add its title."""
    if not wording.is_article:
        return limits
    title = shorten(wording.names.title, MAX_UNTITLED)
    return replace(limits, characters=limits.characters - size(title) - 2)


def _as_article(post: Post, marked: str, wording: Wording, form: str, entry: Entry) -> Post:
    """The post with the article that this text makes, and with the plain form of it as its text."""
    if not marked:
        return post
    title = wording.names.title if clean(entry.title) else beginning(wording.names.title)
    article = article_of(
        marked,
        shorten(title, MAX_UNTITLED),
        wording.names.link,
        wording.names.tags,
        # what does not fit is written in another form
        has_heading=form.startswith(HEADING) and marked.startswith(HEADING),
    )
    return replace(post, article=article, text=plain_text(article))


def step_results(
    steps: Iterable[str], texts: Mapping[str, StepText] | None, generated: Collection[str]
) -> tuple[Result, ...]:
    """The results of these steps for `compose`, in order; a missing one is empty.

    Without `texts` none is computed, and a placeholder stands for each. `generated` are the names
    of the steps that ask a model.
    """
    if texts is None:
        return tuple(
            Result(name, placeholder(name), is_generated=name in generated) for name in steps
        )
    by_name = {name: texts.get(name, StepText("")) for name in steps}
    return tuple(
        Result(name, clean(step.text), one_line(step.title), name in generated)
        for name, step in by_name.items()
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
        article=article_of_text(text, link) if account.has_titles else None,
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
    template: str,
) -> Wording:
    """The template and the entry's values for it, harmless and at full length."""
    most = _most(limits)
    # "#1" would be a hashtag on some servers, unless it is escaped before it is sent
    numbers = limits.markup not in _ESCAPING_MARKUP
    title = " ".join(defuse(_rewritten(entry.title[:most], source), numbers=numbers).split())
    summary = _rewritten(_summary(entry.summary[:most], source), source)
    # a mention that was taken out may leave two spaces
    summary = clean(defuse(summary, numbers=numbers))
    categories = entry.categories[:_MAX_CATEGORIES]
    spoiler = _spoiler(source, "\n".join((title, summary, *categories)))
    spoiler = spoiler or _harmless_line(entry.spoiler)
    form = compile_template(_form(template, account))
    has_lines_of_their_own = form.shortens_summary or template in ARTICLES
    # a headline of chouti is posted in brackets before its text, both unchanged
    writes_both = source.kind != "chouti" and {"title", "summary"} <= form.names
    if not title and template not in UNTITLED:
        title, summary = shorten(summary, MAX_UNTITLED), ""
    elif title and writes_both:
        title, summary = _without_repetition(
            title, unwrapped(summary), is_separate=has_lines_of_their_own
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
        text=clean(defuse(clean(entry.text[:most]), numbers=numbers)),
    )
    spoiler = shorten(spoiler, limits.characters // 2)
    wording = Wording(form, names, spoiler, is_article=account.has_titles)
    if _may_mention_in_link(wording):
        return wording.with_link(names.link.replace("@", "%40"))
    return wording


def _most(limits: ServerLimits) -> int:
    """The characters of a text that are considered, which bounds the work.

    More do not fit even where every grapheme is a family of emoji.
    """
    return 12 * limits.characters + 1000


def _form(template: str, account: AccountSettings) -> str:
    """The template as it is for this account, whose posts may have a title."""
    return ARTICLES.get(template, template) if account.has_titles else template


def _with_results(wording: Wording, results: Sequence[Result], template: str) -> Wording:
    """The wording with results. In the form `article` the title of a step replaces the entry's."""
    wording = replace(wording, results=tuple(results))
    titled = next((result for result in results if result.title), None)
    if template != "article" or titled is None:
        return wording
    return replace(
        wording.with_value("title", titled.title), is_title_generated=titled.is_generated
    )


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
    wording: Wording,
) -> str:
    """The language by the source's config, entry, feed, text, or account's config (ADR 0028).

    A language of entry or feed that contradicts the script of the text is ignored. The text is what
    the steps have written, where the template has any of it: that may be a translation.
    """
    written = (
        result.text
        for result in wording.results
        if wording.uses(result.name) and result.text != placeholder(result.name)
    )
    text = "\n".join(written) or f"{wording.names.title}\n{wording.names.summary}"
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

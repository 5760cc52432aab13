"""Entry → text that fits: which words are posted, in which length, with which trimmings."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from itertools import pairwise
from zoneinfo import ZoneInfo

import regex

from reblogbot.config.settings import AccountSettings, SourceSettings
from reblogbot.core.identity import clean_link, is_status_page
from reblogbot.core.templates import Listing, Names, Tags, Template, check_template, template
from reblogbot.core.text import (
    clean,
    defuse,
    graphemes,
    hashtags,
    language_tag,
    length,
    one_line,
    shorten,
    size,
    text_language,
    untagged,
)
from reblogbot.core.text.boilerplate import without_boilerplate
from reblogbot.core.text.line_breaks import unwrapped
from reblogbot.core.text.patterns import matches, replaced
from reblogbot.core.text.repetition import end_of_title, is_cut, without_heading
from reblogbot.model import Action, Entry, Limits, Media, Post

__all__ = [
    "action_of",
    "boost",
    "check_template",
    "compose",
    "images_of",
    "link_excess",
    "plain",
]

# a post of another server fits whole; an article does not become one
_LONGEST_UNTITLED = 500
# shorter beginnings say nothing
_LEAST_SUMMARY = 8
_LEAST_TITLE = 10
_LONGEST_PLAIN = 200
_GUESSES = 8
LINK_TOO_LONG = "the link is longer than the server takes"
_ESCAPING = frozenset({"hollo", "snac"})
_IMAGE_ENDINGS = ("jpg", "jpeg", "png", "gif", "webp", "avif", "heic", "heif")
_IMAGE_PATHS = tuple(f".{ending}" for ending in _IMAGE_ENDINGS)
_SCHEME = regex.compile(r"https?://", regex.IGNORECASE)


def action_of(entry: Entry, source: SourceSettings) -> Action:
    """What becomes of the entry: `auto` boosts a fediverse status and posts anything else.

    A link that looks like a status's page counts as one: whether it is, the account's server
    tells when its turn comes.
    """
    if source.action != "auto":
        return source.action
    is_status = bool(entry.uri or entry.status_id) or is_status_page(entry.link)
    return "boost" if is_status else "post"


def compose(
    entry: Entry,
    source: SourceSettings,
    account: AccountSettings,
    limits: Limits,
    *,
    source_title: str = "",
    feed_language: str = "",
) -> Post:
    """The post an entry makes on an account's server, within its limit; without words no text.

    Of what does not fit, the summary is shortened first, then the title; hashtags go when
    hardly a title is left. The link stays: where it would not fit by itself, the post is over
    the limit (`link_excess`) and must not be sent.
    Raises ReblogbotError when the template fails on this entry.
    """
    draft = _draft(entry, source, limits, source_title)
    names = draft.names
    # of what is empty, a link alone is not posted
    text = _fitted(draft, limits) if names.title else ""
    return Post(
        action="post",
        text=text,
        link=names.link if names.link in text else "",
        visibility=source.visibility or account.visibility,
        language=_language(entry, source, account, feed_language, names),
        spoiler=draft.spoiler,
        media=_media(entry, source, limits, names.title),
        length=length(text, limits, draft.spoiler),
        limit=limits.characters,
        shorter=_shorter(draft, limits, text),
        # all that comes from the source is defused: a mention can only be the template's own
        may_mention=any(sign in source.template for sign in "@＠"),
    )


def boost(entry: Entry, source: SourceSettings, account: AccountSettings, limits: Limits) -> Post:
    """The boost of an entry's status, yet to be named: it needs no text."""
    return Post(
        action="boost",
        link=clean_link(entry.link),
        visibility=source.visibility or account.visibility,
        limit=limits.characters,
    )


def plain(entry: Entry, source: SourceSettings, account: AccountSettings, limits: Limits) -> Post:
    """A post of title and link alone, where composing takes too long: cheap for any entry."""
    link = clean_link(entry.link)
    words = _harmless_line(entry.title[:_LONGEST_PLAIN] or entry.summary[:_LONGEST_PLAIN])
    text = "\n".join(filter(None, (shorten(words, _LONGEST_PLAIN // 2), link)))
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
    """Why a post must be held whose link alone is over the server's limit, else ""."""
    if post.action == "boost" or post.length <= post.limit or not post.link:
        return ""
    return f"{LINK_TOO_LONG} ({post.length} of {post.limit} characters)"


# what the entry says


@dataclass(frozen=True, slots=True)
class _Draft:
    """Everything that goes into a text, harmless and at full length."""

    template: Template
    names: Names
    spoiler: str

    def write(self, summary: str | None = None, title: str | None = None) -> str:
        """The text, with other words for these if given; the hashtags stand in a line apart."""
        names = self.names._replace(
            summary=self.names.summary if summary is None else summary,
            title=self.names.title if title is None else title,
        )
        text = self.template.render(names)
        if "tags" in self.template.names:
            return text
        return f"{text}\n\n{Tags(untagged(names.tags, text))}".strip()


def _draft(entry: Entry, source: SourceSettings, limits: Limits, source_title: str) -> _Draft:
    # far more than fits, even where every grapheme is a family of emoji
    most = 12 * limits.characters + 1000
    # "#1" can stand where it will be escaped
    numbers = limits.markup not in _ESCAPING
    title = " ".join(defuse(_rewritten(entry.title[:most], source), numbers=numbers).split())
    summary = _rewritten(_summary(entry.summary[:most], source), source)
    summary = defuse(summary, numbers=numbers).strip()
    spoiler = _spoiler(source, "\n".join((title, summary, *entry.categories[:50])))
    spoiler = spoiler or _harmless_line(entry.spoiler)
    form = template(source.template)
    # chouti's headline in brackets stands before its text as it came
    is_joined = source.kind != "chouti" and {"title", "summary"} <= form.names
    if not title:
        title, summary = shorten(summary, _LONGEST_UNTITLED), ""
    elif is_joined:
        title, summary = _said_once(title, unwrapped(summary), has_lines=form.shortens_summary)
    authors = Listing(name for name in map(_harmless_line, entry.authors[:50]) if name)
    names = Names(
        title=title,
        summary="" if one_line(summary) == title else summary,
        link=clean_link(entry.link),
        author=authors[0] if authors else "",
        authors=authors,
        source=_harmless_line(source.title) or _harmless_line(source_title) or source.name,
        score=entry.score,
        comments=entry.comments,
        tags=Tags(hashtags(entry.categories[:50], source.hashtags, source.tags)),
        published=entry.published_at and entry.published_at.astimezone(ZoneInfo(source.timezone)),
    )
    draft = _Draft(form, names, shorten(spoiler, limits.characters // 2))
    return draft if _is_link_apart(draft) else _with_quiet_link(draft)


def _is_link_apart(draft: _Draft) -> bool:
    """Whether no server can find a mention in the link: there is none, or only blanks touch it."""
    link = draft.names.link
    if "@" not in link:
        return True
    around = draft.write().split(link)
    return not any(before[-1:].strip() or after[:1].strip() for before, after in pairwise(around))


def _with_quiet_link(draft: _Draft) -> _Draft:
    return replace(draft, names=draft.names._replace(link=draft.names.link.replace("@", "%40")))


def _summary(summary: str, source: SourceSettings) -> str:
    text = clean(summary)
    return without_boilerplate(text) if source.boilerplate == "drop" else text


def _said_once(title: str, summary: str, *, has_lines: bool) -> tuple[str, str]:
    """Title and summary for a template that writes both, so that no words are said twice.

    A title that is the heading of the text is taken out of it. One that is its beginning, cut
    off or not, leaves the whole text for a title; not where a template `has_lines` of its own for
    each, since it shortens the summary.
    """
    end = end_of_title(title, summary)
    rest = without_heading(summary, end) if end else summary
    if rest is not None and not (end and is_cut(title)):
        return title, rest
    return (title, summary) if has_lines else (summary, "")


def _rewritten(text: str, source: SourceSettings) -> str:
    text = clean(text)
    for pattern, replacement in source.replace:
        text = clean(replaced(pattern.compiled, replacement, text))
    return text


def _harmless_line(text: str) -> str:
    return defuse(one_line(text[:500])).strip()


def _spoiler(source: SourceSettings, text: str) -> str:
    for pattern, spoiler in source.spoiler_rules:
        # what takes too long to look for may well be there: one warning too many does no harm
        if matches(pattern.compiled, text) is not False:
            return spoiler
    return source.spoiler


def _language(
    entry: Entry, source: SourceSettings, account: AccountSettings, feed_language: str, names: Names
) -> str:
    """The admin's word on the source, the entry's own, the feed's, the text's, a default.

    What the script of the text contradicts is passed over, but for the admin's word.
    """
    text = f"{names.title}\n{names.summary}"
    return (
        language_tag(source.language)
        or text_language(text, entry.language, feed_language)
        or language_tag(account.language)
    )


def images_of(entry: Entry) -> list[Media]:
    """What of the entry's media can be attached as an image."""
    return [one for one in entry.media if _is_image(one) and clean_link(one.url)]


def _media(entry: Entry, source: SourceSettings, limits: Limits, title: str) -> tuple[Media, ...]:
    images = images_of(entry)
    described = f"Image: {title}" if title else "Image"
    return tuple(
        replace(one, alt=shorten(clean(one.alt) or described, limits.alt))
        for one in images[: min(source.media, limits.media)]
    )


def _is_image(media: Media) -> bool:
    """Whether the media may be an image, as far as a feed tells: its bytes decide later."""
    mime = media.mime.lower()
    path = media.url.lower().partition("?")[0]
    if path.endswith((".svg", ".svgz")) or mime.startswith(("image/svg", "audio/", "video/")):
        return False
    return mime.startswith("image") or mime in _IMAGE_ENDINGS or path.endswith(_IMAGE_PATHS)


# what fits


def _fitted(draft: _Draft, limits: Limits) -> str:
    """The text within the limit that keeps the most, link and hashtags before all else."""

    def excess(text: str) -> int:
        return length(text, limits, draft.spoiler) - limits.characters

    link = draft.names.link
    if excess(link) > 0:
        if link in draft.write():
            bare = draft.names._replace(tags=Tags())
            return replace(draft, template=template("link"), names=bare).write()
        draft = replace(draft, names=draft.names._replace(link=""))
    for one in _ever_less(draft):
        text = one.write()
        if excess(text) > 0:
            text = _less_summary(one, excess) or _less_title(one, excess)
        if text:
            return text
    if draft.names.link:
        return draft.names.link
    room = max(0, limits.characters - size(draft.spoiler))
    # a link that is cut must not look like one
    title = _SCHEME.sub("", draft.names.title)
    return shorten(title, room) or "".join(graphemes(title)[:room])


def _ever_less(draft: _Draft) -> Iterator[_Draft]:
    """The draft with one hashtag less each time, at last in the plainest form."""
    tags = draft.names.tags
    for count in range(len(tags), -1, -1):
        yield replace(draft, names=draft.names._replace(tags=Tags(tags[:count])))
    yield replace(draft, template=template("link"), names=draft.names._replace(tags=Tags()))


def _less_summary(draft: _Draft, excess: Callable[[str], int]) -> str:
    text = _longest(
        draft.names.summary, _LEAST_SUMMARY, lambda summary: draft.write(summary=summary), excess
    )
    if text:
        return text
    text = draft.write(summary="")
    return text if excess(text) <= 0 else ""


def _less_title(draft: _Draft, excess: Callable[[str], int]) -> str:
    title = draft.names.title
    least = min(_LEAST_TITLE, size(title)) if draft.names.tags else 1
    return _longest(title, least, lambda part: draft.write(title=part, summary=""), excess)


def _longest(
    part: str, least: int, write: Callable[[str], str], excess: Callable[[str], int]
) -> str:
    """What is written with the longest beginning of `part` that fits; "" if none does.

    `low` fits and `high` does not; how far a text is off tells where to look next. Where some
    such guesses did not lead to it, halving the rest does, in steps that grow with its logarithm.
    """
    low, high = least - 1, size(part)
    best = ""
    guess = high - excess(write(part)) if part else low
    guesses = 0
    while high - low > 1:
        guesses += 1
        at = guess if low < guess < high and guesses <= _GUESSES else (low + high) // 2
        beginning = shorten(part, at)
        text = write(beginning)
        over = excess(text)
        if over <= 0 and beginning:
            low, best = at, text
            guess = at + max(1, -over)
        else:
            high = at
            guess = at - max(1, over)
    return best


def _shorter(draft: _Draft, limits: Limits, text: str) -> str:
    """The text for four fifths of the limit with links in full, or "" if it is no shorter.

    A link too long for that counts as before: no post goes out without its link.
    """
    strict = replace(limits, characters=limits.characters * 4 // 5, per_link=None)
    link = draft.names.link
    for tighter in (strict, replace(strict, per_link=limits.per_link)):
        shorter = _fitted(draft, tighter)
        fits = length(shorter, tighter, draft.spoiler) <= tighter.characters
        if shorter and fits and (link in shorter or link not in text):
            return shorter if len(shorter) < len(text) else ""
    return ""

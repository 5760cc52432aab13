"""The version of a post's text that fits within a server's limit and keeps the most of it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace

import regex

from reblogbot.core.templates import Tags, Template, TemplateContext, compile_template
from reblogbot.core.text.hashtags import untagged
from reblogbot.core.text.measure import graphemes, length, size
from reblogbot.core.text.shortening import shorten
from reblogbot.model import ServerLimits

# shorter beginnings of a summary or title are not worth posting
_MIN_SUMMARY = 8
_MIN_TITLE = 10
_MAX_GUESSES = 8
_SCHEME = regex.compile(r"https?://", regex.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Wording:
    """A template with its values at full length, free of mentions, and the content warning."""

    template: Template
    names: TemplateContext
    spoiler: str

    def write(self, summary: str | None = None, title: str | None = None) -> str:
        """The text, with another summary or title if given; unused hashtags are appended."""
        names = self.names._replace(
            summary=self.names.summary if summary is None else summary,
            title=self.names.title if title is None else title,
        )
        text = self.template.render(names)
        if "tags" in self.template.names:
            return text
        return f"{text}\n\n{Tags(untagged(names.tags, text))}".strip()

    def with_link(self, link: str) -> Wording:
        """The same with another link."""
        return replace(self, names=self.names._replace(link=link))

    def with_tags(self, tags: Tags) -> Wording:
        """The same with other hashtags."""
        return replace(self, names=self.names._replace(tags=tags))


def fit(wording: Wording, limits: ServerLimits) -> str:
    """The text within the limit; the summary is shortened first, then the title.

    Hashtags are dropped, the last first, when hardly a title is left. The link stays whole: if it
    exceeds the limit by itself, so does the text, without which it would not be worth posting.
    """

    def excess(text: str) -> int:
        return length(text, limits, wording.spoiler) - limits.characters

    link = wording.names.link
    if excess(link) > 0:
        if link in wording.write():
            return _plainest(wording).write()
        # the template does not use the link
        wording = wording.with_link("")
    for simpler in _simplifications(wording):
        text = simpler.write()
        if excess(text) > 0:
            text = _with_shorter_summary(simpler, excess) or _with_shorter_title(simpler, excess)
        if text:
            return text
    if wording.names.link:
        return wording.names.link
    available = max(0, limits.characters - size(wording.spoiler))
    # a title that is a link must not look like one when it is cut
    title = _SCHEME.sub("", wording.names.title)
    return shorten(title, available) or "".join(graphemes(title)[:available])


def fit_strictly(wording: Wording, limits: ServerLimits, text: str) -> str:
    """The text for four fifths of the limit with links in full, or "" if it is not shorter.

    It is sent where a server rejects `text` as too long. A link too long for that counts as in
    `limits`, since no post goes out without its link.
    """
    strict = replace(limits, characters=limits.characters * 4 // 5, per_link=None)
    link = wording.names.link
    for tighter in (strict, replace(strict, per_link=limits.per_link)):
        shorter = fit(wording, tighter)
        fits = length(shorter, tighter, wording.spoiler) <= tighter.characters
        if shorter and fits and (link in shorter or link not in text):
            return shorter if len(shorter) < len(text) else ""
    return ""


def _simplifications(wording: Wording) -> Iterator[Wording]:
    """The wording with one hashtag less each time, and at last in the plainest form."""
    tags = wording.names.tags
    for count in range(len(tags), -1, -1):
        yield wording.with_tags(Tags(tags[:count]))
    yield _plainest(wording)


def _plainest(wording: Wording) -> Wording:
    """The title and link alone."""
    return replace(wording.with_tags(Tags()), template=compile_template("link"))


def _with_shorter_summary(wording: Wording, excess: Callable[[str], int]) -> str:
    text = _longest(
        wording.names.summary, _MIN_SUMMARY, lambda part: wording.write(summary=part), excess
    )
    if text:
        return text
    text = wording.write(summary="")
    return text if excess(text) <= 0 else ""


def _with_shorter_title(wording: Wording, excess: Callable[[str], int]) -> str:
    title = wording.names.title
    # without hashtags to drop, any beginning of the title is better than none
    least = min(_MIN_TITLE, size(title)) if wording.names.tags else 1
    return _longest(title, least, lambda part: wording.write(title=part, summary=""), excess)


def _longest(
    part: str, least: int, write: Callable[[str], str], excess: Callable[[str], int]
) -> str:
    """The text written with the longest beginning of `part` that fits; "" if none does.

    A search between `low`, which fits, and `high`, which does not. The excess of a text tells the
    next guess, which mostly finds the end in two or three steps. If that takes too many, the
    rest is halved, so that the number of renderings grows with the logarithm of the length.
    """
    low, high = least - 1, size(part)
    best = ""
    guess = high - excess(write(part)) if part else low
    guesses = 0
    while high - low > 1:
        guesses += 1
        may_guess = low < guess < high and guesses <= _MAX_GUESSES
        middle = guess if may_guess else (low + high) // 2
        beginning = shorten(part, middle)
        text = write(beginning)
        over = excess(text)
        if over <= 0 and beginning:
            low, best = middle, text
            guess = middle + max(1, -over)
        else:
            high = middle
            guess = middle - max(1, over)
    return best

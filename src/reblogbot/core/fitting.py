"""The version of a post's text that fits within a server's limit and keeps the most of it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from functools import partial
from typing import Any, TypeVar

import regex

from reblogbot.core.templates import Tags, Template, TemplateContext, compile_template
from reblogbot.core.text import one_line
from reblogbot.core.text.hashtags import untagged
from reblogbot.core.text.marks import GENERATED_TITLE, labelled, marked, unmarked
from reblogbot.core.text.measure import graphemes, length, size
from reblogbot.core.text.sentences import cut
from reblogbot.core.text.shortening import shorten
from reblogbot.model import ServerLimits

T = TypeVar("T")

# shorter beginnings of a part are not worth posting
_MIN_SUMMARY = 8
_MIN_TITLE = 10
_MIN_RESULT = 40
# the most of a result that stays for as long as there is a summary to be shortened
_FIRST_OF_RESULT = 140
_MAX_GUESSES = 8
_SCHEME = regex.compile(r"https?://", regex.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Result:
    """The result of a step, or what stands in its place; `is_generated`: a model has written it."""

    name: str
    text: str
    title: str = ""
    is_generated: bool = False


@dataclass(frozen=True, slots=True)
class Wording:
    """A template with its values at full length, free of mentions, and the content warning.

    `label` is the line before generated text, "" for none. `is_title_generated`: a model has
    written the title. Hashtags of an article are no part of its text.
    """

    template: Template
    names: TemplateContext
    spoiler: str
    results: tuple[Result, ...] = ()
    label: str = ""
    is_title_generated: bool = False
    is_article: bool = False

    def write(self) -> str:
        """The text, with its marks (see `text.marks`); unused hashtags are appended."""
        texts = [_marked(result) for result in self.results]
        steps = {result.name: text for result, text in zip(self.results, texts, strict=True)}
        steps |= {f"{result.name}_title": _marked_title(result) for result in self.results}
        names = self.names._replace(results="\n\n".join(filter(None, texts)))
        if self.is_title_generated:
            names = names._replace(title=marked(names.title, GENERATED_TITLE))
        text = self.template.render(names, steps)
        if "tags" not in self.template.names and not self.is_article:
            text = f"{text}\n\n{Tags(untagged(names.tags, unmarked(text)))}".strip()
        # in an article the label is a paragraph
        return labelled(text, self.label, gap="\n" if self.is_article else "")

    def value(self, part: str) -> str:
        """A name of the entry, or the text of the step with that name."""
        if part in TemplateContext._fields:
            return str(getattr(self.names, part))
        return next(result.text for result in self.results if result.name == part)

    def with_value(self, part: str, value: str) -> Wording:
        """The same with another value for a name of the entry, or for the text of a step."""
        if part in TemplateContext._fields:
            names: dict[str, Any] = {part: value}
            return replace(self, names=self.names._replace(**names))
        results = (
            replace(result, text=value) if result.name == part else result
            for result in self.results
        )
        return replace(self, results=tuple(results))

    def uses(self, part: str) -> bool:
        """Whether the template has this part."""
        is_result = part not in TemplateContext._fields
        return part in self.template.names or (is_result and "results" in self.template.names)

    def with_link(self, link: str) -> Wording:
        """The same with another link."""
        return replace(self, names=self.names._replace(link=link))

    def with_tags(self, tags: Tags) -> Wording:
        """The same with other hashtags."""
        return replace(self, names=self.names._replace(tags=tags))


def _marked(result: Result) -> str:
    return marked(result.text) if result.is_generated else result.text


def _marked_title(result: Result) -> str:
    return marked(result.title, GENERATED_TITLE) if result.is_generated else result.title


def fit(wording: Wording, limits: ServerLimits) -> str:
    """The text within the limit, with its marks.

    The text of the page is shortened first, then the results of steps, the summary, and the title.
    Hashtags are dropped, the last first, when hardly a title is left. The link stays whole: if it
    exceeds the limit by itself, so does the text, without which it would not be worth posting.
    """

    def excess(text: str) -> int:
        return length(unmarked(text), limits, wording.spoiler) - limits.characters

    link = wording.names.link
    if excess(link) > 0:
        if link in wording.write():
            return _plainest(wording).write()
        # the template does not use the link
        wording = wording.with_link("")
    for simpler in _simplifications(wording):
        text = _shortened(simpler, excess)
        if text:
            return text
    if wording.names.link:
        return wording.names.link
    available = max(0, limits.characters - size(wording.spoiler))
    # a title that is a link must not look like one when it is cut
    title = _SCHEME.sub("", wording.names.title or one_line(wording.names.summary))
    return shorten(title, available) or "".join(graphemes(title)[:available])


def fit_strictly(wording: Wording, limits: ServerLimits, text: str) -> str:
    """The text for four fifths of the limit with links in full, or "" if it is not shorter.

    It is sent where a server rejects `text` as too long. A link too long for that counts as in
    `limits`, since no post goes out without its link.
    """
    strict = replace(limits, characters=limits.characters * 4 // 5, per_link=None)
    link = wording.names.link
    for tighter in (strict, replace(strict, per_link=limits.per_link)):
        shorter = unmarked(fit(wording, tighter))
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


def _shortened(wording: Wording, excess: Callable[[str], int]) -> str:
    """The text with as much of each part as fits, the least important cut first; "" for none."""
    text = wording.write()
    if excess(text) <= 0:
        return text
    for part, least, remainder in _parts(wording):
        value = wording.value(part)
        if not value or not wording.uses(part):
            continue
        shortening = shorten if part in ("summary", "title") else cut
        write = partial(_with_part, wording, part)
        text = longest(value, least, shortening, write, excess) or ""
        if text:
            return text
        wording = wording.with_value(part, shortening(value, remainder))
        text = wording.write()
        if part != "title" and excess(text) <= 0:
            return text
    return ""


def _with_part(wording: Wording, part: str, words: str) -> str:
    return wording.with_value(part, words).write()


def _parts(wording: Wording) -> Iterator[tuple[str, int, int]]:
    """The parts to be shortened, in order: each with the least of it that is worth posting.

    The last number is how much of it stays where even that does not fit.
    """
    yield "text", _MIN_SUMMARY, 0
    by_length = sorted(wording.results, key=lambda result: len(result.text), reverse=True)
    names = [result.name for result in by_length]
    for name in names:
        yield name, _FIRST_OF_RESULT, _FIRST_OF_RESULT
    yield "summary", _MIN_SUMMARY, 0
    for name in names:
        yield name, _MIN_RESULT, 0
    title = wording.names.title
    # without hashtags to drop, any beginning of the title is better than none
    yield "title", min(_MIN_TITLE, size(title)) if wording.names.tags else 1, 0


def longest(
    part: str,
    least: int,
    shortening: Callable[[str, int], str],
    write: Callable[[str], T],
    excess: Callable[[T], int],
) -> T | None:
    """What is written with the longest beginning of `part` that fits; None if none does.

    A search between `low`, which fits, and `high`, which does not. The excess of a text tells the
    next guess, which mostly finds the end in two or three steps. If that takes too many, the
    rest is halved, so that the number of renderings grows with the logarithm of the length.
    """
    low, high = least - 1, size(part)
    best = None
    guess = high - excess(write(part)) if part else low
    guesses = 0
    while high - low > 1:
        guesses += 1
        may_guess = low < guess < high and guesses <= _MAX_GUESSES
        middle = guess if may_guess else (low + high) // 2
        beginning = shortening(part, middle)
        text = write(beginning)
        over = excess(text)
        if over <= 0 and beginning:
            low, best = middle, text
            guess = middle + max(1, -over)
        else:
            high = middle
            guess = middle - max(1, over)
    return best

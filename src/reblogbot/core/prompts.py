"""Prompts: the exact words in which a step is asked about an entry. Runs in the parser child."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from hashlib import blake2b
from zoneinfo import ZoneInfo

from reblogbot.config.settings import SourceSettings, StepSettings
from reblogbot.core.child_settings import without_secrets
from reblogbot.core.compose import MAX_UNTITLED
from reblogbot.core.fitting import longest
from reblogbot.core.identity import clean_link
from reblogbot.core.templates import Listing, Tags, TemplateContext, compile_template
from reblogbot.core.text import clean, one_line
from reblogbot.core.text.hashtags import hashtags
from reblogbot.core.text.sentences import cut
from reblogbot.core.text.shortening import shorten
from reblogbot.errors import ReblogbotError
from reblogbot.model import Entry, StepRequest, StepText
from reblogbot.words import Words

_HIDDEN_OF_SOURCE = ("url", "fallbacks", "options")
_HIDDEN_OF_STEP = ("url", "key_file", "key_env", "command")
_MOST_AUTHORS = 200
_MOST_CATEGORIES = 50
# what is cut where an entry is too long, in this order
_PARTS = ("text", "summary", "title")


@dataclass(frozen=True, slots=True)
class PromptJob:
    """Entries about which one step is to be asked, each with the results of earlier steps.

    The job goes to the parser child: `prompt_job` makes it without secrets.
    """

    step: StepSettings
    settings: SourceSettings
    source_title: str
    entries: tuple[Entry, ...] = ()
    results: tuple[Mapping[str, StepText], ...] = ()
    """By entry; a missing one stands for no results."""


@dataclass(frozen=True, slots=True)
class Prompt:
    """What a step is asked about an entry, or the `reason` why it cannot be asked."""

    request: StepRequest | None = None
    reason: str = ""


@dataclass(frozen=True, slots=True)
class _Names:
    """The values of an entry as templates have them, and the results of steps by their names."""

    entry: TemplateContext
    language: str
    results: Mapping[str, StepText] = field(default_factory=dict)


def prompt_job(step: StepSettings, settings: SourceSettings, source_title: str) -> PromptJob:
    """A job without entries, secrets, or settings that may contain secrets."""
    title = settings.title or source_title or settings.name
    return PromptJob(
        without_secrets(step, _HIDDEN_OF_STEP), without_secrets(settings, _HIDDEN_OF_SOURCE), title
    )


def prompts(job: PromptJob) -> tuple[Prompt, ...]:
    """The prompt of each entry of the job, in order."""
    missing = len(job.entries) - len(job.results)
    results = (*job.results, *({} for _ in range(missing)))
    return tuple(
        _prompt(entry, earlier, job) for entry, earlier in zip(job.entries, results, strict=True)
    )


def digest(step: StepSettings, request: StepRequest) -> bytes:
    """The digest, 32 bytes, of the exact words and settings on which the answer depends.

    Address, key, time limit and daily count are no part of it: the same words to the same model
    are not paid for again.
    """
    state = blake2b(digest_size=32, person=b"step")
    settings = (step.kind, step.model, repr(step.temperature), str(step.max_output), step.command)
    for value in (*settings, request.system, request.prompt):
        octets = value.encode("utf-8", "surrogatepass")
        # with its length before each value, ("ab", "c") and ("a", "bc") have different digests
        state.update(len(octets).to_bytes(8) + octets)
    return state.digest()


def _prompt(entry: Entry, earlier: Mapping[str, StepText], job: PromptJob) -> Prompt:
    names = _names(entry, earlier, job)
    write = _request_of_command if job.step.kind == "command" else _request_of_model
    try:
        request = _fitted(names, job.step, write)
    except ReblogbotError as error:
        # a template that fails on one entry must not stop the others
        return Prompt(reason=error.message)
    if not request.prompt:
        return Prompt(reason=Words("the prompt is empty for this entry"))
    return Prompt(request)


def _names(entry: Entry, earlier: Mapping[str, StepText], job: PromptJob) -> _Names:
    """The cleaned values of an entry. Mentions stay, because a prompt notifies no person."""
    settings, most = job.settings, job.step.max_input
    authors = Listing(filter(None, map(one_line, entry.authors[:_MOST_AUTHORS])))
    zone = ZoneInfo(settings.timezone)
    tags = hashtags(entry.categories[:_MOST_CATEGORIES], settings.hashtags, settings.tags)
    texts = (earlier[name].text for name in settings.steps if name in earlier)
    title, summary = one_line(entry.title[:most]), clean(entry.summary[:most])
    if not title:
        # a title is never empty, in posts and here: it is the text, or the beginning of a long one
        title = one_line(shorten(summary, MAX_UNTITLED))
        summary = "" if title == one_line(summary) else summary
    context = TemplateContext(
        title=title,
        summary=summary,
        link=clean_link(entry.link),
        author=authors[0] if authors else "",
        authors=authors,
        source=one_line(job.source_title),
        score=entry.score,
        comments=entry.comments,
        tags=Tags(tags),
        published=entry.published_at and entry.published_at.astimezone(zone),
        text=clean(entry.text[:most]),
        results="\n\n".join(filter(None, texts)),
    )
    return _Names(context, entry.language, earlier)


def _fitted(
    names: _Names, step: StepSettings, write: Callable[[_Names, StepSettings], StepRequest]
) -> StepRequest:
    """The request within `max_input` characters: the text is cut first, then summary and title."""

    def excess(request: StepRequest) -> int:
        return len(request.system) + len(request.prompt) - step.max_input

    request = write(names, step)
    for part in _PARTS:
        if excess(request) <= 0:
            return request
        value = str(getattr(names.entry, part))

        def written(words: str, names: _Names = names, part: str = part) -> StepRequest:
            return write(_with_value(names, part, words), step)

        fitted = longest(value, 1, cut, written, excess)
        if fitted is not None:
            return fitted
        names = _with_value(names, part, "")
        request = write(names, step)
    if excess(request) <= 0:
        return request
    raise ReblogbotError(
        "template_failed",
        Words(
            "the prompt has {count} characters without the entry's texts, max_input = {limit}",
            count=len(request.system) + len(request.prompt),
            limit=step.max_input,
        ),
    )


def _with_value(names: _Names, part: str, value: str) -> _Names:
    values = {**names.entry._asdict(), part: value}
    return _Names(TemplateContext(**values), names.language, names.results)


def _request_of_model(names: _Names, step: StepSettings) -> StepRequest:
    results = {name: result.text for name, result in names.results.items()}
    results |= {f"{name}_title": result.title for name, result in names.results.items()}
    system, prompt = (
        compile_template(text).render(names.entry, results) if text else ""
        for text in (step.system, step.prompt)
    )
    return StepRequest(prompt, system)


def _request_of_command(names: _Names, _: StepSettings) -> StepRequest:
    """One JSON object of the entry, and a line feed."""
    entry = names.entry
    published = entry.published.isoformat() if entry.published else None
    document = {
        "title": entry.title,
        "summary": entry.summary,
        "link": entry.link,
        "author": entry.author,
        "authors": list(entry.authors),
        "source": entry.source,
        "score": entry.score,
        "comments": entry.comments,
        "tags": list(entry.tags),
        "published": published,
        "language": names.language,
        "text": entry.text,
        "results": {name: result.text for name, result in names.results.items()},
    }
    return StepRequest(json.dumps(document, ensure_ascii=False) + "\n")

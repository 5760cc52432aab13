"""What a step answered, as text that may be posted. Runs in the parser child."""

from __future__ import annotations

from dataclasses import dataclass

from reblogbot.config.settings import SourceSettings, StepSettings
from reblogbot.core.generated import cleaned
from reblogbot.core.text import one_line
from reblogbot.core.text.hashtags import hashtags
from reblogbot.model import Entry, StepAnswer, StepText

_MOST_TITLE = 300
_MOST_CATEGORIES = 50


@dataclass(frozen=True, slots=True)
class AnswerJob:
    """An answer to be cleaned, and what is the entry's own: its links and its hashtags."""

    answer: StepAnswer
    links: tuple[str, ...]
    tags: tuple[str, ...]
    keeps_links: bool
    max_output: int


def answer_job(
    answer: StepAnswer, entry: Entry, step: StepSettings, settings: SourceSettings
) -> AnswerJob:
    """The job for an answer about an entry."""
    links = (entry.link, entry.redirector, entry.guid if entry.is_permalink else "")
    tags = hashtags(entry.categories[:_MOST_CATEGORIES], settings.hashtags, settings.tags)
    return AnswerJob(
        answer,
        tuple(filter(None, links)),
        tuple(tags),
        step.links == "keep",
        step.max_output,
    )


def cleaned_answer(job: AnswerJob) -> StepText:
    """The text and the title of an answer, without what is not theirs to say (`generated`)."""

    def clean(text: str, most: int) -> str:
        return cleaned(
            text,
            own_links=job.links,
            own_tags=job.tags,
            keep_links=job.keeps_links,
            most=most,
        )

    # what is far beyond the limit need not be cleaned
    text = job.answer.text[: 20 * job.max_output + 1000]
    title = one_line(job.answer.title[: 20 * _MOST_TITLE])
    return StepText(clean(text, job.max_output), one_line(clean(title, _MOST_TITLE)))

"""Steps: what is asked of a model or a program about an entry, and what it answers."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True)
class StepRequest:
    """The exact words of one call of a step.

    For a `chat` step these are the rendered templates; for a `command` step `prompt` is a JSON
    object of the entry, and `system` is "".
    """

    prompt: str
    system: str = ""
    key: str = ""
    """The digest of these words, by which a service may recognise a repeat; "" for none."""


@dataclass(frozen=True, slots=True)
class StepAnswer:
    """What a step returned, not cleaned yet; `title` is "" where it returned none.

    `model` is the model that answered. Tokens and `cost` (in the service's own currency, mostly
    US dollars) are None where the service does not tell them.
    """

    text: str
    title: str = ""
    model: str = ""
    tokens_in: int | None = None
    tokens_out: int | None = None
    cost: float | None = None


@dataclass(frozen=True, slots=True)
class StepText:
    """The result of a step as templates use it: cleaned text, and a title or ""."""

    text: str
    title: str = ""


@dataclass(frozen=True, slots=True)
class StepPause:
    """Until when nothing is asked of a step, after so many failures in a row, and why."""

    until: datetime | None = None
    failures: int = 0
    slug: str = ""
    reason: str = ""
    mark: str = ""

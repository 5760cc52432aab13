"""The state of the steps of the config: what they did, what waits for them, what they cost."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from urllib.parse import urlsplit

from reblogbot.config.settings import Config, StepSettings
from reblogbot.core import steps
from reblogbot.model import StepPause, StepState
from reblogbot.store import Store
from reblogbot.store.steps import NO_USAGE, StepTally, StepUsage
from reblogbot.words import Words

MONTH = timedelta(days=30)


@dataclass(frozen=True, slots=True)
class StepStatus:
    """A step of the config: whether it answers, and why not.

    `program` is the model, or the program that its command starts; `host` is that of its service,
    "" for a command. `reason` says why it is not `ok`; it is asked again at `paused_until`, where
    that is known. `day` and `month` are what its results of 24 hours and 30 days took.
    """

    name: str
    kind: str
    program: str
    host: str
    sources: Sequence[str]
    per_day: int
    tally: StepTally
    state: StepState
    reason: str = ""
    paused_until: datetime | None = None
    failing_since: datetime | None = None
    """When the first of its calls failed that have failed in a row; None for none."""
    failures: int = 0
    """How many of its calls have failed in a row."""
    is_final: bool = False
    """Whether it fails until the admin changes its settings or key."""
    day: StepUsage = NO_USAGE
    month: StepUsage = NO_USAGE

    @property
    def needs_attention(self) -> bool:
        """Whether an admin should look at it: a pause or a spent day ends by itself."""
        return self.state == "failing"


def step_states(
    config: Config, store: Store, mark_of: Callable[[StepSettings], str], now: datetime
) -> list[StepStatus]:
    """Return the state of each step of the config, in its order.

    `mark_of` tells whether what failed may succeed with the present settings.
    """
    if not config.steps:
        return []
    tallies = store.steps.tallies(config.steps, now)
    pauses = store.steps.pauses()
    usage = store.steps.usage(now - steps.DAY), store.steps.usage(now - MONTH)
    result = []
    for name, settings in config.steps.items():
        sources = [each.name for each in config.sources.values() if name in each.steps]
        is_used = any(config.sources[source].enabled for source in sources)
        pause = pauses.get(name)
        if pause is not None and pause.mark != mark_of(settings):
            # it failed with other settings or another key
            pause = None
        # those that were noted while the clock was ahead do not count
        calls = [at for at in store.steps.calls(name, now - steps.DAY) if at <= now]
        state = steps.state_of(now, calls, settings.per_day, pause, is_used=is_used)
        is_failing = state == "failing" and pause is not None
        reason, until = _reason(state, settings, calls, pause)
        day, month = (each.get(name, NO_USAGE) for each in usage)
        result.append(
            StepStatus(
                name,
                settings.kind,
                settings.model or settings.program,
                urlsplit(settings.url).netloc.rpartition("@")[2],
                sources,
                settings.per_day,
                tallies[name],
                state,
                reason,
                until,
                failing_since=store.steps.failing_since(name) if is_failing else None,
                failures=pause.failures if pause is not None else 0,
                is_final=is_failing and pause is not None and steps.is_final(pause),
                day=day,
                month=month,
            )
        )
    return result


def _reason(
    state: StepState, settings: StepSettings, calls: Sequence[datetime], pause: StepPause | None
) -> tuple[str, datetime | None]:
    """Return why the step is in that state, and until when."""
    if state in ("failing", "paused") and pause is not None:
        return pause.reason, pause.until
    if state == "spent":
        return steps.spent_reason(len(calls), settings.per_day), calls[
            -settings.per_day
        ] + steps.DAY
    return (Words("no enabled source has it"), None) if state == "unused" else ("", None)

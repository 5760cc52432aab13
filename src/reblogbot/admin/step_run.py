"""One step run for one entry, because the admin wants it now: `step run`."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, field

from reblogbot.config.settings import Config
from reblogbot.core import recognition
from reblogbot.core.drafting import refusal_of_person
from reblogbot.engine import requested
from reblogbot.engine.engine import Engine
from reblogbot.engine.steps import SingleRun
from reblogbot.errors import ConfigError, unknown_name_message
from reblogbot.model import Delivery
from reblogbot.store import Store
from reblogbot.store.history import Story
from reblogbot.words import Words

MAX_LISTED = 20
"""How many entries are listed that the admin may mean."""


@dataclass(frozen=True, slots=True)
class StepRun:
    """What became of it; `due` are the deliveries that try their steps again now."""

    story: Story
    result: SingleRun
    remarks: list[str] = field(default_factory=list)
    due: list[Delivery] = field(default_factory=list)


def check_step(config: Config, name: str) -> None:
    """Raise ConfigError for a step that the config does not have."""
    if name not in config.steps:
        raise ConfigError("step_unknown", unknown_name_message("step", name, config.steps))


def find_story(config: Config, store: Store, name: str, written: str, source: str | None) -> Story:
    """The entry that the admin names, of a source that has the step. Raises ConfigError."""
    stories = [
        story
        for story in store.history.why(recognition.keys_of_written(written), written)
        if source in (None, story.source) and story.source in config.sources
    ]
    with_step = [story for story in stories if name in config.sources[story.source].steps]
    stories = with_step or stories
    if not stories:
        message = Words(
            "{written}: no source of the config has shown such an entry, and it is not the number "
            "of a delivery",
            written=written,
        )
        raise ConfigError("entry_unknown", message)
    if len(stories) > 1:
        raise ConfigError("entry_ambiguous", _ambiguous_message(written, stories))
    return stories[0]


def _ambiguous_message(written: str, stories: Collection[Story]) -> str:
    lines = [f"{written} is the name of {len(stories)} entries; nothing was asked:"]
    lines += [
        f"  {story.source}: {story.title or '(no title)'}  {story.link or story.guid}"
        for story in list(stories)[:MAX_LISTED]
    ]
    return "\n".join([*lines, "name one by its link or id, or its source with --source"])


async def run_step(
    engine: Engine, story: Story, name: str, written: str, *, again: bool
) -> StepRun:
    """Ask a step about an entry, whatever failed before; the result is kept.

    The entry is the one that the store has kept, else the one that its source shows now.
    """
    source = engine.config.sources[story.source]
    keys = recognition.keys_of_written(written)
    located, remark = await requested.locate(engine, story, keys)
    remarks = [remark] if remark else []
    if located is None:
        return StepRun(story, SingleRun(reason=remark))
    if name not in source.steps:
        remarks.append(Words("{source} does not have this step", source=source.name))
    poll, candidate = located
    entry = candidate.entry
    may_use_steps = await engine.accounts.may_use_steps(source)
    refusal = refusal_of_person(entry, source, may_use_steps=may_use_steps)
    if refusal:
        return StepRun(story, SingleRun(reason=refusal), remarks)
    if source.page_text and not entry.text:
        # the page of what was not queued was not read; that of what was posted is forgotten
        entry = await engine.planner.with_page(source, entry, {"post"})
    entry_id = story.entry_id or None
    title = source.title or poll.batch.title or source.name
    result = await engine.steps.run_single(
        name, entry, source, title, entry_id=entry_id, again=again
    )
    due: list[Delivery] = []
    has_result = result.record is not None and result.record.result is not None
    if has_result and entry_id is not None:
        due = await engine.store.steps.make_due(entry_id, name, engine.clock.now())
    return StepRun(story, result, remarks, due)

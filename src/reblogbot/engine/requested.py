"""An entry that the admin wants posted, whatever its source's filters said."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from reblogbot.core.drafting import Draft
from reblogbot.engine.engine import Engine
from reblogbot.engine.poll import PollResult, with_candidates
from reblogbot.model import Batch, Candidate, Entry
from reblogbot.store.history import Story
from reblogbot.words import Words


@dataclass(frozen=True, slots=True)
class RequestedEntry:
    """An entry with its drafts by account; `remark` says where it came from, if that matters."""

    candidate: Candidate
    drafts: Mapping[str, Draft]
    remark: str = ""


async def draft(
    engine: Engine, story: Story, keys: Sequence[bytes], accounts: Sequence[str]
) -> RequestedEntry | None:
    """Return drafts of the story's entry for these accounts; None where nothing is known of it.

    The entry is the one that the store keeps whole, else the one that its source shows now, else
    what the store remembers: title and link. `keys` identify it where the store remembers its keys
    alone. Changes nothing.
    """
    located, remark = await locate(engine, story, keys)
    if located is None:
        return None
    result, candidate = located
    if story.key and story.key not in candidate.keys:
        # under the key by which the store keeps it
        candidate = replace(candidate, keys=(*candidate.keys, story.key))
    entry, drafts = await engine.planner.draft_requested(result, candidate.entry, accounts)
    return RequestedEntry(replace(candidate, entry=entry), drafts, remark)


async def locate(
    engine: Engine, story: Story, keys: Sequence[bytes]
) -> tuple[tuple[PollResult, Candidate] | None, str]:
    """Return the story's entry as `draft` takes it, with a remark on where it came from."""
    if story.content:
        return await _from_store(engine, story, story.content), ""
    result = await engine.poll_whole(story.source)
    located, remark = await _from_poll(engine, result, {story.key} if story.key else {*keys})
    if located is None and (story.title or story.link):
        entry = Entry(title=story.title, link=story.link, guid=story.guid)
        located = await _from_store(engine, story, entry)
        remark = Words("{message}; it is composed of its title and link alone", message=remark)
    return located, remark


async def _from_store(engine: Engine, story: Story, entry: Entry) -> tuple[PollResult, Candidate]:
    """Return the entry as if its source had shown it alone."""
    record = await engine.record_of(story.source)
    result = await with_candidates(
        PollResult(
            record,
            engine.config.sources[story.source],
            engine.clock.now(),
            Batch(entries=(entry,), title=record.title),
        )
    )
    (candidate,) = await engine.planner.recognise(result)
    return result, candidate


async def _from_poll(
    engine: Engine, result: PollResult, keys: set[bytes]
) -> tuple[tuple[PollResult, Candidate] | None, str]:
    """Return the entry as its source shows it now, or None and why not."""
    name = result.record.name
    if result.error is not None:
        return None, Words(
            "{name} cannot be read now ({message})", name=name, message=result.error.message
        )
    for candidate in await engine.planner.recognise(result):
        if not keys.isdisjoint((*candidate.keys, *candidate.legacy_keys)):
            return (result, candidate), ""
    return None, Words("{name} does not show the entry any more", name=name)

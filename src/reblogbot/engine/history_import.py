"""The move from another bot: what that bot has posted is noted as seen, for new sources.

Nothing is posted here. The next round polls these sources as if they had been polled before, at
the last run of that bot, so that it posts what is newer.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from reblogbot.core import importing
from reblogbot.core.importing import BotMemory
from reblogbot.core.schedule import NextPoll
from reblogbot.engine.engine import Engine
from reblogbot.engine.poll import PollResult
from reblogbot.errors import SourceError
from reblogbot.model import Validators
from reblogbot.model.history import SourceHistory
from reblogbot.ports import ProgressCallback, no_progress
from reblogbot.store import Store
from reblogbot.words import Words

MAX_UNSHOWN = 200_000
"""Rows for values of a bot that no feed shows now; of more the first are left out."""


@dataclass(frozen=True, slots=True)
class LearntFeed:
    """How many entries of a feed were noted as seen, and how many the next round takes for new."""

    learnt: int
    new: int


async def import_history(
    engine: Engine,
    names: Sequence[str],
    memory: BotMemory,
    *,
    is_dry_run: bool = False,
    on_progress: ProgressCallback = no_progress,
) -> dict[str, LearntFeed | SourceError]:
    """Note what the bot has posted of these sources, by source; errors of those not read.

    It may be repeated: what is noted already stays, and what is new stays new.
    """
    results: dict[str, LearntFeed | SourceError] = {}
    shown_values: set[str] = set()
    polls = (
        engine.poll_all(engine.remembered(names), on_progress, len(names))
        if is_dry_run
        else engine.poll_claimed(names, on_progress)
    )
    async for result in polls:
        learnt = await _learn(engine, result, memory, shown_values, is_dry_run=is_dry_run)
        results[result.record.name] = learnt
    learnt_names = [name for name, result in results.items() if isinstance(result, LearntFeed)]
    unshown = sorted(memory.values - shown_values)
    if unshown and learnt_names and not is_dry_run:
        # what a feed does not show now it may show again
        keys = [key for value in unshown for key in importing.value_keys(value)]
        kept = keys[-max(1, MAX_UNSHOWN // len(learnt_names)) :]
        await engine.store.sources.remember(learnt_names, kept, engine.clock.now())
    return results


async def _learn(
    engine: Engine,
    result: PollResult,
    memory: BotMemory,
    shown_values: set[str],
    *,
    is_dry_run: bool,
) -> LearntFeed | SourceError:
    """Note what was posted of one feed; adds the values that its entries have to `shown_values`."""
    if result.error is not None:
        return result.error
    entries = result.batch.entries
    verdicts = importing.verdicts(entries, memory)
    new = {id(entry) for entry, verdict in zip(entries, verdicts, strict=True) if verdict == "new"}
    shown_values.update(text for entry in entries for text in (entry.guid, entry.link))
    learnt = LearntFeed(len(entries) - len(new), len(new))
    if is_dry_run:
        return learnt
    history = await engine.store.query(_history, result)
    name, accounts = result.record.name, result.settings.to
    plan = importing.import_plan(name, result.candidates, new, memory, history, accounts)
    # without validators the next poll gets the document whole, with the new entries
    batch = replace(result.batch, validators=Validators())
    recorded = await engine.store.sources.record(
        result.record, batch, plan, accounts, NextPoll(engine.clock.now(), ""), memory.last_run
    )
    if recorded is None:
        return SourceError("source_busy", Words("another process polls it; import again"))
    return learnt


def _history(store: Store, result: PollResult) -> SourceHistory:
    return store.sources.past(result.record, result.candidates, result.settings.to)

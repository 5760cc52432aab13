"""Trying every token and every source of a config: the answer to `check --online`."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from typing import Any

from reblogbot.errors import TargetError
from reblogbot.pipeline import Pipeline
from reblogbot.polling import Look


@dataclass(frozen=True, slots=True)
class Trial:
    """What trying one account or source showed; `error` is "" where it works."""

    path: str
    finding: str = ""
    error: str = ""
    warnings: tuple[str, ...] = ()

    def as_json(self) -> dict[str, Any]:
        """One row of `check --online --json`."""
        return {
            "path": self.path,
            "finding": self.finding,
            "error": self.error,
            "warnings": list(self.warnings),
        }


async def try_all(pipeline: Pipeline) -> list[Trial]:
    """Every account and every source, as they answer now; changes nothing."""
    config = pipeline.config
    accounts = await asyncio.gather(
        *(_try_account(pipeline, name) for name in config.accounts if config.accounts[name].enabled)
    )
    records = await pipeline.remembered(config.sources)
    return [*accounts, *[_judged(look) async for look in pipeline.looks(records)]]


async def _try_account(pipeline: Pipeline, name: str) -> Trial:
    path = f"accounts.{name}"
    try:
        who, limits = await pipeline.sender(name).introduce()
    except TargetError as error:
        return Trial(path, error=error.message)
    remarks = []
    if not who.is_bot:
        remarks.append(f"@{who.acct} does not say that it is a bot; set the flag in its profile")
    finding = f"works, as @{who.acct}; {limits.characters} characters a post"
    return Trial(path, finding, warnings=tuple(remarks))


def _judged(look: Look) -> Trial:
    path = f"sources.{look.record.name}"
    if look.error is not None:
        return Trial(path, error=look.error.message)
    if look.batch.not_modified:
        return Trial(path, "works, not modified since the last poll")
    remarks = () if look.found else ("it shows no entries at the moment",)
    return Trial(path, f"works, {len(look.found)} entries", warnings=remarks)

"""Trying every token and every source of a config: the answer to `check --online`."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import urlsplit

from reblogbot.config import scopes
from reblogbot.config.settings import Config
from reblogbot.engine.engine import Engine
from reblogbot.engine.poll import PollResult
from reblogbot.errors import Fault, SourceError, TargetError
from reblogbot.model import Candidate, Validators
from reblogbot.ports import Fetch, ProgressCallback, no_progress

CHATTY = 24
"""So many posts a day from one source are too many for a server's public timelines."""
_DAY = timedelta(days=1)
_NOTHING_THERE = frozenset({"http_status", "gone"})


@dataclass(frozen=True, slots=True)
class OnlineCheck:
    """What trying one account or source showed; `error` is "" where it works."""

    path: str
    finding: str = ""
    error: str = ""
    warnings: tuple[str, ...] = ()
    slug: str = ""
    """What it failed of."""

    def fault(self) -> Fault:
        """What failed, as a fault of the config without its line."""
        return Fault(self.path, self.error, slug=self.slug)

    def as_json(self) -> dict[str, Any]:
        """One row of `check --online --json`."""
        return {
            "path": self.path,
            "finding": self.finding,
            "error": self.error,
            "warnings": list(self.warnings),
        }


async def check_all(
    engine: Engine, on_progress: ProgressCallback = no_progress
) -> list[OnlineCheck]:
    """Every account and every source, as they answer now; changes nothing."""
    config = engine.config
    accounts = await asyncio.gather(
        *(_try_account(engine, name) for name in config.accounts if config.accounts[name].enabled)
    )
    # with what is known of a source it would show nothing, and nothing could be said of it
    unknown = (
        replace(record, validators=Validators())
        async for record in engine.remembered(list(config.sources))
    )
    looks = engine.poll_all(unknown, on_progress, len(config.sources))
    return [*accounts, *[_judged(look, config) async for look in looks]]


async def _try_account(engine: Engine, name: str) -> OnlineCheck:
    path = f"accounts.{name}"
    try:
        who, limits = await engine.accounts[name].identify()
    except TargetError as error:
        return OnlineCheck(path, error=error.message, slug=error.slug)
    warnings = [scopes.excess(engine.config, name, who.scopes)]
    if not who.is_bot:
        warnings.append(f"@{who.acct} does not say that it is a bot; set the flag in its profile")
    finding = f"works, as @{who.acct}; {limits.characters} characters a post"
    if not who.scopes:
        finding += "; its server does not say what the token may do"
    lacking = scopes.lacking(engine.config, name, who.scopes)
    slug = "scope_missing" if lacking else ""
    return OnlineCheck(path, finding, lacking, tuple(filter(None, warnings)), slug)


def _judged(look: PollResult, config: Config) -> OnlineCheck:
    path = f"sources.{look.record.name}"
    if look.error is not None:
        return OnlineCheck(path, error=look.error.message, slug=look.error.slug)
    remarks = [] if look.candidates else ["it shows no entries at the moment"]
    loud = _loud(look, config)
    if loud:
        remarks.append(
            f"about {_a_day(look)} posts a day, and public on {', '.join(loud)}: that floods"
            f' other people\'s timelines; set visibility = "unlisted", or a budget such as "10/1d"'
        )
    return OnlineCheck(path, f"works, {len(look.candidates)} entries", warnings=tuple(remarks))


def _loud(look: PollResult, config: Config) -> list[str]:
    """The accounts on which this source posts in public, and too much for that."""
    source = look.settings
    if source.digest is not None or _a_day(look) <= CHATTY:
        return []
    return [
        name
        for name in source.to
        if (source.visibility or config.accounts[name].visibility) == "public"
        and config.accounts[name].pace.per_day > CHATTY
    ]


def _a_day(look: PollResult) -> int:
    """How many posts a day the source comes to, by what it shows of the last one.

    An entry without a date counts: lists without dates are those that change all day.
    """
    since = look.polled_at - _DAY
    fresh = sum(_is_fresh(one, since) for one in look.candidates)
    budget = look.settings.budget
    return fresh if budget is None else min(fresh, round(budget.count * (_DAY / budget.span)))


def _is_fresh(one: Candidate, since: datetime) -> bool:
    published_at = one.entry.published_at
    return published_at is None or published_at > since


async def describe_server(url: str, fetch: Fetch) -> str:
    """What a server is, in a line for a person. Raises SourceError where it has no such API."""
    for path in ("/api/v2/instance", "/api/v1/instance"):
        try:
            answer = await fetch(url + path, accept="application/json")
        except SourceError as error:
            if error.slug not in _NOTHING_THERE:
                raise
            continue
        answer_json = _json_object(answer.body)
        if answer_json.get("version"):
            title, version = (str(answer_json.get(name, ""))[:60] for name in ("title", "version"))
            return f"{urlsplit(url).netloc} answers: {title}, version {version}"
    advice = "it does not speak the Mastodon API; name the address people log in at"
    raise SourceError("wrong_server", f"{urlsplit(url).netloc}: {advice}")


def _json_object(body: bytes) -> Mapping[str, Any]:
    try:
        answer_json = json.loads(body)
    except (ValueError, RecursionError):
        return {}
    return answer_json if isinstance(answer_json, Mapping) else {}

"""Trying every token, every step and every source of a config: `check --online`."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from reblogbot import app
from reblogbot.config import scopes
from reblogbot.config.settings import Config, SourceSettings, StepSettings
from reblogbot.core import prompts
from reblogbot.engine.engine import Engine
from reblogbot.engine.poll import PollResult
from reblogbot.errors import ConfigFault, StepError, TargetError
from reblogbot.model import Candidate, Entry, StepRequest, Validators
from reblogbot.ports import ProgressCallback, no_progress
from reblogbot.runtime.clock import uptime
from reblogbot.store import Store
from reblogbot.words import Words

MAX_PUBLIC_POSTS = 24
"""More posts a day from one source are too many for the public timelines of a server."""
_DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class OnlineCheck:
    """The result for one account, step or source; `error` and its `slug` are "" if it works."""

    path: str
    finding: str = ""
    error: str = ""
    warnings: tuple[str, ...] = ()
    slug: str = ""

    def fault(self) -> ConfigFault:
        """The error as a fault of the config, without its line."""
        return ConfigFault(self.path, self.error, slug=self.slug)


async def check_all(
    engine: Engine, on_progress: ProgressCallback = no_progress
) -> list[OnlineCheck]:
    """The results for every enabled account, every step and every source. Changes nothing."""
    config = engine.config
    accounts = await asyncio.gather(
        *(
            check_account(engine, name)
            for name, account in config.accounts.items()
            if account.enabled
        )
    )
    steps = await asyncio.gather(*(check_step(engine, name) for name in config.steps))
    # without validators, or an unchanged source would answer 304 and show no entries to count
    records = (
        replace(record, validators=Validators())
        async for record in engine.remembered(list(config.sources))
    )
    polls = engine.poll_all(records, on_progress, len(config.sources))
    return [*accounts, *steps, *[_source_check(poll, config) async for poll in polls]]


def try_account(config: Config, store: Store, name: str) -> OnlineCheck:
    """The result for one account, enabled or not. Changes nothing."""

    async def run() -> OnlineCheck:
        async with app.running(config, store) as runtime:
            return await check_account(runtime.engine, name)

    return asyncio.run(run())


async def check_account(engine: Engine, name: str) -> OnlineCheck:
    """The result for one account. Changes nothing."""
    path = f"accounts.{name}"
    try:
        profile, limits = await engine.accounts[name].identify()
    except TargetError as error:
        return OnlineCheck(path, error=error.message, slug=error.slug)
    if engine.config.accounts[name].has_titles:
        finding = Words("works, as {name}", name=profile.acct)
        return OnlineCheck(path, finding, warnings=profile.warnings)
    warnings = [scopes.excess_scopes_message(engine.config, name, profile.scopes)]
    if not profile.is_bot:
        warnings.append(
            Words(
                "@{acct} is not marked as a bot; set the flag in the account's profile",
                acct=profile.acct,
            )
        )
    finding = Words(
        "works, as @{acct}; {count} characters a post", acct=profile.acct, count=limits.characters
    )
    if not profile.scopes:
        finding = Words(
            "{finding}; its server does not report the scopes of the token", finding=finding
        )
    error_message = scopes.lacking_scopes_message(engine.config, name, profile.scopes)
    slug = "scope_missing" if error_message else ""
    return OnlineCheck(path, finding, error_message, tuple(filter(None, warnings)), slug)


async def check_step(engine: Engine, name: str) -> OnlineCheck:
    """The result for one step: a model is asked for one word, a program about a sample entry."""
    path, step = f"steps.{name}", engine.config.steps[name]
    request = _ONE_WORD if step.kind == "chat" else _sample_request(step)
    started_at = uptime()
    try:
        answer = await engine.make_step(name).run(request)
    except StepError as error:
        return OnlineCheck(path, error=error.message, slug=error.slug)
    seconds = f"{uptime() - started_at:.1f}"
    if not answer.model:
        return OnlineCheck(path, Words("works, in {seconds} s", seconds=seconds))
    finding = Words("works, as {model}, in {seconds} s", model=answer.model, seconds=seconds)
    return OnlineCheck(path, finding)


_ONE_WORD = StepRequest("Answer with the one word yes.")
_SAMPLE = Entry(
    title="A title",
    link="https://reblogbot.invalid/1",
    summary="A sample entry, by which `check --online` tries this program.",
    language="en",
)


def _sample_request(step: StepSettings) -> StepRequest:
    source = SourceSettings(name="sample", kind="feed", to=("sample",), steps=(step.name,))
    job = replace(prompts.prompt_job(step, source, "Sample"), entries=(_SAMPLE,))
    (prompt,) = prompts.prompts(job)
    return prompt.request or StepRequest("{}")


def _source_check(poll: PollResult, config: Config) -> OnlineCheck:
    path = f"sources.{poll.record.name}"
    if poll.error is not None:
        return OnlineCheck(path, error=poll.error.message, slug=poll.error.slug)
    warnings = [] if poll.candidates else [Words("it shows no entries at the moment")]
    flooded = _flooded_accounts(poll, config)
    if flooded:
        warnings.append(
            Words(
                "about {count} posts a day, public on {accounts}: too many for other people's "
                'timelines; set visibility = "unlisted", or a budget such as "10/1d"',
                count=_posts_per_day(poll),
                accounts=", ".join(flooded),
            )
        )
    finding = Words("works, {count} entry", "works, {count} entries", count=len(poll.candidates))
    return OnlineCheck(path, finding, warnings=tuple(warnings))


def _flooded_accounts(poll: PollResult, config: Config) -> list[str]:
    """The accounts on which this source makes too many public posts."""
    source = poll.settings
    if source.digest is not None or _posts_per_day(poll) <= MAX_PUBLIC_POSTS:
        return []
    return [
        name
        for name in source.to
        if (source.visibility or config.accounts[name].visibility) == "public"
        and config.accounts[name].pace.per_day > MAX_PUBLIC_POSTS
    ]


def _posts_per_day(poll: PollResult) -> int:
    """An estimate from the entries of the last day.

    Entries without a date count as new: lists without dates are those that change all day.
    """
    since = poll.polled_at - _DAY
    new = sum(_is_newer(candidate, since) for candidate in poll.candidates)
    budget = poll.settings.budget
    return new if budget is None else min(new, round(budget.count * (_DAY / budget.span)))


def _is_newer(candidate: Candidate, since: datetime) -> bool:
    published_at = candidate.entry.published_at
    return published_at is None or published_at > since

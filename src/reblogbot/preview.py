"""What a round would publish, worked out by the same steps and without leaving a trace."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from reblogbot.model import Plan, Post, State
from reblogbot.pipeline import Pipeline
from reblogbot.planning import Taken
from reblogbot.ports import Told, untold

Queued = tuple[str, str, Post]
"""Account, source and post."""


@dataclass(slots=True)
class Preview:
    """Posts in the order they would be queued, what was refused, and sources that failed."""

    posts: list[Queued] = field(default_factory=list)
    refused: list[dict[str, str]] = field(default_factory=list)
    errors: list[dict[str, str]] = field(default_factory=list)

    def as_json(self, limit: int | None = None) -> dict[str, Any]:
        """The contract's `preview --json`."""
        return {
            "posts": [post_json(*one) for one in self.posts[:limit]],
            "filtered": self.refused,
            "errors": self.errors,
        }


def post_json(account: str, source: str, post: Post) -> dict[str, Any]:
    """One post as `preview --json` shows it; a boost has no text of its own."""
    boosts = post.action == "boost"
    return {
        "account": account,
        "source": source,
        "action": post.action,
        "text": "" if boosts else post.text,
        "visibility": post.visibility,
        "language": post.language,
        "spoiler": post.spoiler,
        "link": post.uri if boosts else post.link,
        "length": 0 if boosts else post.length,
        "limit": post.limit,
        "media": [{"url": one.url, "alt": one.alt} for one in post.media],
    }


async def preview(pipeline: Pipeline, names: Sequence[str], told: Told = untold) -> Preview:
    """What is queued from these sources, and what polling them now would add."""
    made, wanted = Preview(), frozenset(names)
    for one in await pipeline.queued():
        if one.source in wanted:
            made.posts.append((one.account, one.source, one.post))
    taken = Taken()
    async for look in pipeline.looks(pipeline.remembered(names), told, len(names)):
        name = look.record.name
        if look.error is not None:
            made.errors.append({"source": name, "error": look.error.message})
            continue
        plan = await pipeline.poller.plan(look, taken)
        taken.add(plan.intents)
        _add(made, name, plan)
    made.posts = await _bundled(pipeline, made.posts)
    return made


async def _bundled(pipeline: Pipeline, posts: list[Queued]) -> list[Queued]:
    """The posts with those of each digest in one, where the first of them stood."""
    result: list[Queued] = []
    done: set[tuple[str, str]] = set()
    for account, name, post in posts:
        source = pipeline.config.sources[name]
        if source.digest is None or post.action != "post" or post.is_bundle:
            result.append((account, name, post))
        elif (account, name) not in done:
            done.add((account, name))
            parts = [
                one
                for to, origin, one in posts
                if (to, origin) == (account, name) and one.action == "post" and not one.is_bundle
            ]
            bundles = await pipeline.digested(account, source, parts)
            result += [(account, name, bundle.post) for bundle in bundles]
    return result


def _add(made: Preview, name: str, plan: Plan) -> None:
    made.posts += [
        (intent.account, name, intent.post)
        for intent in plan.intents
        if intent.state == State.QUEUED
    ]
    refused = [(one.candidate.entry, one.account, one.reason) for one in plan.refusals]
    refused += [
        (intent.candidate.entry, intent.account, f"held: {intent.reason}")
        for intent in plan.intents
        if intent.state == State.HELD
    ]
    made.refused += [
        {
            "source": name,
            "account": account,
            "link": entry.link,
            "title": entry.title,
            "reason": reason,
        }
        for entry, account, reason in refused
    ]

"""The shipped contract checks: a good kind passes, and each of these bad ones is caught."""

import json
import pickle
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from reblogbot import testing
from reblogbot.errors import SourceError
from reblogbot.model import Batch, Entry, Media, Validators
from reblogbot.sources.registry import factory as registered
from reblogbot.testing import checks

NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)
URL = "https://x.example/list"
GOOD = b'[{"title": "One", "link": "https://x.example/1"}]'


def read(body) -> list[Entry]:
    try:
        return [Entry(title=item["title"], link=item["link"]) for item in json.loads(body)]
    except (ValueError, TypeError, KeyError, RecursionError) as error:
        raise SourceError("list_broken", "the list cannot be read") from error


def read_without_checks(body) -> list[Entry]:
    return [Entry(title=item["title"], link=item["link"]) for item in json.loads(body)]


class Kind:
    """A good kind; the bad ones differ from it in one thing each."""

    def __init__(self, name, settings, tools):
        self.tools = tools

    async def poll(self, known):
        answer = await self.tools.fetch(URL, validators=known)
        if answer.status == 304:
            return Batch(validators=known, not_modified=True)
        entries = await self.tools.offload(read, answer.body)
        return Batch(tuple(entries), validators=Validators(etag=answer.headers["etag"]))


def kind(change):
    """The good kind, its batch changed."""

    class Changed(Kind):
        async def poll(self, known):
            return change(await super().poll(known))

    return Changed


def with_entry(**fields):
    return kind(
        lambda batch: replace(
            batch, entries=tuple(replace(entry, **fields) for entry in batch.entries)
        )
    )


class Unchecked(Kind):
    async def poll(self, known):
        answer = await self.tools.fetch(URL)
        return Batch(tuple(await self.tools.offload(read_without_checks, answer.body)))


class Random(Kind):
    polls = 0

    async def poll(self, known):
        Random.polls += 1
        return Batch((Entry(title=f"Poll {Random.polls}"),))


class Remembering(Kind):
    seen = False

    async def poll(self, known):
        batch = Batch() if self.seen else await super().poll(Validators())
        self.seen = True
        return batch


class Contradicting(Kind):
    async def poll(self, known):
        batch = await super().poll(Validators())
        return replace(batch, not_modified=known != Validators())


class TrustingValidators(Kind):
    async def poll(self, known):
        json.loads(known.cursor or "{}")["read_at"] if known.cursor else None
        return await super().poll(known)


class SwallowingErrors(Kind):
    async def poll(self, known):
        try:
            return await super().poll(known)
        except SourceError:
            return Batch()


class LosingRetryAt(Kind):
    async def poll(self, known):
        try:
            return await super().poll(known)
        except SourceError as error:
            raise SourceError(error.slug, error.message) from error


class NotCancellable(Kind):
    async def poll(self, known):
        try:
            return await super().poll(known)
        except BaseException as error:
            raise SourceError("failed", "something happened") from error


class OffloadingLambda(Kind):
    async def poll(self, known):
        answer = await self.tools.fetch(URL)
        return await self.tools.offload(lambda: Batch((Entry(title=answer.body.decode()),)))


def case(factory):
    return testing.Case(factory, {"/list": GOOD}, {"url": URL}, now=NOW)


@pytest.mark.parametrize("check", testing.CHECKS, ids=lambda check: check.__name__)
async def test_a_good_kind_passes(check):
    await check(case(Kind))


async def test_all_checks_can_be_run_at_once():
    await testing.check_source(case(Kind))
    with pytest.raises(AssertionError):
        await testing.check_source(case(SwallowingErrors))


@pytest.mark.parametrize(
    ("factory", "check", "words"),
    [
        (kind(lambda batch: replace(batch, entries=())), checks.poll_returns_entries, "no entries"),
        (kind(lambda batch: batch.entries), checks.poll_returns_entries, "not a Batch"),
        (kind(lambda batch: replace(batch, not_modified=True)), checks.poll_returns_entries, "not_modified"),
        (with_entry(title="<b>One</b>"), checks.poll_returns_entries, "markup"),
        (with_entry(summary="a\x00b"), checks.poll_returns_entries, "control character"),
        (with_entry(link="/relative"), checks.poll_returns_entries, "absolute"),
        (with_entry(media=(Media("javascript:x"),)), checks.poll_returns_entries, "absolute"),
        (with_entry(published_at=NOW.astimezone().replace(tzinfo=None)), checks.poll_returns_entries, "UTC"),
        (with_entry(published_at=NOW + timedelta(days=9)), checks.poll_returns_entries, "not past"),
        (with_entry(score=float("nan")), checks.poll_returns_entries, "score"),
        (with_entry(title=None), checks.poll_returns_entries, "should be text"),
        (with_entry(visibility="secret"), checks.poll_returns_entries, "visibility"),
        (Random, checks.repeated_poll_is_equal, "another batch"),
        (Contradicting, checks.repeated_poll_is_equal, "with entries"),
        (Remembering, checks.source_is_stateless, "other entries"),
        (TrustingValidators, checks.foreign_validators_are_tolerated, "made a poll fail"),
        (Unchecked, checks.any_answer_is_handled, "only SourceError is allowed"),
        (kind(lambda batch: Batch((Entry(link="no link"),))), checks.any_answer_is_handled, "absolute"),
        (SwallowingErrors, checks.failures_are_passed_on, "only fails gave a Batch"),
        (LosingRetryAt, checks.failures_are_passed_on, "retry_at was lost"),
        (NotCancellable, checks.poll_can_be_cancelled, "raised SourceError"),
    ],
)  # fmt: skip
async def test_a_bad_kind_is_caught(factory, check, words):
    with pytest.raises(AssertionError, match=words):
        await check(case(factory))


async def test_a_function_that_cannot_be_sent_to_a_child_is_caught():
    with pytest.raises((AttributeError, pickle.PicklingError), match="lambda"):
        await checks.poll_returns_entries(case(OffloadingLambda))


def test_a_kinds_own_keys_are_read_by_its_options():
    json_case = testing.Case(registered("json"), settings={"url": URL, "path": "data"})
    assert json_case.source(testing.Server(json_case)).name == "case"

"""The checks: each takes a case and raises AssertionError for what its kind does not keep to."""

from __future__ import annotations

import asyncio
import pickle
from collections.abc import Awaitable, Callable
from datetime import timedelta
from typing import get_args

from reblogbot.errors import Failure, SourceError
from reblogbot.model import Batch, Validators
from reblogbot.testing.case import Case, Server
from reblogbot.testing.entries import fault_of, markup_in
from reblogbot.testing.oddities import BODIES, REFUSALS, VALUES

Check = Callable[[Case], Awaitable[None]]


async def check_source(case: Case) -> None:
    """Run all CHECKS; AssertionError says what the kind does not keep to."""
    for check in CHECKS:
        await check(case)


async def brings_entries(case: Case) -> None:
    """A poll of a healthy server brings entries of plain text, with absolute links and UTC."""
    batch = await case.source(Server(case)).poll(Validators())
    _claim(isinstance(batch, Batch), f"poll returned {type(batch).__name__}, not a Batch")
    _claim(not batch.not_modified, "the first poll of all said not_modified")
    _claim(bool(batch.entries), "a healthy server brought no entries")
    for entry in batch.entries:
        fault = fault_of(entry, case.now) or markup_in(entry)
        _claim(not fault, f"{fault} in {entry!r}")


async def repeats_itself(case: Case) -> None:
    """A poll with the validators of the last says not_modified, or brings the same."""
    server = Server(case)
    first = await case.source(server).poll(Validators())
    second = await case.source(server).poll(first.validators)
    same = second.not_modified or second.entries == first.entries
    _claim(same, "the same answer made another batch with the validators of the first")
    _claim(not (second.not_modified and second.entries), "not_modified, and yet with entries")


async def remembers_nothing(case: Case) -> None:
    """What was seen is the store's to know: without validators a source brings it all again."""
    source = case.source(Server(case))
    first = await source.poll(Validators())
    again = await source.poll(Validators())
    _claim(first.entries == again.entries, "a second poll without validators brought other entries")
    _claim(not again.not_modified, "not_modified without validators")


async def bears_foreign_validators(case: Case) -> None:
    """Validators another kind or version has left neither break a poll nor fool it."""
    fresh = await case.source(Server(case)).poll(Validators())
    for cursor in ("nonsense", "{}", '{"read_at": 5}', "[]", "0", "-1", "\udcff"):
        known = Validators(etag='"other"', last_modified="x", digest="00", cursor=cursor)
        try:
            batch = await case.source(Server(case)).poll(known)
        except Exception as error:
            raise AssertionError(f"cursor {cursor!r} made a poll fail: {error!r}") from error
        same = batch.entries == fresh.entries or batch.not_modified
        _claim(same, f"cursor {cursor!r} changed what a poll brings")


async def bears_any_answer(case: Case) -> None:
    """Whatever a server answers ends in a Batch of proper entries, or in a SourceError."""
    for octets in (*BODIES, *_spoilt(case)):
        await _expect_batch_or_error(case, Server(case, body=octets), repr(octets[:40]))
    for value in VALUES if case.api else ():
        await _expect_batch_or_error(case, Server(case, value=value), repr(value)[:40])


async def passes_failures_on(case: Case) -> None:
    """When its server cannot be read, the SourceError says so, with outcome and retry_at."""
    retry_at = case.now + timedelta(hours=1)
    for outcome in get_args(Failure) if case.pages else ():
        error = SourceError("broken", "it broke", outcome=outcome, retry_at=retry_at)
        raised = await _failure_of(case, Server(case, error=error))
        _claim(raised.outcome == outcome, f"outcome {outcome} became {raised.outcome}")
        _claim(raised.retry_at == retry_at, "retry_at was lost")
    for failure in REFUSALS if case.api else ():
        await _failure_of(case, Server(case, refusal=failure))


async def can_be_cancelled(case: Case) -> None:
    """A poll that is no longer waited for ends, and does not pass for a failed one."""
    if not case.pages:
        return
    server = Server(case, stalls=True)
    polling = asyncio.ensure_future(case.source(server).poll(Validators()))
    await server.asked_once.wait()
    polling.cancel()
    try:
        await polling
    except asyncio.CancelledError:
        return
    except SourceError as error:
        raise AssertionError("a cancelled poll raised SourceError") from error
    raise AssertionError("a cancelled poll went on")


async def makes_values_that_travel(case: Case) -> None:
    """A Batch can be pickled, compared and put into a set, as frozen values can."""
    batch = await case.source(Server(case)).poll(Validators())
    _claim(pickle.loads(pickle.dumps(batch)) == batch, "a pickled batch came back as another")  # noqa: S301
    _claim(len({*batch.entries, *batch.entries}) <= len(batch.entries), "entries are not values")


CHECKS: tuple[Check, ...] = (
    brings_entries,
    repeats_itself,
    remembers_nothing,
    bears_foreign_validators,
    bears_any_answer,
    passes_failures_on,
    can_be_cancelled,
    makes_values_that_travel,
)


async def _expect_batch_or_error(case: Case, server: Server, what: str) -> None:
    try:
        batch = await case.source(server).poll(Validators())
    except SourceError as error:
        _claim(bool(error.slug and error.message), f"{what} made an error without words")
        _claim("\n" not in error.message, f"{what} made an error of several lines")
        return
    except Exception as error:
        name = type(error).__name__
        raise AssertionError(f"{what} made a {name}; only SourceError is allowed") from error
    for entry in batch.entries:
        fault = fault_of(entry, case.now)
        _claim(not fault, f"{what} made an entry with {fault}: {entry!r}")


async def _failure_of(case: Case, server: Server) -> SourceError:
    try:
        await case.source(server).poll(Validators())
    except SourceError as error:
        return error
    except Exception as error:
        name = type(error).__name__
        raise AssertionError(f"a failing server made a {name}, not a SourceError") from error
    raise AssertionError("a server that only fails made a Batch")


def _claim(holds: bool, words: str) -> None:  # noqa: FBT001
    if not holds:
        raise AssertionError(words)


def _spoilt(case: Case) -> list[bytes]:
    """The case's own pages, cut off and garbled."""
    pages = list(case.pages.values())
    cut = [page[: len(page) * part // 4] for page in pages for part in (1, 2, 3)]
    return [*cut, *(page[::-1] for page in pages), *(page.swapcase() for page in pages)]

"""The checks: each takes a case and raises AssertionError for a breach of the contract."""

from __future__ import annotations

import asyncio
import pickle
from collections.abc import Awaitable, Callable
from datetime import timedelta
from typing import get_args

from reblogbot.errors import Failure, SourceError
from reblogbot.model import Batch, Validators
from reblogbot.testing.bad_answers import BODIES, REFUSALS, VALUES
from reblogbot.testing.case import Case, Server
from reblogbot.testing.entries import fault_of, markup_fault

Check = Callable[[Case], Awaitable[None]]


async def check_source(case: Case) -> None:
    """Run all CHECKS. AssertionError names the first breach of the contract."""
    for check in CHECKS:
        await check(case)


async def poll_returns_entries(case: Case) -> None:
    """A poll of a healthy server returns entries of plain text, absolute links and UTC instants."""
    batch = await case.source(Server(case)).poll(Validators())
    _require(isinstance(batch, Batch), f"poll returned {type(batch).__name__}, not a Batch")
    _require(not batch.not_modified, "the very first poll returned not_modified")
    _require(bool(batch.entries), "a poll of a healthy server returned no entries")
    for entry in batch.entries:
        fault = fault_of(entry, case.now) or markup_fault(entry)
        _require(not fault, f"{fault} in {entry!r}")


async def repeated_poll_is_equal(case: Case) -> None:
    """A poll with the validators of the last one is not_modified, or returns the same."""
    server = Server(case)
    first = await case.source(server).poll(Validators())
    second = await case.source(server).poll(first.validators)
    same = second.not_modified or second.entries == first.entries
    _require(same, "the same answer gave another batch with the validators of the first")
    _require(not (second.not_modified and second.entries), "not_modified, and yet with entries")


async def source_is_stateless(case: Case) -> None:
    """Without validators a poll returns all entries again: only the store remembers them."""
    source = case.source(Server(case))
    first = await source.poll(Validators())
    again = await source.poll(Validators())
    _require(
        first.entries == again.entries, "a second poll without validators returned other entries"
    )
    _require(not again.not_modified, "not_modified without validators")


async def foreign_validators_are_tolerated(case: Case) -> None:
    """Validators of another kind or version neither break a poll nor change its result."""
    fresh = await case.source(Server(case)).poll(Validators())
    for cursor in ("nonsense", "{}", '{"read_at": 5}', "[]", "0", "-1", "\udcff"):
        foreign = Validators(etag='"other"', last_modified="x", digest="00", cursor=cursor)
        try:
            batch = await case.source(Server(case)).poll(foreign)
        except Exception as error:
            raise AssertionError(f"cursor {cursor!r} made a poll fail: {error!r}") from error
        same = batch.entries == fresh.entries or batch.not_modified
        _require(same, f"cursor {cursor!r} changed what a poll returns")


async def any_answer_is_handled(case: Case) -> None:
    """Any answer of a server ends in a Batch of valid entries, or in a SourceError."""
    for body in (*BODIES, *_damaged_pages(case)):
        await _expect_batch_or_error(case, Server(case, body=body), repr(body[:40]))
    for value in VALUES if case.api else ():
        await _expect_batch_or_error(case, Server(case, value=value), repr(value)[:40])


async def failures_are_passed_on(case: Case) -> None:
    """A failure of the server leaves as a SourceError with its outcome and retry_at."""
    retry_at = case.now + timedelta(hours=1)
    for outcome in get_args(Failure) if case.pages else ():
        error = SourceError("broken", "it broke", outcome=outcome, retry_at=retry_at)
        raised = await _failure_of(case, Server(case, error=error))
        _require(raised.outcome == outcome, f"outcome {outcome} became {raised.outcome}")
        _require(raised.retry_at == retry_at, "retry_at was lost")
    for failure in REFUSALS if case.api else ():
        await _failure_of(case, Server(case, refusal=failure))


async def poll_can_be_cancelled(case: Case) -> None:
    """A cancelled poll ends, and not as a failed one."""
    if not case.pages:
        return
    server = Server(case, stalls=True)
    polling = asyncio.ensure_future(case.source(server).poll(Validators()))
    await server.requested.wait()
    polling.cancel()
    try:
        await polling
    except asyncio.CancelledError:
        return
    except SourceError as error:
        raise AssertionError("a cancelled poll raised SourceError") from error
    raise AssertionError("a cancelled poll did not end")


async def batch_can_be_pickled(case: Case) -> None:
    """A Batch can be pickled, and its entries compared and put into a set."""
    batch = await case.source(Server(case)).poll(Validators())
    _require(pickle.loads(pickle.dumps(batch)) == batch, "a batch changed by pickling")  # noqa: S301
    _require(
        len({*batch.entries, *batch.entries}) <= len(batch.entries),
        "equal entries have different hashes",
    )


CHECKS: tuple[Check, ...] = (
    poll_returns_entries,
    repeated_poll_is_equal,
    source_is_stateless,
    foreign_validators_are_tolerated,
    any_answer_is_handled,
    failures_are_passed_on,
    poll_can_be_cancelled,
    batch_can_be_pickled,
)


async def _expect_batch_or_error(case: Case, server: Server, answer: str) -> None:
    try:
        batch = await case.source(server).poll(Validators())
    except SourceError as error:
        _require(
            bool(error.slug and error.message), f"{answer} gave an error without slug or message"
        )
        _require("\n" not in error.message, f"{answer} gave an error message of several lines")
        return
    except Exception as error:
        name = type(error).__name__
        raise AssertionError(f"{answer} raised {name}; only SourceError is allowed") from error
    for entry in batch.entries:
        fault = fault_of(entry, case.now)
        _require(not fault, f"{answer} gave an entry with {fault}: {entry!r}")


async def _failure_of(case: Case, server: Server) -> SourceError:
    try:
        await case.source(server).poll(Validators())
    except SourceError as error:
        return error
    except Exception as error:
        name = type(error).__name__
        raise AssertionError(f"a failing server raised {name}, not SourceError") from error
    raise AssertionError("a server that only fails gave a Batch")


def _require(condition: bool, message: str) -> None:  # noqa: FBT001
    if not condition:
        raise AssertionError(message)


def _damaged_pages(case: Case) -> list[bytes]:
    """The case's own pages, truncated, reversed and with swapped cases."""
    pages = list(case.pages.values())
    cut = [page[: len(page) * part // 4] for page in pages for part in (1, 2, 3)]
    return [*cut, *(page[::-1] for page in pages), *(page.swapcase() for page in pages)]

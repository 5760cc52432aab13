"""The parser children: whatever they run, the caller gets a result or one clear error."""

import asyncio
import os
import pickle
import select
import signal
import subprocess
import sys
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

import pool_jobs
from reblogbot.errors import SourceError
from reblogbot.model import Media
from reblogbot.runtime import parser_child, parser_replies
from reblogbot.runtime.parser_pool import ParserProcessPool
from reblogbot.sources.feed.worker import read_feed
from reblogbot.sources.shared.response_body import ResponseBody, read_bounded

MEMORY = 256 * 1024 * 1024
SOON = timedelta(seconds=0.05)
NEVER = timedelta(hours=1)
NOT_FOR_FEEDS = {
    *(
        "aiohttp",
        "asyncio",
        "jinja2",
        "mastodon",
        "pydantic",
        "requests",
        "selectolax",
        "sqlalchemy",
    ),
    *("reblogbot.config", "reblogbot.core.compose", "reblogbot.core.text.mentions"),
}


@pytest.fixture
async def pool():
    # far more time than any well-behaved call needs, even on a busy machine
    deadline = timedelta(seconds=30)
    async with ParserProcessPool(deadline=deadline, memory=MEMORY, patience=SOON) as pool:
        yield pool


@pytest.fixture
async def hasty():
    async with ParserProcessPool(workers=1, deadline=timedelta(seconds=1.5), memory=MEMORY) as pool:
        yield pool


async def failure(pool, function, *args):
    with pytest.raises(SourceError) as caught:
        await pool(function, *args)
    return caught.value


def is_alive(pid):
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True


async def test_a_worker_replies_and_is_reused(pool):
    assert await pool(pool_jobs.double, 21) == 42
    first = await pool(pool_jobs.process_id)
    assert first != os.getpid()
    assert [await pool(pool_jobs.process_id) for _ in range(5)] == [first] * 5


async def test_large_requests_and_replies_are_sent(pool):
    assert await pool(pool_jobs.double_bytes, b"x" * 5_000_000) == b"x" * 10_000_000


async def test_no_more_workers_are_started_than_allowed(pool):
    pids = await asyncio.gather(*(pool(pool_jobs.process_id) for _ in range(40)))
    assert len(set(pids)) <= 2


async def test_one_child_serves_all_calls_while_none_of_them_waits_long():
    async with ParserProcessPool(patience=NEVER) as pool:
        assert len(set(await asyncio.gather(*(pool(pool_jobs.process_id) for _ in range(40))))) == 1


async def test_a_slow_document_does_not_hold_up_the_others_until_its_deadline(pool):
    slow = asyncio.ensure_future(pool(pool_jobs.loop_for_ever))
    pids = set(await asyncio.gather(*(pool(pool_jobs.process_id) for _ in range(40))))
    assert not slow.done()
    assert len(pids) == 1
    slow.cancel()
    await asyncio.gather(slow, return_exceptions=True)


async def ended(pid):
    """Wait until the process is gone, and no zombie of it is left."""
    while is_alive(pid):
        await asyncio.sleep(0)


async def test_a_child_without_a_call_ends_and_the_next_call_starts_another():
    async with ParserProcessPool(idle=SOON) as pool:
        first = await pool(pool_jobs.process_id)
        await ended(first)
        second = await pool(pool_jobs.process_id)
        assert second != first
        await ended(second)
        assert await pool(pool_jobs.double, 1) == 2


async def test_a_second_child_ends_when_it_is_no_longer_needed_and_is_not_replaced():
    async with ParserProcessPool(patience=SOON, idle=SOON) as pool:
        slow = asyncio.ensure_future(pool(pool_jobs.loop_for_ever))
        for _ in range(2):
            await ended(await pool(pool_jobs.process_id))
        assert not slow.done()
        slow.cancel()
        await asyncio.gather(slow, return_exceptions=True)
        pool._patience = NEVER.total_seconds()
        assert len(set(await asyncio.gather(*(pool(pool_jobs.process_id) for _ in range(40))))) == 1


async def test_a_call_at_the_instant_in_which_its_child_is_to_end_is_answered():
    async with ParserProcessPool(patience=SOON, idle=timedelta(0)) as pool:
        for number in range(20):
            assert await pool(pool_jobs.double, number) == 2 * number
            await asyncio.sleep(0)
        numbers = range(100)
        assert await asyncio.gather(*(pool(pool_jobs.double, n) for n in numbers)) == [
            2 * number for number in numbers
        ]


async def test_a_child_that_reads_a_feed_imports_no_more_than_that_takes(pool):
    before = set(await pool(pool_jobs.imported_modules))
    assert before & {*NOT_FOR_FEEDS, "feedparser", "regex"} == set()
    feed = b"<rss version='2.0'><channel><item><title>a</title></item></channel></rss>"
    body = ResponseBody(feed, "", "https://x.example/f", "", "UTC", datetime.now(UTC))
    await pool(read_bounded, read_feed, body, ())
    after = set(await pool(pool_jobs.imported_modules))
    assert "feedparser" in after
    assert after & NOT_FOR_FEEDS == set()


async def test_what_a_library_prints_is_not_taken_for_a_reply(pool):
    assert await pool(pool_jobs.print_and_return, "hello") == "hello"
    assert await pool(pool_jobs.double, 1) == 2


async def test_an_endless_loop_is_killed_at_the_deadline(hasty):
    pid = await hasty(pool_jobs.process_id)
    error = await failure(hasty, pool_jobs.loop_for_ever)
    assert (error.slug, error.outcome) == ("parse_deadline", "refused")
    assert not is_alive(pid)
    assert await hasty(pool_jobs.double, 1) == 2


async def test_unbounded_memory_is_refused(pool):
    error = await failure(pool, pool_jobs.hoard)
    assert (error.slug, error.outcome) == ("parse_memory", "refused")
    assert await pool(pool_jobs.double, 1) == 2


async def test_a_worker_that_dies_is_replaced(pool):
    error = await failure(pool, pool_jobs.die, 3)
    assert (error.slug, error.outcome) == ("parser_died", "failed")
    assert await pool(pool_jobs.double, 1) == 2


async def test_a_worker_killed_while_idle_is_replaced(pool):
    pid = await pool(pool_jobs.process_id)
    os.kill(pid, signal.SIGKILL)
    while is_alive(pid):
        await asyncio.sleep(0)
    for _ in range(3):
        try:
            assert await pool(pool_jobs.double, 1) == 2
        except SourceError as error:
            assert error.slug == "parser_died"
    assert await pool(pool_jobs.double, 1) == 2


async def test_a_source_error_is_raised_in_the_caller(pool):
    error = await failure(pool, pool_jobs.refuse)
    assert (error.slug, error.message, error.outcome) == ("too_odd", "no, thanks", "retry_later")


@pytest.mark.parametrize(
    "function",
    [
        pool_jobs.stumble,
        pool_jobs.return_a_lambda,
        pool_jobs.return_a_naive_instant,
        pool_jobs.return_what_nobody_knows,
    ],
)
async def test_any_other_error_becomes_one_line(pool, function):
    error = await failure(pool, function)
    assert (error.slug, error.outcome) == ("parse_failed", "failed")
    assert error.message.isprintable()
    assert await pool(pool_jobs.double, 1) == 2


def frame(kind, body=b"", length=None):
    return parser_child.FRAME.pack(kind, len(body) if length is None else length) + body


HOSTILE_REPLIES = {
    "longer than the bound": frame(parser_child.VALUE, length=2**40),
    "an error as long as a book": frame(parser_child.ERROR, length=20_000),
    "out of memory, with a body": frame(parser_child.OUT_OF_MEMORY, b"[]"),
    "of a kind that no child sends now": frame(parser_child.READY, b"[[]]"),
    "of no kind": frame(b"x", b"[[]]"),
    "a pickle": frame(parser_child.VALUE, pickle.dumps(os.getcwd)),
    "no JSON": frame(parser_child.VALUE, b"[{"),
    "another type": frame(parser_child.VALUE, b"[17]"),
    "another dataclass": frame(
        parser_child.VALUE, parser_replies.encode(Media("https://a.example/"))
    ),
    "nested without end": frame(parser_child.VALUE, b"[" * 1_000_000),
    "an error without words": frame(parser_child.ERROR, b'[["slug"]]'),
    "an error of an unknown outcome": frame(parser_child.ERROR, b'[["slug","words","explode"]]'),
}


@pytest.mark.parametrize("octets", HOSTILE_REPLIES.values(), ids=HOSTILE_REPLIES)
async def test_a_hostile_reply_is_refused_and_its_child_killed(pool, octets):
    pid = await pool(pool_jobs.process_id)
    error = await failure(pool, pool_jobs.answer_with, octets)
    assert (error.slug, error.outcome) == ("parse_reply", "refused")
    assert error.message.isprintable()
    assert not is_alive(pid)
    assert await pool(pool_jobs.double, 1) == 2


async def test_a_result_of_another_type_than_annotated_is_refused(pool):
    error = await failure(pool, pool_jobs.return_another_type)
    assert (error.slug, error.outcome) == ("parse_reply", "refused")


async def test_a_result_over_the_bound_is_refused():
    async with ParserProcessPool(workers=1, reply=1000) as pool:
        assert len(await pool(pool_jobs.double_bytes, b"x" * 300)) == 600
        error = await failure(pool, pool_jobs.double_bytes, b"x" * 500)
        assert error.slug == "parse_reply"


async def test_a_reply_that_is_cut_off_means_that_the_child_died(pool):
    error = await failure(pool, pool_jobs.die_amid, frame(parser_child.VALUE, b"[", length=100))
    assert error.slug == "parser_died"


@pytest.mark.parametrize(
    ("function", "octets"),
    [(pool_jobs.drip, frame(parser_child.VALUE, length=1000)), (pool_jobs.answer_with, b"v\0")],
    ids=["by drops", "begun and never ended"],
)
async def test_a_reply_that_takes_too_long_is_killed_at_the_deadline(hasty, function, octets):
    pid = await hasty(pool_jobs.process_id)
    error = await failure(hasty, function, octets)
    assert error.slug in ("parse_deadline", "parse_reply")
    assert not is_alive(pid)


async def test_control_characters_of_a_childs_message_are_removed(pool):
    body = parser_replies.encode(
        parser_child.ErrorReply("od\x1bd", "first\x1b[31m\nsecond\u202e", "failed")
    )
    error = await failure(pool, pool_jobs.answer_with, frame(parser_child.ERROR, body))
    assert (error.slug, error.message) == ("od d", "first [31m second ")


async def test_a_cancelled_call_leaves_no_late_reply_and_no_process(pool):
    pid = await pool(pool_jobs.process_id)
    before = cpu_ticks(pid)
    task = asyncio.ensure_future(pool(pool_jobs.loop_for_ever))
    while cpu_ticks(pid) < before + 5:
        await asyncio.sleep(0)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert not is_alive(pid)
    assert await asyncio.gather(*(pool(pool_jobs.double, n) for n in range(9))) == list(
        range(0, 18, 2)
    )


def cpu_ticks(pid):
    return int(Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[11])


async def test_close_ends_every_worker():
    async with ParserProcessPool() as pool:
        pids = set(await asyncio.gather(*(pool(pool_jobs.process_id) for _ in range(8))))
    assert not any(is_alive(pid) for pid in pids)


PARENT = """
import asyncio, os, sys
import pool_jobs
from reblogbot.runtime.parser_pool import ParserProcessPool

async def main():
    pool = ParserProcessPool()
    print(await pool(pool_jobs.process_id), flush=True)
    await WAIT

asyncio.run(main())
"""


@pytest.mark.parametrize(
    "wait", ["asyncio.Event().wait()", "pool(pool_jobs.loop_for_ever)"], ids=["idle", "at work"]
)
def test_a_worker_does_not_outlive_a_killed_parent(wait):
    env = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}
    with subprocess.Popen(
        [sys.executable, "-c", PARENT.replace("WAIT", wait)],
        env=env,
        stdout=subprocess.PIPE,
        text=True,
    ) as parent:
        pid = int(parent.stdout.readline())
        ended = os.pidfd_open(pid)
        if "loop" in wait:
            before = cpu_ticks(pid)
            while cpu_ticks(pid) < before + 5:
                time.sleep(0)
        parent.kill()
        parent.wait()
        assert select.select([ended], [], [], 30)[0]
        os.close(ended)


# shares


async def test_a_source_with_many_documents_leaves_a_worker_to_the_others(pool):
    many = [asyncio.ensure_future(pool.share("greedy")(pool_jobs.loop_for_ever)) for _ in range(20)]
    for number in range(10):
        assert await pool.share("modest")(pool_jobs.double, number) == 2 * number
    assert not any(task.done() for task in many)
    for task in many:
        task.cancel()
    await asyncio.gather(*many, return_exceptions=True)


async def test_a_source_waits_for_one_call_of_each_other_source_at_most(tmp_path):
    async with ParserProcessPool(workers=1) as pool:
        finished = []

        async def called(name):
            await pool.share(name)(pool_jobs.double, 1)
            finished.append(name)

        # a greedy source that came first must not be served twice before the others
        names = [*["greedy"] * 10, "b", "c"]
        await asyncio.gather(*map(called, names))
    assert max(finished.index("b"), finished.index("c")) <= 3


async def test_a_share_may_have_a_deadline_of_its_own(pool):
    share = pool.share("s", timedelta(seconds=0.5))
    error = await failure(share, pool_jobs.loop_for_ever)
    assert error.slug == "parse_deadline"
    assert "longer than 0.5 s" in error.message
    assert await pool.share("s")(pool_jobs.double, 1) == 2


async def test_a_call_of_a_share_that_is_cancelled_gives_its_turn_to_the_next(pool):
    share = pool.share("s")
    task = asyncio.ensure_future(share(pool_jobs.loop_for_ever))
    await asyncio.sleep(0)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert await share(pool_jobs.double, 1) == 2

"""The parse workers: whatever is run there, the caller gets an answer or one clear error."""

import asyncio
import os
import select
import signal
import subprocess
import sys
from datetime import UTC, datetime, timedelta

import pytest

import offloaded
from reblogbot.errors import SourceError
from reblogbot.offload import WorkerPool

MEMORY = 256 * 1024 * 1024


@pytest.fixture
async def pool():
    # a deadline no well-behaved call of these tests comes near, however loaded the machine is
    async with WorkerPool(workers=2, deadline=timedelta(seconds=30), memory=MEMORY) as pool:
        yield pool


@pytest.fixture
async def hasty():
    async with WorkerPool(workers=1, deadline=timedelta(seconds=1.5), memory=MEMORY) as pool:
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


async def test_a_worker_answers_and_is_used_again(pool):
    assert await pool(offloaded.double, 21) == 42
    first = await pool(offloaded.process_id)
    assert first != os.getpid()
    assert [await pool(offloaded.process_id) for _ in range(5)] == [first] * 5


async def test_a_large_request_and_a_large_answer_pass(pool):
    assert await pool(offloaded.double, b"x" * 5_000_000) == b"x" * 10_000_000


async def test_no_more_than_so_many_workers_live_at_once(pool):
    pids = await asyncio.gather(*(pool(offloaded.process_id) for _ in range(40)))
    assert len(set(pids)) <= 2


async def test_what_a_library_prints_is_not_taken_for_an_answer(pool):
    assert await pool(offloaded.print_and_return, "hello") == "hello"
    assert await pool(offloaded.double, 1) == 2


async def test_an_endless_loop_is_killed_at_the_deadline(hasty):
    pid = await hasty(offloaded.process_id)
    error = await failure(hasty, offloaded.loop_for_ever)
    assert (error.slug, error.outcome) == ("parse_deadline", "refused")
    assert not is_alive(pid)
    assert await hasty(offloaded.double, 1) == 2


async def test_what_grows_without_bounds_is_refused(pool):
    error = await failure(pool, offloaded.hoard)
    assert (error.slug, error.outcome) == ("parse_memory", "refused")
    assert await pool(offloaded.double, 1) == 2


async def test_a_worker_that_dies_is_replaced(pool):
    error = await failure(pool, offloaded.die, 3)
    assert (error.slug, error.outcome) == ("parser_died", "failed")
    assert await pool(offloaded.double, 1) == 2


async def test_a_worker_killed_while_idle_is_replaced_unnoticed(pool):
    pid = await pool(offloaded.process_id)
    os.kill(pid, signal.SIGKILL)
    while is_alive(pid):
        await asyncio.sleep(0)
    for _ in range(3):
        try:
            assert await pool(offloaded.double, 1) == 2
        except SourceError as error:
            assert error.slug == "parser_died"
    assert await pool(offloaded.double, 1) == 2


async def test_our_own_errors_come_through_whole(pool):
    error = await failure(pool, offloaded.refuse)
    assert (error.slug, error.message, error.outcome) == ("too_odd", "no, thanks", "retry_later")
    assert error.retry_at == datetime(2026, 1, 1, tzinfo=UTC)


@pytest.mark.parametrize("function", [offloaded.stumble, offloaded.return_a_lambda])
async def test_any_other_error_becomes_one_line(pool, function):
    error = await failure(pool, function)
    assert (error.slug, error.outcome) == ("parse_failed", "failed")
    assert error.message.isprintable()
    assert await pool(offloaded.double, 1) == 2


async def test_a_cancelled_call_leaves_no_late_answer_and_no_process(pool, tmp_path):
    mark = tmp_path / "pid"
    task = asyncio.ensure_future(pool(offloaded.sleep_holding, str(mark)))
    while not (mark.exists() and mark.read_text()):
        await asyncio.sleep(0)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert not is_alive(int(mark.read_text()))
    assert await asyncio.gather(*(pool(offloaded.double, n) for n in range(9))) == list(
        range(0, 18, 2)
    )


async def test_close_ends_every_worker():
    async with WorkerPool() as pool:
        pids = set(await asyncio.gather(*(pool(offloaded.process_id) for _ in range(8))))
    assert not any(is_alive(pid) for pid in pids)


PARENT = """
import asyncio, os, sys
import offloaded
from reblogbot.offload import WorkerPool

async def main():
    pool = WorkerPool()
    print(await pool(offloaded.process_id), flush=True)
    await asyncio.Event().wait()

asyncio.run(main())
"""


def test_a_worker_does_not_outlive_a_killed_parent():
    env = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}
    with subprocess.Popen(
        [sys.executable, "-c", PARENT], env=env, stdout=subprocess.PIPE, text=True
    ) as parent:
        pid = int(parent.stdout.readline())
        ended = os.pidfd_open(pid)
        parent.kill()
        parent.wait()
        assert select.select([ended], [], [], 30)[0]
        os.close(ended)


# shares


async def test_a_source_with_many_documents_leaves_a_worker_to_the_others(pool, tmp_path):
    go_on = tmp_path / "go on"
    many = [
        asyncio.ensure_future(pool.share("greedy")(offloaded.wait_for, str(go_on)))
        for _ in range(20)
    ]
    for number in range(10):
        assert await pool.share("modest")(offloaded.double, number) == 2 * number
    assert not any(task.done() for task in many)
    go_on.touch()
    assert len(set(await asyncio.gather(*many))) == 1


async def test_a_source_waits_for_one_call_of_each_other_source_at_most(tmp_path):
    async with WorkerPool(workers=1) as pool:
        done = []

        async def called(name):
            await pool.share(name)(offloaded.double, 1)
            done.append(name)

        # a greedy source that came first must not be served twice before the others
        names = [*["greedy"] * 10, "b", "c"]
        await asyncio.gather(*map(called, names))
    assert max(done.index("b"), done.index("c")) <= 3


async def test_a_share_may_have_a_deadline_of_its_own(pool):
    share = pool.share("s", timedelta(seconds=0.5))
    error = await failure(share, offloaded.loop_for_ever)
    assert error.slug == "parse_deadline"
    assert "longer than 0.5 s" in error.message
    assert await pool.share("s")(offloaded.double, 1) == 2


async def test_a_call_of_a_share_that_is_cancelled_gives_its_turn_to_the_next(pool):
    share = pool.share("s")
    task = asyncio.ensure_future(share(offloaded.loop_for_ever))
    await asyncio.sleep(0)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert await share(offloaded.double, 1) == 2

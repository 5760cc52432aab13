"""What a day costs follows from what a poll and an idle second cost."""

import pytest

from bench.daemon import Window
from bench.day import day
from bench.line import Day

IDLE = Window(seconds=300, polls=0, cpu=0.3, cpu_of_children=0, memory=70, written=30_000)
POLLING = Window(seconds=40, polls=20, cpu=0.14, cpu_of_children=0, memory=80, written=24_000)


def test_a_day_costs_its_polls_and_its_seconds():
    cost, cpu, memory, written, poll = day(50, POLLING, IDLE)
    # an idle second takes a millisecond and 100 bytes; a poll 5 ms and 1000 bytes
    assert cost == Day(
        "reblogbot, daemon", 50, pytest.approx(4800 * 0.005 + 86.4), 80, pytest.approx(13_440_000)
    )
    assert (cpu.number, memory.number) == (cost.cpu, 80 / 1e6)
    assert (written.number, poll.number) == (cost.written / 1e6, pytest.approx(1000 / 1024))


def test_only_the_sizes_of_the_bar_have_lines():
    assert [type(result) for result in day(200, POLLING, IDLE)] == [Day]

"""How the cost of a function grows: CPU at one size and at four times that size."""

import time
from collections.abc import Callable
from typing import TypeVar

T = TypeVar("T")

FACTOR = 8.0
"""At most so many times the CPU for four times the input: linear cost gives 4, quadratic 16."""
ENOUGH = 0.015
"""CPU seconds above which noise of the clock and of the caches does not matter."""
TOO_MUCH = 1.0
RUNS = 3
TRIES = 3


def growth(function: Callable[[T], object], make: Callable[[int], T], most: int) -> float:
    """CPU for four times the input divided by CPU for once; 0.0 where `most` characters cost nothing.

    `make(size)` makes an input of about `size` characters; the larger input has twice `most`. What
    is quadratic, and costs little at `most`, costs little for any input in reach. The least of
    several runs counts.
    """
    if _cpu(function, make(most // 8)) > TOO_MUCH:
        return float("inf")
    if _cpu(function, make(most)) < ENOUGH:
        return 0.0
    small, large = make(most // 2), make(2 * most)
    before = after = float("inf")
    for _ in range(TRIES):
        before = min(before, *(_cpu(function, small) for _ in range(RUNS)))
        for _ in range(RUNS):
            after = min(after, _cpu(function, large))
            # further runs of the large input can only lower what is low enough
            if after <= FACTOR * before:
                return after / before
        if before > TOO_MUCH:
            break
    return after / before


def _cpu(function: Callable[[T], object], value: T) -> float:
    start = time.thread_time()
    function(value)
    return time.thread_time() - start

"""How the cost of a function grows: CPU at one size and at twice that size."""

import time
from collections.abc import Callable
from typing import TypeVar

T = TypeVar("T")

FACTOR = 3.0
"""At most so many times the CPU for twice the input: linear cost gives 2, quadratic 4."""
SIZE = 4_096
"""Characters of the first input that is tried."""
ENOUGH = 0.02
"""CPU seconds above which noise of the clock and of the caches does not matter."""
TOO_MUCH = 1.0
RUNS = 3
TRIES = 4


def growth(function: Callable[[T], object], make: Callable[[int], T], most: int) -> float:
    """CPU for twice the input divided by CPU for once; 0.0 where `most` characters cost nothing.

    `make(size)` makes an input of about `size` characters. The size is doubled up to `most` until
    the cost is measurable. The least of several runs counts, and of several tries.
    """
    size = SIZE
    while (cost := _cpu(function, make(size))) < ENOUGH:
        if size >= most:
            return 0.0
        size *= 2
    if cost > TOO_MUCH:
        return float("inf")
    once, twice = make(size), make(2 * size)
    ratio = float("inf")
    for _ in range(TRIES):
        before = min(_cpu(function, once) for _ in range(RUNS))
        ratio = min(ratio, min(_cpu(function, twice) for _ in range(RUNS)) / before)
        if ratio <= FACTOR:
            break
    return ratio


def _cpu(function: Callable[[T], object], value: T) -> float:
    start = time.thread_time()
    function(value)
    return time.thread_time() - start

"""Runs programs by turns, A B A B, so that a change of the machine's load meets all alike."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from statistics import median

from bench.run import Run


def alternate(runs: Mapping[str, Callable[[], Run]], times: int) -> dict[str, list[Run]]:
    """The runs of each program, in the order in which they took place."""
    results: dict[str, list[Run]] = {name: [] for name in runs}
    for _ in range(times):
        for name, start in runs.items():
            results[name].append(start())
    return results


def ratio(dividends: Sequence[float], divisors: Sequence[float]) -> float:
    """The median of the ratios of the pairs."""
    return median(a / b for a, b in zip(dividends, divisors, strict=True))


def cpu(runs: Sequence[Run]) -> list[float]:
    """The CPU seconds of each run."""
    return [run.cpu for run in runs]


def wall(runs: Sequence[Run]) -> list[float]:
    """The seconds that each run took."""
    return [run.wall for run in runs]

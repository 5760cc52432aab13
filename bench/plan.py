"""The names of all measures, in the order in which they run."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from importlib import import_module
from typing import cast

from bench.bench import Bench
from bench.line import Day, Line

BAR = (
    "help",
    "day",
    "quiet",
    "first",
    "news",
    "changed",
    "steady",
    "promptness",
    "entry",
    "slow_peers",
)
LARGE = ("scale", "daemons", "admin_page")

Measure = Callable[[Bench], Iterable[Line | Day]]


def measure(name: str) -> Measure:
    """The `measure` function of the module of this name."""
    return cast("Measure", import_module(f"bench.{name}").measure)

"""The page "Home": whether all is well; and the switch that stops everything."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from reblogbot.admin import switch
from reblogbot.admin.overview import HOUR, HOURS, overview
from reblogbot.admin_page.request import Page, PageRequest, Redirect, Reply, Route
from reblogbot.admin_page.story import story
from reblogbot.words import Words

CHART_HEIGHT = 40
BAR_WIDTH = 10


@dataclass(frozen=True, slots=True)
class Bar:
    """The posts of an hour in the chart."""

    x: int
    y: float
    height: float
    since: datetime
    until: datetime
    count: int


def show(request: PageRequest) -> Reply:
    """The page."""
    tools, now = request.tools, request.tools.now()
    report = overview(tools.config(), tools.store, now)
    values = {
        "report": report,
        "bars": bars(report.posts_per_hour, now),
        "chart_width": HOURS * BAR_WIDTH,
        "chart_height": CHART_HEIGHT,
        "events": story(tools.log.lines()),
        "round_at": _round_at(request),
    }
    return Page("home.html", values)


def bars(counts: Sequence[int], now: datetime) -> list[Bar]:
    """The bars of a chart, one for each hour until now."""
    highest = max([*counts, 1])
    result = []
    for number, count in enumerate(counts):
        height = round(count / highest * (CHART_HEIGHT - 2), 1) if count else 0.0
        until = now - (len(counts) - 1 - number) * HOUR
        x, y = number * BAR_WIDTH, CHART_HEIGHT - height
        result.append(Bar(x, y, height, until - HOUR, until, count))
    return result


def _round_at(request: PageRequest) -> datetime | None:
    """When this daemon last found all that was due done."""
    age = request.tools.stats.round_age()
    return None if age is None else request.tools.now() - timedelta(seconds=age)


def ask_to_stop(request: PageRequest) -> Reply:
    """The question before everything is stopped."""
    return Page("switch.html", {"state": switch.switch_state(request.tools.store), "to_stop": True})


def ask_to_start(request: PageRequest) -> Reply:
    """The question before posting goes on."""
    state = switch.switch_state(request.tools.store)
    return Page("switch.html", {"state": state, "to_stop": False})


def stop(request: PageRequest) -> Reply:
    """Stop all posting."""
    store = request.tools.store
    if store.outbox.stopped_at() is not None:
        return Redirect("/", Words("Everything was stopped already."))
    switch.stop(store, request.tools.now())
    return Redirect("/", Words("Everything is stopped: nothing is posted until you start again."))


def start(request: PageRequest) -> Reply:
    """Let posting go on."""
    store = request.tools.store
    if store.outbox.stopped_at() is None:
        return Redirect("/", Words("Nothing was stopped."))
    switch.start(store)
    return Redirect("/", Words("Posting goes on."))


ROUTES = (
    Route("GET", "/", show),
    Route("GET", "/stop", ask_to_stop),
    Route("POST", "/stop", stop),
    Route("GET", "/start", ask_to_start),
    Route("POST", "/start", start),
)

"""The page "Sources": the list, what can be done to several at once, and the page of each."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from itertools import groupby
from typing import Any, get_args

from reblogbot.admin import source_actions
from reblogbot.admin.source_list import (
    MONTH,
    WEEK,
    ListedSource,
    SourceFilter,
    SourceOrder,
    address_of,
    find_sources,
    list_sources,
)
from reblogbot.admin_page.rendering import source_path
from reblogbot.admin_page.request import NotThere, Page, PageRequest, Redirect, Reply, Route
from reblogbot.admin_page.tools import version_of
from reblogbot.config.urls import without_user
from reblogbot.model import OPEN_STATES
from reblogbot.store.tallies import SourceCounts
from reblogbot.words import Words

ROWS = 50
LIST_HEIGHT, PAGE_HEIGHT = 9, 90
"""Levels of a chart in the list, where paths are short, and on the page of a source."""
MAX_TEXT = 200
"""Characters of a search."""
MAX_REASONS = 10
PAUSED = Words("Paused: {names}.")
RESUMED = Words("Resumed: {names}.")
REMOVED = Words("Removed: {names}.")
FORGOTTEN = Words("Removed and forgotten: {names}.")


@dataclass(frozen=True, slots=True)
class Selection:
    """What of the sources is shown: the words of a search, a state, an order, a page from 1 on."""

    text: str
    state: SourceFilter
    order: SourceOrder
    page: int

    @property
    def query(self) -> dict[str, str]:
        """The query of the page's address, without what is the default."""
        query = {"text": self.text, "state": self.state, "order": self.order}
        given = {name: value for name, value in query.items() if value != _DEFAULTS[name]}
        return given | ({"page": str(self.page)} if self.page > 1 else {})


_DEFAULTS = {"text": "", "state": "all", "order": "failing"}


@dataclass(frozen=True, slots=True)
class Chart:
    """Two series of numbers by day as the paths of an SVG, one unit wide for each day."""

    new: str
    posted: str
    days: int
    height: int


def show(request: PageRequest) -> Reply:
    """The list."""
    return _list(request, _selection(request))


def _selection(request: PageRequest) -> Selection:
    state, order = request.value("state"), request.value("order")
    return Selection(
        request.value("text").strip()[:MAX_TEXT],
        next((known for known in get_args(SourceFilter) if known == state), "all"),
        next((known for known in get_args(SourceOrder) if known == order), "failing"),
        max(1, request.number("page", 1, 100_000)),
    )


def _list(request: PageRequest, selection: Selection) -> Page:
    tools = request.tools
    config, now = tools.config(), tools.now()
    with tools.store.snapshot():
        selected = find_sources(
            config,
            tools.store,
            now,
            text=selection.text,
            state=selection.state,
            order=selection.order,
        )
        start = (selection.page - 1) * ROWS
        names = selected.names[start : start + ROWS]
        sources = list(list_sources(config, tools.store, now, names))
    values = {
        "sources": [_row(source) for source in sources],
        "selection": selection,
        "numbers": selected.numbers,
        "count": len(selected.names),
        "first": start + 1,
        "has_more": len(selected.names) > start + ROWS,
    }
    return Page("sources.html", values)


def _row(source: ListedSource) -> dict[str, Any]:
    return {
        "name": source.status.name,
        "status": source.status,
        "to": source.to,
        "enabled": source.enabled,
        "chart": chart(source.counts, LIST_HEIGHT),
        "totals": totals(source.counts),
    }


def totals(counts: SourceCounts) -> dict[str, tuple[int, int]]:
    """The numbers of the last week and month."""
    series = {
        "new": counts.new,
        "posted": counts.posted,
        "filtered": counts.filtered,
        "failed": counts.failed,
    }
    return {name: (sum(days[:WEEK]), sum(days[:MONTH])) for name, days in series.items()}


def chart(counts: SourceCounts, height: int) -> Chart:
    """The new and posted of each day, the oldest day left, on one scale of this height."""
    most = max(*counts.new, *counts.posted, 1)
    new, posted = (
        _outline([math.ceil(number * height / most) for number in reversed(days)], height)
        for days in (counts.new, counts.posted)
    )
    return Chart(new, posted, len(counts.new), height)


def _outline(levels: Sequence[int], height: int) -> str:
    """The path around bars of these heights, side by side."""
    parts, before = [f"M0 {height}"], 0
    for level, days in groupby(levels):
        if level != before:
            parts.append(f"v{before - level}")
        parts.append(f"h{len(list(days))}")
        before = level
    return "".join(parts) + f"V{height}z"


# changes


def change(request: PageRequest) -> Reply:
    """Pause, resume or remove the chosen sources, or the one whose button was pressed."""
    selection = _selection(request)
    action, names = _chosen(request)
    if not names:
        return Redirect(
            "/sources", Words("No source is chosen."), is_error=True, query=selection.query
        )
    if action == "remove":
        return _ask_removal(request, names)
    if action not in ("pause", "resume"):
        raise NotThere
    is_enabled = action == "resume"
    path, query = "/sources", selection.query
    if request.value("back"):
        path, query = source_path(names[0]), {}
    change = source_actions.set_enabled(request.tools.path, names, is_enabled=is_enabled)
    if change.is_empty:
        return Redirect(path, Words("Nothing was changed: it was so already."), query=query)
    change.save()
    sentence = RESUMED if is_enabled else PAUSED
    return Redirect(path, sentence.filled(names=_listed(names)), query=query)


def _chosen(request: PageRequest) -> tuple[str, list[str]]:
    """The action, and the names of the sources: each row has buttons of its own."""
    for action in ("pause", "resume"):
        if name := request.value(action):
            return action, [name]
    return request.value("action"), list(dict.fromkeys(request.values("name")))


def _listed(names: Sequence[str]) -> str:
    first_names = ", ".join(names[:10])
    return f"{first_names}, … ({len(names)})" if len(names) > 10 else first_names


def _ask_removal(request: PageRequest, names: Sequence[str]) -> Reply:
    """The page that says what a removal means."""
    file = request.tools.config_file()
    known = [name for name in names if name in file.config.sources]
    if not known:
        raise NotThere
    page, more = request.tools.store.outbox.page(OPEN_STATES, sources=known, limit=0)
    values = {
        "names": known,
        "waiting": len(page) + more,
        "version": file.version,
    }
    return Page("source_removal.html", values)


def remove(request: PageRequest) -> Reply:
    """Remove sources, and forget them where that is wanted."""
    tools = request.tools
    names = list(dict.fromkeys(request.values("name")))
    is_forgetting = bool(request.value("forget"))
    if not names:
        raise NotThere
    change = source_actions.remove_sources(tools.path, names, is_forgetting=is_forgetting)
    if request.value("version") != version_of(change.before):
        message = Words("The config was changed meanwhile, and nothing was removed. Look again.")
        return Redirect("/sources", message, is_error=True)
    source_actions.save_removal(change, names, is_forgetting=is_forgetting)
    sentence = FORGOTTEN if is_forgetting else REMOVED
    return Redirect("/sources", sentence.filled(names=_listed(names)))


def rename(request: PageRequest) -> Reply:
    """Give a source another name."""
    old, new = request.parts["name"], request.value("new").strip()
    change = source_actions.rename_source(request.tools.path, old, new)
    source_actions.save_rename(change, old, new)
    message = Words(
        "{old} is called {new} now, with all that is known of it, and all its posts.",
        old=old,
        new=new,
    )
    return Redirect(source_path(new), message)


# one source


def show_source(request: PageRequest) -> Reply:
    """The page of a source."""
    tools, name = request.tools, request.parts["name"]
    file, now = tools.config_file(), tools.now()
    settings = file.config.sources.get(name)
    if settings is None:
        raise NotThere
    with tools.store.snapshot():
        (source,) = list_sources(file.config, tools.store, now, [name])
        since = now - timedelta(days=MONTH)
        reasons = tools.store.history.refused(since, name)
        _, waiting = tools.store.outbox.page(OPEN_STATES, sources=[name], limit=0)
        title = tools.store.sources.title(name)
    values = {
        **_row(source),
        "settings": settings,
        "address": without_user(address_of(settings)),
        "title": title,
        "reasons": sorted(reasons.items(), key=lambda pair: -pair[1])[:MAX_REASONS],
        "explanations": EXPLANATIONS,
        "waiting": waiting,
        "chart": chart(source.counts, PAGE_HEIGHT),
    }
    return Page("source.html", values)


EXPLANATIONS = {
    "first_sight": Words("there before the source was added"),
    "duplicate": Words("posted or queued before, perhaps from another source"),
    "forbidden": Words("the author does not allow it, or has blocked the account"),
    "opt_outs": Words("the author's profile asks that it is not done"),
    "needs_indexable": Words("the author does not want to be found by search"),
    "needs_discoverable": Words("the author does not want to be recommended"),
    "max_age": Words("too old when it was first shown"),
    "bots": Words("the author is marked as a bot"),
    "replies": Words("a reply"),
    "visibility": Words("not for everybody"),
    "empty": Words("neither title nor text"),
}
"""What the reasons of refusals mean that need a word."""

ROUTES = (
    Route("GET", "/sources", show),
    Route("POST", "/sources", change),
    Route("POST", "/sources/remove", remove),
    Route("GET", "/sources/{name}", show_source),
    Route("GET", "/sources/{name}/overview", show_source),
    Route("POST", "/sources/{name}/rename", rename),
)

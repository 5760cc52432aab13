"""The pages, one module each."""

from __future__ import annotations

from reblogbot.admin_page.request import Route
from reblogbot.admin_page.views import (
    accounts,
    config,
    entry,
    history,
    home,
    log,
    login,
    queue,
    source_adding,
    sources,
)

ROUTES: tuple[Route, ...] = (
    *accounts.ROUTES,
    *config.ROUTES,
    *entry.ROUTES,
    *history.ROUTES,
    *home.ROUTES,
    *log.ROUTES,
    *login.ROUTES,
    *queue.ROUTES,
    *source_adding.ROUTES,
    *sources.ROUTES,
)

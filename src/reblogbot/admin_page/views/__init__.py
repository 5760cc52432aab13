"""The pages, one module each."""

from __future__ import annotations

from reblogbot.admin_page.request import Route
from reblogbot.admin_page.views import (
    account_login,
    accounts,
    config,
    entry,
    history,
    home,
    keyboard,
    log,
    login,
    queue,
    source_adding,
    source_form,
    sources,
    status,
)

ROUTES: tuple[Route, ...] = (
    *account_login.ROUTES,
    *accounts.ROUTES,
    *config.ROUTES,
    *entry.ROUTES,
    *history.ROUTES,
    *home.ROUTES,
    *keyboard.ROUTES,
    *log.ROUTES,
    *login.ROUTES,
    *queue.ROUTES,
    *source_adding.ROUTES,
    *source_form.ROUTES,
    *sources.ROUTES,
    *status.ROUTES,
)

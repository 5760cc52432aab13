"""All routes of the server, gathered from the modules that serve them."""

from __future__ import annotations

from reblogbot.sandbox import activitypub, pages
from reblogbot.sandbox.api import (
    accounts,
    description,
    lists,
    marks,
    media,
    notifications,
    oauth,
    search,
    statuses,
    timelines,
)
from reblogbot.sandbox.call import Route

ROUTES: tuple[Route, ...] = (
    *oauth.ROUTES,
    *accounts.ROUTES,
    *statuses.ROUTES,
    *marks.ROUTES,
    *timelines.ROUTES,
    *lists.ROUTES,
    *notifications.ROUTES,
    *search.ROUTES,
    *media.ROUTES,
    *description.ROUTES,
    *activitypub.ROUTES,
    *pages.ROUTES,
    # last, because these match every path
    *description.MISSING_ROUTES,
)

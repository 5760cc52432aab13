"""Every route of the server, gathered from the modules that serve them."""

from __future__ import annotations

from reblogbot.sandbox import activitypub, pages
from reblogbot.sandbox.api import (
    accounts,
    instance,
    lists,
    marks,
    media,
    notifications,
    oauth,
    search,
    statuses,
    timelines,
)
from reblogbot.sandbox.profiles import No
from reblogbot.sandbox.wire import Call, Reply, Route, refuse


def nowhere(call: Call) -> Reply:
    """What stands where nothing stands."""
    raise refuse(call.profile.deleted if call.url.startswith("/api/") else No(404, "html"))


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
    *instance.ROUTES,
    *activitypub.ROUTES,
    *pages.ROUTES,
    # last: whatever no other route wants
    *(Route(method, "/{rest:.*}", nowhere) for method in ("GET", "POST", "PUT", "PATCH", "DELETE")),
)

"""The page "Sources"."""

from __future__ import annotations

from reblogbot.admin_page.request import Page, PageRequest, Reply, Route


def show(_: PageRequest) -> Reply:
    """The page."""
    return Page("sources.html")


ROUTES = (Route("GET", "/sources", show),)

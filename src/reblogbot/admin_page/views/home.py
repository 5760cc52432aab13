"""The page "Home"."""

from __future__ import annotations

from reblogbot.admin_page.request import Page, PageRequest, Reply, Route


def show(_: PageRequest) -> Reply:
    """The page."""
    return Page("home.html")


ROUTES = (Route("GET", "/", show),)

"""The page that lists the keyboard shortcuts."""

from __future__ import annotations

from reblogbot.admin_page.request import Page, PageRequest, Reply, Route


def show_keys(_: PageRequest) -> Reply:
    """The page."""
    return Page("keys.html")


ROUTES = (Route("GET", "/help/keys", show_keys),)

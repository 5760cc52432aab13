"""The page on which an admin logs in."""

from __future__ import annotations

from reblogbot.admin_page.request import Page, PageRequest, Redirect, Reply, Route


def show(request: PageRequest) -> Reply:
    """The form for name and password."""
    if request.admin:
        return Redirect("/")
    return Page("login.html", {"next_path": request.value("next", "/")})


ROUTES = (Route("GET", "/login", show, is_public=True),)

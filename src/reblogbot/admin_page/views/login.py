"""The page on which an admin logs in, and that for a form which came too late."""

from __future__ import annotations

from reblogbot.admin_page.request import Page, PageRequest, Redirect, Reply, Route

SEND_AGAIN = "/login/again"
KEPT_FORM = "kept_form"
"""The name of a form in the session that was sent before the log-in."""


def show(request: PageRequest) -> Reply:
    """The form for name and password."""
    if request.admin:
        return Redirect("/")
    return Page("login.html", {"next_path": request.value("next", "/")})


def show_kept_form(request: PageRequest) -> Reply:
    """The form that was sent when the session had ended."""
    form = request.session.data.get(KEPT_FORM)
    return Redirect("/") if form is None else Page("send_again.html", {"form": form})


ROUTES = (
    Route("GET", "/login", show, is_public=True),
    Route("GET", SEND_AGAIN, show_kept_form),
)

"""The page of an entry: what happened to it, and why."""

from __future__ import annotations

from reblogbot.admin_page.request import Route

ROUTES: tuple[Route, ...] = ()

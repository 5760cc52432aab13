"""The page "Status", which everybody may see where the config allows it."""

from __future__ import annotations

from reblogbot.admin.health import MAX_TICK_AGE
from reblogbot.admin.public_status import PublicStatus, public_status
from reblogbot.admin_page.request import NotThere, Page, PageRequest, Reply, Route
from reblogbot.errors import ConfigError

MAX_AGE = 10.0
"""Seconds for which the page stays the same, however many ask for it."""


def show(request: PageRequest) -> Reply:
    """Whether the bots work. The page does not exist unless `[admin] public_status` is set."""
    tools = request.tools
    try:
        config = tools.config_file().config
    except ConfigError:
        raise NotThere from None
    if not config.admin.public_status:
        raise NotThere

    def current() -> PublicStatus:
        is_daemon_well = tools.stats.tick_age() < MAX_TICK_AGE
        return public_status(config, tools.store, tools.now(), is_daemon_well=is_daemon_well)

    values = {
        "status": tools.recent("public status", current, MAX_AGE),
        "has_feeds": config.admin.feeds,
    }
    return Page("status.html", values)


ROUTES = (Route("GET", "/status", show, is_public=True),)

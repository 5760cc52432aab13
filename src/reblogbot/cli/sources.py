"""The commands about sources: sources discover."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import TYPE_CHECKING, Any

from reblogbot.cli.words import complain, say, say_json, table
from reblogbot.errors import Exit, ReblogbotError

if TYPE_CHECKING:
    from reblogbot.config.settings import Config
    from reblogbot.sources.feed.discovery import Discovery


def add_to(commands: Any, everywhere: argparse.ArgumentParser) -> None:
    """Add this group's commands."""
    sources = commands.add_parser("sources", parents=[everywhere], help="find sources to follow")
    verbs = sources.add_subparsers(
        title="verbs", metavar="VERB", required=True, parser_class=type(sources)
    )
    discover = verbs.add_parser(
        "discover",
        parents=[everywhere],
        help="the feeds behind a web page",
        description="Lists the feeds a web page names, else those at the usual places of its "
        "site. Needs no config; with one, its [http] counts. Writes nothing.",
    )
    discover.add_argument("url", metavar="URL", help="of a page, a site or a feed")
    discover.add_argument("--json", action="store_true", help="print them as JSON")
    discover.set_defaults(run=run_discover)


def run_discover(options: argparse.Namespace) -> int:
    """List the feeds behind a page."""
    import asyncio

    url = options.url if "://" in options.url else f"https://{options.url}"
    found = asyncio.run(_discovered(url, _config(options)))
    if options.json:
        say_json(found.as_json())
    for failed, error in () if options.json else found.failures.items():
        say(f"{failed}: named there, but: {error}")
    if not found.feeds:
        return complain(_none(url), as_json=False)
    if not options.json:
        table(
            ("url", "title", "kind", "entries"),
            [(one.url, one.title, one.kind, str(one.entries)) for one in found.feeds],
        )
    return Exit.OK


def _none(url: str) -> ReblogbotError:
    from reblogbot.web.addresses import shown

    return ReblogbotError(
        "no_feed_found",
        f"{shown(url)}: no feed behind this page; a source of kind page or json may do",
    )


async def _discovered(url: str, config: Config) -> Discovery:
    from functools import partial

    from reblogbot import app
    from reblogbot.config.hosts import host_port
    from reblogbot.sources.feed.discovery import FeedFinder

    async with app.edges(config) as edges:
        # an address on the command line is the admin's own word, as one in the config is
        fetch = partial(edges.fetcher, configured={host_port(url)})
        return await FeedFinder(fetch, edges.workers, edges.clock).discover(url)


def _config(options: argparse.Namespace) -> Config:
    """The admin's config where there is one; else one with nothing but defaults."""
    from reblogbot import app
    from reblogbot.config.settings import Config

    # one that was asked for by name must be there
    if options.config.exists() or options.config != Path("config.toml"):
        return app.load_config(options.config)
    return Config(path=options.config)

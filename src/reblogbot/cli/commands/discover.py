"""`sources discover`: list the feeds of a web page."""

from __future__ import annotations

import argparse
import asyncio
from functools import partial
from pathlib import Path

from reblogbot import app
from reblogbot.admin.documents.discover import discovery_json
from reblogbot.admin.new_source import web_address
from reblogbot.cli.output import print_error, print_json, print_lines, print_table
from reblogbot.cli.progress import progress
from reblogbot.config.hosts import host_port
from reblogbot.config.settings import Config
from reblogbot.errors import Exit, ReblogbotError
from reblogbot.sources.feed.discovery import Discovery, FeedFinder
from reblogbot.web.addresses import redacted_url


def run(options: argparse.Namespace) -> int:
    """List the feeds of a page."""
    url = web_address(options.url.strip())
    config = _config(options)
    with progress(quiet=options.json, as_json=options.json_progress) as on_progress:
        # how many pages there are to read is not known before
        on_progress("looking for feeds", 0, 0)
        discovery = asyncio.run(_discover(url, config))
    if options.json:
        print_json(discovery_json(discovery))
    else:
        for failed_url, error in discovery.failures.items():
            print_lines(f"{failed_url}: the page names this feed, but: {error}")
    if not discovery.feeds:
        message = (
            f"{redacted_url(url)}: no feed found; a source of kind `page` or `json` may read it"
        )
        return print_error(ReblogbotError("no_feed_found", message), as_json=False)
    if not options.json:
        print_table(
            ("url", "title", "kind", "entries"),
            [(feed.url, feed.title, feed.kind, str(feed.entries)) for feed in discovery.feeds],
            link="url",
        )
    return Exit.OK


async def _discover(url: str, config: Config) -> Discovery:
    async with app.edges(config) as edges:
        # the admin named this address, so it may be in a private network, like one in the config
        fetch = partial(edges.fetcher, configured={host_port(url)})
        return await FeedFinder(fetch, edges.workers, edges.clock).discover(url)


def _config(options: argparse.Namespace) -> Config:
    """The config where there is one, else a config of defaults."""
    # a config that the admin named must exist
    if options.config.exists() or options.config != Path("config.toml"):
        return app.load_config(options.config)
    return Config(path=options.config)

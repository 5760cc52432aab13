"""`history`: what was published."""

from __future__ import annotations

import argparse
import sys
from dataclasses import replace
from datetime import datetime

from reblogbot.admin.documents.history import history_document
from reblogbot.cli.instants import read_instant
from reblogbot.cli.names import check_names
from reblogbot.cli.open_store import open_for_reading
from reblogbot.cli.output import print_json, print_lines
from reblogbot.cli.posted_lines import print_posted
from reblogbot.config.settings import Config
from reblogbot.errors import ConfigError, Exit
from reblogbot.store import Store
from reblogbot.store.posted import PostedFilter

MAX_LISTED = 100
"""How many posts a person is shown where no `--limit` says otherwise; JSON has all."""


def run(options: argparse.Namespace) -> int:
    """Show what was published, newest first."""
    if options.json and options.format != "text":
        raise ConfigError("usage", "--json and --format exclude each other")
    config, store = open_for_reading(options)
    now = store.clock.now()
    wanted = posted_filter(options, now)
    check_names(options, config, store)
    if options.format != "text":
        return _print_feed(options, config, store, wanted)
    limit = options.limit
    if limit is None and not options.json:
        limit = MAX_LISTED
    # one more tells whether there are more
    posts = list(store.posted.newest(wanted, None if limit is None else limit + 1))
    store.close()
    listed = posts[:limit]
    if options.json:
        print_json(history_document(listed))
        return Exit.OK
    print_posted(listed, now)
    if not posts:
        print_lines("nothing was posted" if wanted == PostedFilter() else "nothing such was posted")
    elif len(posts) > len(listed):
        print_lines(f"There are more: these are the newest {len(listed)}; --limit N lists more")
    return Exit.OK


def _print_feed(
    options: argparse.Namespace, config: Config, store: Store, wanted: PostedFilter
) -> int:
    """Write a feed of what was published and is public to standard output."""
    # most commands write no feed
    from reblogbot.admin.posted_feed import LOOKED_AT, posted_feed  # noqa: PLC0415
    from reblogbot.core.outgoing_feeds import atom, json_feed  # noqa: PLC0415

    posts = store.posted.page(wanted, None, LOOKED_AT).posts
    store.close()
    feed = posted_feed(config, [wanted.account] if wanted.account else [*config.accounts], posts)
    if options.limit is not None:
        feed = replace(feed, entries=feed.entries[: options.limit])
    document = atom(feed) if options.format == "atom" else json_feed(feed)
    # as bytes: the document itself says that it is UTF-8, whatever the locale is
    sys.stdout.buffer.write(document)
    return Exit.OK


def posted_filter(options: argparse.Namespace, now: datetime) -> PostedFilter:
    """The posts that the options mean. Raises ConfigError for an instant that cannot be read."""
    since = read_instant("--since", options.since, now)
    until = read_instant("--until", options.until, now)
    if since and until and until <= since:
        raise ConfigError("usage", "--until is not after --since: nothing can be between them")
    words = tuple((getattr(options, "search", None) or "").split())
    return PostedFilter(since, until, options.account or "", options.source or "", words)

"""Published posts as lines for a person."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from datetime import datetime

from reblogbot.admin.documents.history import link_of, title_of
from reblogbot.cli.output import aligned, print_lines, print_wrapped
from reblogbot.cli.phrases import local_time
from reblogbot.core.round_report import posted_verb
from reblogbot.store.posted import PostedPost


def print_posted(posts: Sequence[PostedPost], now: datetime) -> None:
    """Print a row for each post: number, time, what was done, route, title, link and address.

    On a terminal title and links stand below the rest, each on a line of its own: a link that is
    not wrapped by the program can be clicked. Elsewhere a post is one line.
    """
    heads = aligned([_facts(post, now) for post in posts]) if posts else []
    for post, head in zip(posts, heads, strict=True):
        url = post.delivery.receipt.url if post.delivery.receipt else ""
        links = [link for link in dict.fromkeys((link_of(post), url)) if link]
        title = title_of(post)
        if sys.stdout.isatty():
            print_wrapped(head)
            print_wrapped(title, 4)
            print_lines(*(f"    {link}" for link in links))
        else:
            print_lines("  ".join([head, " ".join(title.split()), *links]))


def _facts(post: PostedPost, now: datetime) -> tuple[str, ...]:
    delivery = post.delivery
    return (
        str(delivery.id),
        local_time(delivery.settled_at or delivery.queued_at, now),
        posted_verb(delivery),
        f"{delivery.source} → {delivery.account}",
    )

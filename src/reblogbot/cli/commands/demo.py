"""`demo`: the whole main job on loopback."""

from __future__ import annotations

import argparse
import asyncio

from reblogbot.admin.documents.demo import DemoDocument
from reblogbot.cli.output import print_flushed, print_json
from reblogbot.demo.scenario import run_scenario
from reblogbot.demo.scripts import ARTICLES, POSTS
from reblogbot.errors import ConfigError


def run(options: argparse.Namespace) -> int:
    """Run the demo and print it as text or as JSON."""
    script = ARTICLES if options.articles else POSTS
    if not options.json:
        return asyncio.run(run_scenario(print_flushed, script, keep=options.keep)).exit_code()
    if options.keep:
        raise ConfigError("usage", "--json prints what was posted and ends: leave out --keep")
    result = asyncio.run(run_scenario(lambda *_: None, script, keep=False))
    document = DemoDocument(posts=result.posts, again=result.posted_again, articles=result.articles)
    print_json(document)
    return result.exit_code()

"""`demo`: the whole main job on loopback."""

from __future__ import annotations

import argparse
import asyncio

from reblogbot.admin.documents.demo import DemoDocument
from reblogbot.cli.output import print_flushed, print_json
from reblogbot.demo.scenario import run_scenario
from reblogbot.errors import ConfigError


def run(options: argparse.Namespace) -> int:
    """Run the demo and print it as text or as JSON."""
    if not options.json:
        return asyncio.run(run_scenario(print_flushed, keep=options.keep)).exit_code()
    if options.keep:
        raise ConfigError("usage", "--json prints what was posted and ends: leave out --keep")
    result = asyncio.run(run_scenario(lambda *_: None, keep=False))
    print_json(DemoDocument(posts=result.posts, again=result.posted_again))
    return result.exit_code()

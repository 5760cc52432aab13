"""`queue post`: post entries after all."""

from __future__ import annotations

import argparse
import asyncio

from reblogbot import app
from reblogbot.admin.documents.deliveries import delivery_json, post_json
from reblogbot.admin.documents.queue import FailedEntry, PostedEntries
from reblogbot.admin.queue_post import Proposal, Requests, propose, queue, resolve
from reblogbot.cli.commands.preview import print_post
from reblogbot.cli.output import print_json, print_lines
from reblogbot.config.settings import Config
from reblogbot.errors import ConfigError, Exit, unknown_name_message
from reblogbot.model import Delivery
from reblogbot.store import Store
from reblogbot.store.history import Story

MAX_LISTED = 20
"""How many entries are listed that the admin may mean."""


def run(options: argparse.Namespace) -> int:
    """Queue entries that were not posted."""
    # a config with faults must not decide how a post is written
    config = app.load_config(options.config)
    _check_names(options, config)
    store = app.open_to_read(config) if options.dry_run else app.open_for_work(config)
    try:
        requests = resolve(store, options.entries, options.source)
        if requests.ambiguous:
            raise ConfigError("entry_ambiguous", _ambiguous_message(requests))
        proposals = asyncio.run(_proposals(config, store, requests, options.account or []))
        results: list[Proposal | Delivery] = [*proposals]
        if not options.dry_run:
            results = list(queue(config, store, proposals, store.clock.now()))
    finally:
        store.close()
    failed: list[FailedEntry] = [
        {"entry": each, "reason": "never seen in any source"} for each in requests.unknown
    ]
    failed += [
        {"entry": each.link, "account": each.account, "source": each.source, "reason": each.reason}
        for each in results
        if isinstance(each, Proposal) and each.reason
    ]
    if options.json:
        document: PostedEntries = {
            "deliveries": [delivery_json(each) for each in results if isinstance(each, Delivery)],
            "posts": [
                post_json(each.account, each.source, each.post)
                for each in proposals
                if each.post is not None
            ],
            "failed": failed,
            "remarks": [each.remark for each in proposals if each.remark],
        }
        print_json(document)
    else:
        _print(requests, proposals, results)
    return Exit.FAILED if failed else Exit.OK


async def _proposals(
    config: Config, store: Store, requests: Requests, accounts: list[str]
) -> list[Proposal]:
    async with app.running(config, store) as runtime:
        return [
            proposal
            for argument, story in requests.stories
            for proposal in await propose(runtime.engine, argument, story, accounts)
        ]


def _print(
    requests: Requests, proposals: list[Proposal], results: list[Proposal | Delivery]
) -> None:
    for argument in requests.unknown:
        print_lines(f"{argument}: never seen in any source, and not the number of a delivery")
    for proposal, result in zip(proposals, results, strict=True):
        if isinstance(result, Proposal) and result.reason:
            account = f" for {result.account}" if result.account else ""
            print_lines(f"{result.link}: not queued{account}: {result.reason}")
            continue
        if proposal.post is not None:
            print_post(proposal.account, proposal.source, proposal.post, "")
        if proposal.remark:
            print_lines(f"  note: {proposal.remark}")
        if isinstance(result, Delivery):
            print_lines(f"{result.id} is queued for {result.account}, due now")
        else:
            print_lines(f"would be queued for {proposal.account}; nothing was changed")


def _check_names(options: argparse.Namespace, config: Config) -> None:
    for name in options.account or ():
        if name not in config.accounts:
            raise ConfigError(
                "account_unknown", unknown_name_message("account", name, config.accounts)
            )
    if options.source is not None and options.source not in config.sources:
        raise ConfigError(
            "source_unknown", unknown_name_message("source", options.source, config.sources)
        )


def _ambiguous_message(requests: Requests) -> str:
    lines = []
    for argument, stories in requests.ambiguous.items():
        lines.append(f"{argument} is the name of {len(stories)} entries; nothing was queued:")
        lines += map(_line, stories[:MAX_LISTED])
        if len(stories) > MAX_LISTED:
            lines.append(f"  and {len(stories) - MAX_LISTED} more")
    return "\n".join([*lines, "name one by its link or id, or its source with --source"])


def _line(story: Story) -> str:
    return f"  {story.source}: {story.title or '(no title)'}  {story.link or story.guid}"

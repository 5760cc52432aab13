"""`retract`: delete posts, and undo boosts, at their servers."""

from __future__ import annotations

import argparse
import asyncio
from collections.abc import Mapping, Sequence
from datetime import datetime

from reblogbot import app
from reblogbot.admin import retraction
from reblogbot.admin.documents.history import retraction_document
from reblogbot.admin.retraction import Selection
from reblogbot.cli.commands.history import posted_filter
from reblogbot.cli.commands.sync import stop_on_signals
from reblogbot.cli.names import check_names
from reblogbot.cli.open_store import load_with_warning, open_for_reading, open_to_change
from reblogbot.cli.output import print_json, print_lines, print_wrapped
from reblogbot.cli.phrases import counted, wait_text
from reblogbot.cli.posted_lines import print_posted
from reblogbot.cli.progress import progress
from reblogbot.cli.questions import is_confirmed, require_answer
from reblogbot.config.settings import Config
from reblogbot.core.waits import Wait
from reblogbot.engine.wait_reasons import Waiting
from reblogbot.errors import ConfigError, Exit
from reblogbot.model import DeliveryState
from reblogbot.ports import ProgressCallback
from reblogbot.store import Store
from reblogbot.store.posted import PostedPost


def run(options: argparse.Namespace) -> int:
    """Show the posts that are meant, ask, and delete them."""
    _check_usage(options)
    config, store = _open(options)
    try:
        return _run(options, config, store)
    finally:
        store.close()


def _check_usage(options: argparse.Namespace) -> None:
    if not (options.names or options.since):
        raise ConfigError(
            "usage",
            "say which posts: by number, link or address as `reblogbot history` shows them, or by"
            " --since, which --account and --source narrow",
        )
    require_answer(options)


def _open(options: argparse.Namespace) -> tuple[Config, Store]:
    if options.dry_run:
        return open_for_reading(options)
    partial = load_with_warning(options)
    return partial.config, open_to_change(partial)


def _run(options: argparse.Namespace, config: Config, store: Store) -> int:
    now = store.clock.now()
    wanted = posted_filter(options, now)
    check_names(options, config, store)
    selection = retraction.select(store, config, options.names, wanted)
    if options.dry_run:
        _report_plan(options, selection, now)
        return Exit.FAILED if selection.problems else Exit.OK
    is_asked = bool(selection.posts) and not options.yes
    if is_asked and not _is_confirmed(selection, now):
        print_lines("nothing was retracted")
        return Exit.OK
    posts: Sequence[PostedPost] = ()
    was_interrupted = False
    if selection.posts:
        with progress(quiet=options.json, as_json=options.json_progress) as on_progress:
            posts, was_interrupted = asyncio.run(
                _retract(config, store, selection.posts, on_progress)
            )
    now = store.clock.now()
    waiting = Waiting(config, store, now)
    waits = {post.delivery.id: waiting.wait(post.delivery) for post in posts}
    everything = [*posts, *selection.done]
    if options.json:
        print_json(retraction_document(everything, selection.problems, waits, dry_run=False))
    else:
        _print_results(posts, waits, now)
        if not is_asked:
            _print_rest(selection)
        if not (posts or selection.done or selection.problems):
            print_lines("nothing to retract")
    if was_interrupted:
        return Exit.INTERRUPTED
    has_failed = any(post.delivery.state != DeliveryState.RETRACTED for post in posts)
    return Exit.FAILED if has_failed or selection.problems else Exit.OK


def _report_plan(options: argparse.Namespace, selection: Selection, now: datetime) -> None:
    if options.json:
        posts = [*selection.posts, *selection.done]
        print_json(retraction_document(posts, selection.problems, {}, dry_run=True))
        return
    print_posted(selection.posts, now)
    _print_rest(selection)
    number = counted(len(selection.posts), "post")
    print_lines(f"{number} would be retracted" if selection.posts else "nothing to retract")


def _is_confirmed(selection: Selection, now: datetime) -> bool:
    print_posted(selection.posts, now)
    _print_rest(selection)
    return is_confirmed(f"Delete {counted(len(selection.posts), 'post')} at the server?")


def _print_rest(selection: Selection) -> None:
    print_lines(*(f"{post.delivery.id}: was retracted before" for post in selection.done))
    for problem in selection.problems:
        print_wrapped(problem)


async def _retract(
    config: Config, store: Store, posts: Sequence[PostedPost], on_progress: ProgressCallback
) -> tuple[list[PostedPost], bool]:
    async with app.running(config, store) as runtime:
        with stop_on_signals(runtime) as is_interrupted:
            retracted = await retraction.retract(runtime.engine, posts, on_progress)
            return retracted, is_interrupted()


def _print_results(
    posts: Sequence[PostedPost], waits: Mapping[int, Wait | None], now: datetime
) -> None:
    print_posted(posts, now)
    for delivery in (post.delivery for post in posts):
        wait = waits[delivery.id]
        if wait is not None:
            print_wrapped(f"{delivery.id}: not retracted yet: {wait_text(wait, now)}")
        elif delivery.error:
            print_wrapped(f"{delivery.id}: {delivery.error}")
    if any(waits.values()):
        print_wrapped("The next `retract` or `sync` goes on with the rest, and so does the daemon.")

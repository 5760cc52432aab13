"""The commands that do the work: sync, run, preview."""

from __future__ import annotations

import argparse
import signal
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from reblogbot.cli.progress import progress
from reblogbot.cli.words import called, console, readable, say, say_json
from reblogbot.errors import ConfigError, Exit, unknown

if TYPE_CHECKING:
    from reblogbot.app import Runtime
    from reblogbot.config.settings import Config
    from reblogbot.core.round_report import Round
    from reblogbot.engine.preview import Preview
    from reblogbot.model import Post
    from reblogbot.ports import ProgressCallback
    from reblogbot.store import Store
    from reblogbot.store.due import Which


def add_to(commands: Any, everywhere: argparse.ArgumentParser) -> None:
    """Add this group's commands."""
    sync = commands.add_parser(
        "sync",
        parents=[everywhere],
        help="one round, now: poll, deliver what may go out, exit",
        description="Polls all sources, or those named, and delivers what may go out. Never waits "
        "for a pause, a pace or a doubt: the next round goes on.",
    )
    sync.add_argument("sources", nargs="*", type=readable, metavar="SOURCE", help="only these")
    when = sync.add_mutually_exclusive_group()
    when.add_argument("--due", action="store_true", help="only those whose time has come (cron)")
    when.add_argument(
        "--force", action="store_true", help="also those whose server asked to be left alone"
    )
    sync.add_argument("--json", action="store_true", help="print the round as JSON")
    sync.set_defaults(run=run_sync)
    preview = commands.add_parser(
        "preview",
        parents=[everywhere],
        help="show exactly what would be posted, and what was filtered and why",
        description="Polls, whatever is due, and shows what sync would then do. Changes nothing.",
    )
    preview.add_argument("sources", nargs="*", type=readable, metavar="SOURCE", help="only these")
    preview.add_argument("--limit", type=_count, metavar="N", help="show at most N posts")
    preview.add_argument("--json", action="store_true", help="print it as JSON")
    preview.set_defaults(run=run_preview)
    run = commands.add_parser(
        "run",
        parents=[everywhere],
        help="the daemon",
        description="Polls and delivers until SIGTERM or SIGINT; SIGHUP, or a changed file, "
        "reloads the config.",
    )
    run.set_defaults(run=run_daemon, speaks=True)


def run_sync(options: argparse.Namespace) -> int:
    """One round."""
    import asyncio

    from reblogbot import app

    config = app.load_config(options.config)
    names = named(config, options.sources)
    which: Which = "due" if options.due else "all" if options.force else "asked"

    async def work(store: Store, on_progress: ProgressCallback) -> tuple[Round, bool]:
        async with app.running(config, store) as runtime:
            with _interruptible(runtime) as was_interrupted:
                return await runtime.sync(names, which, on_progress), was_interrupted()

    with progress(quiet=options.json) as on_progress:
        store = app.open_for_work(config, on_progress=on_progress)
        done, interrupted = asyncio.run(work(store, on_progress))
    is_stopped = store.outbox.stopped_at() is not None
    daemon = _daemon(store)
    store.close()
    if options.json:
        say_json({**done.as_json(), "daemon": daemon})
    else:
        _show_round(done)
        if daemon and daemon["queued"]:
            say(f"{daemon['queued']} queued: the daemon on {daemon['host']} sends what may go out")
        if is_stopped:
            say("stopped: nothing is posted until `reblogbot start`")
    return Exit.INTERRUPTED if interrupted else done.exit_code()


def run_preview(options: argparse.Namespace) -> int:
    """What a round would do."""
    import asyncio

    from reblogbot import app
    from reblogbot.engine import preview

    config = app.load_config(options.config)
    names = named(config, options.sources)
    store = app.open_to_read(config)

    async def work(on_progress: ProgressCallback) -> Preview:
        async with app.running(config, store) as runtime:
            return await preview.preview(runtime.engine, names, on_progress)

    with progress(quiet=options.json) as on_progress:
        made = asyncio.run(work(on_progress))
    store.close()
    if options.json:
        say_json(made.as_json(options.limit))
    else:
        _show_preview(made, options.limit)
    return Exit.FAILED if made.errors else Exit.OK


def run_daemon(options: argparse.Namespace) -> int:
    """The daemon."""
    from reblogbot import app
    from reblogbot.admin.server import AdminServer
    from reblogbot.daemon.daemon import run

    config = app.load_config(options.config)
    with progress() as on_progress:
        store = app.open_for_work(config, on_progress=on_progress)
    return run(options.config, config, store, AdminServer)


def named(config: Config, written: Sequence[str]) -> list[str]:
    """The sources named, in the config's order; all of them if none. Raises ConfigError."""
    for name in written:
        if name not in config.sources:
            message = f"{config.path}: {unknown('source', name, config.sources)}"
            raise ConfigError("source_unknown", message)
    return [name for name in config.sources if not written or name in written]


@contextmanager
def _interruptible(runtime: Runtime) -> Iterator[Callable[[], bool]]:
    """On the first SIGINT or SIGTERM finish what is on the wire; a second one ends at once."""
    import asyncio

    loop = asyncio.get_running_loop()
    signals = (signal.SIGINT, signal.SIGTERM)
    caught = []

    def stop(number: int) -> None:
        caught.append(number)
        runtime.stop()
        for one in signals:
            loop.remove_signal_handler(one)
        print("finishing what is on the wire; once more to end at once", file=sys.stderr)

    for number in signals:
        loop.add_signal_handler(number, stop, number)
    try:
        yield lambda: bool(caught)
    finally:
        for number in signals:
            loop.remove_signal_handler(number)


def _daemon(store: Store) -> dict[str, Any] | None:
    """The daemon that works on the store beside us, and how much is left for it to send."""
    now = store.clock.now()
    daemons = store.daemons.living(now)
    if not daemons:
        return None
    from reblogbot.admin import status_report

    return {**status_report.daemon_json(daemons[0], now), "queued": store.outbox.count()["queued"]}


def _show_round(done: Round) -> None:
    from reblogbot.core.round_report import outcome

    for poll in done.polls:
        if poll.outcome not in ("not_modified", "nothing_new", "not_due"):
            error = f"  {poll.error}" if poll.error else ""
            say(f"{poll.name}: {poll.outcome}, {poll.new} new{error}")
    for one in done.deliveries.values():
        where = one.receipt.url if one.receipt else one.error
        say(f"{one.account} {outcome(one)}: {called(one.post)}  {where}".rstrip())
    for name, trouble in done.paused.items():
        say(f"{name}: {trouble}")
    counts = done.counts_in_words()
    polled = f"{counts.pop('polled')} polled"
    say(", ".join([polled, *(f"{n} {name.replace('_', ' ')}" for name, n in counts.items() if n)]))


def _show_preview(made: Preview, limit: int | None) -> None:
    for account, source, post in made.posts[:limit]:
        _show_post(account, source, post, made.beginnings.get(post.uri, ""))
    left = len(made.posts) - len(made.posts[:limit])
    if left:
        say(f"… and {left} more")
    for refused in made.refused:
        title = refused["title"] or refused["link"]
        say(f"- {refused['source']} → {refused['account']}: {title}", f"  {refused['reason']}")
    for error in made.errors:
        say(f"! {error['source']}: {error['error']}")
    say(f"{len(made.posts)} to post, {len(made.refused)} filtered, {len(made.errors)} failed")


def _show_post(account: str, source: str, post: Post, boosted: str) -> None:
    from rich.text import Text

    details = [post.visibility, post.language, f"{post.length}/{post.limit}"]
    if post.spoiler:
        details.append(f"CW {post.spoiler}")
    action = f"{post.action} of {post.uri}" if post.action != "post" else "post"
    head = f"{source} → {account}  {action}  ({', '.join(filter(None, details))})"
    console().print(Text(head, style="bold"))
    lines = post.text.splitlines() if post.action != "boost" else [f"“{boosted}”"] * bool(boosted)
    say(*(f"  {line}".rstrip() for line in lines), "")


def _count(text: str) -> int:
    if not text.isascii() or not text.isdigit():
        raise argparse.ArgumentTypeError(f'"{text}" is no count: write a whole number')
    return int(text)

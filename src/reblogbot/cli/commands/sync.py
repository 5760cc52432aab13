"""`sync`: do one round."""

from __future__ import annotations

import argparse
import asyncio
import signal
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime, time, timedelta

from reblogbot import app
from reblogbot.admin.documents.sync import round_json
from reblogbot.cli.idle_mark import IdleMark, settled_stamp
from reblogbot.cli.output import CommandOutput
from reblogbot.cli.phrases import post_label
from reblogbot.cli.progress import progress
from reblogbot.config.load import read_text
from reblogbot.config.settings import Config
from reblogbot.core.round_report import RoundReport, outcome
from reblogbot.errors import ConfigError, Exit, unknown_name_message
from reblogbot.ports import ProgressCallback
from reblogbot.store import Store
from reblogbot.store.due import PollScope

_QUIET_OUTCOMES = frozenset({"not_modified", "nothing_new", "not_due"})


def run(options: argparse.Namespace) -> int:
    """Do one round; with `--due`, leave the idle mark where nothing was due."""
    toml = read_text(options.config)
    config = app.load_config(options.config, toml)
    names = select_sources(config, options.sources)
    which: PollScope = "due" if options.due else "all" if options.force else "asked"

    async def sync(
        store: Store, on_progress: ProgressCallback
    ) -> tuple[RoundReport, bool, datetime | None]:
        async with app.running(config, store) as runtime:
            with stop_on_signals(runtime) as is_interrupted:
                report = await runtime.sync(names, which, on_progress)
                steps_at = await runtime.engine.next_steps()
                return report, is_interrupted(), steps_at

    with progress(quiet=options.json, as_json=options.json_progress) as on_progress:
        store = app.open_for_work(config, on_progress=on_progress)
        stamp = settled_stamp(store.path)
        report, was_interrupted, steps_at = asyncio.run(sync(store, on_progress))
    now = store.clock.now()
    is_stopped = store.outbox.stopped_at() is not None
    daemon = next(iter(store.daemons.living(now)), None)
    queued = store.outbox.count()["queued"] if daemon else 0
    idle_until = _idle_until(config, store, names, now, steps_at) if options.due else now
    store.close()
    lines = _round_lines(report)
    if daemon and queued:
        lines.append(f"{queued} queued: the daemon on {daemon.host} sends what may go out")
    if is_stopped:
        lines.append("stopped: nothing is posted until `reblogbot start`")
    output = CommandOutput(lines, round_json(report, daemon, queued, now))
    output.print(as_json=options.json)
    code = Exit.INTERRUPTED if was_interrupted else report.exit_code()
    # a daemon writes to the store at any time, so that a mark beside one would not hold for long
    if stamp is not None and code == Exit.OK and not daemon and now < idle_until:
        mark = IdleMark(options.config, toml.encode(), options.sources)
        mark.leave(stamp, now.timestamp(), idle_until.timestamp(), output)
    return code


def _idle_until(
    config: Config, store: Store, names: Sequence[str], now: datetime, steps_at: datetime | None
) -> datetime:
    """Until when a round for these sources would do nothing; not after `now` if it would now.

    `steps_at` is when the steps of what waits for them may be run, None for never.
    At midnight UTC the store is checked again, and notices of lasting problems are repeated.
    """
    sources = {name for name in names if config.sources[name].enabled}
    accounts = [name for name, account in config.accounts.items() if account.enabled]
    instants = (
        store.sources.next_due(sources, now),
        store.outbox.next_due(accounts, now),
        steps_at,
        store.tallies.next_failing(now),
        datetime.combine(now.date() + timedelta(days=1), time(0), UTC),
    )
    return min(instant for instant in instants if instant is not None)


def select_sources(config: Config, names: Sequence[str]) -> list[str]:
    """The named sources in the config's order; all if none is named. Raises ConfigError."""
    for name in names:
        if name not in config.sources:
            message = f"{config.path}: {unknown_name_message('source', name, config.sources)}"
            raise ConfigError("source_unknown", message)
    return [name for name in config.sources if not names or name in names]


@contextmanager
def stop_on_signals(runtime: app.Runtime) -> Iterator[Callable[[], bool]]:
    """Stop the runtime on the first SIGINT or SIGTERM; a second one ends the process.

    Yields a function that tells whether a signal came.
    """
    loop = asyncio.get_running_loop()
    signals = (signal.SIGINT, signal.SIGTERM)
    received = []

    def stop(number: int) -> None:
        received.append(number)
        runtime.stop()
        for handled in signals:
            loop.remove_signal_handler(handled)
        print(
            "stopping when the running requests have ended; a second signal stops at once",
            file=sys.stderr,
        )

    for number in signals:
        loop.add_signal_handler(number, stop, number)
    try:
        yield lambda: bool(received)
    finally:
        for number in signals:
            loop.remove_signal_handler(number)


def _round_lines(report: RoundReport) -> list[str]:
    lines = []
    for poll in report.polls:
        if poll.outcome not in _QUIET_OUTCOMES:
            error = f"  {poll.error}" if poll.error else ""
            lines.append(f"{poll.name}: {poll.outcome}, {poll.new} new{error}")
    for delivery in report.deliveries.values():
        detail = delivery.error or (delivery.receipt.url if delivery.receipt else "")
        label = post_label(delivery.post)
        lines.append(f"{delivery.account} {outcome(delivery)}: {label}  {detail}".rstrip())
    for account, reason in report.paused.items():
        lines.append(f"{account}: {reason}")
    counts = report.counts_in_words()
    others = [
        f"{number} {name.replace('_', ' ')}"
        for name, number in counts.items()
        if number and name != "polled"
    ]
    return [*lines, ", ".join([f"{counts['polled']} polled", *others])]

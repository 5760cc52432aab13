"""`status`: the state of sources, accounts, steps, queue and daemon."""

from __future__ import annotations

import argparse
from collections import Counter
from collections.abc import Mapping
from datetime import datetime

from reblogbot.admin.documents.status import status_json
from reblogbot.admin.status_report import (
    AccountStatus,
    SourceStatus,
    StatusReport,
    WaitGroup,
    status_report,
)
from reblogbot.cli.open_store import open_for_reading
from reblogbot.cli.output import print_bold, print_json, print_lines, print_table, print_wrapped
from reblogbot.cli.phrases import (
    account_state_text,
    ago,
    daemon_lines,
    local_time,
    source_state_text,
    until,
)
from reblogbot.engine.step_states import StepStatus
from reblogbot.errors import Exit
from reblogbot.model import SourceState

MAX_WAITS = 20
"""How many groups of waiting deliveries are printed."""
MAX_EXPIRING = 10
"""How many deliveries are printed that will be too old."""
MAX_SOURCES = 30
"""How many sources are printed; where there are more, only failing ones."""

_POLL_REASONS = {
    "quiet": "nothing changed for long",
    "server": "its server asked for this interval",
    "skipped_hours": "its feed names hours to skip",
    "failures": "it fails",
    "asked": "its server asked to be left alone",
}


def run(options: argparse.Namespace) -> int:
    """Show the state of everything."""
    config, store = open_for_reading(options)
    now = store.clock.now()
    report = status_report(config, store, now, None if options.json else MAX_SOURCES)
    store.close()
    if options.json:
        print_json(status_json(report, now))
    else:
        _print_report(report, now)
    return Exit.OK


def _print_report(report: StatusReport, now: datetime) -> None:
    if report.stopped_at:
        stopped = ago(report.stopped_at, now)
        print_lines(f"STOPPED {stopped}: nothing is posted until `reblogbot start`", "")
    _print_troubles(report, now)
    _print_sources(report.sources, report.omitted_sources, now)
    print_lines("")
    _print_accounts(report.accounts, now)
    _print_steps(report.steps, now)
    counts = [
        f"{number} {state}" for state, number in report.queue.items() if number or state == "queued"
    ]
    daemons = daemon_lines(report.daemons, now, "on this store")
    print_lines("", *daemons, f"queue: {', '.join(counts)}")
    for group in report.waits[:MAX_WAITS]:
        print_wrapped(_wait_line(group, now))
    if len(report.waits) > MAX_WAITS:
        more = len(report.waits) - MAX_WAITS
        print_lines(f"… and {more} more causes; `status --json` lists them all")
    for delivery in report.expiring[:MAX_EXPIRING]:
        link = delivery.post.link or delivery.post.uri
        print_lines(f"  will be too old by then: {link}")
    if len(report.expiring) > MAX_EXPIRING:
        print_lines(f"  … and {len(report.expiring) - MAX_EXPIRING} more will be too old by then")
    if report.refusals:
        reasons = _counts(
            {name.replace("_", " "): number for name, number in report.refusals.items()}
        )
        print_lines(f"not posted in the last day: {reasons}")


def _print_troubles(report: StatusReport, now: datetime) -> None:
    """Print what an admin must look at, if there is anything."""
    troubles = [
        *(
            f"{account.name}: {_reason(account, now)}"
            for account in report.accounts
            if account.needs_attention
        ),
        *(f"{source.name}: {source.error}" for source in report.sources if source.needs_attention),
        *(_step_reason(step, now) for step in report.steps if step.needs_attention),
    ]
    if troubles:
        print_bold("Needs attention:")
        for trouble in troubles:
            print_wrapped(trouble, 2)
        print_lines("")


def _print_sources(
    sources: list[SourceStatus], omitted: Counter[SourceState], now: datetime
) -> None:
    print_table(
        ("source", "kind", "state", "last poll", "next poll"),
        [
            (
                source.name,
                source.kind,
                source_state_text(source.state),
                local_time(source.last_poll_at, now),
                _next_poll(source, now),
            )
            for source in sources
        ],
    )
    if omitted:
        states = _counts({source_state_text(state): number for state, number in omitted.items()})
        print_lines(f"… and {omitted.total()} more: {states}; `sources list` lists them all")


def _next_poll(source: SourceStatus, now: datetime) -> str:
    """When the source is polled next and, where that is not its usual time, why."""
    time = local_time(source.next_poll_at, now)
    reason = _POLL_REASONS.get(source.next_poll_reason)
    return f"{time}, {reason}" if reason else time


def _print_accounts(accounts: list[AccountStatus], now: datetime) -> None:
    print_table(
        ("account", "server", "state"),
        [(account.name, account.server, account_state_text(account.state)) for account in accounts],
        link="server",
    )
    for account in accounts:
        if account.reason and not account.needs_attention:
            print_wrapped(f"{account.name}: {_reason(account, now)}", 2)


def _print_steps(steps: list[StepStatus], now: datetime) -> None:
    if not steps:
        return
    print_lines("")
    print_table(
        ("step", "state", "calls", "done", "waiting", "failed"),
        [
            (
                step.name,
                step.state,
                f"{step.tally.calls} of {step.per_day}",
                str(step.tally.done),
                str(step.tally.waiting),
                str(step.tally.failed),
            )
            for step in steps
        ],
    )
    for step in steps:
        if step.reason and not step.needs_attention:
            print_wrapped(_step_reason(step, now), 2)


def _step_reason(step: StepStatus, now: datetime) -> str:
    end = f", {until(step.paused_until, now)}" if step.paused_until else ""
    return f"{step.name}: {step.reason}{end}"


def _reason(account: AccountStatus, now: datetime) -> str:
    end = f", {until(account.paused_until, now)}" if account.paused_until else ""
    return f"{account.reason}{end}"


def _wait_line(group: WaitGroup, now: datetime) -> str:
    """How many deliveries of an account wait, until when, and why."""
    verb = "waits" if group.count == 1 else "wait"
    source = f" of {group.source}" if group.source else ""
    end = f" {until(group.wait.until, now)}" if group.wait.until else ""
    return f"{group.account}: {group.count}{source} {verb}{end}: {group.wait.cause}"


def _counts(counts: Mapping[str, int]) -> str:
    return ", ".join(f"{number} {name}" for name, number in Counter(counts).most_common())

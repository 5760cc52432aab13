"""`step`: list the steps of the config, and run one for one entry."""

from __future__ import annotations

import argparse
import asyncio
from collections.abc import Iterator
from datetime import datetime

from reblogbot import app
from reblogbot.admin.documents.steps import StepRunDocument, step_result_json, steps_json
from reblogbot.admin.step_run import StepRun, check_step, find_story, run_step
from reblogbot.cli.open_store import open_for_reading
from reblogbot.cli.output import print_bold, print_json, print_lines, print_table, print_wrapped
from reblogbot.cli.phrases import local_time, step_facts, until
from reblogbot.engine.step_states import StepStatus, step_states
from reblogbot.errors import ConfigError, Exit, unknown_name_message
from reblogbot.store.steps import FAILED, NO_USAGE, StepRecord, StepUsage


def run_list(options: argparse.Namespace) -> int:
    """List the steps."""
    config, store = open_for_reading(options)
    now = store.clock.now()
    statuses = step_states(config, store, app.step_mark, now)
    store.close()
    if options.json:
        print_json(steps_json(statuses))
    elif not statuses:
        print_lines("no steps; a [steps.NAME] table in the config adds one")
    else:
        _print_list(statuses, now)
    return Exit.OK


def _print_list(statuses: list[StepStatus], now: datetime) -> None:
    print_table(
        ("step", "kind", "asks", "state", "calls", "done", "waiting", "failed"),
        [
            (
                status.name,
                status.kind,
                f"{status.program} at {status.host}" if status.host else status.program,
                status.state,
                f"{status.tally.calls} of {status.per_day}",
                str(status.tally.done),
                str(status.tally.waiting),
                str(status.tally.failed),
            )
            for status in statuses
        ],
    )
    for status in statuses:
        end = f", {until(status.paused_until, now)}" if status.paused_until else ""
        if status.reason:
            print_wrapped(f"{status.name}: {status.reason}{end}", 2)
        if status.sources:
            print_wrapped(f"{status.name}: for {', '.join(status.sources)}", 2)
        for usage, span in ((status.day, "a day"), (status.month, "30 days")):
            if usage != NO_USAGE:
                print_wrapped(f"{status.name}: {_usage_text(usage)} in {span}", 2)
    print_lines("calls and results are those of the last 24 hours")


def _usage_text(usage: StepUsage) -> str:
    cost = f", cost {usage.cost:.4f}" if usage.cost is not None else ""
    return f"{usage.tokens_in or 0} tokens read, {usage.tokens_out or 0} written{cost}"


def run_run(options: argparse.Namespace) -> int:
    """Run a step for an entry."""
    config = app.load_config(options.config)
    check_step(config, options.name)
    if options.source is not None and options.source not in config.sources:
        message = unknown_name_message("source", options.source, config.sources)
        raise ConfigError("source_unknown", message)
    written = options.entry.strip()
    store = app.open_for_work(config)
    try:
        story = find_story(config, store, options.name, written, options.source)

        async def run() -> StepRun:
            async with app.running(config, store) as runtime:
                engine = runtime.engine
                return await run_step(engine, story, options.name, written, again=options.again)

        done = asyncio.run(run())
        now = store.clock.now()
    finally:
        store.close()
    record = done.result.record or StepRecord(b"", options.name, FAILED, error=done.result.reason)
    if options.json:
        document: StepRunDocument = {
            **step_result_json(record),
            "source": story.source,
            "link": story.link,
            "stored": done.result.was_stored,
            "remarks": done.remarks,
        }
        print_json(document)
    else:
        _print_run(done, record, now)
    return Exit.OK if record.result is not None else Exit.FAILED


def _print_run(done: StepRun, record: StepRecord, now: datetime) -> None:
    story, name = done.story, record.step
    print_bold(f"{name} of {story.source}: {story.title or story.link or story.guid}")
    print_lines(*(f"  {line}" for line in _run_lines(done, record, now)), "")
    if record.result is None:
        print_wrapped(f"step {name} failed: {done.result.reason or record.error}")
        return
    print_lines(*filter(None, [record.title]), *record.text.splitlines())
    if done.due:
        numbers = ", ".join(str(delivery.id) for delivery in done.due)
        noun = "delivery" if len(done.due) == 1 else "deliveries"
        print_lines("", f"{noun} {numbers}: the next round goes on with it")


def _run_lines(done: StepRun, record: StepRecord, now: datetime) -> Iterator[str]:
    if story_link := done.story.link:
        yield story_link
    if done.result.was_stored:
        yield f"was stored at {local_time(record.called_at, now)}; --again asks once more"
    elif record.called_at is not None:
        yield "asked now, whatever failed before and however many calls the day had"
    facts = step_facts(record)
    if facts:
        yield facts
    yield from (f"note: {remark}" for remark in done.remarks)

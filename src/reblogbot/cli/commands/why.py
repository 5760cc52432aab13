"""`why`: the history of one entry."""

from __future__ import annotations

import argparse
from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime

from reblogbot.admin.documents.why import WhyDocument, story_json
from reblogbot.cli.open_store import open_for_reading
from reblogbot.cli.output import print_json, print_lines, print_wrapped
from reblogbot.cli.phrases import local_time, step_facts, wait_text
from reblogbot.core import habits, recognition
from reblogbot.core.round_report import outcome
from reblogbot.core.waits import Wait
from reblogbot.engine.wait_reasons import Waiting
from reblogbot.errors import Exit
from reblogbot.model import Delivery, DeliveryState
from reblogbot.store.history import DeliveryEvent, Story
from reblogbot.store.steps import StepRecord

MAX_PROMPT_LINES = 8
MAX_MATCHES = 20
"""How many entries with the same words are listed."""


def run(options: argparse.Namespace) -> int:
    """Show the history of the entry that the admin means."""
    config, store = open_for_reading(options)
    query = " ".join(options.entry).strip()
    stories = store.history.why(recognition.keys_of_written(query), query)
    is_exact = bool(stories)
    if query and not stories:
        stories = store.history.search(query, MAX_MATCHES)
    now = store.clock.now()
    waiting = Waiting(config, store, now)
    waits = {
        delivery.id: waiting.wait(delivery) for story in stories for delivery, _ in story.deliveries
    }
    results = {
        story.entry_id: store.steps.of_entry(story.entry_id) for story in stories if story.entry_id
    }
    store.close()
    if options.json:
        entries = [
            story_json(story, habits.remarks(story.habits), waits, results.get(story.entry_id, []))
            for story in stories
        ]
        print_json(WhyDocument(entries=entries))
    elif not stories:
        print_lines(f"{query}: never seen in any source, and not the number of a delivery")
    elif is_exact or len(stories) == 1:
        for story in stories:
            _print_story(story, waits, results.get(story.entry_id, []), now)
    else:
        _print_matches(stories, now)
    return Exit.OK if stories else Exit.FAILED


def _print_matches(stories: list[Story], now: datetime) -> None:
    for story in stories:
        title = story.title or "(no title)"
        print_wrapped(f"{local_time(story.seen_at, now)}  {story.source}  {title}")
        print_lines(f"    {story.link or story.guid}")
    more = " or more; longer words match fewer" if len(stories) == MAX_MATCHES else ""
    print_lines(f"{len(stories)} entries{more}: `reblogbot why LINK` shows the history of one")


def _print_story(
    story: Story, waits: dict[int, Wait | None], results: list[StepRecord], now: datetime
) -> None:
    print_wrapped(story.title or "(no title)")
    print_lines(f"  {story.link or story.guid}")
    seen_at = local_time(story.seen_at, now)
    lines = [(seen_at, f"seen in {story.source}")]
    lines += [("", f"{story.source}: its {remark}") for remark in habits.remarks(story.habits)]
    lines += [(seen_at, f"not for {account}: {reason}") for account, reason in story.refusals]
    for record in results:
        lines.append((local_time(record.called_at, now), _step_text(record)))
        lines += [("", f"  {line}") for line in _step_details(record, now)]
    for delivery, events in story.deliveries:
        lines += [(local_time(event.at, now), _event_text(delivery, event)) for event in events]
        wait = waits[delivery.id]
        if wait is not None:
            waits_for = wait_text(wait, now)
            lines.append(("now", f"{_noun(delivery)} {delivery.id} waits for: {waits_for}"))
        if delivery.receipt:
            lines.append(("", delivery.receipt.url or delivery.receipt.remote_id))
    width = max(len(time) for time, _ in lines)
    print_lines(*(f"  {time:{width}}  {text}" for time, text in lines), "")


def _step_text(record: StepRecord) -> str:
    """`step explain done: qwen3:8b, 3.1 s, …`."""
    facts = step_facts(record)
    return f"step {record.step} {record.state}{f': {facts}' if facts else ''}"


def _step_details(record: StepRecord, now: datetime) -> Iterator[str]:
    """Why it failed and when it is asked again; and with which prompt it was asked."""
    if record.error:
        again = f"; asked again {local_time(record.due, now)}" if record.due else ""
        yield f"{record.error}{again}"
    lines = record.prompt.splitlines()
    yield from (f"| {line}" for line in lines[:MAX_PROMPT_LINES])
    if len(lines) > MAX_PROMPT_LINES:
        yield f"| … and {len(lines) - MAX_PROMPT_LINES} more lines; --json has them"


def _event_text(delivery: Delivery, event: DeliveryEvent) -> str:
    """`delivery 3 for news sent`."""
    was_sent = event.state == DeliveryState.SENT
    # what was sent may have been retracted since
    state = outcome(replace(delivery, state=DeliveryState.SENT)) if was_sent else event.state
    note = f": {event.note}" if event.note else ""
    return f"{_noun(delivery)} {delivery.id} for {delivery.account} {state}{note}"


def _noun(delivery: Delivery) -> str:
    return delivery.post.action if delivery.post.action in ("edit", "boost") else "delivery"

"""The commands that look: status, why."""

from __future__ import annotations

import argparse
from datetime import datetime
from typing import TYPE_CHECKING, Any

from reblogbot.cli.words import ago, instant, readable, say, say_json, table
from reblogbot.errors import Exit

if TYPE_CHECKING:
    from reblogbot.store.history import Story

MOST = 1000
"""So many sources are listed for a person; of more than that, those in trouble."""


def add_to(commands: Any, everywhere: argparse.ArgumentParser) -> None:
    """Add this group's commands."""
    status = commands.add_parser(
        "status", parents=[everywhere], help="how sources, accounts and the queue stand"
    )
    status.add_argument("--json", action="store_true", help="print it as JSON")
    status.set_defaults(run=run_status)
    why = commands.add_parser(
        "why",
        parents=[everywhere],
        help="the whole story of one entry",
        description="When it was seen and where, which filter said no, which delivery it became "
        "and what the server said.",
    )
    why.add_argument(
        "entry", type=readable, metavar="LINK-OR-ID", help="a link, an id or a delivery's number"
    )
    why.add_argument("--json", action="store_true", help="print it as JSON")
    why.set_defaults(run=run_why)


def run_status(options: argparse.Namespace) -> int:
    """How everything stands."""
    from reblogbot import app, standing

    config = app.load_config(options.config)
    store = app.open_to_read(config)
    now = store.clock.now()
    status = standing.status(config, store, now, None if options.json else MOST)
    store.close()
    if options.json:
        say_json(status.as_json())
        return Exit.OK
    if status.stopped_at:
        say(f"STOPPED {ago(status.stopped_at, now)}: nothing is posted until `reblogbot start`", "")
    table(
        ("source", "kind", "state", "last poll", "next poll", ""),
        [
            (one["name"], one["kind"], one["state"], _when(one["last_poll_at"], now),
             _when(one["next_poll_at"], now), one["error"])
            for one in status.sources
        ],
    )  # fmt: skip
    if status.others:
        counts = ", ".join(f"{n} {state}" for state, n in status.others.most_common())
        say(f"… and {status.others.total()} more: {counts}; `status --json` lists them all")
    say("")
    table(
        ("account", "server", "state", ""),
        [(one["name"], one["server"], one["state"], one["reason"]) for one in status.accounts],
    )
    filled = [f"{n} {state}" for state, n in status.queue.items() if n or state == "queued"]
    say("", f"queue: {', '.join(filled)}")
    say(*status.remarks)
    return Exit.OK


def run_why(options: argparse.Namespace) -> int:
    """The stories of the entries an admin may mean."""
    from reblogbot import app
    from reblogbot.core import recognition

    config = app.load_config(options.config)
    store = app.open_to_read(config)
    written = options.entry.strip()
    stories = store.history.why(sorted(recognition.lookup_keys(written)), written)
    store.close()
    if options.json:
        say_json({"entries": [_story_json(story) for story in stories]})
    elif not stories:
        say(f"{written}: never seen in any source, and no delivery has this number")
    for story in () if options.json else stories:
        _show_story(story)
    return Exit.OK if stories else Exit.FAILED


def _when(written: str | None, now: datetime) -> str:
    return ago(datetime.fromisoformat(written) if written else None, now)


def _show_story(story: Story) -> None:
    say(story.title or "(no title)", f"  {story.link or story.guid}")
    from reblogbot.core import recognition

    say(f"  {instant(story.seen_at)}  seen in {story.source}")
    for remark in recognition.remarks(story.habits):
        say(f"  {' ' * 20}  {story.source}: its {remark}")
    for account, reason in story.refusals:
        say(f"  {instant(story.seen_at)}  not for {account}: {reason}")
    for one, happenings in story.deliveries:
        for line in happenings:
            note = f": {line.note}" if line.note else ""
            say(f"  {instant(line.at)}  delivery {one.id} for {one.account} {line.state}{note}")
        if one.receipt:
            say(f"  {' ' * 20}  {one.receipt.url or one.receipt.remote_id}")
    say("")


def _story_json(story: Story) -> dict[str, Any]:
    from reblogbot.core import recognition
    from reblogbot.core.rounds import delivery_json

    return {
        "source": story.source,
        "source_habits": list(recognition.remarks(story.habits)),
        "title": story.title,
        "link": story.link,
        "guid": story.guid,
        "seen_at": instant(story.seen_at),
        "refusals": [{"account": account, "reason": reason} for account, reason in story.refusals],
        "deliveries": [
            {
                **delivery_json(one),
                "events": [
                    {"at": instant(line.at), "state": line.state, "note": line.note}
                    for line in happenings
                ],
            }
            for one, happenings in story.deliveries
        ],
    }

"""The commands that look: status, health, why."""

from __future__ import annotations

import argparse
from datetime import datetime
from typing import TYPE_CHECKING, Any

from reblogbot.cli.words import ago, instant, readable, say, say_json, table, until, waits_for
from reblogbot.errors import Exit

if TYPE_CHECKING:
    from reblogbot.core.waits import Wait
    from reblogbot.model import Delivery
    from reblogbot.store.daemons import DaemonRecord
    from reblogbot.store.history import Story

MOST_WAITS = 20
"""So many causes are listed for a person."""
MOST = 1000
"""So many sources are listed for a person; of more than that, those in trouble."""


def add_to(commands: Any, everywhere: argparse.ArgumentParser) -> None:
    """Add this group's commands."""
    status = commands.add_parser(
        "status", parents=[everywhere], help="how sources, accounts and the queue stand"
    )
    status.add_argument("--json", action="store_true", help="print it as JSON")
    status.set_defaults(run=run_status)
    health = commands.add_parser(
        "health",
        parents=[everywhere],
        help="whether the daemon of this machine is at work",
        description="Exits 0 when a daemon runs here and its last round is no older than 15 "
        "minutes, else 1: for the health check of a container, or a monitor.",
    )
    health.add_argument("--json", action="store_true", help="print it as JSON")
    health.set_defaults(run=run_health)
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
        say_json(status.as_json(now))
        return Exit.OK
    if status.stopped_at:
        say(f"STOPPED {ago(status.stopped_at, now)}: nothing is posted until `reblogbot start`", "")
    table(
        ("source", "kind", "state", "last poll", "next poll", ""),
        [
            (one["name"], one["kind"], one["state"], _when(one["last_poll_at"], now),
             _next_poll(one, now), one["error"])
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
    say("", *_daemons(status.daemons, now), f"queue: {', '.join(filled)}")
    say(*(_waiting(row, now) for row in status.waits[:MOST_WAITS]))
    if len(status.waits) > MOST_WAITS:
        say(f"… and {len(status.waits) - MOST_WAITS} more causes; `status --json` lists them all")
    say(*status.remarks)
    return Exit.OK


def run_health(options: argparse.Namespace) -> int:
    """Whether a daemon of this machine, or container, goes round."""
    from reblogbot import app, standing

    store = app.open_to_read(app.load_config(options.config))
    now = store.clock.now()
    here = [one for one in store.daemons.living(now) if one.is_seen]
    store.close()
    is_well = bool(here) and not any(one.hangs(now) for one in here)
    if options.json:
        daemons = [standing.daemon_json(one, now) for one in here]
        say_json({"healthy": is_well, "daemons": daemons})
    else:
        say(*_daemons(here, now, "on this machine"))
    return Exit.OK if is_well else Exit.FAILED


def run_why(options: argparse.Namespace) -> int:
    """The stories of the entries an admin may mean."""
    from reblogbot import app
    from reblogbot.core import recognition
    from reblogbot.waiting import Waiting

    config = app.load_config(options.config)
    store = app.open_to_read(config)
    written = options.entry.strip()
    stories = store.history.why(sorted(recognition.lookup_keys(written)), written)
    now = store.clock.now()
    waiting = Waiting(config, store, now)
    waits = {one.id: waiting.wait(one) for story in stories for one, _ in story.deliveries}
    store.close()
    if options.json:
        say_json({"entries": [_story_json(story, waits) for story in stories]})
    elif not stories:
        say(f"{written}: never seen in any source, and no delivery has this number")
    for story in () if options.json else stories:
        _show_story(story, waits, now)
    return Exit.OK if stories else Exit.FAILED


_REASONS = {
    "quiet": "unchanged for long",
    "server": "as its server wishes",
    "skipped_hours": "after hours it skips",
    "failures": "as it fails",
    "asked": "its server asked for a rest",
}


def _next_poll(source: dict[str, Any], now: datetime) -> str:
    """When the source is polled next and, where that is not its `every` or `cron`, why then."""
    at, why = _when(source["next_poll_at"], now), _REASONS.get(source["next_poll_reason"])
    return f"{at}, {why}" if why else at


def _daemons(found: list[DaemonRecord], now: datetime, where: str = "on this store") -> list[str]:
    """A line for each daemon at work, or one that says there is none."""
    if not found:
        return [f"daemon: none is at work {where}"]
    return [
        f"daemon: reblogbot {one.version} on {one.host} (process {one.pid}), started "
        f"{ago(one.since, now)}, last round {ago(one.last_round_at, now)}"
        + ("; IT HANGS: restart it, nothing is lost" if one.hangs(now) else "")
        for one in found
    ]


def _waiting(row: dict[str, Any], now: datetime) -> str:
    """How many of an account wait, until when, and for what."""
    verb = "waits" if row["count"] == 1 else "wait"
    which = f" of {row['source']}" if row["source"] else ""
    ends = f" {until(_read(row['waits_until']), now)}" if row["waits_until"] else ""
    return f"{row['account']}: {row['count']}{which} {verb}{ends}: {row['cause']}"


def _when(written: str | None, now: datetime) -> str:
    return ago(_read(written) if written else None, now)


def _read(written: str) -> datetime:
    return datetime.fromisoformat(written)


def _show_story(story: Story, waits: dict[int, Wait | None], now: datetime) -> None:
    say(story.title or "(no title)", f"  {story.link or story.guid}")
    from reblogbot.core import habits

    say(f"  {instant(story.seen_at)}  seen in {story.source}")
    for remark in habits.remarks(story.habits):
        say(f"  {' ' * 20}  {story.source}: its {remark}")
    for account, reason in story.refusals:
        say(f"  {instant(story.seen_at)}  not for {account}: {reason}")
    for one, happenings in story.deliveries:
        for line in happenings:
            note = f": {line.note}" if line.note else ""
            did = _did(one, line.state)
            say(f"  {instant(line.at)}  delivery {one.id} for {one.account} {did}{note}")
        wait = waits[one.id]
        if wait is not None:
            say(f"  {instant(now)}  delivery {one.id} waits for: {waits_for(wait, now)}")
        if one.receipt:
            say(f"  {' ' * 20}  {one.receipt.url or one.receipt.remote_id}")
    say("")


def _did(one: Delivery, state: str) -> str:
    """What befell a delivery, in words that tell an edit from a post."""
    if one.post.action != "edit":
        return state
    return "edited the post" if state == "sent" else f"edit {state}"


def _story_json(story: Story, waits: dict[int, Wait | None]) -> dict[str, Any]:
    from reblogbot.core import habits
    from reblogbot.core.rounds import delivery_json
    from reblogbot.waiting import wait_json

    return {
        "source": story.source,
        "source_habits": list(habits.remarks(story.habits)),
        "title": story.title,
        "link": story.link,
        "guid": story.guid,
        "seen_at": instant(story.seen_at),
        "refusals": [{"account": account, "reason": reason} for account, reason in story.refusals],
        "deliveries": [
            {
                **delivery_json(one),
                **wait_json(waits[one.id]),
                "events": [
                    {"at": instant(line.at), "state": line.state, "note": line.note}
                    for line in happenings
                ],
            }
            for one, happenings in story.deliveries
        ],
    }

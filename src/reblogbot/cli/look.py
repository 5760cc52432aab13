"""The commands that look: status, health, why."""

from __future__ import annotations

import argparse
from datetime import datetime
from typing import TYPE_CHECKING, Any

from reblogbot.cli.opening import open_to_look
from reblogbot.cli.words import (
    ago,
    instant,
    paragraph,
    readable,
    say,
    say_json,
    table,
    until,
    waits_for,
    when,
)
from reblogbot.errors import Exit

if TYPE_CHECKING:
    from reblogbot.core.waits import Wait
    from reblogbot.model import Delivery
    from reblogbot.store.daemons import DaemonRecord
    from reblogbot.store.history import Happening, Story

MOST_WAITS = 20
"""So many causes are listed for a person."""
MOST_HITS = 20
"""So many entries with the same words are listed."""
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
        "and what the server said. Of several entries with the same words a list is shown.",
    )
    why.add_argument(
        "entry",
        type=readable,
        metavar="WORDS-OR-LINK-OR-ID",
        help="a link, an id, a delivery's number, or a part of the title or link",
    )
    why.add_argument("--json", action="store_true", help="print it as JSON")
    why.set_defaults(run=run_why)


def run_status(options: argparse.Namespace) -> int:
    """How everything stands."""
    from reblogbot.admin import status_report

    config, store = open_to_look(options)
    now = store.clock.now()
    status = status_report.status(config, store, now, None if options.json else MOST)
    store.close()
    if options.json:
        say_json(status.as_json(now))
        return Exit.OK
    if status.stopped_at:
        say(f"STOPPED {ago(status.stopped_at, now)}: nothing is posted until `reblogbot start`", "")
    _show_sources(status.sources, now)
    if status.others:
        counts = ", ".join(f"{n} {state}" for state, n in status.others.most_common())
        say(f"… and {status.others.total()} more: {counts}; `status --json` lists them all")
    say("")
    table(
        ("account", "server", "state"),
        [(one["name"], one["server"], one["state"]) for one in status.accounts],
    )
    for one in status.accounts:
        paused_until = status.paused_until.get(one["name"])
        ends = f", {until(paused_until, now)}" if paused_until else ""
        if one["reason"]:
            paragraph(f"{one['name']}: {one['reason']}{ends}", 2)
    filled = [f"{n} {state}" for state, n in status.queue.items() if n or state == "queued"]
    say("", *_daemons(status.daemons, now), f"queue: {', '.join(filled)}")
    for row in status.waits[:MOST_WAITS]:
        paragraph(_waiting(row, now))
    if len(status.waits) > MOST_WAITS:
        say(f"… and {len(status.waits) - MOST_WAITS} more causes; `status --json` lists them all")
    say(*status.remarks)
    return Exit.OK


def _show_sources(sources: list[dict[str, Any]], now: datetime) -> None:
    """Print a table of the sources, and below it what is wrong with them."""
    table(
        ("source", "kind", "state", "last poll", "next poll"),
        [
            (one["name"], one["kind"], one["state"], _when(one["last_poll_at"], now),
             _next_poll(one, now))
            for one in sources
        ],
    )  # fmt: skip
    for one in sources:
        if one["error"]:
            paragraph(f"{one['name']}: {one['error']}", 2)


def run_health(options: argparse.Namespace) -> int:
    """Whether a daemon of this machine, or container, goes round."""
    from reblogbot.admin import status_report

    _, store = open_to_look(options)
    now = store.clock.now()
    here = [one for one in store.daemons.living(now) if one.is_seen]
    store.close()
    is_well = bool(here) and not any(one.hangs(now) for one in here)
    if options.json:
        daemons = [status_report.daemon_json(one, now) for one in here]
        say_json({"healthy": is_well, "daemons": daemons})
    else:
        say(*_daemons(here, now, "on this machine"))
    return Exit.OK if is_well else Exit.FAILED


def run_why(options: argparse.Namespace) -> int:
    """The stories of the entries an admin may mean."""
    from reblogbot.engine.waiting import Waiting

    config, store = open_to_look(options)
    written = options.entry.strip()
    stories = store.history.why(_keys(written), written)
    is_certain = bool(stories)
    if written and not stories:
        stories = store.history.search(written, MOST_HITS)
    now = store.clock.now()
    waiting = Waiting(config, store, now)
    waits = {one.id: waiting.wait(one) for story in stories for one, _ in story.deliveries}
    store.close()
    if options.json:
        say_json({"entries": [_story_json(story, waits) for story in stories]})
    elif not stories:
        say(f"{written}: never seen in any source, and no delivery has this number")
    elif is_certain or len(stories) == 1:
        for story in stories:
            _show_story(story, waits, now)
    else:
        _list_stories(stories, now)
    return Exit.OK if stories else Exit.FAILED


def _keys(written: str) -> list[bytes]:
    """The keys of the entry that may be meant, by its link with or without a scheme, or its id."""
    from reblogbot.core import recognition

    meant = [written] if "://" in written else [written, f"https://{written}"]
    return sorted({key for one in meant for key in recognition.lookup_keys(one)})


def _list_stories(stories: list[Story], now: datetime) -> None:
    """Print the entries that hold the words, so that one of them can be named."""
    for story in stories:
        paragraph(f"{when(story.seen_at, now)}  {story.source}  {story.title or '(no title)'}")
        say(f"    {story.link or story.guid}")
    more = " or more; longer words show fewer" if len(stories) == MOST_HITS else ""
    say(f"{len(stories)} entries{more}: `reblogbot why LINK` tells the story of one")


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
    return when(_read(written) if written else None, now)


def _read(written: str) -> datetime:
    return datetime.fromisoformat(written)


def _show_story(story: Story, waits: dict[int, Wait | None], now: datetime) -> None:
    from reblogbot.core import habits

    paragraph(story.title or "(no title)")
    say(f"  {story.link or story.guid}")
    lines = [(when(story.seen_at, now), f"seen in {story.source}")]
    lines += [("", f"{story.source}: its {remark}") for remark in habits.remarks(story.habits)]
    lines += [
        (when(story.seen_at, now), f"not for {account}: {reason}")
        for account, reason in story.refusals
    ]
    for one, happenings in story.deliveries:
        lines += [(when(line.at, now), _happened(one, line)) for line in happenings]
        wait = waits[one.id]
        if wait is not None:
            lines.append(("now", f"{_noun(one)} {one.id} waits for: {waits_for(wait, now)}"))
        if one.receipt:
            lines.append(("", one.receipt.url or one.receipt.remote_id))
    width = max(len(at) for at, _ in lines)
    say(*(f"  {at:{width}}  {words}" for at, words in lines), "")


def _happened(one: Delivery, line: Happening) -> str:
    """`delivery 3 for news sent`; of a post that was found there, or an edit, just that."""
    from reblogbot.core.round_report import outcome
    from reblogbot.model import State

    state = outcome(one) if line.state == State.SENT else line.state
    note = f": {line.note}" if line.note else ""
    return f"{_noun(one)} {one.id} for {one.account} {state}{note}"


def _noun(one: Delivery) -> str:
    return one.post.action if one.post.action in ("edit", "boost") else "delivery"


def _story_json(story: Story, waits: dict[int, Wait | None]) -> dict[str, Any]:
    from reblogbot.core import habits
    from reblogbot.core.round_report import delivery_json
    from reblogbot.engine.waiting import wait_json

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

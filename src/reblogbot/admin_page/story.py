"""What happened lately, told from the daemon's log in whole sentences."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from logging import INFO, WARNING, getLevelName

from reblogbot.admin_page.log_buffer import LogLine
from reblogbot.words import Words

MAX_EVENTS = 12
_PLACES = ("account", "address", "admin", "after", "causes", "error", "reason", "source", "sources")


@dataclass(frozen=True, slots=True)
class StoryEvent:
    """Something that happened, last at `at`, and `count` times in a row since `since`.

    `lasted` is how long something was out of order that works again; None for anything else.
    """

    at: datetime
    text: str
    is_trouble: bool
    source: str = ""
    account: str = ""
    since: datetime | None = None
    count: int = 1
    lasted: timedelta | None = None


def story(lines: Sequence[LogLine]) -> list[StoryEvent]:
    """The last events, newest first; the same one several times in a row is one event."""
    events: list[StoryEvent] = []
    for line in reversed(lines):
        event = _event(line)
        if event is None:
            continue
        if events and _is_same(event, events[-1]):
            events[-1] = replace(events[-1], since=event.at, count=events[-1].count + 1)
        elif len(events) < MAX_EVENTS:
            events.append(event)
        else:
            break
    return events


def _is_same(event: StoryEvent, other: StoryEvent) -> bool:
    facts = (event.text, event.source, event.account)
    return facts == (other.text, other.source, other.account)


def _event(line: LogLine) -> StoryEvent | None:
    """The event of a line; None for what is no news."""
    fields, is_trouble = line.fields, level_number(line.level) >= WARNING
    text: str
    if line.text in _SENTENCES:
        values = {place: fields.get(place, "?") for place in _PLACES}
        text = _SENTENCES[line.text].filled(**values)
    elif "admin" in fields:
        text = Words("{admin}: {message}", admin=fields["admin"], message=line.text)
    elif is_trouble:
        text = ": ".join(filter(None, (line.text, fields.get("error") or fields.get("exception"))))
    else:
        return None
    return StoryEvent(
        line.at,
        text,
        is_trouble,
        fields.get("source", ""),
        fields.get("account", ""),
        lasted=_lasted(line),
    )


def _lasted(line: LogLine) -> timedelta | None:
    try:
        since = datetime.fromisoformat(line.fields.get("failing_since", ""))
    except ValueError:
        return None
    return max(line.at - since, timedelta(0))


def level_number(name: str) -> int:
    """The number of a level by its name."""
    number = getLevelName(name)
    return number if isinstance(number, int) else INFO


_SENTENCES = {
    "started": Words("The daemon started."),
    "stopping": Words("The daemon is ending."),
    "works again": Words("The daemon works again. It had been stopped by: {after}"),
    "the clock was set back": Words("The clock of this machine was set back."),
    "config reloaded": Words("The daemon works by the new config. Sources: {sources}"),
    "config is broken, the old one stays": Words(
        "The config file has faults. The daemon goes on with the config that it had."
    ),
    "poll failed": Words("The source {source} cannot be read: {error}"),
    "source works again": Words("The source {source} works again."),
    "new entries held as a storm": Words(
        "The source {source} brought far more than usual. Its entries are held: {reason}"
    ),
    "account paused": Words("The account {account} is paused: {error}"),
    "attempt failed": Words("A post of the account {account} could not be sent: {error}"),
    "admin told": Words("A notice was sent to you: {causes}"),
    "admin not told": Words("A notice could not be sent to you: {error}"),
    "logged in to the admin's page": Words("{admin} logged in to this page."),
    "wrong password for the admin's page": Words(
        "A wrong password was given for this page, from {address}."
    ),
}
"""What an event of the log is in a sentence; the places are fields of its line."""

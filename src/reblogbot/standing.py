"""How everything stands: the answer to `status`."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from urllib.parse import urlsplit, urlunsplit

from reblogbot.config.settings import AccountSettings, Config, SourceSettings
from reblogbot.core import pacing, turns
from reblogbot.model import Delivery
from reblogbot.store import Store
from reblogbot.store.records import AccountRecord, SourceRecord

PART = 500


@dataclass(frozen=True, slots=True)
class Status:
    """The rows of the contract's `status --json`, and remarks for a person.

    `others` counts by state the sources that have no row.
    """

    sources: list[dict[str, Any]]
    accounts: list[dict[str, Any]]
    queue: dict[str, int]
    stopped_at: datetime | None
    remarks: tuple[str, ...]
    others: Counter[str]

    def as_json(self) -> dict[str, Any]:
        """The contract's `status --json`."""
        return {
            "sources": self.sources,
            "accounts": self.accounts,
            "queue": self.queue,
            "stopped_at": _iso(self.stopped_at),
        }


def status(config: Config, store: Store, now: datetime, most: int | None = None) -> Status:
    """How sources, accounts and the queue stand at `now`.

    Where there are more than `most` sources, only so many have a row, of those in trouble.
    """
    accounts = {one.name: one for one in store.outbox.accounts()}
    remarks: list[str] = []
    for account in config.accounts.values():
        remarks += _waits(account, config, store, now) if account.enabled else []
    remarks += _refused(store, now)
    sources, others = _listed(_sources(config, store), len(config.sources), most)
    return Status(
        sources,
        [_account(one, accounts.get(name), now) for name, one in config.accounts.items()],
        store.outbox.count(),
        store.outbox.stopped_at(),
        tuple(remarks),
        others,
    )


def _listed(
    rows: Iterable[dict[str, Any]], count: int, most: int | None
) -> tuple[list[dict[str, Any]], Counter[str]]:
    """The rows to be shown, and how many others there are in each state."""
    others: Counter[str] = Counter()
    if most is None or count <= most:
        return list(rows), others
    listed: list[dict[str, Any]] = []
    for row in rows:
        if row["error"] and len(listed) < most:
            listed.append(row)
        else:
            others[row["state"]] += 1
    return listed, others


def _sources(config: Config, store: Store) -> Iterator[dict[str, Any]]:
    """The rows of the sources; the records are read some at a time: there may be very many."""
    names = list(config.sources)
    for start in range(0, len(names), PART):
        part = names[start : start + PART]
        known = store.sources.of(part)
        yield from (_source(config.sources[name], known.get(name)) for name in part)


def _source(settings: SourceSettings, record: SourceRecord | None) -> dict[str, Any]:
    state = record.state if record else "new"
    is_asked = settings.enabled and state != "gone"
    return {
        "name": settings.name,
        "kind": settings.kind,
        "url": without_password(settings.url),
        "state": state if settings.enabled else "disabled",
        "last_poll_at": _iso(record.last_poll_at) if record else None,
        "next_poll_at": _iso(record.due) if record and is_asked else None,
        "failures": record.failures if record else 0,
        "error": record.error if record else "",
        "next_poll_reason": record.due_reason if record and is_asked else "",
    }


def _account(
    settings: AccountSettings, record: AccountRecord | None, now: datetime
) -> dict[str, Any]:
    paused = record is not None and record.paused_until is not None and record.paused_until > now
    state = "paused" if paused else "ok"
    reason = ""
    if paused and record:
        reason = f"{record.reason} (until {_iso(record.paused_until)})"
    return {
        "name": settings.name,
        "server": settings.server,
        "state": state if settings.enabled else "disabled",
        "reason": reason,
        "rate_remaining": record.rate_remaining if record else None,
    }


def _waits(account: AccountSettings, config: Config, store: Store, now: datetime) -> list[str]:
    """What waits for the account's pace or quiet hours, and what of it would be too old then."""
    waiting = turns.ready(store.outbox.waiting(account.name), config, now)
    sent = store.outbox.sent(account.name, now - turns.memory(config))
    slot = pacing.next_slot(now, account.pace, [one.at for one in sent])
    if not waiting or slot <= now:
        return []
    endless = slot == pacing.NEVER
    until = "for ever: its quiet hours have no end" if endless else f"until {_iso(slot)}"
    remarks = [f"{account.name}: {len(waiting)} wait {until}"]
    expiring = [] if endless else _expiring(waiting, account, config, slot)
    return remarks + [f"  would be too old then: {one.post.link}" for one in expiring]


def _expiring(
    waiting: Sequence[Delivery], account: AccountSettings, config: Config, slot: datetime
) -> list[Delivery]:
    return [one for one in waiting if turns.too_old(one, config, account.pace, slot)]


def _refused(store: Store, now: datetime) -> list[str]:
    counts = Counter(store.history.refused(now - turns.DAY))
    if not counts:
        return []
    listed = ", ".join(f"{count} {reason}" for reason, count in counts.most_common())
    return [f"not posted in the last day: {listed}"]


def without_password(url: str) -> str:
    """The URL without user and password."""
    parts = urlsplit(url)
    return urlunsplit(parts._replace(netloc=parts.netloc.rpartition("@")[2]))


def _iso(instant: datetime | None) -> str | None:
    return instant.isoformat(timespec="seconds").replace("+00:00", "Z") if instant else None

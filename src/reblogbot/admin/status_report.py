"""How everything stands: the answer to `status`."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import chain
from typing import Any
from urllib.parse import urlsplit, urlunsplit

from reblogbot.config.settings import AccountSettings, Config, SourceSettings
from reblogbot.config.tokens import lacks_token
from reblogbot.core import queue_order, waits
from reblogbot.core.waits import Wait
from reblogbot.engine.waiting import Waiting, wait_json
from reblogbot.model import OPEN, Delivery, State
from reblogbot.store import Store
from reblogbot.store.daemons import DaemonRecord
from reblogbot.store.records import AccountRecord, SourceRecord

PART = 500

_Group = tuple[str, str, Wait]
"""Account, source or "" for whatever source, and what for."""
_Waits = tuple[Delivery, Wait | None]


@dataclass(frozen=True, slots=True)
class Status:
    """The rows of the contract's `status --json`, and remarks for a person.

    `waits` counts what waits, by account, source and cause. `others` counts by state the
    sources that have no row.
    """

    sources: list[dict[str, Any]]
    accounts: list[dict[str, Any]]
    queue: dict[str, int]
    stopped_at: datetime | None
    daemons: list[DaemonRecord]
    waits: list[dict[str, Any]]
    remarks: tuple[str, ...]
    others: Counter[str]
    paused_until: dict[str, datetime]
    """The accounts that are paused, and until when."""

    def as_json(self, now: datetime) -> dict[str, Any]:
        """The contract's `status --json`; of several daemons, `daemon` is the oldest."""
        daemons = [daemon_json(one, now) for one in self.daemons]
        return {
            "daemon": next(iter(daemons), None),
            "daemons": daemons,
            "sources": self.sources,
            "accounts": [self._with_end_of_pause(row) for row in self.accounts],
            "queue": self.queue,
            "waits": self.waits,
            "stopped_at": _iso(self.stopped_at),
        }

    def _with_end_of_pause(self, row: dict[str, Any]) -> dict[str, Any]:
        until = self.paused_until.get(row["name"])
        return row | {"reason": f"{row['reason']} (until {_iso(until)})"} if until else row


def status(config: Config, store: Store, now: datetime, most: int | None = None) -> Status:
    """How sources, accounts and the queue stand at `now`.

    Where there are more than `most` sources, only so many have a row, of those in trouble.
    """
    waiting = Waiting(config, store, now)
    opened = [(one, waiting.wait(one)) for one in store.outbox.find(states=OPEN - {State.HELD})]
    sources, others = _listed(_sources(config, store), len(config.sources), most)
    expiring = [
        f"  would be too old then: {one.post.link or one.post.uri}"
        for one in _expiring(opened, config)
    ]
    accounts = list(_accounts(config, store, waiting, now))
    return Status(
        sources,
        accounts,
        store.outbox.count(),
        store.outbox.stopped_at(),
        waiting.daemons,
        _grouped(chain(_held(store), _open(opened))),
        (*expiring, *_refused(store, now)),
        others,
        _paused_until(store, accounts),
    )


def daemon_json(one: DaemonRecord, now: datetime) -> dict[str, Any]:
    """A daemon as every `--json` shows it."""
    return {
        "version": one.version,
        "since": _iso(one.since),
        "host": one.host,
        "last_round_at": _iso(one.last_round_at),
        "pid": one.pid,
        "state": "hangs" if one.hangs(now) else "ok",
    }


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


def _accounts(
    config: Config, store: Store, waiting: Waiting, now: datetime
) -> Iterator[dict[str, Any]]:
    records = {one.name: one for one in store.outbox.accounts()}
    stalled = waiting.stalled()
    for name, settings in config.accounts.items():
        record = records.get(name, AccountRecord(name))
        state, reason = _account_state(settings, record, now, stalled.get(name))
        yield {
            "name": name,
            "server": settings.server,
            "state": state,
            "reason": reason,
            "rate_remaining": record.rate_remaining,
        }


def _paused_until(store: Store, accounts: list[dict[str, Any]]) -> dict[str, datetime]:
    paused = {row["name"] for row in accounts if row["state"] == "paused"}
    return {
        record.name: record.paused_until
        for record in store.outbox.accounts()
        if record.name in paused and record.paused_until is not None
    }


def _account_state(
    settings: AccountSettings, record: AccountRecord, now: datetime, stalled: datetime | None
) -> tuple[str, str]:
    """The account's state and the reason for it, "" where all is well."""
    if not settings.enabled:
        return "disabled", ""
    missing = lacks_token(settings, os.environ)
    if missing:
        return "no_token", missing
    if record.paused_until is not None and record.paused_until > now:
        return "paused", record.reason
    if stalled is not None:
        return "stalled", waits.stalled(stalled).cause
    return "ok", ""


def _held(store: Store) -> Iterator[tuple[_Group, int]]:
    """What is held, counted; never read row by row, for a storm has many."""
    for one in store.tallies.held():
        yield (one.account, one.source, waits.held(one.error)), one.count


def _open(opened: Sequence[_Waits]) -> Iterator[tuple[_Group, int]]:
    for one, wait in opened:
        if wait is not None:
            yield (one.account, one.source if wait.reason in waits.OF_SOURCE else "", wait), 1


def _grouped(pairs: Iterable[tuple[_Group, int]]) -> list[dict[str, Any]]:
    """One row for all that wait for the same, the most first; "" for several sources."""
    counts: Counter[_Group] = Counter()
    for group, count in pairs:
        counts[group] += count
    return [
        {"account": account, "source": source, "count": count, **wait_json(wait)}
        for (account, source, wait), count in counts.most_common()
    ]


def _expiring(opened: Sequence[_Waits], config: Config) -> Iterator[Delivery]:
    """What would be too old when its account's pace lets it out."""
    for one, wait in opened:
        if wait is not None and wait.reason in waits.OF_PACE and wait.until is not None:
            pace = config.accounts[one.account].pace
            if queue_order.too_old(one, config, pace, wait.until):
                yield one


def _refused(store: Store, now: datetime) -> list[str]:
    counts = Counter(store.history.refused(now - queue_order.DAY))
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
